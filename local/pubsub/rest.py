"""The data plane: which REST calls there are, and who may make them."""

from collections.abc import Callable
from urllib.parse import unquote

from aiohttp import web

from local.pubsub import connections, membership, sending
from local.pubsub.calls import Answer, Call
from local.pubsub.hub import Hub
from local.pubsub.names import check_hub
from local.pubsub.refusals import Refusal
from local.pubsub.tokens import Tokens

MOST_BYTES = 1024 * 1024
# a segment of a path that is a name
NAME = "*"
type Act = Callable[[Call], Answer]
ROUTES: list[tuple[str, str, Act]] = [
    ("POST", ":send", sending.send_to_all),
    ("POST", "groups/*/:send", sending.send_to_group),
    ("POST", "users/*/:send", sending.send_to_user),
    ("POST", "connections/*/:send", sending.send_to_connection),
    ("HEAD", "connections/*", connections.connection_exists),
    ("HEAD", "users/*", connections.user_exists),
    ("HEAD", "groups/*", connections.group_exists),
    ("DELETE", "connections/*", connections.close_connection),
    ("POST", ":closeconnections", connections.close_all),
    ("POST", "groups/*/:closeconnections", connections.close_group),
    ("POST", "users/*/:closeconnections", connections.close_user),
    ("PUT", "groups/*/connections/*", membership.add_connection),
    ("DELETE", "groups/*/connections/*", membership.remove_connection),
    ("DELETE", "connections/*/groups", membership.remove_connection_everywhere),
    ("PUT", "users/*/groups/*", membership.add_user),
    ("DELETE", "users/*/groups/*", membership.remove_user),
    ("DELETE", "users/*/groups", membership.remove_user_everywhere),
    ("GET", "groups/*/connections", membership.list_members),
    ("POST", ":addtogroups", membership.add_many),
    ("POST", ":removefromgroups", membership.remove_many),
    ("PUT", "permissions/*/connections/*", connections.grant),
    ("DELETE", "permissions/*/connections/*", connections.revoke),
    ("HEAD", "permissions/*/connections/*", connections.has_permission),
    ("POST", ":generatetoken", connections.generate_token),
]
SHAPES = [(method, tuple(path.split("/")), act) for method, path, act in ROUTES]


class DataPlane:
    """Answers REST calls.

    Args:
        hub_of: finds a hub by its name, and makes it if it is new.
        tokens: checks what callers show.
    """

    def __init__(self, hub_of: Callable[[str], Hub], tokens: Tokens) -> None:
        self._hub_of = hub_of
        self._tokens = tokens

    async def answer(self, request: web.BaseRequest, path: str, segments: list[str]) -> Answer:
        """Carry out one call.

        Args:
            request: the call.
            path: as it came, without the query.
            segments: of the path after /api/hubs/, as they came.

        Raises:
            Refusal: it is not carried out.
        """
        body = await _body(request)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refusal(401, "The call has no Bearer token.")
        self._tokens.claims_of_call(token.strip(), request.host, path)
        hub = self._hub_of(check_hub(unquote(segments[0])))
        act, names = _find(request.method, segments[1:])
        content_type = request.headers.get("Content-Type", "")
        return act(Call(hub, names, request.query, content_type, body, request.host, path, self._tokens))


def _find(method: str, segments: list[str]) -> tuple[Act, tuple[str, ...]]:
    others = False
    for verb, shape, act in SHAPES:
        if len(shape) == len(segments) and all(map(_fits, shape, segments)):
            if verb == method:
                return act, tuple(unquote(s) for s, part in zip(segments, shape, strict=True) if part == NAME)
            others = True
    raise Refusal(405, "The address knows no such method.") if others else Refusal(404, "There is no such address.")


def _fits(part: str, segment: str) -> bool:
    return (part == NAME and segment != "") or part == unquote(segment).lower()


async def _body(request: web.BaseRequest) -> bytes:
    content = bytearray()
    async for piece in request.content.iter_any():
        content += piece
        if len(content) > MOST_BYTES:
            raise Refusal(413, "The body is over 1 MiB.")
    return bytes(content)
