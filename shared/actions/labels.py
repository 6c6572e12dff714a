"""Labels: an asset's QR code as a picture, and sheets of labels to print."""

import hashlib

from shared.actions import tags
from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain.errors import Invalid, NotFound
from shared.domain.media import PDF, PNG, SVG
from shared.domain.tag import CodeFormat, DrawCode, PrintLabels, label_faults
from shared.domain.tag_code import TagKind
from shared.render import qr
from shared.render.label_sheets import SHEETS
from shared.render.labels import Label, label_sheet
from shared.store import tags as store
from shared.store.tags import TagLabelRow

# rises when the same code would be drawn differently
_RENDERING = 1


def draw_code(call: Call, command: DrawCode) -> Answer:
    """Answer the QR code of an asset's own label; raise NotFound if there is no such asset."""
    with call.read() as tx:
        label = store.find_label(tx, command.asset_id)
    if label is None:
        raise NotFound
    url = tags.url_of(call, tags.label_code(call, label))
    title = f"QR code of {label.asset_tag}"
    tag = _entity_tag(url, title, command)
    headers = {"ETag": tag, "Cache-Control": "private, max-age=3600"}
    kind = PNG if command.format is CodeFormat.PNG else SVG
    if tag in command.if_none_match or "*" in command.if_none_match:
        return Answer(status=304, content_type=kind, headers=headers)
    drawn = qr.qr_png(url, command.scale) if kind == PNG else qr.qr_svg(url, title).encode()
    return Answer(drawn, content_type=kind, headers=headers)


def print_labels(call: Call, command: PrintLabels) -> Answer:
    """Answer a sheet of labels as PDF.

    Raises:
        NotFound: naming the assets and tags that are not there; a revoked tag is as good as none.
        Invalid: there is no such place on the sheet, or nothing to print.
    """
    faults = label_faults(command)
    if faults:
        raise Invalid(faults=faults)
    labels = _labels(call, command)
    sheet = SHEETS[command.sheet]
    if command.start_at > sheet.labels_per_page:
        raise _no_such_label(command.sheet, sheet.labels_per_page)
    pdf = label_sheet(labels, sheet, start_at=command.start_at, outlines=command.outlines)
    where = f'inline; filename="labels-{command.sheet}.pdf"'
    return Answer(pdf, content_type=PDF, headers={"Content-Disposition": where, "Cache-Control": "no-store"})


def _no_such_label(sheet: str, last: int) -> Invalid:
    said = f"A page of {sheet} has {last} labels; give one of 1 to {last}."
    return Invalid.field("/start_at", said if last > 1 else "A roll has no begun page; leave this out.")


def _entity_tag(url: str, title: str, command: DrawCode) -> str:
    drawn = [str(_RENDERING), url, command.format.value]
    drawn.append(title if command.format is CodeFormat.SVG else str(command.scale))
    return f'"{hashlib.sha256("\n".join(drawn).encode()).hexdigest()[:32]}"'


def _labels(call: Call, command: PrintLabels) -> list[Label]:
    with call.read() as tx:
        own = store.list_labels(tx, command.ids)
        printed = store.list_tag_labels(tx, command.tags)
    _refuse_missing([one for one in command.ids if one not in own], [one for one in command.tags if one not in printed])
    owner = call.principal.tenant.name
    return [
        Label(tags.url_of(call, tags.label_code(call, own[one])), own[one].asset_tag, own[one].asset_name, owner)
        for one in command.ids
    ] + [_tag_label(call, printed[one], owner) for one in command.tags]


def _tag_label(call: Call, row: TagLabelRow, owner: str) -> Label:
    url = tags.url_of(call, tags.code_of(call, TagKind.BLANK, row.tag_id))
    return Label(url, row.asset_tag or f"No. {row.tag_id}", row.asset_name or "", owner)


def _refuse_missing(assets: list[int], missing_tags: list[int]) -> None:
    said = []
    if assets:
        said.append(f"There is no asset {', '.join(map(str, assets))}.")
    if missing_tags:
        said.append(f"There is no good tag {', '.join(map(str, missing_tags))}.")
    if said:
        raise NotFound(" ".join(said), members={"missing": {"ids": assets, "tags": missing_tags}})
