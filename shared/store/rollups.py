"""Days of assets and of the fleet: reckoned anew where they are marked, and rolled over with the local day."""

from collections.abc import Sequence
from datetime import date

from shared.domain.rollups import AssetDay, Difference, Extent, Reckoned
from shared.store.database import Database, Row, Transaction
from shared.store.queries import Queries

_SQL = Queries("rollups")


def reckon_days(tx: Transaction, most: int) -> Reckoned | None:
    """Reckon the oldest marked days, waiting for whoever does so already; answer None if there is no mark."""
    row = tx.one(_SQL["reckon_days"], most=most)
    return Reckoned(**row) if row["days"] else None


def is_dirty(tx: Transaction) -> bool:
    """Tell whether any day is marked."""
    return tx.find(_SQL["find_dirty"]) is not None


def roll_over_day(tx: Transaction) -> bool:
    """Take notice of a new local day; tell whether there was one."""
    return bool(tx.one(_SQL["roll_over_day"])["rolled_over"])


def rebuild_days(tx: Transaction, first_day: date, last_day: date) -> Reckoned:
    """Reckon every day of a window anew, waiting for whoever reckons already."""
    row = tx.one(_SQL["rebuild_days"], first_day=first_day, last_day=last_day)
    return Reckoned(**row, first_day=first_day, last_day=last_day)


def measure_trips(tx: Transaction) -> Extent:
    """Learn anew how long trips are, and answer between which days there is anything."""
    tx.run(_SQL["measure_trips"])
    return Extent(**tx.one(_SQL["get_extent"]))


def get_freshness(tx: Transaction) -> Row:
    """Answer tid, name, version, rolled_up_at, proved_at, marks and days."""
    return tx.one(_SQL["get_freshness"])


def take_proof(tx: Transaction, from_hour: int) -> bool:
    """Tell whether today's proof is this caller's to make."""
    return tx.find(_SQL["take_proof"], from_hour=from_hour) is not None


def record_proof(tx: Transaction) -> None:
    """Record that days were proved at this moment."""
    tx.run(_SQL["record_proof"])


def choose_days(tx: Transaction, sample: int) -> list[AssetDay]:
    """Answer all of yesterday, and other days at random."""
    return [AssetDay(**row) for row in tx.all(_SQL["choose_days"], sample=sample)]


def list_differences(tx: Transaction, asked: Sequence[AssetDay]) -> list[Difference]:
    """Answer which of these days are not as their trips make them, but for those that are marked anyway."""
    return [Difference(**row) for row in tx.all(_SQL["list_differences"], **_columns(asked))]


def list_fleet_differences(tx: Transaction, days: Sequence[date]) -> list[Difference]:
    """Answer on which of these days the fleet's sums are not those of its assets, but for those that are marked."""
    return [Difference(**row) for row in tx.all(_SQL["list_fleet_differences"], days=days)]


def list_week_differences(tx: Transaction, asked: Sequence[AssetDay]) -> list[Difference]:
    """Answer which weeks of these days are not the sums of their days, but for those that are marked."""
    return [Difference(**row) for row in tx.all(_SQL["list_week_differences"], **_columns(asked))]


def mark_days(tx: Transaction, asked: Sequence[AssetDay]) -> None:
    """Have days reckoned anew."""
    if asked:
        tx.run(_SQL["mark_days"], **_columns(asked))


def prepare_trip_months(database: Database) -> int:
    """Make the months of trips that lie ahead; answer how many were missing."""
    return int(database.recall(_SQL["prepare_trip_months"], {})[0]["made"])


def _columns(asked: Sequence[AssetDay]) -> dict[str, list[int] | list[date]]:
    return {"assets": [one.asset_id for one in asked], "days": [one.day for one in asked]}
