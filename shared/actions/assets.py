"""The fleet: adding, changing, retiring and finding assets."""

from typing import Any

from shared.actions import rollups
from shared.actions.answer import Answer, versioned
from shared.actions.call import Call, Work
from shared.domain import asset, cursor
from shared.domain.asset import (
    Asset,
    AssetById,
    AssetSort,
    AssetStatus,
    AssetWithCosts,
    CreateAsset,
    ListAssets,
    RetireAsset,
    UpdateAsset,
)
from shared.domain.errors import AssetIsOut, Invalid, NotFound, VersionMismatch
from shared.domain.model import Page, Place
from shared.domain.paging import page
from shared.domain.principal import Role
from shared.store import assets as store
from shared.store.database import Transaction

_IS_OUT = "The asset is checked out; check it in first."
_CHANGED = "The asset was changed since you read it; read it again and repeat your change on it."


def create_asset(call: Call, command: CreateAsset) -> Answer[AssetWithCosts]:
    """Add an asset to the fleet.

    Raises:
        DuplicateAssetTag: another asset has this tag.
        Invalid: it would be disposed of before it came into service.
    """
    with call.transaction() as work:
        asset_id = store.insert_asset(work, asset.columns(command))
        return work.answer(_shown(work, asset_id, AssetWithCosts, 201, {"Location": f"/api/assets/{asset_id}"}))


def get_asset(call: Call, command: AssetById) -> Answer[AssetWithCosts | Asset]:
    """Answer one asset; raise NotFound if there is none."""
    with call.read() as tx:
        answer = _shown(tx, command.asset_id, asset.seen_by(call.principal.role))
        record_cost_view(call, tx, f"asset/{command.asset_id}")
    return answer


def update_asset(call: Call, command: UpdateAsset) -> Answer[AssetWithCosts]:
    """Change what is given.

    Raises:
        NotFound: there is no such asset.
        VersionMismatch: it is not the version that the caller changes.
        AssetIsOut: its status follows from custody while it is checked out.
        DuplicateAssetTag, Invalid: as for a new asset.
    """
    said = asset.columns(command)
    with call.transaction() as work:
        now = store.lock_asset(work, command.asset_id)
        if now is None:
            raise NotFound
        if command.if_match is not None and now.version not in command.if_match:
            raise VersionMismatch(_CHANGED)
        if "status" in said and now.status is AssetStatus.CHECKED_OUT:
            raise AssetIsOut(_IS_OUT)
        store.update_assets(work, [asset.changes(said, now)])
        record_cost_view(call, work, f"asset/{command.asset_id}")
        answer = work.answer(_shown(work, command.asset_id, AssetWithCosts))
    if asset.DECIDE_DAYS & said.keys():
        rollups.catch_up(call.services, call.principal.tenant.id)
    return answer


def retire_asset(call: Call, command: RetireAsset) -> Answer:
    """Take an asset out of the fleet; doing so again is fine.

    Raises:
        NotFound, VersionMismatch: as for a change.
        AssetIsOut: somebody has it.
    """
    with call.transaction() as work:
        if not store.retire_asset(work, command.asset_id, command.if_match):
            _refuse_to_retire(work, command)
        return work.answer(Answer(status=204))


def list_assets(call: Call, command: ListAssets) -> Answer[Page[AssetWithCosts | Asset]]:
    """Answer a page of the fleet; raise Invalid if what is asked does not go together."""
    faults = asset.listing_faults(command)
    if faults:
        raise Invalid(faults=faults)
    with call.read() as tx:
        answer = _nearest(call, tx, command, command.near) if command.near else _ordered(call, tx, command)
        record_cost_view(call, tx, "assets")
    return answer


def record_cost_view(call: Call, tx: Transaction, resource: str) -> None:
    """Put on record that a manager was shown what assets cost."""
    if call.principal.may(Role.MANAGER):
        call.audit(tx, "cost.view", resource)


def _shown[Seen: Asset](
    tx: Transaction, asset_id: int, seen: type[Seen], status: int = 200, headers: Any = None
) -> Answer[Seen]:
    found = store.find_asset(tx, asset_id, seen)
    if found is None:
        raise NotFound
    return versioned(found, found.version, status, headers)


def _refuse_to_retire(work: Work, command: RetireAsset) -> None:
    """Raise the reason why an asset was not retired, unless it is retired already."""
    now = store.find_asset(work, command.asset_id, Asset)
    if now is None:
        raise NotFound
    if now.status is AssetStatus.RETIRED:
        return
    if command.if_match is not None and now.version not in command.if_match:
        raise VersionMismatch(_CHANGED)
    raise AssetIsOut(_IS_OUT)


def _ordered(call: Call, tx: Transaction, command: ListAssets) -> Answer[Page[Asset]]:
    text, last_id = cursor.decode(command.cursor, str, int, order=command.sort)
    found = store.list_assets(
        tx,
        command.sort,
        None if last_id is None else (str(text), int(last_id)),
        asset.seen_by(call.principal.role),
        **_wanted(call, command),
    )
    return Answer(page(found, command.limit, lambda one: (_text(one, command.sort), one.id), command.sort))


def _text(one: Asset, sort: AssetSort) -> str:
    """Answer the name or tag by which a list is in order, or nothing."""
    field = sort.removeprefix("-")
    return "" if field == AssetSort.ID else str(getattr(one, field))


def _nearest(call: Call, tx: Transaction, command: ListAssets, spot: Place) -> Answer[Page[Asset]]:
    # each place has an order of its own
    order = f"near {spot.lat},{spot.lng}"
    distance, last_id = cursor.decode(command.cursor, float, int, order=order)
    found = store.list_nearest(
        tx,
        spot,
        None if distance is None or last_id is None else (float(distance), int(last_id)),
        asset.seen_by(call.principal.role),
        radius_m=command.radius_m or asset.NEAR_M,
        **_wanted(call, command),
    )
    return Answer(page(found, command.limit, lambda one: (one.distance_m or 0.0, one.id), order))


def _wanted(call: Call, command: ListAssets) -> dict[str, Any]:
    holder = call.principal.user_id if command.held_by == "me" else command.held_by
    return {
        "q": command.q,
        "asset_type": command.asset_type,
        "status": command.status,
        "held_by": None if holder is None else int(holder),
        "page_size": command.limit + 1,
    }
