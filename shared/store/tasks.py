"""Tasks: documents in, tasks out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.domain.model import BIGINT_MAX
from shared.domain.task import Task, TaskSort
from shared.store.database import Row, Transaction
from shared.store.jsonb import jsonb
from shared.store.queries import Queries, containing

_SQL = Queries("tasks")

_LISTS: Mapping[TaskSort, str] = {
    TaskSort.UPDATED_DOWN: "list_by_updated_down",
    TaskSort.UPDATED: "list_by_updated",
    TaskSort.DUE: "list_by_due",
    TaskSort.DUE_DOWN: "list_by_due_down",
    TaskSort.ID: "list_by_id",
    TaskSort.NEWEST: "list_by_id_down",
}


def insert_task(tx: Transaction, document: Mapping[str, Any], user_id: int, now: datetime) -> Task:
    """Add a task, with its making on record as the first edit of each field."""
    row = tx.one(_SQL["insert_task"], document=jsonb(dict(document)), user_id=user_id, now=now)
    return _task(row)


def find_task(tx: Transaction, task_id: int) -> Task | None:
    """Answer one task that is there."""
    row = tx.find(_SQL["find_task"], task_id=task_id)
    return None if row is None else _task(row)


def lock_task(tx: Transaction, task_id: int) -> Task | None:
    """Answer one task that is there, which nobody else changes until the end of the transaction."""
    row = tx.find(_SQL["lock_task"], task_id=task_id)
    return None if row is None else _task(row)


def update_task(
    tx: Transaction, task_id: int, document: Mapping[str, Any], vector: Mapping[str, int], now: datetime
) -> Task:
    """Write a document over a task that is locked."""
    row = tx.one(
        _SQL["update_task"], task_id=task_id, document=jsonb(dict(document)), vector=jsonb(dict(vector)), now=now
    )
    return _task(row)


def delete_task(tx: Transaction, task_id: int, now: datetime) -> int:
    """Take a task away that is locked, and answer its last version."""
    return int(tx.one(_SQL["delete_task"], task_id=task_id, now=now)["version"])


def list_tasks(tx: Transaction, sort: TaskSort, after: tuple[datetime | None, int] | None, **wanted: Any) -> list[Task]:
    """Answer tasks in an order: q, status, priority, asset_id, assignee_id, due_before, page_size.

    Args:
        tx: to read in.
        sort: the order.
        after: a moment (None: never) and an id, where the last page ended.
        wanted: the filters.
    """
    is_down = sort.startswith("-")
    moment, last_id = after or (None, BIGINT_MAX if is_down else 0)
    pattern = None if wanted["q"] is None else containing(wanted["q"])
    rows = tx.all(_SQL[_LISTS[sort]], after=moment, after_id=last_id, **{**wanted, "q": pattern})
    return [_task(row) for row in rows]


def _task(row: Row) -> Task:
    return Task.model_validate({name: row[name] for name in Task.model_fields})
