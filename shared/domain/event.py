"""The catalogue of events: what others are told about, in a tenant's order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared.domain.comment import Comment
from shared.domain.custody import Custody
from shared.domain.task import Task


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
