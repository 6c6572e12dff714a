"""Delivery of events to the address of an event handler: validation first, then the event, again if it fails."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

from local.pubsub.events import Correspondent, Event

VALIDATION_SECONDS = 10.0
DELIVERY_SECONDS = 100.0
MOST_ANSWER_BYTES = 16 * 1024 * 1024
REPEATED = {408}
SERVER_ERROR = 500
NOT_FOUND = 404


class DeliveryFailed(Exception):
    """The event handler did not take an event.

    Args:
        message: one sentence.
        status: of its answer; None if there was none.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Reply:
    """What an event handler answers to an event that it took."""

    status: int
    body: bytes
    content_type: str | None
    headers: dict[str, str] = field(default_factory=dict)


class Webhook:
    """Sends events to addresses of event handlers.

    Args:
        client: for the calls; without a cookie jar.
        origin: host and port of the emulator, for which handlers give their consent.
        key: the access key, which signs.
        delays: seconds before each further attempt.
    """

    def __init__(self, client: aiohttp.ClientSession, origin: str, key: bytes, delays: Sequence[float]) -> None:
        self._client = client
        self._origin = origin
        self._key = key
        self._delays = delays
        self._validated: set[str] = set()

    async def deliver(self, template: str, event: Event, about: Correspondent) -> Reply:
        """Deliver an event and answer the reply.

        Raises:
            DeliveryFailed: it was not taken, at the last attempt either.
        """
        address = template.replace("{hub}", about.hub).replace("{event}", event.name)
        headers = event.headers(about, self._origin, self._key)
        for delay in (*self._delays, None):
            try:
                await self._validate(template.replace("{hub}", about.hub).replace("{event}", "validate"))
                return await self._post(address, headers, event.payload.data)
            except DeliveryFailed as failure:
                if delay is None or not _is_passing(failure.status):
                    raise
                await asyncio.sleep(delay)
        raise AssertionError

    async def _post(self, address: str, headers: dict[str, str], body: bytes) -> Reply:
        limit = aiohttp.ClientTimeout(total=DELIVERY_SECONDS)
        try:
            async with self._client.post(
                address, data=body, headers=headers, timeout=limit, allow_redirects=False
            ) as answer:
                content = await _read(answer)
                reply = Reply(answer.status, content, answer.headers.get("Content-Type"), _kept(answer))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise DeliveryFailed(f"The event handler cannot be reached: {_said(error)}.") from error
        if not answer.ok or reply.status >= 300:  # noqa: PLR2004  neither a failure nor a redirection is consent
            raise DeliveryFailed(f"The event handler answered {reply.status}.", reply.status)
        return reply

    async def _validate(self, address: str) -> None:
        if address in self._validated:
            return
        status, allowed = await self._ask("OPTIONS", address)
        if status == NOT_FOUND:
            status, allowed = await self._ask("GET", address)
        if not 200 <= status < 300:  # noqa: PLR2004  what HTTP calls success
            raise DeliveryFailed(f"The event handler answered {status} to its validation.", status)
        wanted = {"*", self._origin, self._origin.rpartition(":")[0]}
        if not wanted & {item.strip().lower() for item in allowed.split(",")}:
            raise DeliveryFailed(f"The event handler does not allow the origin {self._origin}.", 403)
        self._validated.add(address)

    async def _ask(self, method: str, address: str) -> tuple[int, str]:
        headers = {"WebHook-Request-Origin": self._origin, "ce-awpsversion": "1.0"}
        limit = aiohttp.ClientTimeout(total=VALIDATION_SECONDS)
        try:
            async with self._client.request(
                method, address, headers=headers, timeout=limit, allow_redirects=False
            ) as answer:
                return answer.status, ",".join(answer.headers.getall("WebHook-Allowed-Origin", []))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise DeliveryFailed(f"The event handler cannot be reached: {_said(error)}.") from error


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for part in answer.content.iter_any():
        content += part
        if len(content) > MOST_ANSWER_BYTES:
            raise DeliveryFailed("The event handler's answer is over 16 MiB.", answer.status)
    return bytes(content)


def _kept(answer: aiohttp.ClientResponse) -> dict[str, str]:
    """Answer of the headers those that concern the connection."""
    state = answer.headers.get("ce-connectionState")
    kept = {} if state is None else {"ce-connectionState": state}
    return kept | {f"cookie:{name}": morsel.value for name, morsel in answer.cookies.items()}


def _is_passing(status: int | None) -> bool:
    """Say whether a failure may pass by itself."""
    return status is None or status in REPEATED or status >= SERVER_ERROR


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
