"""The ledger: documents in, counts out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import batched
from typing import Any

import orjson
from psycopg.types.json import Json, Jsonb

from shared.domain.ledger import TRIPS, Noun
from shared.store.database import Row, Transaction
from shared.store.queries import Queries

_SQL = Queries("ledger")

type Document = Mapping[str, Any]
"""What is to be written of one row, by the table's columns."""

# documents a statement: far below a statement's time limit, far above what a round trip costs
_BATCH = 5_000
# "merge_" and the noun's name: what writes its rows; trips are in months and have a way of their own
_MERGES = {
    "maintenance_records": "merge_maintenance_records",
    "cost_entries": "merge_cost_entries",
    "revenue_entries": "merge_revenue_entries",
    "meter_readings": "merge_meter_readings",
    "fuel_prices": "merge_fuel_prices",
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
    """Write rows of a noun, each at most once among them, in the turn of this call."""
    return sum((_merge(tx, noun, batch) for batch in batched(documents, _BATCH, strict=False)), NOTHING)


def begin_trial(tx: Transaction) -> None:
    """Mark where `end_trial` returns to."""
    tx.run("SAVEPOINT trial")


def end_trial(tx: Transaction) -> None:
    """Undo what was written since `begin_trial`."""
    tx.run("ROLLBACK TO SAVEPOINT trial")


def _merge(tx: Transaction, noun: Noun, batch: Sequence[Document]) -> Merged:
    if noun is TRIPS:
        return _merge_trips(tx, batch)
    row = tx.one(_SQL[_MERGES[noun.name]], documents=_json(batch))
    return Merged(row["created"], row["updated"])


def _merge_trips(tx: Transaction, batch: Sequence[Document]) -> Merged:
    rows = tx.all(_SQL["list_known_trips"], documents=_json(batch))
    known = {(row["source"], row["external_id"]): row for row in rows}
    new = [one for one in batch if (one["source"], one["external_id"]) not in known]
    changed = [
        (one, row) for one in batch if (row := known.get((one["source"], one["external_id"]))) and row["differs"]
    ]
    if changed:
        _update_trips(tx, changed)
    if new:
        tx.run(_SQL["insert_trips"], documents=_json(new))
    return Merged(len(new), len(changed))


def _update_trips(tx: Transaction, changed: Sequence[tuple[Document, Row]]) -> None:
    """Write documents over the trips that they are known as."""
    starts = [row["start_time"] for _, row in changed]
    documents = _by_trip(changed)
    trip_ids = [row["trip_id"] for _, row in changed]
    tx.run(_SQL["update_trips"], documents=documents, trip_ids=trip_ids, first=min(starts), last=max(starts))
    moved = [(one, row) for one, row in changed if one["start_time"] != row["start_time"]]
    if moved:
        tx.run(
            _SQL["move_trip_keys"],
            documents=_by_trip(moved),
            trip_ids=[row["trip_id"] for _, row in moved],
            sources=sorted({one["source"] for one, _ in moved}),
            external_ids=[one["external_id"] for one, _ in moved],
        )


def _by_trip(changed: Sequence[tuple[Document, Row]]) -> Jsonb:
    return Jsonb({str(row["trip_id"]): one for one, row in changed}, dumps=orjson.dumps)


def _json(batch: Sequence[Document]) -> Json:
    return Json(batch, dumps=orjson.dumps)
