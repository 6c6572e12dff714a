"""Schedules of reports: documents in, schedules out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.domain.schedule import Schedule
from shared.store.database import Row, Transaction
from shared.store.jsonb import jsonb
from shared.store.queries import Queries

_SQL = Queries("schedules")


def insert_schedule(tx: Transaction, document: Mapping[str, Any], **more: Any) -> int:
    """Add a schedule and answer its id: next_run_at, time_zone, owner_id, now."""
    return int(tx.one(_SQL["insert_schedule"], document=jsonb(dict(document)), **more)["id"])


def update_schedule(tx: Transaction, schedule_id: int, document: Mapping[str, Any], **more: Any) -> None:
    """Write a document over a schedule that is locked: next_run_at, time_zone, now."""
    tx.run(_SQL["update_schedule"], schedule_id=schedule_id, document=jsonb(dict(document)), **more)


def delete_schedule(tx: Transaction, schedule_id: int, now: datetime) -> None:
    """Take a schedule away."""
    tx.run(_SQL["delete_schedule"], schedule_id=schedule_id, now=now)


def lock_schedule(tx: Transaction, schedule_id: int) -> Row | None:
    """Answer a schedule that nobody else changes or claims until the end of the transaction."""
    return tx.find(_SQL["lock_schedule"], schedule_id=schedule_id)


def write_recipients(tx: Transaction, schedule_id: int, addresses: Sequence[str]) -> None:
    """Make these the recipients, in this order."""
    tx.run(_SQL["unlist_recipients"], schedule_id=schedule_id)
    tx.run(_SQL["list_recipients_anew"], schedule_id=schedule_id, addresses=list(addresses))


def list_known_roles(tx: Transaction, addresses: Sequence[str]) -> dict[str, str | None]:
    """Answer the role of each address that belongs to somebody of the organisation."""
    return {row["address"]: row["role"] for row in tx.all(_SQL["list_known_roles"], addresses=list(addresses))}


def find_schedule(tx: Transaction, schedule_id: int) -> Schedule | None:
    """Answer one schedule that is there."""
    found = tx.find(_SQL["list_schedules"], schedule_id=schedule_id, before_id=None, page_size=1)
    return None if found is None else Schedule.model_validate(found)


def list_schedules(tx: Transaction, before_id: int | None, page_size: int) -> list[Schedule]:
    """Answer schedules, the newest first."""
    rows = tx.all(_SQL["list_schedules"], schedule_id=None, before_id=before_id, page_size=page_size)
    return [Schedule.model_validate(row) for row in rows]


def list_due(tx: Transaction, now: datetime, page_size: int) -> list[tuple[int, str]]:
    """Answer schedules of which a time has come, with the organisation's present time zone."""
    return [(row["id"], row["present_zone"]) for row in tx.all(_SQL["list_due"], now=now, page_size=page_size)]


def set_next_run(tx: Transaction, schedule_id: int, next_run_at: datetime, time_zone: str) -> None:
    """Write down when a schedule is due next."""
    tx.run(_SQL["set_next_run"], schedule_id=schedule_id, next_run_at=next_run_at, time_zone=time_zone)


def find_recipient(tx: Transaction, recipient_id: int) -> Row | None:
    """Answer an address with the schedule that it is or was a recipient of."""
    return tx.find(_SQL["find_recipient"], recipient_id=recipient_id)


def set_unsubscribed(tx: Transaction, recipient_id: int, at: datetime | None) -> int | None:
    """Write down that a recipient wants no more, or with None wants it again; answer the schedule."""
    row = tx.find(_SQL["set_unsubscribed"], recipient_id=recipient_id, at=at)
    return None if row is None else int(row["schedule_id"])
