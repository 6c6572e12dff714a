"""Scanning: what a code is and what may be done with it."""

from shared.actions import tags
from shared.actions.answer import Answer
from shared.actions.assets import record_cost_view
from shared.actions.call import Call
from shared.domain.asset import seen_by
from shared.domain.errors import NotFound
from shared.domain.principal import Role
from shared.domain.scan import CodeState, May, Scan, ScanCode, may_do
from shared.domain.tag import Tag, TagState
from shared.domain.tag_code import TagKind, TagSubject
from shared.store import assets as asset_store, custody as custody_store, tags as tag_store
from shared.store.database import Transaction


def scan_code(call: Call, command: ScanCode) -> Answer[Scan]:
    """Answer what a code is; raise NotFound for any that is forged, altered, revoked, or of somebody else."""
    subject = tags.subject_of(call, command.code)
    if subject is None:
        raise NotFound
    with call.read() as tx:
        scan = _label(call, tx, subject) if subject.kind is TagKind.ASSET else _tag(call, tx, subject)
    return Answer(scan)


def _label(call: Call, tx: Transaction, subject: TagSubject) -> Scan:
    label = tag_store.find_label(tx, subject.subject_id)
    if label is None or label.qr_generation != subject.generation:
        raise NotFound
    return _asset(call, tx, label.asset_id, CodeState.LABEL)


def _tag(call: Call, tx: Transaction, subject: TagSubject) -> Scan:
    row = tag_store.find_tag(tx, subject.subject_id)
    if row is None or row.state is TagState.REVOKED:
        raise NotFound
    tag = tags.tag_of(call, row)
    if row.asset_id is not None:
        return _asset(call, tx, row.asset_id, CodeState.LINKED, tag)
    may = May(link=call.principal.may(Role.MANAGER), reason="This tag is blank; link it to an asset first.")
    return Scan(code_state=CodeState.BLANK, asset=None, tag=tag, may=may)


def _asset(call: Call, tx: Transaction, asset_id: int, state: CodeState, tag: Tag | None = None) -> Scan:
    asset = asset_store.find_asset(tx, asset_id, seen_by(call.principal.role))
    if asset is None:
        raise NotFound
    custody = custody_store.find_open_custody(tx, asset_id)
    record_cost_view(call, tx, f"asset/{asset_id}")
    may = may_do(asset, custody, call.principal)
    return Scan(code_state=state, asset=asset, custody=custody, tag=tag, may=may)
