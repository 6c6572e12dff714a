"""Photos: announced, uploaded, processed, shown.

Processing converges whatever happens between its steps. Its order is: renditions, row with event, raw bytes away;
or, for a refused one: row, raw bytes into quarantine. So a row that is finished always tells the truth, raw bytes
beside it only mean that the last step is to be done again, and raw bytes beside an unfinished row mean all steps.
"""

import hashlib
import logging
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain.errors import DependencyDown, NotFound, PhotoRefused
from shared.domain.photo import (
    ATTEMPTS_MAX,
    MALWARE,
    NEVER_USED,
    PHOTO_MAX_BYTES,
    RETRY_SECONDS,
    UNREADABLE,
    GrantUpload,
    Photo,
    PhotoLink,
    PhotoPending,
    PhotoStage,
    Upload,
    link_until,
    upload_until,
)
from shared.ports import BlobName, Verdict
from shared.render import images
from shared.services import Services
from shared.store import photos as store, tenancy
from shared.store.photos import Measures

log = logging.getLogger("motorpool.photos")

_NAME = re.compile(r"([1-9]\d{0,17})/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")

# Decoding is what costs memory and processor: a worker does it for two photos at a time, whoever asks. And always
# on the same two threads, because the C library keeps for each thread what it has once used. Only pixels go there:
# what another thread than the invocation's own says to the log, the host drops.
_DECODING = threading.BoundedSemaphore(2)
_DECODERS = ThreadPoolExecutor(2, "decoder")

# Bytes that come with a check-out are written before the row that names them is committed, and with several photos
# the first one's event is there long before: these many seconds between looks, and after the last the sweep helps.
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 2.0)
JUST_NOW = timedelta(seconds=30)


class Outcome(StrEnum):
    """What became of raw bytes that were looked at."""

    FOREIGN = "foreign"
    UNKNOWN = "unknown"
    GONE = "gone"
    UNSCANNED = "unscanned"
    CLEARED = "cleared"
    READY = "ready"
    REFUSED = "refused"


def grant_upload(call: Call, command: GrantUpload) -> Answer[Upload]:
    """Announce a photo and answer where its bytes go; raise DependencyDown."""
    photo_id = uuid4()
    name = BlobName(call.principal.tenant.id, photo_id)
    until = upload_until(call.services.clock.now())
    grant = call.services.photos.grant_upload(name, command.content_type, until)
    upload = Upload(
        upload_id=photo_id,
        url=grant.url,
        method=grant.method,
        headers=grant.headers,
        expires_at=grant.expires_at,
    )
    headers = {"Location": f"/api/photos/{photo_id}", "Cache-Control": "no-store"}
    with call.transaction() as work:
        store.expect_photo(work, photo_id, call.principal.user_id)
        return work.answer(Answer(upload, 201, headers=headers))


def show_photo(call: Call, command: PhotoLink) -> Answer[PhotoPending]:
    """Answer the way to a photo, or that it is still to come.

    Raises:
        NotFound: this tenant has no such photo.
        PhotoRefused: with the reason in words.
        DependencyDown: the storage does not answer.
    """
    with call.read() as tx:
        photo = store.find_photo(tx, command.photo_id)
    if photo is None:
        raise NotFound
    if photo.state is PhotoStage.REFUSED:
        raise PhotoRefused(photo.reason or UNREADABLE)
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    if photo.state is not PhotoStage.READY:
        return Answer(PhotoPending(photo_id=photo.id), 202, headers={**headers, "Retry-After": str(RETRY_SECONDS)})
    name = BlobName(call.principal.tenant.id, photo.id)
    url = call.services.photos.read_url(name, command.size, link_until(call.services.clock.now()))
    return Answer(None, 302, headers={**headers, "Location": url})


def parse_name(blob_name: str) -> BlobName | None:
    """Answer whose raw bytes a blob's name says it holds, or None if it is no name of ours."""
    matched = _NAME.fullmatch(blob_name)
    return BlobName(int(matched[1]), UUID(matched[2])) if matched else None


def process_arrival(services: Services, blob_name: str, invocation_id: str | None = None) -> Outcome:
    """Process a photo whose bytes have come, and wait a few seconds for its row if they have come just now.

    Bytes that lie there for longer were left behind, and to wait for each of many would keep others' photos waiting.

    Raises:
        DependencyDown: nothing is lost; the sweep tries again.
    """
    outcome, name = process_photo(services, blob_name, invocation_id), parse_name(blob_name)
    for pause in _PAUSES:
        if outcome is not Outcome.UNKNOWN or name is None or not _came_just_now(services, name):
            break
        time.sleep(pause)
        outcome = process_photo(services, blob_name, invocation_id)
    return outcome


def _came_just_now(services: Services, name: BlobName) -> bool:
    since = services.photos.incoming_since(name)
    return since is not None and services.clock.now() - since < JUST_NOW


def process_photo(services: Services, blob_name: str, invocation_id: str | None = None) -> Outcome:
    """Make the kept photo of raw bytes, or refuse them; any number of times, with the same end.

    Args:
        services: all that may be reached.
        blob_name: `TENANT/PHOTO` within the incoming container; it decides nothing but which row is looked up.
        invocation_id: of the platform, for the audit row.

    Raises:
        DependencyDown: nothing is lost; the sweep tries again.
    """
    name = parse_name(blob_name)
    if name is None:
        log.info("a blob of a foreign name was left alone")
        return Outcome.FOREIGN
    with services.database.transaction(name.tenant_id) as (tx, _):
        photo = store.find_photo(tx, name.photo_id)
        store.count_attempt(tx, name.photo_id)
    if photo is None:
        log.info("raw bytes without a row were left alone", extra=_about(name))
        return Outcome.UNKNOWN
    if photo.is_finished:
        return _clear(services, name, photo)
    try:
        return _process(services, name, photo, invocation_id)
    except DependencyDown:
        _excuse(services, name)
        raise


def refuse_photo(services: Services, name: BlobName, reason: str, invocation_id: str | None = None) -> None:
    """Refuse an unfinished photo for good, then put its raw bytes away if there are any; raise DependencyDown."""
    with services.database.transaction(name.tenant_id) as (tx, _):
        user_id = store.mark_refused(tx, name.photo_id, reason)
        if user_id is not None:
            tenancy.record_audit(
                tx,
                user_id=user_id,
                action="photo.refused",
                resource=f"photo/{name.photo_id}",
                outcome="refused",
                address=None,
                invocation_id=invocation_id,
            )
            log.info("photo refused", extra={**_about(name), "reason": reason})
    _put_away(services, name)


def forget_unused(services: Services, name: BlobName) -> bool:
    """Delete a finished upload that nobody used, unless a custody takes it right now; raise DependencyDown.

    Its order is: row closed to check-outs, renditions, row. So no custody ever shows a photo that is gone, and
    whatever was left half done is found by its row.
    """
    with services.database.transaction(name.tenant_id) as (tx, _):
        if not store.give_up_unused(tx, name.photo_id, NEVER_USED):
            return False
    services.photos.delete_finished(name)
    with services.database.transaction(name.tenant_id) as (tx, _):
        return store.forget_given_up(tx, name.photo_id)


def _process(services: Services, name: BlobName, photo: Photo, invocation_id: str | None) -> Outcome:
    if photo.attempts >= ATTEMPTS_MAX:
        refuse_photo(services, name, UNREADABLE, invocation_id)
        return Outcome.REFUSED
    if services.settings.defender_scan and (end := _unclean(services, name, invocation_id)) is not None:
        return end
    with _DECODING:
        try:
            made = _made(services, name)
        except PhotoRefused as refused:
            refuse_photo(services, name, refused.detail, invocation_id)
            return Outcome.REFUSED
    if made is None:
        return Outcome.GONE
    return _keep(services, name, made)


def _unclean(services: Services, name: BlobName, invocation_id: str | None) -> Outcome | None:
    """Deal with raw bytes that the storage's own scan does not call clean; answer None for clean ones."""
    # it speaks of the bytes that are read next: what is written again under one name are the same bytes, without tags
    verdict = services.photos.find_verdict(name)
    if verdict is Verdict.CLEAN:
        return None
    if verdict is None:
        _excuse(services, name)
        return Outcome.UNSCANNED
    log.warning("malware in an upload", extra={**_about(name), "threat": "see Defender for Cloud"})
    refuse_photo(services, name, MALWARE, invocation_id)
    return Outcome.REFUSED


def _made(services: Services, name: BlobName) -> images.Photo | None:
    """Answer the kept photo of raw bytes, or None if there are none (any more); raise PhotoRefused."""
    content = services.photos.read_incoming(name, PHOTO_MAX_BYTES)
    if content is None:
        return None
    if services.scanner is not None and len(content) <= PHOTO_MAX_BYTES:
        threat = services.scanner.find_threat(content)
        if threat is not None:
            log.warning("malware in an upload", extra={**_about(name), "threat": threat})
            raise PhotoRefused(MALWARE)
    try:
        return _DECODERS.submit(images.read_photo, content).result()
    except images.ImageRefused as refused:
        raise PhotoRefused(refused.detail) from refused


def _keep(services: Services, name: BlobName, made: images.Photo) -> Outcome:
    services.photos.put_finished(name, made.full, made.thumbnail)
    measures = Measures(made.width, made.height, len(made.full), hashlib.sha256(made.full).digest())
    with services.database.transaction(name.tenant_id) as (tx, _):
        is_first = store.mark_ready(tx, name.photo_id, measures)
    if is_first:
        services.relay.wake(name.tenant_id)
        services.photos.delete_incoming(name)
    else:
        _put_away(services, name)
    return Outcome.READY


def _put_away(services: Services, name: BlobName) -> None:
    """Do the last step of whatever the photo's row says by now."""
    with services.database.read(name.tenant_id) as tx:
        photo = store.find_photo(tx, name.photo_id)
    if photo is not None and photo.is_finished:
        _clear(services, name, photo)


def _clear(services: Services, name: BlobName, photo: Photo) -> Outcome:
    """Put the raw bytes of a finished photo where they belong."""
    if photo.state is PhotoStage.REFUSED:
        services.photos.quarantine(name, photo.reason or UNREADABLE)
    else:
        services.photos.delete_incoming(name)
    return Outcome.CLEARED


def _excuse(services: Services, name: BlobName) -> None:
    """Do not hold a dependency's failure against the photo."""
    try:
        with services.database.transaction(name.tenant_id) as (tx, _):
            store.excuse_attempt(tx, name.photo_id)
    except DependencyDown:
        log.warning("an attempt stays counted", extra=_about(name))


def _about(name: BlobName) -> dict[str, object]:
    return {"tenant_id": name.tenant_id, "photo_id": str(name.photo_id)}
