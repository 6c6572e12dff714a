"""Check-out, check-in, and what the record says of them."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from shared.actions.answer import Answer, versioned
from shared.actions.call import Call, Work
from shared.domain import cursor, custody, event
from shared.domain.custody import AssetHistory, CheckIn, CheckOut, Custody, CustodyById, ListCustody
from shared.domain.errors import (
    AssetAlreadyCheckedOut,
    AssetNotCheckedOut,
    AssetUnavailable,
    CustodyOverlaps,
    DependencyDown,
    Fault,
    Invalid,
    NotFound,
    Refusal,
    TooLarge,
    TooManyRequests,
)
from shared.domain.model import Attachment, Page
from shared.domain.paging import page
from shared.domain.photo import PHOTO_MAX_BYTES
from shared.domain.principal import Role
from shared.ports import BlobName
from shared.render import signatures
from shared.store import custody as store
from shared.store.custody import Act, Signed

CHECK_OUTS_A_MINUTE = 10
_PHOTOS = UUID("6f1c7a52-3c0e-5b0e-9b0e-6d6f746f7270")
_UNAVAILABLE = {
    "retired": "This asset is retired.",
    "in_maintenance": "This asset is in maintenance.",
}


def check_out_asset(call: Call, command: CheckOut) -> Answer[Custody]:
    """Open custody of an asset for the caller.

    Raises:
        NotFound, AssetAlreadyCheckedOut, AssetUnavailable, CustodyOverlaps: it is not to be had.
        TooManyRequests: this user checked out more than ten in a minute.
        Invalid: a fact cannot be.
    """
    act = _prepared(call, command)
    with _unstaged_if_refused(call, act), call.transaction() as work:
        wait, opened = store.check_out_asset(work, act, CHECK_OUTS_A_MINUTE, timedelta(minutes=1))
        if wait is not None:
            raise TooManyRequests(
                f"A person checks out at most {CHECK_OUTS_A_MINUTE} assets a minute.", retry_after=wait
            )
        if opened is None:
            raise _why_not_free(work, command)
        work.emit(event.asset_checked_out(opened))
        where = {"Location": f"/api/custody/{opened.id}"}
        return work.answer(versioned(opened, opened.version, 201, where))


def check_in_asset(call: Call, command: CheckIn) -> Answer[Custody]:
    """Close the open custody of an asset: one's own, or anybody's for a dispatcher.

    Raises:
        NotFound, AssetNotCheckedOut: there is nothing to close.
        NotTheHolder: somebody else holds it.
        Invalid: a fact cannot be.
    """
    act = _prepared(call, command)
    with _unstaged_if_refused(call, act), call.transaction() as work:
        closed = store.check_in_asset(work, act, for_others=call.principal.may(Role.DISPATCHER))
        if closed is None:
            if store.find_holding(work, command.asset_id) is None:
                raise NotFound
            raise AssetNotCheckedOut("Nobody has checked this asset out.")
        work.emit(event.asset_checked_in(closed))
        return work.answer(versioned(closed, closed.version))


def get_custody(call: Call, command: CustodyById) -> Answer[Custody]:
    """Answer one custody."""
    with call.read() as tx:
        found = store.find_custody(tx, command.custody_id)
    if found is None:
        raise NotFound
    return versioned(found, found.version)


def list_asset_history(call: Call, command: AssetHistory) -> Answer[Page[Custody]]:
    """Answer the custody of an asset, newest first."""
    time, last_id = cursor.decode(command.cursor, str, int)
    before = _moment(str(time)) if time is not None else None
    with call.read() as tx:
        if store.find_holding(tx, command.asset_id) is None:
            raise NotFound
        found = store.list_asset_history(
            tx, command.asset_id, (before, int(last_id) if last_id is not None else None), command.limit + 1
        )
    return Answer(page(found, command.limit, lambda one: (one.checkout_time.isoformat(), one.id)))


def list_custody(call: Call, command: ListCustody) -> Answer[Page[Custody]]:
    """Answer what is out, or what is late, newest first."""
    (before_id,) = cursor.decode(command.cursor, int)
    with call.read() as tx:
        found = store.list_custody(
            tx,
            before_id=before_id,
            open=command.open,
            overdue=command.overdue,
            now=call.services.clock.now(),
            page_size=command.limit + 1,
        )
    return Answer(page(found, command.limit, lambda one: (one.id,)))


def _prepared(call: Call, command: CheckOut | CheckIn) -> Act:
    """Check what needs no database, and bring the photos' bytes to where they are processed."""
    now = call.services.clock.now()
    faults = custody.time_faults(command, now) + custody.damage_faults(command)
    signed, unsigned = _signature(command)
    faults += unsigned
    if faults:
        raise Invalid(faults=faults)
    facts = custody.facts(command, now)
    if signed is not None:
        facts["signature_sha256"] = hashlib.sha256(signed.content).hexdigest()
    return Act(
        user_id=call.principal.user_id,
        asset_id=command.asset_id,
        facts=facts,
        new_photos=_stage(call, command.photo),
        uploads=list(dict.fromkeys(command.photo_upload_ids)),
        signature=signed,
        caller={"address": call.address, "invocation_id": call.invocation_id},
    )


def _signature(command: CheckOut | CheckIn) -> tuple[Signed | None, list[Fault]]:
    if command.signature is None:
        return None, []
    try:
        read = signatures.read_signature(command.signature)
    except signatures.SignatureTooLarge as refused:
        raise TooLarge(refused.detail) from refused
    except signatures.SignatureRefused as refused:
        return None, [Fault("/signature", refused.detail)]
    return Signed(read.media_type, read.data), []


def _stage(call: Call, photos: tuple[Attachment, ...]) -> list[UUID]:
    """Write the photos' raw bytes under names derived from the request, so that a repeated one writes the same."""
    if any(photo.size > PHOTO_MAX_BYTES for photo in photos):
        raise TooLarge(f"A photo has at most {PHOTO_MAX_BYTES // 1024**2} MiB.")
    if any(photo.size == 0 for photo in photos):
        raise Invalid.field("/photo", "A photo is empty.")
    names = [_photo_id(call, index) for index in range(len(photos))]
    with ExitStack() as open_files:
        for name, photo in zip(names, photos, strict=True):
            open_files.callback(photo.stream.close)
            call.services.photos.put_incoming(BlobName(call.principal.tenant.id, name), photo.stream)
    return names


@contextmanager
def _unstaged_if_refused(call: Call, act: Act) -> Iterator[None]:
    """Delete raw bytes that no row will ever name, because a final refusal stands under the request's key."""
    try:
        yield
    except Refusal as refusal:
        # after others the same request may yet be let in, and has its bytes under the same names
        if refusal.is_final:
            with suppress(DependencyDown):
                for photo_id in act.new_photos:
                    call.services.photos.delete_incoming(BlobName(call.principal.tenant.id, photo_id))
        raise


def _photo_id(call: Call, index: int) -> UUID:
    if call.key is None:
        return uuid4()
    said = f"{call.principal.tenant.id}/{call.key.user_id}/{call.key.route}/{call.key.key}"
    return uuid5(_PHOTOS, f"{said}/{call.key.fingerprint.hex()}/{index}")


def _why_not_free(work: Work, command: CheckOut) -> Refusal:
    """Answer the reason why an asset cannot be had now."""
    holding = store.find_holding(work, command.asset_id)
    if holding is None:
        return NotFound()
    if holding["custody_id"] is not None:
        since = f"{holding['since']:%Y-%m-%d %H:%M} UTC"
        holder = {"id": holding["user_id"], "oid": holding["oid"], "name": holding["name"]}
        members = {"holder": holder, "since": holding["since"], "custody_id": holding["custody_id"]}
        return AssetAlreadyCheckedOut(f"{holding['name']} has had this asset since {since}.", members=members)
    if holding["status"] in _UNAVAILABLE:
        return AssetUnavailable(_UNAVAILABLE[holding["status"]], members={"reason": holding["status"]})
    if command.occurred_at is None:
        return AssetUnavailable("The asset changed hands at this moment; try again.", members={"reason": "busy"})
    return CustodyOverlaps("Somebody held this asset at that time; a dispatcher can look at its history.")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid.field("/cursor", "This cursor was not issued for this list; begin without one.") from None
    if moment.tzinfo is None:
        raise Invalid.field("/cursor", "This cursor was not issued for this list; begin without one.")
    return moment
