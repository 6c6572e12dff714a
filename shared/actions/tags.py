"""Tags: made blank, linked to an asset once, revoked when lost; and the asset's own label, issued anew."""

from shared.actions.answer import Answer
from shared.actions.call import Call, Work
from shared.domain import cursor
from shared.domain.errors import Conflict, Fault, Invalid, NotFound, Refusal, TagNotBlank
from shared.domain.model import BIGINT_MAX, Page
from shared.domain.paging import page
from shared.domain.tag import (
    LinkTag,
    ListAssetTags,
    ListTags,
    MakeTags,
    Tag,
    TagById,
    TagsMade,
    TagState,
    scanned_code,
)
from shared.domain.tag_code import TagKind, TagSubject
from shared.store import tags as store
from shared.store.database import Transaction
from shared.store.tags import LabelRow, TagRow


def make_tags(call: Call, command: MakeTags) -> Answer[TagsMade]:
    """Make blank tags."""
    with call.transaction() as work:
        made = [tag_of(call, row) for row in store.make_tags(work, command.count)]
        return work.answer(Answer(TagsMade(items=made), 201))


def list_tags(call: Call, command: ListTags) -> Answer[Page[Tag]]:
    """Answer a page of pre-printed tags."""
    with call.read() as tx:
        return _listed(call, tx, command, state=command.state)


def list_asset_tags(call: Call, command: ListAssetTags) -> Answer[Page[Tag]]:
    """Answer a page of an asset's pre-printed tags; raise NotFound if there is no such asset."""
    with call.read() as tx:
        if store.find_label(tx, command.asset_id) is None:
            raise NotFound
        return _listed(call, tx, command, asset_id=command.asset_id)


def link_tag(call: Call, command: LinkTag) -> Answer[Tag]:
    """Link a blank tag to an asset, or issue the asset's own label anew.

    Raises:
        NotFound: there is no such asset, or the code is no code of this organisation, or `replaces` no good tag of
            the asset; a pointer says which.
        TagNotBlank: the tag is linked or revoked, or the code is an asset's own label.
        Invalid: `replaces` came without a code.
    """
    if command.code is None and command.replaces is not None:
        raise Invalid.field("/replaces", "Only a new tag replaces another: give its code too.")
    with call.transaction() as work:
        if store.find_label(work, command.asset_id) is None:
            raise NotFound
        tag = _renewed(call, work, command) if command.code is None else _linked(call, work, command, command.code)
        return work.answer(Answer(tag, 201))


def revoke_tag(call: Call, command: TagById) -> Answer:
    """Make a tag good for nothing; doing so again is fine. Raise NotFound if there is no such tag."""
    with call.transaction() as work:
        if store.revoke_tag(work, command.tag_id, call.principal.user_id):
            call.audit(work, "tag.revoke", f"tag/{command.tag_id}")
        elif store.find_tag(work, command.tag_id) is None:
            raise NotFound
        return work.answer(Answer(status=204))


def tag_of(call: Call, row: TagRow) -> Tag:
    """Answer a tag with its code."""
    code = code_of(call, TagKind.BLANK, row.id)
    return Tag(
        id=row.id,
        code=code,
        url=url_of(call, code),
        state=row.state,
        asset_id=row.asset_id,
        created_at=row.created_at,
        linked_at=row.linked_at,
        revoked_at=row.revoked_at,
    )


def code_of(call: Call, kind: TagKind, subject_id: int, generation: int = 0) -> str:
    """Answer the code of an asset's label or of a pre-printed tag."""
    return call.services.tag_codec.encode(TagSubject(kind, call.principal.tenant.id, subject_id, generation))


def label_code(call: Call, label: LabelRow) -> str:
    """Answer the code of an asset's own label, of its present generation."""
    return code_of(call, TagKind.ASSET, label.asset_id, label.qr_generation)


def url_of(call: Call, code: str) -> str:
    """Answer what a QR code holds."""
    return f"{call.services.settings.public_base_url}/a/{code}"


def subject_of(call: Call, code: str) -> TagSubject | None:
    """Answer what a code of the caller's organisation names; None for any other text, whatever is wrong with it."""
    subject = call.services.tag_codec.decode(code)
    return subject if subject is not None and subject.tenant_id == call.principal.tenant.id else None


def _listed(
    call: Call,
    tx: Transaction,
    command: ListTags | ListAssetTags,
    *,
    asset_id: int | None = None,
    state: TagState | None = None,
) -> Answer[Page[Tag]]:
    (before_id,) = cursor.decode(command.cursor, int)
    before = BIGINT_MAX if before_id is None else int(before_id)
    rows = store.list_tags(tx, before_id=before, page_size=command.limit + 1, asset_id=asset_id, state=state)
    return Answer(page([tag_of(call, row) for row in rows], command.limit, lambda tag: (tag.id or 0,)))


def _renewed(call: Call, work: Work, command: LinkTag) -> Tag:
    label = store.renew_label(work, command.asset_id)
    if label is None:
        raise Conflict("This asset's label was issued too often; link a pre-printed tag instead.")
    call.audit(work, "tag.revoke", f"asset/{command.asset_id}/label/{label.qr_generation - 1}")
    code = label_code(call, label)
    return Tag(id=None, code=code, url=url_of(call, code), state=TagState.LINKED, asset_id=command.asset_id)


def _linked(call: Call, work: Work, command: LinkTag, scanned: str) -> Tag:
    subject = subject_of(call, scanned_code(scanned))
    if subject is None:
        raise _unknown("/code")
    if subject.kind is not TagKind.BLANK:
        raise TagNotBlank("This is the own label of an asset; scan a blank tag.")
    if command.replaces is not None:
        _replace(call, work, command, command.replaces)
    row = store.link_tag(work, subject.subject_id, command.asset_id, call.principal.user_id)
    if row is None:
        raise _why_not_blank(work, command, subject.subject_id)
    call.audit(work, "tag.link", f"tag/{row.id}")
    return tag_of(call, row)


def _replace(call: Call, work: Work, command: LinkTag, replaced: int) -> None:
    if not store.revoke_tag(work, replaced, call.principal.user_id, command.asset_id):
        raise _unknown("/replaces", "This asset has no such tag that is still good.")
    call.audit(work, "tag.revoke", f"tag/{replaced}")


def _why_not_blank(work: Work, command: LinkTag, tag_id: int) -> Refusal:
    row = store.find_tag(work, tag_id)
    if row is None:
        return _unknown("/code")
    members = {"state": row.state, "asset_id": row.asset_id}
    if row.state is TagState.REVOKED:
        return TagNotBlank("This tag is revoked; take another one.", members=members)
    which = "this" if row.asset_id == command.asset_id else "another"
    return TagNotBlank(f"This tag is linked to {which} asset already.", members=members)


def _unknown(pointer: str, detail: str = "This is no tag of your organisation.") -> NotFound:
    return NotFound(detail, faults=[Fault(pointer, detail)])
