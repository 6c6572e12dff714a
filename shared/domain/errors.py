"""Everything that can be refused, as one tree. Each class is one problem type of RFC 9457.

    Refusal
    ├── Malformed 400          the bytes do not say anything
    ├── Unauthenticated 401    nobody, or nobody we believe
    ├── Forbidden 403          somebody who may not
    │   └── TenantUnknown, NotTheHolder
    ├── NotFound 404           no such thing for this tenant
    ├── Conflict 409           not in the present state
    │   ├── AssetAlreadyCheckedOut, AssetUnavailable, AssetNotCheckedOut, CustodyOverlaps
    │   ├── AssetIsOut, DuplicateAssetTag, DuplicateBenchmark, TagNotBlank, MeterAlreadyReplaced
    │   └── IdempotencyInFlight
    ├── Gone 410               was there, and is not kept for ever
    │   └── EventsGone
    ├── VersionMismatch 412
    ├── TooLarge 413
    ├── UnsupportedMediaType 415
    ├── Invalid 422            well-formed, but not acceptable
    │   └── IdempotencyKeyReused, PhotoRefused
    ├── PreconditionRequired 428
    ├── TooManyRequests 429
    ├── Unexpected 500         a fault of ours, without a word of its insides
    └── DependencyDown 503

A class's docstring is its title. A constraint of the database names the error it becomes in `BY_CONSTRAINT`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a request: where (a JSON pointer) and what.

    Attributes:
        members: where else, for a person to find it, as a file's line and column.
    """

    pointer: str
    detail: str
    members: Mapping[str, Any] = field(default_factory=dict)


def pointer(steps: Iterable[str]) -> str:
    """Answer the JSON pointer of a place (RFC 6901)."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


class Refusal(Exception):
    """The request was refused.

    Attributes:
        slug: the end of the problem's `type`, stable for clients.
        status: the HTTP status.
        is_final: the same request would be refused again, so an idempotency key keeps the answer.
        detail: what happened this time, for a person.
        faults: everything found wrong, not only the first.
        members: extension members of the problem document.
        retry_after: seconds to wait before trying again.
    """

    slug: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    is_final: ClassVar[bool] = False

    def __init__(
        self,
        detail: str = "",
        *,
        faults: Sequence[Fault] = (),
        members: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail or self.title())
        self.detail = detail or self.title()
        self.faults = tuple(faults)
        self.members = dict(members or {})
        self.retry_after = retry_after

    @classmethod
    def title(cls) -> str:
        """Answer the sentence that all problems of this type share."""
        return (cls.__doc__ or "").splitlines()[0]


class Malformed(Refusal):
    """The request cannot be read."""

    slug = "malformed"


class Unauthenticated(Refusal):
    """A valid access token is needed."""

    slug, status = "unauthenticated", 401


class Forbidden(Refusal):
    """This user may not do that."""

    slug, status = "forbidden", 403


class TenantUnknown(Forbidden):
    """The organisation of this token is not known here."""

    slug = "tenant-unknown"


class NotTheHolder(Forbidden):
    """Somebody else holds this asset."""

    slug = "not-the-holder"


class NotFound(Refusal):
    """There is no such thing."""

    slug, status, is_final = "not-found", 404, True


class Conflict(Refusal):
    """The present state does not allow that."""

    slug, status, is_final = "conflict", 409, True


class AssetAlreadyCheckedOut(Conflict):
    """Somebody holds this asset already."""

    slug = "asset-already-checked-out"


class AssetUnavailable(Conflict):
    """This asset cannot be checked out."""

    slug = "asset-unavailable"


class AssetNotCheckedOut(Conflict):
    """Nobody holds this asset."""

    slug = "asset-not-checked-out"


class CustodyOverlaps(Conflict):
    """Another custody of this asset was recorded for that time."""

    slug = "custody-overlaps"


class DuplicateAssetTag(Conflict):
    """Another asset has this tag."""

    slug = "duplicate-asset-tag"


class DuplicateBenchmark(Conflict):
    """There is a figure of your own for this class and basis."""

    slug = "duplicate-benchmark"


class AssetIsOut(Conflict):
    """The asset is checked out; check it in first."""

    slug = "asset-is-out"


class TagNotBlank(Conflict):
    """This tag is linked or revoked already."""

    slug = "tag-not-blank"


class MeterAlreadyReplaced(Conflict):
    """This meter was replaced at that very time already."""

    slug = "meter-already-replaced"


class IdempotencyInFlight(Conflict):
    """The first request with this key is still running."""

    slug, is_final = "idempotency-in-flight", False


class Gone(Refusal):
    """It is not kept any more."""

    slug, status = "gone", 410


class EventsGone(Gone):
    """Events after this one are not kept any more; read everything anew."""

    slug = "events-gone"


class VersionMismatch(Refusal):
    """The resource was changed since it was read."""

    slug, status = "version-mismatch", 412


class TooLarge(Refusal):
    """The request is larger than allowed."""

    slug, status = "too-large", 413


class UnsupportedMediaType(Refusal):
    """The content type is not one that this route reads."""

    slug, status = "unsupported-media-type", 415


class Invalid(Refusal):
    """The request is well-formed but not acceptable."""

    slug, status = "invalid", 422

    @classmethod
    def field(cls, pointer: str, detail: str) -> "Invalid":
        """Answer the refusal of one field."""
        return cls(detail, faults=[Fault(pointer, detail)])


class IdempotencyKeyReused(Invalid):
    """This key was used for another request."""

    slug = "idempotency-key-reused"


class PhotoRefused(Invalid):
    """This photo was refused."""

    slug = "photo-refused"


class PreconditionRequired(Refusal):
    """Say which version you change."""

    slug, status = "precondition-required", 428


class TooManyRequests(Refusal):
    """Too many requests in too short a time."""

    slug, status = "too-many-requests", 429


class Unexpected(Refusal):
    """Something went wrong on our side."""

    slug, status = "unexpected", 500


class DependencyDown(Refusal):
    """A service that this needs does not answer at the moment."""

    slug, status = "dependency-down", 503

    def __init__(self, dependency: str, *, retry_after: float = 5) -> None:
        super().__init__(
            f"The {dependency} does not answer at the moment; nothing was changed. Try again shortly.",
            retry_after=retry_after,
        )
        self.dependency = dependency


# What a broken constraint means to a client. Those not named here are faults of ours.
BY_CONSTRAINT: Mapping[str, Refusal] = {
    "asset_tag_is_unique": DuplicateAssetTag("Another asset has this tag; choose a different asset_tag."),
    "own_benchmark_is_one_of_its_kind": DuplicateBenchmark("Change that figure, or remove it first."),
    "asset_is_available": AssetUnavailable("The asset was taken out of use at this moment."),
    "one_open_custody_per_asset": AssetAlreadyCheckedOut(),
    "custody_spans_never_overlap": CustodyOverlaps(),
    "checked_in_by_its_holder": NotTheHolder("Only its holder or a dispatcher may check this asset in."),
    "checked_in_after_checked_out": Invalid.field("/occurred_at", "A check-in is not before its check-out."),
    "odometer_never_falls": Invalid.field("/odometer_miles", "The reading is below the last one known."),
    "engine_hours_never_fall": Invalid.field("/engine_hours", "The reading is below the last one known."),
    "location_is_required": Invalid.field("/location", "Your organisation records where every act happens."),
    "uploads_are_free_and_ones_own": Invalid.field(
        "/photo_upload_ids", "An upload is unknown, refused, used already, or somebody else's."
    ),
    "tasks_tenant_id_asset_id_fkey": Invalid.field("/asset_id", "There is no such asset."),
    "tasks_tenant_id_assignee_id_fkey": Invalid.field("/assignee_id", "There is no such person."),
    "changed_asset_is_known": Invalid.field("/asset_id", "There is no such asset."),
    "changed_assignee_is_known": Invalid.field("/assignee_id", "There is no such person."),
    "meter_is_replaced_once_at_a_time": MeterAlreadyReplaced(),
    "asset_disposed_after_service": Invalid.field(
        "/disposed_on", "An asset is not disposed of before it came into service."
    ),
}


def from_constraint(name: str | None, measured: str | None = None, others: Sequence[str] = ()) -> Refusal | None:
    """Answer a fresh refusal for a broken constraint, or None if it is no client's fault.

    Args:
        name: the constraint's name.
        measured: what the database had on record, said to the client where it helps.
        others: constraints that the same statement would have broken as well.
    """
    known = BY_CONSTRAINT.get(name or "")
    if known is None:
        return None
    members = {"last_known": float(measured)} if measured and name in _METERS else None
    more = [fault for other in others for fault in BY_CONSTRAINT[other].faults]
    return type(known)(known.detail, faults=(*known.faults, *more), members=members)


_METERS = {"odometer_never_falls", "engine_hours_never_fall"}
