"""A person's live connection: negotiate, connect with the official client, catch up what did not come."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from azure.messaging.webpubsubclient.aio import WebPubSubClient, WebPubSubClientCredential
from azure.messaging.webpubsubclient.models import CallbackType

from tools.database import OperatorFault
from tools.sequence import Proof, Told, unpacked

PAGE = 200
# the client gives up for good after its last try, and an operator's screen is left on overnight
RECONNECTS = 10_000
GONE = 410

type Shown = Callable[[Told], None]


class Live:
    """Events of one tenant as they come, each once and in order.

    Args:
        api: HTTP client of the application, with a token.
        show: takes each event; presence too, which has no number.
        since: the number of the last event that is known already; the newest if None.
        compress: ask for large batches packed.
    """

    def __init__(self, api: httpx.AsyncClient, show: Shown, since: int | None = None, *, compress: bool = True) -> None:
        self.proof = Proof(since or 0)
        self.reconnects = -1
        self._api = api
        self._show = show
        self._begun = since is not None
        self._compress = compress
        self._arrived: asyncio.Queue[Any] = asyncio.Queue()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[WebPubSubClient]:
        """Be connected; events are shown until the end."""
        credential = WebPubSubClientCredential(client_access_url_provider=self._negotiate)
        client = WebPubSubClient(credential, reconnect_retry_total=RECONNECTS, reconnect_retry_backoff_max=5)
        await client.subscribe(CallbackType.CONNECTED, self._on_connected)
        await client.subscribe(CallbackType.GROUP_MESSAGE, self._on_message)
        await client.subscribe(CallbackType.SERVER_MESSAGE, self._on_message)
        async with client:
            showing = asyncio.create_task(self._show_arrivals())
            try:
                yield client
            finally:
                showing.cancel()
        await self.catch_up()

    async def catch_up(self) -> None:
        """Ask for whatever has not come by itself."""
        query: dict[str, Any] = {"after_seq": self.proof.last, "limit": PAGE}
        while True:
            page = await self._asked("GET", "/api/events", params=query)
            for event in page["items"]:
                self._show_all(self.proof.take(event, asked=True))
            if page["next_cursor"] is None:
                break
            query = {"cursor": page["next_cursor"], "limit": PAGE}
        self._show_all(self.proof.skip_to(page["last_seq"]))

    async def _negotiate(self) -> str:
        entry = await self._asked("POST", "/api/realtime/negotiate", params={"compress": int(self._compress)})
        if not self._begun:
            self.proof.last, self._begun = entry["last_seq"], True
        return str(entry["url"])

    async def _asked(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = await self._api.request(method, path, **more)
        except httpx.TransportError as error:
            why = str(error) or type(error).__name__
            raise OperatorFault(f"{self._api.base_url} does not answer: {why}.") from error
        if answer.status_code == GONE:
            raise OperatorFault("Those events are not kept any more: begin without --since.")
        if answer.is_error:
            raise OperatorFault(f"{method} {path} was answered {answer.status_code}: {answer.text[:500]}")
        return answer.json()

    async def _on_connected(self, _: Any) -> None:
        self.reconnects += 1
        self._arrived.put_nowait(None)

    async def _on_message(self, message: Any) -> None:
        self._arrived.put_nowait(message.data)

    async def _show_arrivals(self) -> None:
        """Show what arrives, one message after the other; ask for what is missing between them."""
        while True:
            message = await self._arrived.get()
            if message is None:
                await self._patiently(self.catch_up)
                continue
            for event in unpacked(message):
                self._show_all([event] if event.get("seq") is None else self.proof.take(event))
            if not self.proof.is_complete:
                await self._patiently(self.catch_up)

    async def _patiently(self, step: Callable[[], Awaitable[None]]) -> None:
        """Take a step; if the application is away, what it would bring is asked for after the next event."""
        try:
            await step()
        except OperatorFault as fault:
            self._show({"type": "WATCH_TROUBLE", "data": {"detail": str(fault)}})

    def _show_all(self, events: Any) -> None:
        for event in events:
            self._show(event)
