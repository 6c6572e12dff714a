"""Import of assets: what is asked and answered, and what a row cannot say of an asset."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from shared.domain.asset import Asset, AssetStatus, SettableStatus
from shared.domain.model import Command, File, Flag, Model


class ImportAssets(Command):
    """Add and change assets from a CSV file: all its rows or none."""

    csv: Annotated[bytes | None, Field(description="the file, as text/csv")] = None
    file: Annotated[tuple[File, ...], Field(max_length=1, description="the file; multipart only")] = ()
    dry_run: Annotated[Flag, Field(description="do everything but keep it")] = False


class Imported(Model):
    """What an import did, or would do."""

    received: int
    created: int
    updated: int
    unchanged: int
    dry_run: bool


def import_faults(said: Mapping[str, Any], asset: Asset | None) -> dict[str, str]:
    """Find what a row cannot say of an asset as it is now (or of a new one): details by column."""
    faults = {}
    status = said.get("status")
    if status is not None and status not in {*SettableStatus} and (asset is None or status != asset.status):
        faults["status"] = "A status is set to available or in_maintenance; the others follow from what happens."
    elif status is not None and asset is not None and status != asset.status == AssetStatus.CHECKED_OUT:
        faults["status"] = "The asset is checked out; check it in first."
    begin = _day(said, asset, "in_service_on") or _day(said, asset, "purchase_date")
    end = _day(said, asset, "disposed_on")
    if begin and end and end < begin:
        faults["disposed_on"] = f"An asset is not disposed of before it came into service, on {begin}."
    return faults


def _day(said: Mapping[str, Any], asset: Asset | None, name: str) -> str | None:
    """Answer a day as it will be, as text that sorts."""
    if name in said or asset is None:
        return said.get(name)
    day = getattr(asset, name)
    return None if day is None else str(day)
