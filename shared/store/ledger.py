"""The ledger: documents in, counts out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import batched
from typing import Any

import orjson
from psycopg.types.json import Json

from shared.domain.ledger import TRIPS, Noun
from shared.store.database import Row, Transaction
from shared.store.queries import Queries

_SQL = Queries("ledger")

type Document = Mapping[str, Any]
"""What is to be written of one row, by the table's columns."""

# documents a statement: far below a statement's time limit, far above what a round trip costs
_BATCH = 10_000
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
    """Write rows of a noun, each at most once among them."""
    one = _merge_trips if noun is TRIPS else _merge
    return sum((one(tx, noun, _json(batch)) for batch in batched(documents, _BATCH, strict=False)), Merged(0, 0))


def begin_trial(tx: Transaction) -> None:
    """Mark where `end_trial` returns to."""
    tx.run("SAVEPOINT trial")


def end_trial(tx: Transaction) -> None:
    """Undo what was written since `begin_trial`."""
    tx.run("ROLLBACK TO SAVEPOINT trial")


def _merge(tx: Transaction, noun: Noun, documents: Json) -> Merged:
    row = tx.one(_SQL[_MERGES[noun.name]], documents=documents)
    return Merged(row["created"], row["updated"])


def _merge_trips(tx: Transaction, noun: Noun, documents: Json) -> Merged:
    del noun
    known = tx.one(_SQL["find_known_trips"], documents=documents)
    updated = 0
    if known["known"]:
        span = {"first": known["first"], "last": known["last"]}
        updated = tx.one(_SQL["update_trips"], documents=documents, **span)["updated"]
    return Merged(tx.run(_SQL["insert_trips"], documents=documents), updated)


def _json(batch: Sequence[Document]) -> Json:
    return Json(batch, dumps=orjson.dumps)
