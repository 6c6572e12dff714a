"""Assets that nobody uses, and the spells that people were told of."""

from datetime import date, datetime

from shared.domain.asset import AssetType
from shared.domain.idle_asset import LISTED_MAX, IdleAsset, ListIdleAssets
from shared.store.database import Transaction
from shared.store.queries import Queries

_SQL = Queries("idle_assets")


def list_idle_assets(tx: Transaction, today: date, command: ListIdleAssets) -> list[IdleAsset]:
    """Answer assets that were not used for so long, the longest first."""
    kind = command.asset_type and command.asset_type.value
    rows = tx.report(_SQL["list_idle_assets"], today=today, min_days=command.min_days, asset_type=kind, most=LISTED_MAX)
    return [IdleAsset.model_validate(row) for row in rows]


def find_idle_asset(tx: Transaction, today: date, asset_id: int, asset_type: AssetType | None) -> IdleAsset | None:
    """Answer for how long an asset was not used, or None if it is not in service or not of that type."""
    kind = asset_type and asset_type.value
    row = tx.find(_SQL["find_idle_asset"], today=today, asset_id=asset_id, asset_type=kind)
    return None if row is None else IdleAsset.model_validate(row)


def count_idle_assets(tx: Transaction, today: date, asset_type: AssetType | None) -> int:
    """Answer how many assets are idle by the organisation's own days."""
    kind = asset_type and asset_type.value
    return int(tx.one(_SQL["count_idle_assets"], today=today, asset_type=kind)["idle"])


def find_idle_days(tx: Transaction) -> int:
    """Answer for how many days an asset may go unused."""
    return int(tx.one(_SQL["find_idle_days"])["idle_days"])


def open_spells(tx: Transaction, today: date, now: datetime, most: int) -> list[IdleAsset]:
    """Record idle spells that nobody was told of, and answer their assets."""
    rows = tx.all(_SQL["open_spells"], today=today, now=now, most=most)
    return [IdleAsset.model_validate(row) for row in rows]
