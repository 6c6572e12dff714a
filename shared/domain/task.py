"""Tasks: what there is to do, edited by several people at once."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field

from shared.domain.errors import Fault
from shared.domain.model import (
    Command,
    Identifier,
    Instant,
    Integer,
    Line,
    Listing,
    Model,
    Name,
    Notes,
    UserRef,
)


class TaskStatus(StrEnum):
    """How far a task has come."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    DONE = "done"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """How much a task matters."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class TaskSort(StrEnum):
    """The orders in which tasks are listed."""

    UPDATED_DOWN = "-updated_at"
    UPDATED = "updated_at"
    DUE = "due_at"
    DUE_DOWN = "-due_at"
    ID = "id"
    NEWEST = "-id"


class ChangeOutcome(StrEnum):
    """How a change of a field fared against the others."""

    APPLIED = "applied"
    LOST = "lost"
    RESTORED = "restored"


class Winner(StrEnum):
    """Whose value a field has where two people changed it without knowing of each other."""

    YOURS = "yours"
    THEIRS = "theirs"


FIELDS: Final = ("title", "description", "status", "priority", "asset_id", "assignee_id", "due_at")
# the replica of edits that are made on no device: by version, by assigning, by restoring
SERVER: Final = "server"
MOST_REPLICAS: Final = 500
MOST_EDITS: Final = 2**31

Replica = Annotated[
    str,
    Field(
        pattern=r"^[!-~]{1,64}$",
        description="of the device or tab; it counts its own edits",
        json_schema_extra={"not": {"const": SERVER}},
    ),
]
Counter = Annotated[Integer, Field(ge=1, le=MOST_EDITS)]
Vector = Annotated[
    dict[Annotated[str, Field(pattern=r"^[!-~]{1,64}$")], Counter],
    Field(
        max_length=MOST_REPLICAS,
        description="the highest counter seen of each replica",
        json_schema_extra={"additionalProperties": False},
    ),
]
Value = Annotated[str | int | None, Field(description="as the task shows it")]


class Task(Model):
    """A unit of work, perhaps about an asset."""

    id: int
    title: str
    description: str
    status: TaskStatus
    priority: Priority
    asset_id: int | None
    assignee_id: int | None
    due_at: Instant | None
    vector: dict[str, int]
    version: int
    created_at: Instant
    updated_at: Instant
    created_by: int | None


class Conflict(Model):
    """A field that two people changed without knowing of each other, to different values."""

    field: str
    yours: Value
    theirs: Value
    winner: Winner


class EditedTask(Task):
    """A task after an edit, with the fields in which the edit met another one."""

    conflicts: list[Conflict]


class TaskChange(Model):
    """One change of one field; what lost is kept too."""

    model_config = ConfigDict(serialize_by_alias=True)

    id: int
    field: str
    was: Annotated[Value, Field(alias="from")]
    to: Value
    user: UserRef | None
    replica: str
    changed_at: Annotated[Instant, Field(description="by the server's clock")]
    outcome: ChangeOutcome


class CreateTask(Command):
    """Make a task."""

    title: Name
    description: Notes = ""
    status: TaskStatus = TaskStatus.OPEN
    priority: Priority = Priority.NORMAL
    asset_id: Identifier | None = None
    assignee_id: Identifier | None = None
    due_at: Instant | None = None


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


def _may_be_left_out() -> Any:
    """Answer the default of what may be left out but never be null: it is read only where it was given."""
    return Field(default=None, json_schema_extra=_without_default)


class TaskById(Command):
    """One task."""

    task_id: Identifier


class UpdateTask(TaskById):
    """Change what is given: upon the `base` that it was made on, or, without, upon the version of If-Match."""

    if_match: tuple[int, ...] | None = None
    title: Name = _may_be_left_out()
    description: Notes = _may_be_left_out()
    status: TaskStatus = _may_be_left_out()
    priority: Priority = _may_be_left_out()
    asset_id: Identifier | None = None
    assignee_id: Identifier | None = None
    due_at: Instant | None = None
    base: Vector | None = None
    replica: Replica | None = None
    changed_at: Annotated[Instant, Field(description="by the device's clock")] | None = None
    sent_at: Annotated[Instant, Field(description="by the same clock, at sending: corrects it")] | None = None


class DeleteTask(TaskById):
    """Take a task away."""

    if_match: tuple[int, ...] | None = None


class AssignTask(TaskById):
    """Give a task to somebody, or with null to nobody."""

    assignee_id: Identifier | None


class ListTasks(Listing):
    """Tasks, filtered."""

    q: Annotated[Line, Field(description="part of title or description")] | None = None
    status: TaskStatus | None = None
    priority: Priority | None = None
    asset_id: Identifier | None = None
    assignee_id: Annotated[str, Field(pattern=r"^(me|[1-9][0-9]{0,17})$", description="a user id, or `me`")] | None = (
        None
    )
    due_before: Instant | None = None
    sort: TaskSort = TaskSort.UPDATED_DOWN


class ListChanges(Listing):
    """The changes of a task, the newest first."""

    task_id: Identifier


class RestoreChange(TaskById):
    """Give a field the value again that a change gave it, or would have."""

    change_id: Identifier


def edit_faults(command: UpdateTask) -> list[Fault]:
    """Find what does not go together in an edit."""
    return [_RESERVED] if command.replica == SERVER else []


_RESERVED = Fault("/replica", "The server counts its own edits under this name; choose another.")


def values(command: CreateTask | UpdateTask) -> dict[str, Any]:
    """Answer what an edit says of the fields that are merged, as JSON holds it; of a new task, every one."""
    is_new = isinstance(command, CreateTask)
    return command.model_dump(mode="json", include=set(FIELDS), exclude_unset=not is_new)


def shown(task: Task) -> Mapping[str, Any]:
    """Answer the fields that are merged, as JSON holds them."""
    return task.model_dump(mode="json", include=set(FIELDS))
