"""What event handlers are told about connections, and what their answers mean."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from local.pubsub.events import Correspondent, Event
from local.pubsub.message import BINARY, Payload, data_type
from local.pubsub.refusals import Refusal
from local.pubsub.webhook import DeliveryFailed, Reply, Webhook

ANY_HUB = "*"
LOG = logging.getLogger("local.pubsub")


@dataclass(frozen=True)
class Decision:
    """What an event handler says to a client that wants to connect; None leaves the token's word."""

    user: str | None = None
    groups: list[str] | None = None
    roles: list[str] | None = None
    subprotocol: str | None = None


class Upstream:
    """Tells the event handler of each hub, if it has one.

    Args:
        handlers: hub in lower case, or `*`, and the address of its handler.
        webhook: delivers.
    """

    def __init__(self, handlers: Mapping[str, str], webhook: Webhook) -> None:
        self._handlers = handlers
        self._webhook = webhook
        self._known: dict[str, Correspondent] = {}
        self._connected: set[str] = set()
        # of each connection the last thing that is told without waiting, so that the next comes after it
        self._last: dict[str, asyncio.Task[None]] = {}

    async def connect(self, about: Correspondent, body: Mapping[str, Any]) -> Decision:
        """Ask whether a client may connect, and as whom.

        Raises:
            Refusal: it may not, or there is no telling.
        """
        template = self._template(about.hub)
        if template is None:
            return Decision()
        try:
            reply = await self._deliver(template, Event.of_system("connect", body), about)
        except DeliveryFailed as failure:
            raise Refusal(failure.status or 500, str(failure)) from failure
        return _decision(reply)

    def accepted(self, about: Correspondent) -> None:
        """Take note of a client that may connect: its end will be told, however it comes."""
        self._known[about.connection_id] = about

    def connected(self, connection_id: str) -> None:
        """Tell, without waiting, that a client is connected; not again when it comes back."""
        about = self._known.get(connection_id)
        if about is not None and connection_id not in self._connected:
            self._connected.add(connection_id)
            self._tell(about, Event.of_system("connected", {}))

    def disconnected(self, connection_id: str, reason: str) -> None:
        """Tell, without waiting, that a connection is over."""
        about = self._known.pop(connection_id, None)
        self._connected.discard(connection_id)
        if about is not None:
            self._tell(about, Event.of_system("disconnected", {"reason": reason}))

    async def ask(self, connection_id: str, name: str, payload: Payload) -> Payload | None:
        """Deliver what a client says, and answer what is said to it.

        Raises:
            DeliveryFailed: nobody took it.
        """
        about = self._known.get(connection_id)
        template = self._template(about.hub) if about else None
        if about is None or template is None:
            raise DeliveryFailed("The hub has no event handler.")
        reply = await self._deliver(template, Event.of_client(name, payload), about)
        return _payload(reply)

    async def close(self, seconds: float) -> None:
        """Wait for what is still being told, but not for long."""
        if self._last:
            _, late = await asyncio.wait(self._last.values(), timeout=seconds)
            for task in late:
                task.cancel()

    def _template(self, hub: str) -> str | None:
        return self._handlers.get(hub) or self._handlers.get(ANY_HUB)

    async def _deliver(self, template: str, event: Event, about: Correspondent) -> Reply:
        reply = await self._webhook.deliver(template, event, about)
        for name, value in reply.headers.items():
            if name == "ce-connectionState":
                about.state = value
            else:
                about.cookies[name.removeprefix("cookie:")] = value
        return reply

    def _tell(self, about: Correspondent, event: Event) -> None:
        template = self._template(about.hub)
        if template is None:
            return
        before = self._last.get(about.connection_id)
        task = asyncio.create_task(self._tell_after(before, template, event, about))
        self._last[about.connection_id] = task
        task.add_done_callback(lambda done: self._forget(about.connection_id, done))

    def _forget(self, connection_id: str, task: asyncio.Task[None]) -> None:
        if self._last.get(connection_id) is task:
            del self._last[connection_id]

    async def _tell_after(
        self, before: asyncio.Task[None] | None, template: str, event: Event, about: Correspondent
    ) -> None:
        if before is not None:
            await asyncio.wait([before])
        try:
            await self._webhook.deliver(template, event, about)
        except DeliveryFailed as failure:
            LOG.warning("%s of %s in hub %s: %s", event.name, about.connection_id, about.hub, failure)


def _decision(reply: Reply) -> Decision:
    if not reply.body.strip():
        return Decision()
    try:
        given = dict[str, Any](orjson.loads(reply.body))
        return Decision(
            user=_text(given, "userId"),
            groups=_texts(given, "groups"),
            roles=_texts(given, "roles"),
            subprotocol=_text(given, "subprotocol"),
        )
    except (ValueError, TypeError):
        raise Refusal(500, "The event handler's answer to connect is not one that can be understood.") from None


def _text(given: dict[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value


def _texts(given: dict[str, Any], name: str) -> list[str] | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError
    return value


def _payload(reply: Reply) -> Payload | None:
    if not reply.body:
        return None
    try:
        return Payload.of_body(data_type(reply.content_type or "") or BINARY, reply.body)
    except ValueError as error:
        raise DeliveryFailed("The event handler's answer is not what its content type says.") from error
