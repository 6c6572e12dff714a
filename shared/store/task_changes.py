"""Changes of tasks: edits in, edits and what became of them out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.merge import Edit
from shared.domain.task import ChangeOutcome, TaskChange
from shared.store.database import Row, Transaction
from shared.store.jsonb import jsonb
from shared.store.queries import Queries

_SQL = Queries("task_changes")


@dataclass(frozen=True)
class Recorded:
    """An edit of a field that is on record, and how it fares.

    Attributes:
        id: of the change.
        edit: what was said.
        effective: the moment at which it counts as made.
        outcome: how it fares.
        is_restoring: it gave a field a value back.
    """

    id: int
    edit: Edit
    effective: datetime
    outcome: ChangeOutcome
    is_restoring: bool


@dataclass(frozen=True)
class Head:
    """What the changes of one edit share.

    Attributes:
        task_id: of which task.
        user_id: who made it.
        replica: on which replica.
        counter: of that replica.
        base: what its author had seen.
        said_at: when, as the device said.
        changed_at: when, by the server's clock.
        restores: the change whose value it restores.
        now: when it was taken in.
    """

    task_id: int
    user_id: int
    replica: str
    counter: int
    base: Mapping[str, int]
    said_at: str | None
    changed_at: datetime
    restores: int | None
    now: datetime


def insert_changes(tx: Transaction, head: Head, changes: Sequence[Mapping[str, Any]]) -> None:
    """Record an edit: field, from_value, to_value, effective_at, outcome, conflict of each field."""
    tx.run(
        _SQL["insert_changes"],
        task_id=head.task_id,
        user_id=head.user_id,
        replica=head.replica,
        counter=head.counter,
        base=jsonb(dict(head.base)),
        said_at=head.said_at,
        changed_at=head.changed_at,
        restores=head.restores,
        now=head.now,
        changes=jsonb(list(changes)),
    )


def list_edits(tx: Transaction, task_id: int, fields: Iterable[str]) -> dict[str, list[Recorded]]:
    """Answer all edits of some fields, by field."""
    return _by_field(tx.all(_SQL["list_edits"], task_id=task_id, fields=list(fields)))


def list_leaders(tx: Transaction, task_id: int, fields: Iterable[str]) -> dict[str, list[Recorded]]:
    """Answer the one edit of each field whose value it has, by field."""
    return _by_field(tx.all(_SQL["list_leaders"], task_id=task_id, fields=list(fields)))


def list_later_edits(
    tx: Transaction, task_id: int, replica: str, base: Mapping[str, int], said_at: str | None
) -> list[Row]:
    """Answer what a replica recorded beyond a base: counter, field, to_value, conflict, and whether it is `same`."""
    return list(
        tx.all(
            _SQL["list_later_edits"],
            task_id=task_id,
            replica=replica,
            counter=base.get(replica, 0),
            base=jsonb(dict(base)),
            said_at=said_at,
        )
    )


def settle_changes(tx: Transaction, settled: Sequence[Mapping[str, Any]]) -> None:
    """Write how edits fare now: id, effective_at, outcome."""
    if settled:
        tx.run(_SQL["settle_changes"], settled=jsonb(list(settled)))


def list_changes(tx: Transaction, task_id: int, before_id: int, page_size: int) -> list[TaskChange]:
    """Answer a task's changes, the newest first."""
    rows = tx.all(_SQL["list_changes"], task_id=task_id, before_id=before_id, page_size=page_size)
    return [TaskChange.model_validate(row) for row in rows]


def find_change(tx: Transaction, task_id: int, change_id: int) -> tuple[str, Any] | None:
    """Answer which field a change of a task was about and what it gave it, or would have."""
    row = tx.find(_SQL["find_change"], task_id=task_id, change_id=change_id)
    return None if row is None else (row["field"], row["to_value"])


def _by_field(rows: Iterable[Row]) -> dict[str, list[Recorded]]:
    found: dict[str, list[Recorded]] = {}
    for row in rows:
        edit = Edit(row["replica"], row["counter"], row["base"], row["changed_at"], row["to_value"])
        is_restoring = row["restores"] is not None
        one = Recorded(row["id"], edit, row["effective_at"], ChangeOutcome(row["outcome"]), is_restoring)
        found.setdefault(row["field"], []).append(one)
    return found
