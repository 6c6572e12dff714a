"""Tags: pre-printed ones are rows; an asset's own label is a generation in its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.tag import TagState
from shared.domain.tag_code import MAX_GENERATION
from shared.store.database import Row, Transaction
from shared.store.queries import Queries

_SQL = Queries("tags")


@dataclass(frozen=True)
class TagRow:
    """A pre-printed tag, before its code is computed."""

    id: int
    asset_id: int | None
    created_at: datetime
    linked_at: datetime | None
    revoked_at: datetime | None

    @property
    def state(self) -> TagState:
        """Answer what the tag is good for."""
        if self.revoked_at is not None:
            return TagState.REVOKED
        return TagState.BLANK if self.asset_id is None else TagState.LINKED


@dataclass(frozen=True)
class LabelRow:
    """What an asset's own label is made of."""

    asset_id: int
    asset_tag: str
    asset_name: str
    qr_generation: int


@dataclass(frozen=True)
class TagLabelRow:
    """What a pre-printed tag's label is made of; without an asset while it is blank."""

    tag_id: int
    asset_tag: str | None
    asset_name: str | None


def make_tags(tx: Transaction, count: int) -> list[TagRow]:
    """Make blank tags."""
    return sorted((_tag(row) for row in tx.all(_SQL["make_tags"], count=count)), key=lambda tag: tag.id)


def find_tag(tx: Transaction, tag_id: int) -> TagRow | None:
    """Answer one tag."""
    row = tx.find(_SQL["find_tag"], tag_id=tag_id)
    return None if row is None else _tag(row)


def list_tags(
    tx: Transaction, *, before_id: int, page_size: int, asset_id: int | None = None, state: TagState | None = None
) -> list[TagRow]:
    """Answer tags, newest first."""
    rows = tx.all(_SQL["list_tags"], before_id=before_id, page_size=page_size, asset_id=asset_id, state=state)
    return [_tag(row) for row in rows]


def link_tag(tx: Transaction, tag_id: int, asset_id: int, user_id: int) -> TagRow | None:
    """Link a tag to an asset, or answer None if it is not blank."""
    row = tx.find(_SQL["link_tag"], tag_id=tag_id, asset_id=asset_id, user_id=user_id)
    return None if row is None else _tag(row)


def revoke_tag(tx: Transaction, tag_id: int, user_id: int, asset_id: int | None = None) -> bool:
    """Revoke a tag (of that asset); False if it is revoked already or not there."""
    return tx.find(_SQL["revoke_tag"], tag_id=tag_id, user_id=user_id, asset_id=asset_id) is not None


def find_label(tx: Transaction, asset_id: int) -> LabelRow | None:
    """Answer what an asset's own label is made of."""
    row = tx.find(_SQL["find_label"], asset_id=asset_id)
    return None if row is None else LabelRow(**row)


def renew_label(tx: Transaction, asset_id: int) -> LabelRow | None:
    """Begin the next generation of an asset's label; None if there is no asset, or no generation left."""
    row = tx.find(_SQL["renew_label"], asset_id=asset_id, last_generation=MAX_GENERATION)
    return None if row is None else LabelRow(**row)


def list_labels(tx: Transaction, asset_ids: Sequence[int]) -> dict[int, LabelRow]:
    """Answer the labels of those assets that are there, by id."""
    rows = tx.all(_SQL["list_labels"], asset_ids=list(asset_ids))
    return {row["asset_id"]: LabelRow(**row) for row in rows}


def list_tag_labels(tx: Transaction, tag_ids: Sequence[int]) -> dict[int, TagLabelRow]:
    """Answer those tags that are good, by id."""
    rows = tx.all(_SQL["list_tag_labels"], tag_ids=list(tag_ids))
    return {row["tag_id"]: TagLabelRow(**row) for row in rows}


def _tag(row: Row) -> TagRow:
    return TagRow(row["id"], row["asset_id"], row["created_at"], row["linked_at"], row["revoked_at"])
