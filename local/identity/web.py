"""How the identity and mail servers read requests and write pages; every fault is answered, none is a 500."""

import ipaddress
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jinja2
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from local.identity.grants import LOOPBACK_NAMES

MOST_BYTES = 64 * 1024
# scripts nowhere; styles only those of the page itself; nobody may frame a sign-in page
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-src 'self'; base-uri 'none'; "
POLICY += "frame-ancestors 'none'"
NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}

_PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "pages"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Answer a page of `local/pages`."""
    headers = NEVER_KEPT | {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
    return HTMLResponse(_PAGES.get_template(template).render(values), status, headers)


def fault(status: int, code: str, description: str, headers: dict[str, str] | None = None) -> Response:
    """Answer an error as OAuth 2.0 writes it."""
    content = {"error": code, "error_description": description}
    return JSONResponse(content, status, NEVER_KEPT | (headers or {}))


def on_http_error(_: Request, error: Exception) -> Response:
    """Answer what the router refuses (no such path, wrong method) in the same form."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    detail = error.detail if isinstance(error, HTTPException) else str(error)
    return fault(status, "invalid_request", detail, headers)


async def body_of(request: Request) -> bytes:
    """Read a small body.

    Raises:
        HTTPException: 413 when it is not small.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"The body may have {MOST_BYTES} bytes at most.")
    return bytes(body)


async def form_of(request: Request) -> list[tuple[str, str]]:
    """Read a URL-encoded form.

    Raises:
        HTTPException: 400 or 413 when there is none, or too much of it.
    """
    try:
        return parse_qsl((await body_of(request)).decode(), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise HTTPException(400, "The body must be a URL-encoded form (application/x-www-form-urlencoded).") from error


def require_loopback(request: Request) -> None:
    """Check that a request comes from this machine, not from a page that took its name (DNS rebinding).

    Raises:
        HTTPException: 403.
    """
    from_here = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    name = re.sub(r":\d*$", "", request.headers.get("host", "")).strip("[]").lower()
    if not from_here or name not in LOOPBACK_NAMES:
        raise HTTPException(403, "Only this machine may ask, by the name localhost or 127.0.0.1.")
