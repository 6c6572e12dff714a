"""Tags and labels: what is stuck to an asset so that a phone finds it."""

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from shared.domain.errors import Fault
from shared.domain.model import BIGINT_MAX, Command, Flag, Identifier, Instant, Integer, Line, Listing, Model

MOST_TAGS = 500
MOST_LABELS = 500

_SCANNED = re.compile(r".*/a/([^/?#]+)/?(?:[?#].*)?", re.DOTALL)


class TagState(StrEnum):
    """What a tag is good for."""

    BLANK = "blank"
    LINKED = "linked"
    REVOKED = "revoked"


class Tag(Model):
    """One label's code. Without an id it is an asset's own label, of which only the newest generation is good."""

    id: int | None
    code: str
    url: Annotated[str, Field(description="what the QR code holds")]
    state: TagState
    asset_id: int | None
    created_at: Instant | None = None
    linked_at: Instant | None = None
    revoked_at: Instant | None = None


class TagsMade(Model):
    """New blank tags, in the order in which they are printed."""

    items: list[Tag]


class MakeTags(Command):
    """Make blank tags, to be printed before anybody knows what they will be stuck to."""

    count: Annotated[Integer, Field(ge=1, le=MOST_TAGS)]


class ListTags(Listing):
    """Pre-printed tags, the newest first."""

    state: TagState | None = None


class ListAssetTags(Listing):
    """The pre-printed tags of one asset, the newest first, revoked ones too."""

    asset_id: Identifier


class LinkTag(Command):
    """Link a blank tag to an asset; without a code, issue the asset's own label anew, which revokes the printed one."""

    # only a new tag replaces another
    model_config = ConfigDict(
        json_schema_extra={
            "not": {
                "properties": {"replaces": {"type": "integer"}, "code": {"type": "null"}},
                "required": ["replaces"],
            }
        }
    )

    asset_id: Identifier
    code: Annotated[Line, Field(description="of a blank tag: the code or the whole URL, as scanned")] | None = None
    replaces: (
        Annotated[Identifier, Field(description="another tag of this asset, to be revoked; with a code")] | None
    ) = None


class TagById(Command):
    """One tag."""

    tag_id: Identifier


class CodeFormat(StrEnum):
    """How a QR code is drawn."""

    SVG = "svg"
    PNG = "png"


class DrawCode(Command):
    """The QR code of an asset's own label."""

    asset_id: Identifier
    format: CodeFormat = CodeFormat.SVG
    scale: Annotated[Integer, Field(ge=1, le=40, description="pixels a module, of a PNG")] = 8
    if_none_match: tuple[str, ...] = ()


def _identifiers(value: Any) -> Any:
    """Read `1,2,3`."""
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) and value.strip() else []
    if len(parts) > MOST_LABELS:
        raise ValueError(f"a sheet has at most {MOST_LABELS} labels")
    if any(not re.fullmatch(r"[1-9][0-9]{0,18}", part) or int(part) > BIGINT_MAX for part in parts):
        raise ValueError("write ids as 1,2,3")
    return tuple(int(part) for part in parts)


Identifiers = Annotated[
    tuple[int, ...],
    BeforeValidator(_identifiers),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^[1-9][0-9]{{0,17}}(,[1-9][0-9]{{0,17}}){{0,{MOST_LABELS - 1}}}$",
            "examples": ["1,2,3"],
        }
    ),
]


class LabelSheet(StrEnum):
    """The sheets and rolls of labels that can be printed on."""

    AVERY_5160 = "avery-5160"
    AVERY_22806 = "avery-22806"
    AVERY_L7160 = "avery-l7160"
    AVERY_L7120 = "avery-l7120"
    DYMO_30334 = "dymo-30334"
    BROTHER_DK_11209 = "brother-dk-11209"


class PrintLabels(Command):
    """A printable sheet of labels: of assets, then of tags, each in the order given."""

    ids: Annotated[Identifiers, Field(description="of assets")] = ()
    tags: Annotated[Identifiers, Field(description="of pre-printed tags, blank ones too")] = ()
    sheet: Annotated[LabelSheet, Field(description="the name of a label sheet")] = LabelSheet.AVERY_5160
    start_at: Annotated[Integer, Field(ge=1, le=1000, description="the first free label of a begun sheet")] = 1
    outlines: Annotated[Flag, Field(description="draw the edges, for a trial on plain paper")] = False


def label_faults(wanted: PrintLabels) -> list[Fault]:
    """Find what cannot be printed whatever the database says."""
    faults = []
    if not wanted.ids and not wanted.tags:
        faults.append(Fault("/ids", "Choose at least one asset: ids=1,2,3."))
    if len(wanted.ids) + len(wanted.tags) > MOST_LABELS:
        faults.append(Fault("/ids", f"Print at most {MOST_LABELS} labels at a time."))
    return faults


def scanned_code(text: str) -> str:
    """Answer the code in what a scanner read: a bare code, or the URL of a label, whatever host it was printed for."""
    matched = _SCANNED.fullmatch(text)
    return matched[1] if matched else text
