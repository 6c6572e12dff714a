"""Every row behind what assets cost and bring in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.store.database import Row, Transaction
from shared.store.queries import Queries

_SQL = Queries("ledgers")


@dataclass(frozen=True)
class Asked:
    """Which rows, and the days that matter to them.

    Attributes:
        as_of: until when.
        date_from: where the period begins.
        year_from: where the last 365 days begin.
    """

    as_of: date
    date_from: date
    year_from: date
    asset_type: str | None = None
    asset_id: int | None = None

    def some(self, *names: str) -> dict[str, Any]:
        """Answer what narrows the assets, with some of the days."""
        days = {name: getattr(self, name) for name in names}
        return {"asset_type": self.asset_type, "asset_id": self.asset_id, **days}


def list_maintenance(tx: Transaction, asked: Asked) -> Iterator[Row]:
    """Yield repairs and services."""
    return tx.stream(_SQL["list_maintenance"], **asked.some("as_of"))


def list_entries(tx: Transaction, asked: Asked, *, is_fuel: bool) -> Iterator[Row]:
    """Yield payments for fuel, or all the others."""
    return tx.stream(_SQL["list_entries"], is_fuel=is_fuel, **asked.some("as_of", "date_from", "year_from"))


def list_revenue(tx: Transaction, asked: Asked) -> Iterator[Row]:
    """Yield what was earned."""
    return tx.stream(_SQL["list_revenue"], **asked.some("as_of"))


def list_days(tx: Transaction, asked: Asked) -> Iterator[Row]:
    """Yield days of use."""
    return tx.stream(_SQL["list_days"], **asked.some("as_of"))


def list_prices(tx: Transaction) -> Iterator[Row]:
    """Yield the tenant's prices of fuel."""
    return tx.stream(_SQL["list_prices"])


def count_ledgers(tx: Transaction, as_of: date) -> int:
    """Count all those rows, of the whole fleet."""
    return int(tx.one(_SQL["count_ledgers"], as_of=as_of)["row_count"])
