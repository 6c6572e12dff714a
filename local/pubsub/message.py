"""Messages: what is sent to clients, in the shape that each protocol wants, each shape made once."""

import base64
import binascii
import json
import math
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from local.pubsub.frames import binary_frame, text_frame

TEXT = "text"
JSON = "json"
BINARY = "binary"
PROTOBUF = "protobuf"
CONTENT_TYPES = {TEXT: "text/plain; charset=UTF-8", JSON: "application/json; charset=UTF-8"}
OCTETS = "application/octet-stream"
DATA_TYPES = {"text/plain": TEXT, "application/json": JSON, OCTETS: BINARY}


@dataclass(frozen=True)
class Payload:
    """What a message carries.

    Attributes:
        kind: text, json, binary or protobuf.
        data: the bytes of it: UTF-8 of a text, a JSON document, or just bytes.
    """

    kind: str
    data: bytes

    @classmethod
    def of_body(cls, kind: str, data: bytes) -> "Payload":
        """Take the body of an HTTP message.

        Raises:
            ValueError: it is not what its content type says.
        """
        if kind == JSON:
            orjson.loads(data)
        elif kind == TEXT:
            data.decode()
        return cls(kind, data)

    @classmethod
    def of_frame(cls, kind: object, data: Any) -> "Payload":
        """Take the data of a client's frame.

        Raises:
            ValueError: the data are not what the data type says, or there is no such data type.
        """
        if kind == JSON:
            return cls(JSON, json_bytes(data))
        if kind not in {TEXT, BINARY, PROTOBUF} or not isinstance(data, str):
            raise ValueError("The frame's data do not go with its dataType.")
        if kind == TEXT:
            return cls(TEXT, data.encode())
        try:
            return cls(str(kind), base64.b64decode(data, validate=True))
        except binascii.Error as error:
            raise ValueError("The frame's data are no base64.") from error

    @cached_property
    def json(self) -> bytes:
        """Answer it as the value of `data` in a frame."""
        if self.kind == JSON:
            return self.data
        if self.kind == TEXT:
            return orjson.dumps(self.data.decode())
        return b'"' + base64.b64encode(self.data) + b'"'

    @property
    def content_type(self) -> str:
        """Answer the content type with which an event handler gets it."""
        return CONTENT_TYPES.get(self.kind, OCTETS)


class Message:
    """One message on its way to any number of connections.

    Args:
        payload: what it carries.
        group: the group it is sent to; otherwise it comes from the server.
        user: who publishes it, if a client with a user id does.
        seconds: how long it is worth delivering; for ever if 0.
    """

    def __init__(self, payload: Payload, group: str | None = None, user: str | None = None, seconds: int = 0) -> None:
        self.payload = payload
        self.expires_at = time.monotonic() + seconds if seconds else math.inf
        self._group = group
        self._user = user
        self._numbered: tuple[int, bytes] = (0, b"")

    @cached_property
    def plain_frame(self) -> bytes:
        """Answer the frame for clients of the JSON protocol."""
        return text_frame(b"{" + self._members)

    @cached_property
    def simple_frame(self) -> bytes:
        """Answer the frame for clients without a subprotocol: the payload alone."""
        frame = text_frame if self.payload.kind in {TEXT, JSON} else binary_frame
        return frame(self.payload.data)

    def numbered_frame(self, number: int) -> bytes:
        """Answer the frame for a client of the reliable protocol, with its sequence id."""
        # connections that joined together count alike, so the last one made often serves the next too
        if self._numbered[0] != number:
            self._numbered = number, text_frame(b'{"sequenceId":%d,' % number + self._members)
        return self._numbered[1]

    @cached_property
    def _members(self) -> bytes:
        sender: dict[str, str] = {"from": "server"}
        if self._group is not None:
            sender = {"from": "group", "group": self._group}
        if self._user is not None:
            sender["fromUserId"] = self._user
        head = orjson.dumps({"type": "message", **sender, "dataType": self.payload.kind})
        return head[1:-1] + b',"data":' + self.payload.json + b"}"


def json_bytes(value: Any) -> bytes:
    """Write a JSON value.

    Raises:
        ValueError: it holds a number that JSON does not know.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def data_type(content_type: str) -> str | None:
    """Answer the data type that a content type stands for, or None if it stands for none."""
    return DATA_TYPES.get(content_type.partition(";")[0].strip().lower())
