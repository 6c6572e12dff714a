"""Writes pages: templates in, whole answers out, under a policy that lets them do nothing but be read."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from shared.actions.answer import Answer

if TYPE_CHECKING:
    from jinja2 import Environment

HTML = "text/html"
FOLDER = Path(__file__).parent / "templates"


def page(template: str, status: int = 200, *, images: Sequence[str] = (), forms: bool = False, **values: Any) -> Answer:
    """Answer a page.

    Args:
        template: a file of `templates`.
        status: of the answer.
        images: origins, beside our own, whose images the page shows.
        forms: whether the page has forms, which go back to where it came from.
        values: what the template names.
    """
    text = _environment().get_template(template).render(values)
    headers = {
        "Content-Security-Policy": _policy(images, forms=forms),
        "Cache-Control": "no-store",
        "Vary": "Accept, Cookie",
    }
    return Answer(text.encode(), status, HTML, headers)


@cache
def fingerprint(name: str) -> str:
    """Answer a short digest of a file of `templates`, which makes its address change with its content."""
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]


def moment(time: datetime, zone: str) -> str:
    """Write a moment as a person of that time zone says it, as 3 Feb 2026, 14:05."""
    local = time.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y, %H:%M}"


def quantity(number: float, places: int = 0) -> str:
    """Write a number with separators and at most so many decimal places."""
    text = f"{number:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def words(name: str) -> str:
    """Write a name of ours as words, `checked_out` as Checked out."""
    return name.replace("_", " ").capitalize()


def _policy(images: Sequence[str], *, forms: bool) -> str:
    sources = " ".join(["'self'", *images])
    return (
        f"default-src 'none'; style-src 'self'; img-src {sources}; "
        f"base-uri 'none'; form-action {"'self'" if forms else "'none'"}; frame-ancestors 'none'"
    )


@cache
def _environment() -> "Environment":
    import jinja2  # noqa: PLC0415 - only pages pay for it, and the API starts sooner

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"moment": moment, "quantity": quantity, "words": words}
    made.globals["fingerprint"] = fingerprint
    return made
