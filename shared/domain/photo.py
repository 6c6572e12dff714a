"""Photos: evidence of an asset's condition, from raw upload to what is shown."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.domain.model import Command, Instant, Model

PHOTO_MAX_BYTES = 15 * 1024 * 1024
UPLOAD_MINUTES = 15
READ_MINUTES = 5

RETRY_SECONDS = 2
ATTEMPTS_MAX = 10
LOST_EVENT_AFTER = timedelta(seconds=60)
ABANDONED_AFTER = timedelta(hours=24)
VERDICT_LATE_AFTER = timedelta(minutes=30)
VERDICT_GIVEN_UP_AFTER = timedelta(hours=24)

MALWARE = "The malware scan refused this file; take another photo."
UNREADABLE = "The photo could not be processed; take another one."
NEVER_ARRIVED = "The photo was announced but never arrived; take another one."
NEVER_USED = "The photo was not used within a day and has been deleted; take another one."
NEVER_SCANNED = "The malware scan came to no result within a day; take another photo."


class PhotoMediaType(StrEnum):
    """What a phone may upload."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"


class PhotoSize(StrEnum):
    """The two renditions of a photo."""

    FULL = "full"
    THUMBNAIL = "thumbnail"


class PhotoStage(StrEnum):
    """How far a photo has come: announced, attached to a custody, and one of two ends."""

    EXPECTED = "expected"
    PENDING = "pending"
    READY = "ready"
    REFUSED = "refused"


class GrantUpload(Command):
    """Ask for a place to put one photo's bytes."""

    content_type: Annotated[
        PhotoMediaType, Field(description="what the bytes will be; they are checked by content")
    ] = PhotoMediaType.JPEG


class Upload(Model):
    """Where to put one photo's bytes: one request, before `expires_at`, with these headers."""

    upload_id: UUID
    url: str
    method: str
    headers: dict[str, str]
    expires_at: Instant


class PhotoLink(Command):
    """Look at a photo."""

    photo_id: UUID
    size: PhotoSize = PhotoSize.FULL


class PhotoPending(Model):
    """A photo that cannot be shown yet."""

    photo_id: UUID
    state: Literal["pending"] = "pending"


class Photo(Model):
    """A photo's row.

    Attributes:
        reason: why it was refused, in words.
        attempts: how often its processing was begun and did not end.
    """

    id: UUID
    state: PhotoStage
    reason: str | None
    custody_id: int | None
    asset_id: int | None
    user_id: int
    attempts: int
    created_at: datetime

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing more will happen to it."""
        return self.state in {PhotoStage.READY, PhotoStage.REFUSED}


def upload_until(now: datetime) -> datetime:
    """Answer until when an upload granted now may begin, in whole seconds, as links carry it."""
    return now.replace(microsecond=0) + timedelta(minutes=UPLOAD_MINUTES)


def link_until(now: datetime) -> datetime:
    """Answer until when a link handed out now is good: 4 to 5 minutes.

    Links of one minute end together and so are the same text, which lets a browser find the photo in its cache.
    """
    return now.replace(second=0, microsecond=0) + timedelta(minutes=READ_MINUTES)
