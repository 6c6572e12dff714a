"""The catalogue of events: what others are told about, in a tenant's order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, JsonValue

from shared.domain.comment import Comment
from shared.domain.custody import Custody
from shared.domain.idle_asset import IdleAsset
from shared.domain.model import BIGINT_MAX, Instant, Integer, Listing, Model, UserRef
from shared.domain.presence import Presence
from shared.domain.principal import Role
from shared.domain.rollups import Reckoned
from shared.domain.task import Task

# Whoever was away longer reads everything anew, which by then is less than what happened meanwhile. A weekend and a
# public holiday are well within it.
KEPT_FOR = timedelta(days=7)


class EventType(StrEnum):
    """Everything that is told."""

    ASSET_CHECKED_OUT = "ASSET_CHECKED_OUT"
    ASSET_CHECKED_IN = "ASSET_CHECKED_IN"
    PHOTO_READY = "PHOTO_READY"
    TASK_CREATED = "TASK_CREATED"
    TASK_UPDATED = "TASK_UPDATED"
    TASK_ASSIGNED = "TASK_ASSIGNED"
    TASK_DELETED = "TASK_DELETED"
    COMMENT_ADDED = "COMMENT_ADDED"
    PRESENCE_JOIN = "PRESENCE_JOIN"
    PRESENCE_LEAVE = "PRESENCE_LEAVE"
    METRICS_UPDATED = "METRICS_UPDATED"
    IDLE_ALERT = "IDLE_ALERT"


# They tell who is there at this moment, which is of no use to anybody later.
UNNUMBERED = frozenset({EventType.PRESENCE_JOIN, EventType.PRESENCE_LEAVE})

# The least role that may read an event, where it is more than a driver's.
_ABOVE_DRIVER: Mapping[EventType, Role] = {}
READERS: Mapping[EventType, Role] = {**dict.fromkeys(EventType, Role.DRIVER), **_ABOVE_DRIVER}


def readable(role: Role) -> list[str]:
    """Answer the types of events that a role may read."""
    return [kind.value for kind, least in READERS.items() if role >= least]


def find_reader(kind: str) -> Role | None:
    """Answer the least role that may read events of a type, or None for one that a newer version has written."""
    return READERS.get(EventType(kind)) if kind in EventType else None


class Envelope(Model):
    """An event as it is told."""

    seq: Annotated[int, Field(description="rises by one from event to event of an organisation")]
    # a text: while a new version is rolled out the old one meets types that it does not know
    type: Annotated[
        str, Field(json_schema_extra={"enum": [kind.value for kind in EventType if kind not in UNNUMBERED]})
    ]
    resource_type: str
    resource_id: str
    user_id: Annotated[int | None, Field(description="who did it; null for the system itself")]
    at: Instant
    data: dict[str, JsonValue]


class ListEvents(Listing):
    """The organisation's events after one of them, in order."""

    after_seq: Annotated[Integer, Field(ge=0, le=BIGINT_MAX, description="the last event that is known already")] = 0


class EventPage(Model):
    """A page of events, in order; `next_cursor` is null on the last."""

    items: list[Envelope]
    next_cursor: str | None
    last_seq: Annotated[int, Field(description="up to this event the page, with those before it, tells everything")]


@dataclass(frozen=True)
class Event:
    """Something that happened to one resource.

    Attributes:
        type: what happened.
        resource_type: `asset`, `photo`, `task` or `analytics`.
        resource_id: its id, as text.
        data: what everybody of the tenant may know about it; no cost, no address, no token.
    """

    type: EventType
    resource_type: str
    resource_id: str
    data: Mapping[str, Any] = field(default_factory=dict)


def asset_checked_out(custody: Custody) -> Event:
    """Answer the event of a check-out."""
    return _of_custody(EventType.ASSET_CHECKED_OUT, custody, custody.checkout_time)


def asset_checked_in(custody: Custody) -> Event:
    """Answer the event of a check-in."""
    return _of_custody(EventType.ASSET_CHECKED_IN, custody, custody.checkin_time)


def presence_join(task_id: int, user: UserRef, presence: Presence) -> Event:
    """Answer the event of somebody who looks at a task now; it is told at once and has no `seq`."""
    return _of_presence(EventType.PRESENCE_JOIN, task_id, user, presence)


def presence_leave(task_id: int, user: UserRef, presence: Presence) -> Event:
    """Answer the event of somebody who looks at a task no more; it is told at once and has no `seq`."""
    return _of_presence(EventType.PRESENCE_LEAVE, task_id, user, presence)


def _of_presence(kind: EventType, task_id: int, user: UserRef, presence: Presence) -> Event:
    data = {"task_id": task_id, "user": user.model_dump(), **presence.model_dump()}
    return Event(kind, "task", str(task_id), data)


def _of_custody(kind: EventType, custody: Custody, moment: datetime | None) -> Event:
    data = {
        "custody_id": custody.id,
        "asset_id": custody.asset_id,
        "holder_id": custody.user.id,
        "occurred_at": _written(moment),
        "due_at": _written(custody.due_at),
        "version": custody.version,
    }
    return Event(kind, "asset", str(custody.asset_id), data)


def metrics_updated(reckoned: Reckoned) -> Event:
    """Answer the event of figures that moved; which ones, nobody is told who may not see them."""
    data = {
        "from": reckoned.first_day.isoformat(),
        "to": reckoned.last_day.isoformat(),
        "asset_count": reckoned.assets,
        "version": reckoned.version,
    }
    return Event(EventType.METRICS_UPDATED, "analytics", "fleet", data)


def costs_updated(first_day: str, last_day: str, assets: int) -> Event:
    """Answer the event of money or prices that moved; which sums, nobody is told."""
    data = {"from": first_day, "to": last_day, "asset_count": assets}
    return Event(EventType.METRICS_UPDATED, "analytics", "costs", data)


def task_created(task: Task, changed: Sequence[str]) -> Event:
    """Answer the event of a new task."""
    return _of_task(EventType.TASK_CREATED, task, changed)


def task_updated(task: Task, changed: Sequence[str]) -> Event:
    """Answer the event of an edit; one that changed no value that is shown still changed the vector."""
    return _of_task(EventType.TASK_UPDATED, task, changed)


def task_assigned(task: Task) -> Event:
    """Answer the event of a task that was given to somebody, or taken from them."""
    return _of_task(EventType.TASK_ASSIGNED, task, ["assignee_id"])


def task_deleted(task_id: int, version: int) -> Event:
    """Answer the event of a task that is gone."""
    return Event(EventType.TASK_DELETED, "task", str(task_id), {"task_id": task_id, "version": version})


def comment_added(comment: Comment) -> Event:
    """Answer the event of a comment on a task."""
    return Event(EventType.COMMENT_ADDED, "task", str(comment.task_id), comment.model_dump(mode="json"))


def _of_task(kind: EventType, task: Task, changed: Sequence[str]) -> Event:
    return Event(kind, "task", str(task.id), {**task.model_dump(mode="json"), "changed": list(changed)})


def idle_alert(idle: IdleAsset) -> Event:
    """Answer the event of an asset that was not used for longer than the organisation lets pass."""
    data = {
        "asset_id": idle.asset_id,
        "asset_name": idle.asset_name,
        "days_idle": idle.days_idle,
        "last_activity_at": _written(idle.last_activity_at),
    }
    return Event(EventType.IDLE_ALERT, "asset", str(idle.asset_id), data)


def _written(moment: datetime | None) -> str | None:
    """Answer a moment as all answers write it: in UTC, with Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
