"""From what a function returned to an ASGI answer, as the real host writes it."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.host import cookies
from local.host.protos import RpcHttp, TypedData
from local.host.requests import Send

TEXT = "text/plain; charset=utf-8"
JSON = "application/json; charset=utf-8"
# answers that have no body by definition
BODILESS = frozenset({204, 205, 304})
# these belong to the connection, which is the host's
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "date", "server"})

Headers = list[tuple[str, str]]

log = logging.getLogger("host.http")


@dataclass(slots=True)
class Answer:
    """What goes to the client."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""


def empty(status: int) -> Answer:
    """Make an answer without a word, which is how the host itself reports errors."""
    return Answer(status)


def as_json(content: object, status: int = 200) -> Answer:
    """Make a JSON answer of the host's own."""
    return Answer(status, [("content-type", JSON)], json.dumps(content).encode())


def from_return_value(value: TypedData | None) -> Answer:
    """Make the answer of a function that ended well."""
    if value is None or value.kind is None:
        return Answer(204)
    if value.kind == "http":
        return _from_response(value.value)
    return _from_text(value.value)


def _from_response(response: RpcHttp) -> Answer:
    status = int(response.status_code)
    body = b"" if status in BODILESS else bytes(response.body.value or b"")
    headers = [(name, value) for name, value in response.headers.items() if _may_pass(name, value, len(body))]
    headers += [("set-cookie", cookies.format_cookie(cookie)) for cookie in response.cookies or []]
    return Answer(status, headers, body)


def _may_pass(name: str, value: str, size: int) -> bool:
    if name.lower() == "content-length" and value != str(size):
        log.warning("The function gave Content-Length %s for a body of %d bytes; it is left out.", value, size)
        return False
    return name.lower() not in HOP_BY_HOP


def _from_text(text: str) -> Answer:
    """Answer a text, which the host takes for a whole response when it is a JSON object with a body."""
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if isinstance(content, dict):
        members = {name.lower(): value for name, value in content.items()}
        if "body" in members:
            return _from_members(members)
    return Answer(200, [("content-type", TEXT)], text.encode())


def _from_members(members: Mapping[str, Any]) -> Answer:
    body = members["body"]
    status = int(members.get("statuscode") or members.get("status") or 200)
    headers = {name.lower(): str(value) for name, value in (members.get("headers") or {}).items()}
    headers.setdefault("content-type", TEXT if isinstance(body, str) else JSON)
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(status, list(headers.items()), text.encode())


async def send(answer: Answer, extra: Headers, method: str, transmit: Send) -> None:
    """Write the answer; without a length of its own a body goes out chunked.

    Args:
        answer: what the function or the host said.
        extra: headers for every answer; one that the answer has already is left out.
        method: of the request; HEAD gets no body.
        transmit: ASGI's send.
    """
    present = {name.lower() for name, _ in answer.headers}
    headers = answer.headers + [(name, value) for name, value in extra if name.lower() not in present]
    if not answer.body and answer.status not in BODILESS and "content-length" not in present and method != "HEAD":
        headers.append(("content-length", "0"))
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await transmit({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await transmit({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})
