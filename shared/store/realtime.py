"""Connections to real time: open, closed, and what each of them says."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.model import UserRef
from shared.store.database import Database, Row, Transaction
from shared.store.queries import Queries

_SQL = Queries("realtime")


class Verdict(StrEnum):
    """What becomes of an event that a client sent."""

    NEW = "new"
    REPLAYED = "replayed"
    LIMITED = "limited"


@dataclass(frozen=True)
class Taken:
    """What is known of an event that a client sent.

    Attributes:
        person: who sent it.
        verdict: what becomes of it.
        wait: seconds until one more is taken, of one that is too many.
        tell: whether this is the first of those that are too many.
        task_is_there: whether there is the task that it is about.
    """

    person: UserRef
    verdict: Verdict
    wait: float
    tell: bool
    task_is_there: bool


@dataclass(frozen=True)
class Sent:
    """An event that a client sent, as far as it is to be counted.

    Attributes:
        joins: it makes its connection present at the task.
    """

    connection_id: str
    user_id: int
    event_id: str
    task_id: int | None
    joins: bool


def see_role(tx: Transaction, user_id: int, role: str, address: str | None, invocation_id: str) -> str | None:
    """Record the role of a token, with a change on record; answer the one before where it was another."""
    row = tx.one(_SQL["see_role"], user_id=user_id, role=role, address=address, invocation_id=invocation_id)
    before: str | None = row["role_before"]
    return before


def find_person(tx: Transaction, user_id: int) -> Row | None:
    """Answer the tenant with its user and the role last seen, both None if there is none; or None: no such tenant."""
    return tx.find(_SQL["find_person"], user_id=user_id)


def open_connection(tx: Transaction, connection_id: str, user_id: int, role: str) -> bool:
    """Record a connection; answer whether it was not known."""
    return tx.find(_SQL["open_connection"], connection_id=connection_id, user_id=user_id, role=role) is not None


def find_connection(tx: Transaction, connection_id: str) -> Row | None:
    """Answer user_id, task_ids, disconnected_at, or None if it was never known."""
    return tx.find(_SQL["find_connection"], connection_id=connection_id)


def close_connection(tx: Transaction, connection_id: str) -> bool:
    """Record the end of a connection and forget what it said; answer whether it was open."""
    closed = tx.find(_SQL["close_connection"], connection_id=connection_id) is not None
    tx.run(_SQL["forget_marks"], connection_id=connection_id)
    return closed


def forget_task(tx: Transaction, connection_id: str, task_id: int) -> None:
    """Take a task from those that a connection is present at."""
    tx.run(_SQL["forget_task"], connection_id=connection_id, task_id=task_id)


def take_user_event(database: Database, tenant_id: int, sent: Sent, most: int, window: timedelta) -> Taken | None:
    """Decide what becomes of an event; None: there is no such open connection of that person."""
    rows = database.recall(
        _SQL["take_user_event"],
        {
            "tenant_id": tenant_id,
            "connection_id": sent.connection_id,
            "user_id": sent.user_id,
            "event_id": sent.event_id,
            "task_id": sent.task_id,
            "joins": sent.joins,
            "most": most,
            "span": window,
        },
    )
    if not rows:
        return None
    row = rows[0]
    person = UserRef(id=sent.user_id, oid=row["oid"], name=row["name"])
    return Taken(person, Verdict(row["verdict"]), row["wait"] or 0.0, row["tell"], row["task_is_there"])


def give_back_user_event(tx: Transaction, connection_id: str, event_id: str) -> None:
    """Let an event that could not be done be sent again."""
    tx.run(_SQL["give_back_user_event"], connection_id=connection_id, event_id=event_id)


def has_task(tx: Transaction, task_id: int) -> bool:
    """Tell whether there is such a task."""
    return bool(tx.one(_SQL["has_task"], task_id=task_id)["there"])


def list_old_connections(tx: Transaction, before: datetime, page_size: int) -> list[str]:
    """Answer connections that are open since before a moment."""
    rows = tx.all(_SQL["list_old_connections"], before=before, page_size=page_size)
    return [row["connection_id"] for row in rows]


def list_demoted(tx: Transaction, roles: list[str], page_size: int) -> list[tuple[int, str]]:
    """Answer people with connections of a role above their present one, with that; `roles` from the least on."""
    rows = tx.all(_SQL["list_demoted"], roles=roles, page_size=page_size)
    return [(row["user_id"], row["role"]) for row in rows]


def demote_connections(tx: Transaction, user_id: int, role: str) -> None:
    """Record that a person's connections have no more than that role's groups."""
    tx.run(_SQL["demote_connections"], user_id=user_id, role=role)


def forget_connections(tx: Transaction, before: datetime, page_size: int) -> int:
    """Delete connections that ended before a moment, and marks that belong to none; answer how many connections."""
    tx.run(_SQL["forget_stray_marks"])
    return tx.run(_SQL["forget_connections"], before=before, page_size=page_size)
