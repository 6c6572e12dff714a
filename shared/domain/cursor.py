"""Cursors: where a page ended, as an opaque text that clients hand back."""

import base64
import binascii
import json
from collections.abc import Sequence

from shared.domain.errors import Invalid


def encode(*key: str | float, order: str = "") -> str:
    """Answer the cursor of a sort key, which of a list with several orders belongs to one of them."""
    text = json.dumps([*_lead(order), *key], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str | None, *kinds: type, order: str = "") -> Sequence[str | int | float | None]:
    """Answer the sort key of a cursor, a None for each part if there is none yet.

    Raises:
        Invalid: it was tampered with, or made for another order.
    """
    if cursor is None:
        return [None] * len(kinds)
    parsed, lead = _parsed(cursor), _lead(order)
    whole = parsed if isinstance(parsed, list) else []
    key = whole[len(lead) :]
    if whole[: len(lead)] != lead or len(key) != len(kinds) or not all(map(_fits, key, kinds)):
        raise Invalid.field("/cursor", "This cursor was not issued for this list in this order; begin without one.")
    return key


def _lead(order: str) -> list[str]:
    return [order] if order else []


def _parsed(cursor: str) -> object:
    try:
        return json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None


def _fits(part: object, kind: type) -> bool:
    if kind is float:
        return isinstance(part, int | float) and not isinstance(part, bool) and abs(part) < float("inf")
    if kind is int:
        return type(part) is int and abs(part) < 2**63
    # names hold what is not printable to Python, as the joiners inside emoji; PostgreSQL minds only these two
    return isinstance(part, str) and "\0" not in part and not any("\ud800" <= letter <= "\udfff" for letter in part)
