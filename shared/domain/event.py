"""The catalogue of events: what others are told about, in a tenant's order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared.domain.custody import Custody
from shared.domain.model import UserRef
from shared.domain.presence import Presence


class EventType(StrEnum):
    """Everything that is told."""

    ASSET_CHECKED_OUT = "ASSET_CHECKED_OUT"
    ASSET_CHECKED_IN = "ASSET_CHECKED_IN"
    PHOTO_READY = "PHOTO_READY"
    PRESENCE_JOIN = "PRESENCE_JOIN"
    PRESENCE_LEAVE = "PRESENCE_LEAVE"


@dataclass(frozen=True)
class Event:
    """Something that happened to one resource.

    Attributes:
        type: what happened.
        resource_type: `asset`, `photo` or `task`.
        resource_id: its id, as text.
        data: what everybody of the tenant may know about it; no cost, no address, no token.
    """

    type: EventType
    resource_type: str
    resource_id: str
    data: Mapping[str, Any] = field(default_factory=dict)


def asset_checked_out(custody: Custody) -> Event:
    """Answer the event of a check-out."""
    return _of_custody(EventType.ASSET_CHECKED_OUT, custody, custody.checkout_time.isoformat())


def asset_checked_in(custody: Custody) -> Event:
    """Answer the event of a check-in."""
    moment = custody.checkin_time.isoformat() if custody.checkin_time else None
    return _of_custody(EventType.ASSET_CHECKED_IN, custody, moment)


def presence_join(task_id: int, user: UserRef, presence: Presence) -> Event:
    """Answer the event of somebody who looks at a task now; it is told at once and has no `seq`."""
    return _of_presence(EventType.PRESENCE_JOIN, task_id, user, presence)


def presence_leave(task_id: int, user: UserRef, presence: Presence) -> Event:
    """Answer the event of somebody who looks at a task no more; it is told at once and has no `seq`."""
    return _of_presence(EventType.PRESENCE_LEAVE, task_id, user, presence)


def _of_presence(kind: EventType, task_id: int, user: UserRef, presence: Presence) -> Event:
    data = {"task_id": task_id, "user": user.model_dump(), **presence.model_dump()}
    return Event(kind, "task", str(task_id), data)


def _of_custody(kind: EventType, custody: Custody, moment: str | None) -> Event:
    due = custody.due_at.isoformat() if custody.due_at else None
    data = {
        "custody_id": custody.id,
        "asset_id": custody.asset_id,
        "holder_id": custody.user.id,
        "occurred_at": moment,
        "due_at": due,
        "version": custody.version,
    }
    return Event(kind, "asset", str(custody.asset_id), data)
