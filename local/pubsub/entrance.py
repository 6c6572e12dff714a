"""The WebSockets of clients, from the handshake to the end of the connection."""

import asyncio
import logging
from collections.abc import Callable

from aiohttp import WSCloseCode, WSMsgType, web

from local.pubsub.client import Client
from local.pubsub.handshake import Admission, Asked, admit
from local.pubsub.hub import Hub
from local.pubsub.refusals import Refusal
from local.pubsub.session import Protocol, Session
from local.pubsub.socket import Socket
from local.pubsub.tokens import Tokens
from local.pubsub.upstream import Upstream

# aiohttp refuses frames of this size and above
FRAME_LIMIT = 1024 * 1024 + 1
# of close frames with which a client ends its connection for good; 0 stands for a frame without a code
CLEAN = {0, 1000, 1001, 1005}
GOODBYE_SECONDS = 3.0
LOG = logging.getLogger("local.pubsub")
UNRECOVERABLE = b"The connection cannot be recovered."


class Entrance:
    """Lets clients in and serves each until it is gone.

    Args:
        hub_of: finds a hub by its name, and makes it if it is new.
        tokens: checks what clients show.
        upstream: is asked and told.
        keep_alive: seconds between pings; a client that does not answer in half of that is gone.
    """

    def __init__(self, hub_of: Callable[[str], Hub], tokens: Tokens, upstream: Upstream, keep_alive: float) -> None:
        self._hub_of = hub_of
        self._tokens = tokens
        self._upstream = upstream
        self._keep_alive = keep_alive

    async def serve(self, request: web.BaseRequest, hub_name: str) -> web.StreamResponse:
        """Serve one WebSocket to its end.

        Raises:
            Refusal: the client may not come in.
        """
        asked = Asked.read(request, hub_name)
        if request.headers.get("Upgrade", "").strip().lower() != "websocket":
            raise Refusal(400, "This address is for WebSockets.")
        if asked.returning is not None:
            return await self._take_back(request, asked, *asked.returning)
        return await self._let_in(request, await admit(asked, self._tokens, self._upstream))

    async def _let_in(self, request: web.BaseRequest, admission: Admission) -> web.WebSocketResponse:
        self._upstream.accepted(admission.about)
        try:
            response = await self._prepared(request, admission.subprotocol)
        except BaseException:
            self._upstream.disconnected(admission.about.connection_id, "The connection broke.")
            raise
        hub = self._hub_of(admission.identity.hub)
        session = hub.open(admission.identity)
        client = Client(hub, session, self._upstream, admission.own_group)
        await self._attend(response, _transport(request), hub, session, client)
        return response

    async def _take_back(
        self, request: web.BaseRequest, asked: Asked, connection_id: str, token: str
    ) -> web.WebSocketResponse:
        # a refusal by HTTP status would let clients try for half a minute: they give up at once on a close frame
        response = await self._prepared(request, asked.protocol.value or None)
        hub = self._hub_of(asked.hub)
        session = hub.sessions.get(connection_id)
        good = asked.protocol is Protocol.RELIABLE and self._tokens.allows_return(token, connection_id)
        if session is None or not session.reliable or not good:
            await response.close(code=WSCloseCode.POLICY_VIOLATION, message=UNRECOVERABLE)
            return response
        hub.stay(session)
        await self._attend(response, _transport(request), hub, session, Client(hub, session, self._upstream))
        return response

    async def _prepared(self, request: web.BaseRequest, subprotocol: str | None) -> web.WebSocketResponse:
        response = web.WebSocketResponse(
            protocols=[subprotocol] if subprotocol else (),
            heartbeat=self._keep_alive,
            compress=False,
            max_msg_size=FRAME_LIMIT,
            timeout=GOODBYE_SECONDS,
        )
        await response.prepare(request)
        return response

    async def _attend(
        self,
        response: web.WebSocketResponse,
        transport: asyncio.Transport,
        hub: Hub,
        session: Session,
        client: Client,
    ) -> None:
        """Serve a socket of a session until it is gone; before the first frame is awaited, it is attached."""
        socket = Socket(response, transport)
        generation = session.attach(socket, self._tokens.return_token(session.id) if session.reliable else None)
        self._upstream.connected(session.id)
        clean = False
        try:
            clean = await _receive(response, client)
        except Exception:
            LOG.exception("A frame of connection %s could not be carried out", session.id)
            hub.close(session, "The emulator failed; its log says how.", WSCloseCode.INTERNAL_ERROR)
        finally:
            if session.detach(generation) and not session.ended:
                if clean or not session.reliable:
                    hub.end(session, "The client closed the connection." if clean else "The connection broke.")
                else:
                    hub.lose(session)
            await socket.closed()


async def _receive(response: web.WebSocketResponse, client: Client) -> bool:
    """Take frames until the socket is gone; answer whether the client closed it in good order."""
    while True:
        frame = await response.receive()
        if frame.type is WSMsgType.CLOSE:
            return frame.data in CLEAN
        if frame.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
            return False
        await client.take(frame.data)


def _transport(request: web.BaseRequest) -> asyncio.Transport:
    if request.transport is None:
        raise ConnectionResetError
    return request.transport
