"""How a browser gets into real time, and in which groups somebody of a role may be there."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from shared.domain import realtime
from shared.domain.model import Command, Flag, Model
from shared.domain.principal import Role

PROTOCOL: Final = "json.reliable.webpubsub.azure.v1"
# the token is looked at when a client connects and never again: long enough for a slow phone and a first reconnect,
# too short to be worth keeping
ENTRY_LIFETIME = timedelta(minutes=10)


def _flag_of_digit(value: Any) -> Any:
    return {"0": False, "1": True}.get(str(value), value)


_ZERO_OR_ONE = BeforeValidator(_flag_of_digit)


class Negotiate(Command):
    """What a client asks for before it connects."""

    compress: Annotated[
        Flag, _ZERO_OR_ONE, Field(description='the client reads batches that are compressed, `{"z": …}`')
    ] = False


class Negotiated(Model):
    """What a client connects with."""

    url: Annotated[str, Field(description="of the WebSocket, with a token in it")]
    hub: str
    protocol: Literal["json.reliable.webpubsub.azure.v1"] = PROTOCOL
    groups: Annotated[list[str], Field(description="that the connection will be in; the server decides")]
    last_seq: Annotated[
        int, Field(description="the newest event; what comes later is told, or `GET /api/events` has it")
    ]
    expires_at: Annotated[datetime, Field(description="connect before then; an open connection stays")]


def groups_of(tenant_id: int, role: Role | None, *, compress: bool = True) -> list[str]:
    """Answer the groups that somebody of a role is in, at their wish with that of compressed batches; None: in none."""
    if role is None:
        return []
    groups = [realtime.everybody(tenant_id)]
    if role >= Role.MANAGER:
        groups.append(realtime.managers(tenant_id))
    if compress:
        groups.append(realtime.compressed(tenant_id))
    return groups
