"""Photos: their rows and how these change, each change by whoever comes first."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from shared.domain.photo import Photo
from shared.store.database import Row, Transaction
from shared.store.queries import Queries

_SQL = Queries("photos")


@dataclass(frozen=True)
class Measures:
    """What is known of a finished photo's full rendition; sides in pixels."""

    width: int
    height: int
    byte_count: int
    sha256: bytes


def expect_photo(tx: Transaction, photo_id: UUID, user_id: int) -> None:
    """Announce a photo whose bytes this user will upload."""
    tx.run(_SQL["expect_photo"], photo_id=photo_id, user_id=user_id)


def find_photo(tx: Transaction, photo_id: UUID) -> Photo | None:
    """Answer a photo, or None if this tenant has none of that id."""
    return _photo(tx.find(_SQL["find_photo"], photo_id=photo_id))


def count_attempt(tx: Transaction, photo_id: UUID) -> None:
    """Record that the processing of an unfinished photo begins."""
    tx.run(_SQL["count_attempt"], photo_id=photo_id)


def excuse_attempt(tx: Transaction, photo_id: UUID) -> None:
    """Take an attempt back that failed for no fault of the photo's."""
    tx.run(_SQL["excuse_attempt"], photo_id=photo_id)


def mark_ready(tx: Transaction, photo_id: UUID, measures: Measures) -> bool:
    """Finish a photo and emit PHOTO_READY; answer whether this was the first to do so."""
    return tx.find(_SQL["mark_ready"], photo_id=photo_id, **asdict(measures)) is not None


def mark_refused(tx: Transaction, photo_id: UUID, reason: str) -> int | None:
    """Refuse an unfinished photo; answer whose it is, or None if it was finished already."""
    row = tx.find(_SQL["mark_refused"], photo_id=photo_id, reason=reason)
    return None if row is None else int(row["user_id"])


def list_unfinished(tx: Transaction, before: datetime, most: int) -> Sequence[Photo]:
    """Answer photos announced or attached before that moment and not finished, the oldest first."""
    rows = tx.all(_SQL["list_unfinished"], before=before, most=most)
    return [Photo.model_validate(row) for row in rows]


def forget_upload(tx: Transaction, photo_id: UUID) -> bool:
    """Delete an upload that never came; answer whether it was there to delete."""
    return tx.run(_SQL["forget_upload"], photo_id=photo_id) > 0


def list_unused(tx: Transaction, before: datetime, most: int) -> Sequence[UUID]:
    """Answer uploads finished before that moment that no custody has taken, the oldest first."""
    return [row["id"] for row in tx.all(_SQL["list_unused"], before=before, most=most)]


def give_up_unused(tx: Transaction, photo_id: UUID, reason: str) -> bool:
    """Close a finished upload to check-outs; answer False if one has taken it."""
    return tx.run(_SQL["give_up_unused"], photo_id=photo_id, reason=reason) > 0


def forget_given_up(tx: Transaction, photo_id: UUID) -> bool:
    """Delete an upload that was closed to check-outs; answer whether it was there to delete."""
    return tx.run(_SQL["forget_given_up"], photo_id=photo_id) > 0


def _photo(row: Row | None) -> Photo | None:
    return None if row is None else Photo.model_validate(row)
