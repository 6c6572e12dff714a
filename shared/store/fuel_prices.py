"""What fuel costs a tenant."""

from datetime import date
from typing import Any

from shared.domain.fuel_price import FuelPrice
from shared.store.database import Transaction
from shared.store.queries import Queries

_SQL = Queries("fuel_prices")


def list_fuel_prices(tx: Transaction, last: tuple[date | None, str | None], **wanted: Any) -> list[FuelPrice]:
    """Answer prices, latest first, after the last one known: fuel_type, page_size."""
    rows = tx.all(_SQL["list_fuel_prices"], before=last[0], after=last[1], **wanted)
    return [FuelPrice.model_validate(row) for row in rows]
