"""The ledger: documents in, counts out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson

from shared.domain.ledger import TRIPS, Noun
from shared.store.database import Row, Transaction
from shared.store.jsonb import jsonb
from shared.store.queries import Queries

if TYPE_CHECKING:
    from psycopg.types.json import Jsonb

_SQL = Queries("ledger")

type Document = Mapping[str, Any]
"""What is to be written of one row, by the table's columns."""

# rows a statement: far below a statement's time limit, far above what a round trip costs
_BATCH = 5_000
# by the noun: what makes the table where its rows arrive, and what merges them from there; trips are in months and
# have a way of their own
_STAGES = {
    "trips": ("stage_trips", "insert_trips"),
    "maintenance_records": ("stage_maintenance_records", "merge_maintenance_records"),
    "cost_entries": ("stage_cost_entries", "merge_cost_entries"),
    "revenue_entries": ("stage_revenue_entries", "merge_revenue_entries"),
    "meter_readings": ("stage_meter_readings", "merge_meter_readings"),
    "fuel_prices": ("stage_fuel_prices", "merge_fuel_prices"),
}


@dataclass(frozen=True)
class Merged:
    """How many rows were new, and how many said something else than before."""

    created: int
    updated: int

    def __add__(self, other: "Merged") -> "Merged":
        return Merged(self.created + other.created, self.updated + other.updated)


NOTHING = Merged(0, 0)


def lock(tx: Transaction, noun: Noun) -> None:
    """Wait for the turn of this call among those that bring rows of this noun."""
    tx.one(_SQL["lock_ledger"], noun=noun.name)


def list_assets(
    tx: Transaction, asset_ids: Sequence[int], asset_tags: Sequence[str], asset_names: Sequence[str]
) -> Sequence[Row]:
    """Answer id, tag and name of the assets that rows name."""
    return tx.all(
        _SQL["list_ledger_assets"],
        asset_ids=list(asset_ids),
        asset_tags=list(asset_tags),
        asset_names=list(asset_names),
    )


def list_people(tx: Transaction, oids: Sequence[str]) -> dict[str, int]:
    """Answer the numbers of the people that rows name."""
    return {row["oid"]: row["id"] for row in tx.all(_SQL["list_ledger_people"], oids=list(oids))}


def ensure_months(tx: Transaction, months: Sequence[date]) -> None:
    """Make the months that trips are about to be written to, where they are missing."""
    tx.all(_SQL["ensure_ledger_months"], months=list(months))


def merge(tx: Transaction, noun: Noun, documents: Sequence[Document]) -> Merged:
    """Write rows of a noun, each at most once among them, in the turn of this call; once in a transaction."""
    if not documents:
        return NOTHING
    make_stage, merge_rows = _STAGES[noun.name]
    tx.run(_SQL[make_stage])
    columns = tuple(documents[0])
    rows = ((place, *(one[column] for column in columns)) for place, one in enumerate(documents))
    tx.load(f"staged_{noun.name}", ("place", *columns), rows)
    merged = NOTHING
    for first in range(0, len(documents), _BATCH):
        last = min(first + _BATCH, len(documents)) - 1
        if noun is TRIPS:
            merged += _merge_trips(tx, documents, first, last)
        else:
            row = tx.one(_SQL[merge_rows], first=first, last=last)
            merged += Merged(row["created"], row["updated"])
    return merged


def begin_trial(tx: Transaction) -> None:
    """Mark where `end_trial` returns to."""
    tx.run("SAVEPOINT trial")


def end_trial(tx: Transaction) -> None:
    """Undo what was written since `begin_trial`."""
    tx.run("ROLLBACK TO SAVEPOINT trial")


def _merge_trips(tx: Transaction, documents: Sequence[Document], first: int, last: int) -> Merged:
    """Write the trips of some places among those that came."""
    known = tx.all(_SQL["list_known_trips"], first=first, last=last)
    changed = [row for row in known if row["differs"]]
    if changed:
        _update_trips(tx, documents, changed)
    created = last + 1 - first - len(known)
    if created:
        tx.run(_SQL["insert_trips"], first=first, last=last, known=[row["place"] for row in known])
    return Merged(created, len(changed))


def _update_trips(tx: Transaction, documents: Sequence[Document], changed: Sequence[Row]) -> None:
    """Write what came over the trips that it is known as."""
    starts = [row["start_time"] for row in changed]
    trip_ids = [row["trip_id"] for row in changed]
    places = _places(changed)
    tx.run(_SQL["update_trips"], places=places, trip_ids=trip_ids, first=min(starts), last=max(starts))
    moved = [row for row in changed if documents[row["place"]]["start_time"] != row["start_time"]]
    if moved:
        tx.run(
            _SQL["move_trip_keys"],
            places=_places(moved),
            trip_ids=[row["trip_id"] for row in moved],
            sources=sorted({documents[row["place"]]["source"] for row in moved}),
            external_ids=[documents[row["place"]]["external_id"] for row in moved],
        )


def _places(known: Sequence[Row]) -> "Jsonb":
    return jsonb({str(row["trip_id"]): row["place"] for row in known}, dumps=orjson.dumps)
