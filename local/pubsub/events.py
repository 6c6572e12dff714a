"""Events as event handlers get them: CloudEvents in binary mode over HTTP."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson

from local.pubsub.message import JSON, Payload

SYSTEM = "azure.webpubsub.sys."
USER = "azure.webpubsub.user."
CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass
class Correspondent:
    """One connection, as its event handler knows it.

    Attributes:
        hub: where it belongs, in lower case.
        connection_id: unique.
        user: its user id, or None.
        subprotocol: what it speaks; empty if nothing was agreed.
        state: what the handler let us remember for it.
        cookies: the same, for whatever distributes calls in front of the handler.
        count: of its events so far.
    """

    hub: str
    connection_id: str
    user: str | None = None
    subprotocol: str = ""
    state: str | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    count: int = 0


@dataclass(frozen=True)
class Event:
    """Something that happened to a connection, or that its client says.

    Attributes:
        kind: the event's type without its name.
        name: connect, connected, disconnected, or the client's word.
        payload: what it carries.
    """

    kind: str
    name: str
    payload: Payload

    @classmethod
    def of_system(cls, name: str, body: Mapping[str, Any]) -> "Event":
        """Answer an event of the service's own."""
        return cls(SYSTEM, name, Payload(JSON, orjson.dumps(body)))

    @classmethod
    def of_client(cls, name: str, payload: Payload) -> "Event":
        """Answer an event that a client sends."""
        return cls(USER, name, payload)

    def headers(self, about: Correspondent, origin: str, key: bytes) -> dict[str, str]:
        """Answer the headers of its delivery, and count it."""
        number, about.count = about.count, about.count + 1
        known = {
            "ce-userId": about.user,
            "ce-subprotocol": about.subprotocol,
            "ce-connectionState": about.state,
            "Cookie": "; ".join(f"{name}={value}" for name, value in about.cookies.items()),
        }
        return {
            "WebHook-Request-Origin": origin,
            "Content-Type": self.payload.content_type,
            "ce-specversion": "1.0",
            "ce-awpsversion": "1.0",
            "ce-type": self.kind + self.name,
            "ce-source": f"/hubs/{about.hub}/client/{about.connection_id}",
            "ce-id": str(number),
            "ce-time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "ce-signature": signature(key, about.connection_id),
            "ce-connectionId": about.connection_id,
            "ce-hub": about.hub,
            "ce-eventName": self.name,
            **{name: _printable(value) for name, value in known.items() if value},
        }


def signature(key: bytes, connection_id: str) -> str:
    """Answer what shows an event handler that we know the access key."""
    return "sha256=" + hmac.new(key, connection_id.encode(), hashlib.sha256).hexdigest()


def _printable(value: str) -> str:
    # a user id may hold a line break, which would end the header
    return CONTROLS.sub(lambda found: quote(found[0]), value)
