"""What Web PubSub tells us of its connections, and what a client may not claim when it connects."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from pydantic import ConfigDict, ValidationError

from shared.domain.errors import Malformed
from shared.domain.model import Model

CONNECTION_ID = re.compile(r"[A-Za-z0-9_\-.~=]{1,200}")
EVENT_ID = re.compile(r"[\x21-\x7e]{1,128}")

# under which names a token's groups and roles are claimed: the SDK's own, and what the service may make of it
_GROUPS = ("webpubsub.group",)
_ROLES = ("role", "roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role")
_SUBJECTS = ("sub", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier")


class DeliveryType(StrEnum):
    """What can be told: of a connection by the service itself, or by its client."""

    CONNECT = "azure.webpubsub.sys.connect"
    CONNECTED = "azure.webpubsub.sys.connected"
    DISCONNECTED = "azure.webpubsub.sys.disconnected"
    USER = "azure.webpubsub.user"


@dataclass(frozen=True)
class Delivery:
    """One call of the event handler.

    Attributes:
        type: what is told.
        event: the name of what a client sent.
        hub: where the connection is.
        connection_id: which one it is.
        event_id: the same when the same is told again.
        person: whose it is, as the service says.
        content_type: of the content, without parameters.
        content: the body.
    """

    type: DeliveryType
    event: str
    hub: str
    connection_id: str
    event_id: str
    person: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Proof:
    """What shows that a call comes from Web PubSub.

    Attributes:
        connection_id: what was signed.
        signatures: with each of the service's keys, comma-separated.
        token: of the service's identity, where it has one.
    """

    connection_id: str
    signatures: str
    token: str | None


class Admitted(Model):
    """How a connection is let in."""

    userId: str  # noqa: N815 - Web PubSub's own name
    groups: list[str]
    roles: tuple[str, ...] = ()


class _ConnectRequest(Model):
    """The body of `connect`, as far as it matters."""

    model_config = ConfigDict(extra="ignore")

    claims: Mapping[str, list[str]] = MappingProxyType({})


@dataclass(frozen=True)
class Claims:
    """What the token of somebody who connects says."""

    subjects: frozenset[str]
    groups: frozenset[str]
    roles: frozenset[str]


def read_claims(content: bytes) -> Claims:
    """Answer what the body of `connect` says of the token; raise Malformed."""
    try:
        claims = _ConnectRequest.model_validate_json(content).claims
    except ValidationError as error:
        raise Malformed("The body is no connect request.") from error

    def found(names: tuple[str, ...]) -> frozenset[str]:
        return frozenset(value for name in names for value in claims.get(name, ()))

    return Claims(found(_SUBJECTS), found(_GROUPS), found(_ROLES))
