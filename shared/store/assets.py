"""Assets: documents in, assets out."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import Any, LiteralString

from shared.domain.asset import Asset, AssetSort, AssetWithCosts
from shared.domain.model import BIGINT_MAX, Place
from shared.store.database import Row, Transaction
from shared.store.jsonb import jsonb
from shared.store.queries import Queries, containing

_SQL = Queries("assets")

type Document = Mapping[str, Any]
"""What is to be written of one asset, by the table's columns."""

# documents a statement: far below a statement's time limit, far above what a round trip costs
_BATCH = 5_000

# what stands before everything, in each order
_FIRST: Mapping[AssetSort, tuple[str | None, int]] = {
    AssetSort.ID: (None, 0),
    AssetSort.NEWEST: (None, BIGINT_MAX),
    AssetSort.NAME: ("", 0),
    AssetSort.NAME_DOWN: (None, 0),
    AssetSort.TAG: ("", 0),
    AssetSort.TAG_DOWN: (None, 0),
}
_LISTS: Mapping[AssetSort, str] = {
    AssetSort.ID: "list_by_id",
    AssetSort.NEWEST: "list_by_id_down",
    AssetSort.NAME: "list_by_name",
    AssetSort.NAME_DOWN: "list_by_name_down",
    AssetSort.TAG: "list_by_tag",
    AssetSort.TAG_DOWN: "list_by_tag_down",
}


def insert_asset(tx: Transaction, document: Document) -> int:
    """Add one asset and answer its id."""
    return int(tx.one(_SQL["insert_assets"], documents=jsonb([document]))["id"])


def insert_assets(tx: Transaction, documents: Iterable[Document]) -> int:
    """Add many assets and answer how many."""
    return _write(tx, _SQL["insert_assets"], documents)


def update_assets(tx: Transaction, documents: Iterable[Document]) -> int:
    """Write documents, each with an `id`, over assets that are locked; answer how many that changed."""
    return _write(tx, _SQL["update_assets"], documents)


def retire_asset(tx: Transaction, asset_id: int, versions: Sequence[int] | None) -> bool:
    """Retire an asset of one of these versions; False if it is out, retired, another version, or not there."""
    return tx.find(_SQL["retire_asset"], asset_id=asset_id, versions=_listed(versions)) is not None


def find_asset[Seen: Asset](tx: Transaction, asset_id: int, seen: type[Seen]) -> Seen | None:
    """Answer one asset, as much of it as `seen` shows."""
    row = tx.find(_SQL["find_asset"], asset_id=asset_id)
    return None if row is None else _asset(row, seen)


def lock_asset(tx: Transaction, asset_id: int) -> AssetWithCosts | None:
    """Answer one asset, which nobody else changes until the end of the transaction."""
    row = tx.find(_SQL["lock_asset"], asset_id=asset_id)
    return None if row is None else _asset(row, AssetWithCosts)


def lock_assets(tx: Transaction, asset_tags: Sequence[str]) -> dict[str, AssetWithCosts]:
    """Answer those assets that are there, by tag, locked as `lock_asset` does."""
    rows = tx.all(_SQL["lock_assets_by_tag"], asset_tags=list(asset_tags))
    return {row["asset_tag"]: _asset(row, AssetWithCosts) for row in rows}


def list_assets[Seen: Asset](
    tx: Transaction, sort: AssetSort, after: tuple[str | None, int] | None, seen: type[Seen], **wanted: Any
) -> list[Seen]:
    """Answer assets in an order, after a name or tag and an id: q, asset_type, status, held_by, page_size."""
    text, last_id = after or _FIRST[sort]
    rows = tx.all(_SQL[_LISTS[sort]], after=text, after_id=last_id, **_filters(wanted))
    return [_asset(row, seen) for row in rows]


def list_nearest[Seen: Asset](
    tx: Transaction, spot: Place, after: tuple[float, int] | None, seen: type[Seen], **wanted: Any
) -> list[Seen]:
    """Answer assets with their distance, the nearest first, after a distance and an id: as `list_assets`, radius_m."""
    distance, last_id = after or (-1.0, 0)
    rows = tx.all(
        _SQL["list_nearest"], lat=spot.lat, lng=spot.lng, after=distance, after_id=last_id, **_filters(wanted)
    )
    return [_asset(row, seen) for row in rows]


def begin_trial(tx: Transaction) -> None:
    """Mark where `end_trial` returns to."""
    tx.run("SAVEPOINT trial")


def end_trial(tx: Transaction) -> None:
    """Undo what was written since `begin_trial`."""
    tx.run("ROLLBACK TO SAVEPOINT trial")


def _write(tx: Transaction, statement: LiteralString, documents: Iterable[Document]) -> int:
    return sum(tx.run(statement, documents=jsonb(batch)) for batch in batched(documents, _BATCH, strict=False))


def _filters(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {**wanted, "q": None if wanted["q"] is None else containing(wanted["q"])}


def _listed(values: Sequence[int] | None) -> list[int] | None:
    return None if values is None else list(values)


def _asset[Seen: Asset](row: Row, seen: type[Seen]) -> Seen:
    return seen.model_validate({name: row[name] for name in seen.model_fields if name in row})
