"""Valuations: what assets were said to be worth, by day."""

from datetime import date
from decimal import Decimal

from shared.domain.valuation import Valuation
from shared.store.database import Transaction
from shared.store.queries import Queries

_SQL = Queries("valuations")


def list_valuations(tx: Transaction, asset_id: int, before: date | None, page_size: int) -> list[Valuation]:
    """Answer an asset's valuations of days before one, the latest first."""
    rows = tx.all(_SQL["list_valuations"], asset_id=asset_id, before=before, page_size=page_size)
    return [Valuation.model_validate(row) for row in rows]


def lock_asset(tx: Transaction, asset_id: int) -> date | None:
    """Keep others from valuing an asset, and answer the tenant's day; None if there is no such asset."""
    row = tx.find(_SQL["lock_asset"], asset_id=asset_id)
    return None if row is None else row["today"]


def insert_valuation(tx: Transaction, asset_id: int, as_of: date, amount: Decimal, source: str) -> Valuation:
    """Value an asset; where this is its latest valuation, the asset shows it too."""
    row = tx.one(_SQL["insert_valuation"], asset_id=asset_id, as_of=as_of, amount=amount, source=source)
    tx.run(_SQL["show_latest"], asset_id=asset_id)
    return Valuation.model_validate(row)
