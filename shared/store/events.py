"""Events: written with what they report, sent from the outbox, read again, forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.event import Envelope, Event
from shared.store.database import Row, Statement, Transaction
from shared.store.jsonb import jsonb
from shared.store.queries import Queries

_SQL = Queries("events")
_BOUNDS = {"newest", "oldest"}


@dataclass(frozen=True)
class Found:
    """Some events, and the bounds of what is kept at the same moment.

    Attributes:
        events: in order.
        newest: the number of the last event there was, or 0.
        oldest: the number of the first that is kept; one above the newest if none is.
    """

    events: Sequence[Envelope]
    newest: int
    oldest: int


def emit(event: Event, user_id: int | None) -> Statement:
    """Answer the statement that numbers and writes an event; it goes last in its transaction."""
    return _SQL["emit_event"], {
        "event_type": event.type.value,
        "resource_type": event.resource_type,
        "resource_id": event.resource_id,
        "user_id": user_id,
        "payload": jsonb(dict(event.data)),
    }


def take_outbox(most: int) -> list[Statement]:
    """Answer the statements that take the tenant's outbox and then, knowing all before, read its first events."""
    return [(_SQL["take_outbox"], {}), (_SQL["list_unsent"], {"most": most})]


def read_outbox(answers: Sequence[Sequence[Row]]) -> list[Envelope] | None:
    """Answer the unsent events out of what `take_outbox` was answered, or None if somebody else has the outbox."""
    (taken,), rows = answers
    return [Envelope.model_validate(row) for row in rows] if taken["taken"] else None


def mark_sent(tx: Transaction, seq: int) -> None:
    """Record that all events up to this one are sent, and commit, in one round trip."""
    tx.together((_SQL["mark_sent"], {"seq": seq}), ("COMMIT", {}))


def mark_failed(tx: Transaction, seq: int) -> None:
    """Record that this event could not be sent, and commit, in one round trip."""
    tx.together((_SQL["mark_failed"], {"seq": seq}), ("COMMIT", {}))


def last_seq(tx: Transaction) -> int:
    """Answer the number of the tenant's newest event, or 0 if there was none."""
    return int(tx.one(_SQL["last_seq"])["seq"])


def list_events(tx: Transaction, **wanted: Any) -> Found:
    """Answer events in order: after_seq, types, page_size."""
    rows = tx.all(_SQL["list_events"], **wanted)
    newest, oldest = rows[0]["newest"], rows[0]["oldest"]
    events = [
        Envelope.model_validate({name: value for name, value in row.items() if name not in _BOUNDS})
        for row in rows
        if row["seq"] is not None
    ]
    return Found(events, newest, newest + 1 if oldest is None else oldest)


def forget_events(tx: Transaction, before: datetime, most: int) -> int:
    """Delete sent events older than that moment, the oldest first, and answer how many."""
    return tx.run(_SQL["forget_events"], before=before, most=most)
