"""Custody: who holds an asset, opened by a check-out and closed by a check-in."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from shared.domain.errors import Fault
from shared.domain.model import (
    NUMBER_AS_SUCH,
    Command,
    File,
    Flag,
    Identifier,
    Instant,
    Integer,
    Line,
    Listing,
    Meter,
    Model,
    Name,
    Notes,
    Percent,
    Place,
    UserRef,
)

CLOCK_GRACE = timedelta(minutes=2)
OLDEST = timedelta(days=30)
MOST_PHOTOS = 12
MOST_DAMAGES = 50

# what a signature looks like from afar; whether it is a drawing is seen when it is decoded
_SIGNATURE = r"^(data:image/(png|svg\+xml)[;,].+|[A-Za-z0-9+/]+={0,2})$"

_OF_CONDITION = ("condition_rating", "condition_notes", "signature_sha256")

Rating = Annotated[Integer, Field(ge=1, le=5)]


class Severity(StrEnum):
    """How bad a damage is."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"


class Moment(StrEnum):
    """Which of the two acts something belongs to."""

    CHECKOUT = "checkout"
    CHECKIN = "checkin"


class PhotoState(StrEnum):
    """How far a photo of a custody has come."""

    PENDING = "pending"
    READY = "ready"
    REFUSED = "refused"


class Damage(Model):
    """One thing that is broken, and which of the photos shows it."""

    area: Name
    severity: Severity
    notes: Notes | None = None
    photo_index: Annotated[int, NUMBER_AS_SUCH, Field(ge=0, lt=MOST_PHOTOS)] | None = None


class RecordedDamage(Damage):
    """A damage as one of the two acts found it: `photo_index` counts that act's photos, `photo_id` names the one."""

    moment: Moment
    photo_id: UUID | None = None


class _Act(Command):
    """What check-out and check-in both record."""

    asset_id: Identifier
    location: Place | None = None
    signature: (
        Annotated[
            str,
            Field(
                min_length=1,
                description="PNG or SVG of at most 256 KiB, as a data URL or base64",
                json_schema_extra={"pattern": _SIGNATURE},
            ),
        ]
        | None
    ) = None
    odometer_miles: Meter | None = None
    engine_hours: Meter | None = None
    fuel_level_percent: Percent | None = None
    condition_notes: Notes | None = None
    damage: Annotated[tuple[Damage, ...], Field(max_length=MOST_DAMAGES)] = ()
    occurred_at: Annotated[Instant, Field(description="when it happened on the device")] | None = None
    device_id: Line | None = None
    client_seq: Annotated[Integer, Field(ge=0, le=2**53)] | None = None
    photo_upload_ids: Annotated[
        tuple[UUID, ...], Field(max_length=MOST_PHOTOS, description="of POST /api/uploads, each once")
    ] = ()
    photo: Annotated[tuple[File, ...], Field(max_length=MOST_PHOTOS, description="files; multipart only")] = ()

    def photo_count(self) -> int:
        """Answer how many photos come with this act; an upload that is named twice is one."""
        return len(self.photo) + len({*self.photo_upload_ids})


class CheckOut(_Act):
    """Open custody of an asset."""

    condition_rating: Rating | None = None
    due_at: (
        Annotated[Instant, Field(description="when it is to come back; the tenant's default unless given")] | None
    ) = None


class CheckIn(_Act):
    """Close custody of an asset."""

    condition_rating: Rating


class CustodyPhoto(Model):
    """A photo of a custody and how far its processing has come."""

    photo_id: UUID
    moment: Moment
    state: PhotoState


class Custody(Model):
    """Who held an asset from when to when, and in what condition it went and came.

    What has no act in its name is what the last of the two acts says: what the other said stands beside it, unmixed.
    """

    id: int
    asset_id: int
    user: UserRef
    checked_in_by: UserRef | None
    checkout_time: Instant
    checkin_time: Instant | None
    due_at: Instant | None
    checkout_location: Place | None
    checkin_location: Place | None
    photos: list[CustodyPhoto]
    condition_rating: int | None
    condition_notes: str | None
    checkout_condition_rating: int | None
    checkin_condition_rating: int | None
    checkout_condition_notes: str | None
    checkin_condition_notes: str | None
    damage: list[RecordedDamage]
    signature_sha256: str | None
    checkout_signature_sha256: str | None
    checkin_signature_sha256: str | None
    checkout_odometer_miles: float | None
    checkin_odometer_miles: float | None
    checkout_engine_hours: float | None
    checkin_engine_hours: float | None
    checkout_fuel_level_percent: float | None
    checkin_fuel_level_percent: float | None
    chain_hash: str | None
    version: int


class AssetHistory(Listing):
    """The custody of one asset, newest first."""

    asset_id: Identifier


class ListCustody(Listing):
    """Custody of all assets: what is out now, or late."""

    open: Flag | None = None
    overdue: Flag | None = None


def evidence(acts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Answer what each act says of the asset's condition, and what the last of them says, as fields of the custody.

    Args:
        acts: the facts that the acts' events keep, by moment.
    """
    said: dict[str, Any] = {"damage": []}
    counted: set[str] = set()
    for moment in Moment:
        act = acts.get(moment, {})
        photos = [photo for photo in act.get("photos", ()) if photo not in counted]
        counted.update(photos)
        for name in _OF_CONDITION:
            said[f"{moment}_{name}"] = act.get(name)
            said[name] = act.get(name) if act else said.get(name)
        said["damage"] += [{**one, "moment": moment, "photo_id": _shown(one, photos)} for one in act.get("damage", ())]
    return said


def _shown(damage: Mapping[str, Any], photos: Sequence[str]) -> str | None:
    index = damage.get("photo_index")
    return photos[index] if index is not None and index < len(photos) else None


def time_faults(act: CheckOut | CheckIn, now: datetime) -> list[Fault]:
    """Find what is wrong with the times of an act, seen from the server's clock."""
    faults = []
    at = act.occurred_at
    if at is not None and at > now + CLOCK_GRACE:
        faults.append(Fault("/occurred_at", "This lies in the future; check the device's clock."))
    if at is not None and at < now - OLDEST:
        faults.append(Fault("/occurred_at", "This is more than 30 days ago."))
    due = act.due_at if isinstance(act, CheckOut) else None
    if due is not None and due <= (at or now):
        faults.append(Fault("/due_at", "An asset comes back after it goes out."))
    return faults


def damage_faults(act: CheckOut | CheckIn) -> list[Fault]:
    """Find damages that point to a photo that is not there."""
    return [
        Fault(f"/damage/{index}/photo_index", f"There are {act.photo_count()} photos, counted from 0.")
        for index, damage in enumerate(act.damage)
        if damage.photo_index is not None and damage.photo_index >= act.photo_count()
    ]


def facts(act: CheckOut | CheckIn, now: datetime) -> dict[str, Any]:
    """Answer what an act says, as the JSON document that its event keeps.

    A device's clock may be a little ahead; nothing happens later than it is recorded, or whoever came next would come
    before it. What the device said then stands as `device_time`.
    """
    said = act.model_dump(
        mode="json", exclude={"asset_id", "photo", "photo_upload_ids", "signature"}, exclude_none=True
    )
    if act.occurred_at is not None and act.occurred_at > now:
        said |= {"device_time": said["occurred_at"], "occurred_at": now.isoformat()}
    return said


class CustodyById(Command):
    """One custody."""

    custody_id: Identifier
