"""What a client's frames ask for, and how it is carried out."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from aiohttp import WSCloseCode

from local.pubsub.hub import Hub
from local.pubsub.message import BINARY, JSON, TEXT, Message, Payload
from local.pubsub.names import check_group, is_event
from local.pubsub.refusals import Refusal
from local.pubsub.roles import JOIN, SEND
from local.pubsub.session import Protocol, Session
from local.pubsub.upstream import Upstream
from local.pubsub.webhook import DeliveryFailed

MOST_ACK_ID = 2**64 - 1
SIMPLE_EVENT = "message"
# of newer protocols, which this one does not carry out
UNSUPPORTED = {
    *("invoke", "cancelInvocation", "streamData", "streamEnd"),
    *("setGroupState", "subscribeGroupState", "unsubscribeGroupState"),
}
type Frame = dict[str, Any]
type Act = Callable[[Frame], Awaitable[None]]


class Malformed(Exception):
    """What a client sent is no frame of its protocol; the connection ends."""


class Failed(Exception):
    """What a client asked for was not done.

    Args:
        name: the error's name in the client's protocol.
        message: one sentence.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class Client:
    """Carries out the frames of one connection.

    Args:
        hub: where it belongs.
        session: the connection.
        upstream: gets its events.
        own_group: to which everything goes that a client without a subprotocol sends; otherwise it is an event.
    """

    def __init__(self, hub: Hub, session: Session, upstream: Upstream, own_group: str | None = None) -> None:
        self._hub = hub
        self._session = session
        self._upstream = upstream
        self._own_group = own_group
        self._acts: dict[object, Act] = {
            "joinGroup": self._join,
            "leaveGroup": self._leave,
            "sendToGroup": self._publish,
            "event": self._event,
            **dict.fromkeys(UNSUPPORTED, _unsupported),
        }

    async def take(self, data: str | bytes) -> None:
        """Carry out one frame; the connection ends if it cannot be one."""
        session = self._session
        if session.ended:
            return
        if session.protocol is Protocol.SIMPLE:
            await self._take_bare(bare_payload(data))
        elif isinstance(data, bytes):
            self._hub.close(session, "Frames of this protocol are text.", WSCloseCode.UNSUPPORTED_DATA)
        else:
            try:
                await self._take_frame(data)
            except Malformed as fault:
                self._hub.close(session, str(fault), WSCloseCode.INVALID_TEXT)

    async def _take_frame(self, text: str) -> None:
        frame = _frame(text)
        kind = frame.get("type")
        if kind == "ping":
            self._session.tell({"type": "pong"})
        elif kind == "sequenceAck":
            self._session.acknowledge_messages(_whole(frame.get("sequenceId")))
        elif isinstance(kind, str) and kind in self._acts:
            async with self._session.turn:
                if not self._session.ended:
                    await self._acknowledged(frame, self._acts[kind])
        else:
            raise Malformed("There is no frame of this type.")

    async def _take_bare(self, payload: Payload) -> None:
        group = self._own_group
        if group is not None:
            self._hub.publish(Message(payload, group, self._session.user), self._hub.of_group(group))
            return
        try:
            await self._ask(SIMPLE_EVENT, payload)
        except DeliveryFailed as failure:
            self._hub.close(self._session, str(failure), WSCloseCode.INTERNAL_ERROR)

    async def _acknowledged(self, frame: Frame, act: Act) -> None:
        ack_id = frame.get("ackId")
        if ack_id is not None and self._session.has_done(_whole(ack_id)):
            self._answer(ack_id, Failed("Duplicate", f"The frame with ackId {ack_id} was carried out already."))
            return
        try:
            await act(frame)
        except Failed as failure:
            self._answer(ack_id, failure)
        else:
            if ack_id is not None:
                self._session.remember(ack_id)
            self._answer(ack_id, None)

    def _answer(self, ack_id: int | None, failure: Failed | None) -> None:
        if ack_id is None:
            return
        answer: Frame = {"type": "ack", "ackId": ack_id, "success": failure is None}
        if failure is not None:
            answer["error"] = {"name": failure.name, "message": str(failure)}
        self._session.tell(answer)

    async def _join(self, frame: Frame) -> None:
        self._hub.join(self._session, self._permitted(JOIN, frame))

    async def _leave(self, frame: Frame) -> None:
        self._hub.leave(self._session, self._permitted(JOIN, frame))

    async def _publish(self, frame: Frame) -> None:
        if "stream" in frame:
            await _unsupported(frame)
        payload, no_echo = _payload(frame), frame.get("noEcho", False)
        if not isinstance(no_echo, bool):
            raise Malformed("noEcho is true or false.")
        group = self._permitted(SEND, frame)
        message = Message(payload, group, self._session.user)
        excluded = (self._session.id,) if no_echo else ()
        self._hub.publish(message, self._hub.of_group(group), excluded)

    async def _event(self, frame: Frame) -> None:
        payload, name = _payload(frame), frame.get("event")
        if not isinstance(name, str):
            raise Malformed("An event has a name.")
        if not is_event(name):
            raise Failed(
                "InternalServerError", "An event's name is a letter and up to 127 letters, digits or _.- more."
            )
        try:
            await self._ask(name, payload)
        except DeliveryFailed as failure:
            raise Failed("InternalServerError", str(failure)) from failure

    async def _ask(self, name: str, payload: Payload) -> None:
        answer = await self._upstream.ask(self._session.id, name, payload)
        if answer is not None:
            self._session.deliver(Message(answer))

    def _permitted(self, permission: str, frame: Frame) -> str:
        try:
            group = check_group(frame.get("group"))
        except Refusal as refusal:
            raise Malformed(refusal.message) from refusal
        if not self._session.permissions.may(permission, group):
            raise Failed("Forbidden", f"The connection does not have the permission {permission} for this group.")
        return group


def bare_payload(data: str | bytes) -> Payload:
    """Answer what a client without a subprotocol sends."""
    return Payload(TEXT, data.encode()) if isinstance(data, str) else Payload(BINARY, data)


def _frame(text: str) -> Frame:
    try:
        frame = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Malformed("The frame is no JSON.") from error
    if not isinstance(frame, dict):
        raise Malformed("The frame is no JSON object.")
    return frame


def _payload(frame: Frame) -> Payload:
    if "data" not in frame:
        raise Malformed("The frame has no data.")
    try:
        return Payload.of_frame(frame.get("dataType", JSON), frame["data"])
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from error


def _whole(number: object) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MOST_ACK_ID:
        raise Malformed("An id is a whole number of 64 bits.")
    return number


async def _unsupported(frame: Frame) -> NoReturn:
    raise Failed("InternalServerError", f"This emulator does not carry out {frame.get('type')} frames of this kind.")


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)
