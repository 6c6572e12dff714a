"""Readings of meters and their replacements. The database judges readings as they come."""

from datetime import datetime
from typing import Any

from shared.domain.meter import MeterReading, MeterReplacement
from shared.store.database import Row, Transaction
from shared.store.queries import Queries

_SQL = Queries("meters")


def has_asset(tx: Transaction, asset_id: int) -> bool:
    """Tell whether there is such an asset."""
    return tx.find(_SQL["find_metered_asset"], asset_id=asset_id) is not None


def list_meter_readings(
    tx: Transaction, before: tuple[datetime | None, int | None], **wanted: Any
) -> list[MeterReading]:
    """Answer readings, newest first: asset_id, kind, state, page_size."""
    rows = tx.all(_SQL["list_meter_readings"], before_time=before[0], before_id=before[1], **wanted)
    return [MeterReading.model_validate(row) for row in rows]


def list_meter_replacements(
    tx: Transaction, before: tuple[datetime | None, int | None], **wanted: Any
) -> list[MeterReplacement]:
    """Answer replacements, latest first: asset_id, kind, page_size."""
    rows = tx.all(_SQL["list_meter_replacements"], before_time=before[0], before_id=before[1], **wanted)
    return [MeterReplacement.model_validate(row) for row in rows]


def insert_meter_replacement(tx: Transaction, **columns: Any) -> Row:
    """Record a replacement and answer its id and when it was recorded."""
    return tx.one(_SQL["insert_meter_replacement"], **columns)


def settle_recent_custody_trips(tx: Transaction, days: int) -> int:
    """Make and withdraw trips of custodies that ended within so many days; answer how many were not as they should."""
    return int(tx.one(_SQL["settle_recent_custody_trips"], days=days)["settled"])
