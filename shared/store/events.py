"""The outbox: events, written with what they report."""

from psycopg.types.json import Jsonb

from shared.domain.event import Event
from shared.store.database import Statement, Transaction
from shared.store.queries import Queries

_SQL = Queries("events")


def emit(event: Event, user_id: int | None) -> Statement:
    """Answer the statement that numbers and writes an event; it goes last in its transaction."""
    return _SQL["emit_event"], {
        "event_type": event.type.value,
        "resource_type": event.resource_type,
        "resource_id": event.resource_id,
        "user_id": user_id,
        "payload": Jsonb(dict(event.data)),
    }


def last_seq(tx: Transaction) -> int:
    """Answer the number of the tenant's newest event, 0 before the first."""
    row = tx.find(_SQL["last_seq"])
    return int(row["event_seq"]) if row is not None else 0
