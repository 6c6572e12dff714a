"""From an ASGI request to what the worker takes, with the real host's losses on the way."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from local.host.protos import RpcHttp, TypedData

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# identity that only Azure's own authentication may vouch for
PRINCIPAL = "x-ms-client-principal"
FORWARDED = "x-forwarded-for"


class BodyTooLargeError(Exception):
    """The body has more bytes than the host takes."""


class ClientGoneError(Exception):
    """The client hung up before its request was complete."""


def headers_of(scope: Scope) -> dict[str, str]:
    """Answer the headers: names in lower case, repeated ones joined by a comma, claimed identities left out.

    Who is connected is the last hop of X-Forwarded-For, as Azure's front end writes it after what the client says.
    """
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if not name.startswith(PRINCIPAL):
            found[name] = f"{found[name]},{value}" if name in found else value
    if scope.get("client"):
        hops = [found[FORWARDED]] if found.get(FORWARDED) else []
        found[FORWARDED] = ", ".join([*hops, _hop(*scope["client"])])
    return found


def _hop(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def query_of(scope: Scope) -> dict[str, str]:
    """Answer the query: keys merged whatever their case, values joined by a comma, empty ones left out."""
    raw = scope["query_string"]
    if not raw:
        return {}
    found: dict[str, str] = {}
    spelling: dict[str, str] = {}
    for name, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True):
        first = spelling.setdefault(name.lower(), name)
        found[first] = f"{found[first]},{value}" if first in found else value
    return {name: value for name, value in found.items() if value}


def url_of(scope: Scope, headers: dict[str, str]) -> str:
    """Answer the whole address, escaped as it came."""
    query = scope["query_string"].decode("latin-1")
    address = f"{scope['scheme']}://{headers.get('host', 'localhost')}{scope['raw_path'].decode('latin-1')}"
    return f"{address}?{query}" if query else address


def rpc_request(scope: Scope, headers: dict[str, str], parameters: dict[str, str], body: bytes) -> TypedData:
    """Make the worker's request."""
    request = RpcHttp(
        method=scope["method"],
        url=url_of(scope, headers),
        headers=headers,
        params=parameters,
        query=query_of(scope),
        body=TypedData(bytes=body),
    )
    return TypedData(http=request)


async def read_body(receive: Receive, headers: dict[str, str], limit: int) -> bytes:
    """Read the body; without a Content-Length above 0 it arrives empty, chunked ones too, as in the real host.

    Raises:
        BodyTooLargeError: by what the client says or by what it sends.
        ClientGoneError: the connection ended in the midst.
    """
    declared = int(headers.get("content-length") or 0)
    if declared > limit:
        raise BodyTooLargeError
    if not declared and "transfer-encoding" not in headers:
        return b""
    parts: list[bytes] = []
    size = 0
    async for part in _parts(receive):
        size += len(part)
        if size > limit:
            raise BodyTooLargeError
        if declared:
            parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _parts(receive: Receive) -> Any:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        yield bytes(message.get("body", b""))
        more = message.get("more_body", False)
