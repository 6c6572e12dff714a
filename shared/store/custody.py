"""Custody: acts in, records out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.domain.custody import Custody, Moment, evidence
from shared.store.database import Parameters, Row, Transaction
from shared.store.jsonb import jsonb
from shared.store.queries import Queries

_SQL = Queries("custody")


@dataclass(frozen=True)
class Signed:
    """A signature's bytes and what they are."""

    media_type: str
    content: bytes


@dataclass(frozen=True)
class Act:
    """A check-out or check-in, ready to be written.

    Attributes:
        user_id: who acts.
        asset_id: on what.
        facts: what the act says, as its event keeps it.
        new_photos: photos whose bytes came along.
        uploads: photos that were uploaded before.
        signature: if one was drawn.
        caller: address and invocation id, for the audit row.
    """

    user_id: int
    asset_id: int
    facts: Mapping[str, Any]
    new_photos: Sequence[UUID]
    uploads: Sequence[UUID]
    signature: Signed | None
    caller: Mapping[str, str | None]

    def parameters(self) -> Parameters:
        """Answer what the SQL function takes."""
        return {
            "user_id": self.user_id,
            "asset_id": self.asset_id,
            "facts": jsonb(dict(self.facts)),
            "new_photos": list(self.new_photos),
            "uploads": list(self.uploads),
            "caller": jsonb(dict(self.caller)),
        }

    def told(self) -> Mapping[str, Any]:
        """Answer its facts as its event keeps them."""
        return {**self.facts, "photos": [str(photo) for photo in (*self.new_photos, *self.uploads)]}


def check_out_asset(tx: Transaction, act: Act, most: int, window: timedelta) -> tuple[float | None, Custody | None]:
    """Open custody in one round trip.

    Answers the seconds to wait if this user did so too often within the window (then nothing may be committed),
    and the custody, or None if the asset was not free.
    """
    _sign(tx, act)
    row = dict(tx.one(_SQL["check_out_asset"], **act.parameters(), most=most, period=window))
    wait = row.pop("wait")
    return wait, None if row["id"] is None else _record(row, {Moment.CHECKOUT: act.told()})


def check_in_asset(tx: Transaction, act: Act, *, for_others: bool) -> Custody | None:
    """Close the open custody of an asset, or answer None if there is none."""
    _sign(tx, act)
    row = tx.find(_SQL["check_in_asset"], **act.parameters(), for_others=for_others)
    # its own event is written by the statement that answers the row, which does not see it yet
    return None if row is None else _record(row, {**(row["acts"] or {}), Moment.CHECKIN: act.told()})


def _sign(tx: Transaction, act: Act) -> None:
    """Keep the signature that the act refers to."""
    if act.signature is not None:
        tx.run(_SQL["keep_signature"], media_type=act.signature.media_type, content=act.signature.content)


def find_holding(tx: Transaction, asset_id: int) -> Row | None:
    """Answer an asset's status with its holder and since when, or None if there is no such asset."""
    return tx.find(_SQL["find_holding"], asset_id=asset_id)


def find_custody(tx: Transaction, custody_id: int) -> Custody | None:
    """Answer one custody."""
    return _custody(tx.all(_SQL["find_custody"], custody_id=custody_id))


def find_open_custody(tx: Transaction, asset_id: int) -> Custody | None:
    """Answer the custody in which an asset is now."""
    return _custody(tx.all(_SQL["find_open_custody"], asset_id=asset_id))


def list_asset_history(
    tx: Transaction, asset_id: int, before: tuple[datetime | None, int | None], page_size: int
) -> list[Custody]:
    """Answer an asset's custodies, newest first."""
    rows = tx.all(
        _SQL["list_asset_history"],
        asset_id=asset_id,
        before_time=before[0],
        before_id=before[1],
        page_size=page_size,
    )
    return [_record(row) for row in rows]


def list_custody(tx: Transaction, **wanted: Any) -> list[Custody]:
    """Answer custodies, newest first: before_id, open, overdue, now, page_size."""
    return [_record(row) for row in tx.all(_SQL["list_custody"], **wanted)]


def _custody(rows: Sequence[Row]) -> Custody | None:
    return _record(rows[0]) if rows else None


def _record(row: Row, acts: Mapping[str, Mapping[str, Any]] | None = None) -> Custody:
    said = {name: value for name, value in row.items() if name not in {"tenant_id", "acts"}}
    return Custody.model_validate(said | evidence(acts or row["acts"] or {}))
