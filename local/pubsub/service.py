"""The emulator itself: one HTTP server for clients and for servers, and all the hubs."""

import logging
from urllib.parse import unquote

import aiohttp
from aiohttp import web

from local.pubsub.calls import Answer
from local.pubsub.entrance import Entrance
from local.pubsub.hub import Hub
from local.pubsub.names import check_hub
from local.pubsub.options import Options
from local.pubsub.refusals import Refusal
from local.pubsub.rest import DataPlane
from local.pubsub.session import Session
from local.pubsub.tokens import Tokens, loopback_hosts
from local.pubsub.upstream import Upstream
from local.pubsub.webhook import Webhook

SHUTDOWN = 1001
UNAUTHORIZED = 401
SHUTDOWN_SECONDS = 3.0
LOG = logging.getLogger("local.pubsub")


class Service:
    """Everything that the emulator does, behind one handler of HTTP requests.

    Args:
        options: as they were given.
        client: for calls of event handlers.
    """

    def __init__(self, options: Options, client: aiohttp.ClientSession) -> None:
        self._hubs: dict[str, Hub] = {}
        self._retention = options.retention
        origin = f"127.0.0.1:{options.port}"
        webhook = Webhook(client, origin, options.access_key.encode(), options.retry_delays)
        self._upstream = Upstream(options.handlers, webhook)
        tokens = Tokens(options.access_key, [*loopback_hosts(options.port), *options.hosts])
        self._entrance = Entrance(self._hub, tokens, self._upstream, options.keep_alive)
        self._data_plane = DataPlane(self._hub, tokens)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        try:
            return await self._handle(request)
        except Refusal as refusal:
            return _refused(refusal)
        except web.HTTPException as error:
            return _refused(Refusal(error.status, error.reason))
        except ConnectionError:
            raise
        except Exception:
            LOG.exception("%s %s could not be answered", request.method, request.path)
            return _refused(Refusal(500, "The emulator failed; its log says how."))

    async def close(self) -> None:
        """Say goodbye to every client."""
        sessions = [(hub, session) for hub in self._hubs.values() for session in list(hub.sessions.values())]
        sockets = [session.socket for _, session in sessions if session.socket]
        for hub, session in sessions:
            hub.close(session, "The emulator stops.", SHUTDOWN)
        for socket in sockets:
            await socket.closed()
        await self._upstream.close(SHUTDOWN_SECONDS)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        match path.split("/")[1:]:
            case ["client", "hubs", hub] | ["client", "hubs", hub, ""]:
                return await self._entrance.serve(request, check_hub(unquote(hub)))
            case ["client"] | ["client", ""]:
                return await self._entrance.serve(request, check_hub(request.query.get("hub", "")))
            case ["api", "hubs", *segments] if segments:
                return _answered(await self._data_plane.answer(request, path, segments))
            case ["api", "health"]:
                return web.Response()
        raise Refusal(404, "There is no such address.")

    def _hub(self, name: str) -> Hub:
        hub = self._hubs.get(name)
        if hub is None:
            hub = self._hubs[name] = Hub(name, self._retention, self._ended)
        return hub

    def _ended(self, session: Session, reason: str) -> None:
        self._upstream.disconnected(session.id, reason)


def _answered(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


def _refused(refusal: Refusal) -> web.Response:
    body: dict[str, object] = {
        "code": refusal.code,
        "message": refusal.message,
        "target": None,
        "details": [],
        "inner": None,
    }
    response = _answered(Answer.of(refusal.status, body))
    response.headers["x-ms-error-code"] = refusal.code
    if refusal.status == UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
