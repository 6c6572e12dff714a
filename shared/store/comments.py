"""Comments: added and listed, never changed."""

from datetime import datetime

from shared.domain.comment import Comment
from shared.store.database import Transaction
from shared.store.queries import Queries

_SQL = Queries("comments")


def insert_comment(tx: Transaction, task_id: int, user_id: int, body: str, now: datetime) -> Comment:
    """Add a comment to a task that is there."""
    row = tx.one(_SQL["insert_comment"], task_id=task_id, user_id=user_id, body=body, now=now)
    return Comment.model_validate(row)


def list_comments(tx: Transaction, task_id: int, after_id: int, page_size: int) -> list[Comment]:
    """Answer a task's comments, the oldest first."""
    rows = tx.all(_SQL["list_comments"], task_id=task_id, after_id=after_id, page_size=page_size)
    return [Comment.model_validate(row) for row in rows]
