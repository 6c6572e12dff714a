"""Photos: evidence of an asset's condition, from raw upload to what is shown."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.domain.model import Command, Instant, Model

PHOTO_MAX_BYTES = 15 * 1024 * 1024
UPLOAD_MINUTES = 15
READ_MINUTES = 5


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


class Photo(Model):
    """A photo's row."""

    id: UUID
    state: str
    reason: str | None
    custody_id: int | None
    asset_id: int | None
    user_id: int
    created_at: datetime
