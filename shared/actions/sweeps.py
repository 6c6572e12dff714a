"""What is done by the clock: whatever an event, a crash or a person left behind.

Each sweep may run twice, late, or on two instances at once: it looks for what is left to do and does it by the same
guarded steps as everybody else.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.actions import connections, exports, idle_assets, meters, photos, presence, proof, rollups, users
from shared.actions.photos import Outcome
from shared.actions.relay import State, send_batch
from shared.actions.report_mail import forget_runs
from shared.domain.errors import DependencyDown
from shared.domain.event import KEPT_FOR
from shared.domain.photo import (
    ABANDONED_AFTER,
    LOST_EVENT_AFTER,
    NEVER_ARRIVED,
    NEVER_SCANNED,
    VERDICT_GIVEN_UP_AFTER,
    VERDICT_LATE_AFTER,
    Photo,
    PhotoStage,
)
from shared.domain.principal import NO_ROLE, Role
from shared.ports import BlobName, Waiting
from shared.services import Services
from shared.store import events, idempotency, photos as store, realtime, tenancy

log = logging.getLogger("motorpool.sweeps")

# A run ends within its minute, so that the next one is not skipped; what is left is found again.
BUDGET_SECONDS = 45
PAGE = 500
_PROGRESS = {Outcome.READY, Outcome.REFUSED, Outcome.CLEARED}
# no shift is longer; a connection that lasts is asked after once a minute from then on, which is cheap
LONG_CONNECTED = timedelta(days=1)
CONNECTIONS_KEPT = timedelta(days=30)
_HALF_A_MINUTE = timedelta(seconds=30)


@dataclass(frozen=True)
class Sweep:
    """One kind of leftover.

    Attributes:
        name: in the log.
        every: minutes from one run to the next.
        run: what clears it away; answers how much there was.
    """

    name: str
    every: int
    run: Callable[[Services], int]


def run_due(services: Services) -> dict[str, int]:
    """Run the sweeps of this minute, one failing without the others; answer what each that ended has done."""
    minute = _minute(services.clock.now())
    done = {}
    for sweep in SWEEPS:
        if minute % sweep.every == 0:
            count = _guarded(sweep, services)
            if count is not None:
                done[sweep.name] = count
    return done


def process_waiting_photos(services: Services) -> int:
    """Process raw photos whose event was lost or came before their row, and clear away raw bytes of no use."""
    now = services.clock.now()
    enough = time.monotonic() + BUDGET_SECONDS
    count = late = 0
    for waiting in services.photos.list_incoming(now - LOST_EVENT_AFTER):
        outcome = _dealt_with(services, waiting, now)
        count += outcome in _PROGRESS
        late += outcome is Outcome.UNSCANNED and waiting.since < now - VERDICT_LATE_AFTER
        if time.monotonic() > enough:
            break
    if late:
        log.warning("photos wait for the malware scan; see docs/decisions/0009", extra={"count": late})
    return count


def forget_abandoned_uploads(services: Services) -> int:
    """Forget uploads that never came, and say of photos that a custody waits for that they will not come."""
    before = services.clock.now() - ABANDONED_AFTER
    return sum(_abandoned(services, name, photo) for name, photo in _unfinished(services, before))


def forget_unused_uploads(services: Services) -> int:
    """Delete uploads that came, were finished, and were used by no check-out."""
    before = services.clock.now() - ABANDONED_AFTER
    return sum(photos.forget_unused(services, name) for name in _unused(services, before))


def forget_idempotency_keys(services: Services) -> int:
    """Delete keys that are older than the promise."""
    count = 0
    for tenant_id in tenancy.list_tenant_ids(services.database):
        with services.database.transaction(tenant_id) as (tx, _):
            count += idempotency.forget_keys(tx)
    return count


def end_stale_presence(services: Services) -> int:
    """Tell of people whose browsers vanished, and end connections and rights of which the end was missed."""
    enough = time.monotonic() + BUDGET_SECONDS
    count = presence.end_all_stale(services, enough)
    for tenant_id in tenancy.list_tenant_ids(services.database):
        count += _withdrawn(services, tenant_id)
        count += _lost_connections(services, tenant_id, enough)
    return count


def forget_connections(services: Services) -> int:
    """Delete what is known of connections that ended longer ago than is of use."""
    before = services.clock.now() - CONNECTIONS_KEPT
    count = 0
    for tenant_id in tenancy.list_tenant_ids(services.database):
        page = PAGE
        while page == PAGE:
            with services.database.transaction(tenant_id) as (tx, _):
                page = realtime.forget_connections(tx, before, PAGE)
            count += page
    return count


def send_unsent_events(services: Services) -> int:
    """Send events that a crash left between their commit and their sending, or that wait for the fan-out."""
    enough = time.monotonic() + BUDGET_SECONDS
    count, down = 0, None
    for tenant_id in tenancy.list_tenant_ids(services.database):
        try:
            count += _sent(services, tenant_id)
        except DependencyDown as error:
            # another tenant's may still go; if not, that is known soon
            down = error
        if time.monotonic() > enough:
            break
    if down is not None:
        raise down
    return count


def forget_old_events(services: Services) -> int:
    """Delete events that were sent and are older than the promise."""
    before = services.clock.now() - KEPT_FOR
    return sum(_forgotten(services, tenant_id, before) for tenant_id in tenancy.list_tenant_ids(services.database))


SWEEPS = (
    Sweep("send_unsent_events", 1, send_unsent_events),
    Sweep("end_stale_presence", 1, end_stale_presence),
    Sweep("process_waiting_photos", 1, process_waiting_photos),
    Sweep("reckon_dirty_days", 1, rollups.reckon_dirty_days),
    Sweep("roll_over_days", 60, rollups.roll_over_days),
    Sweep("prepare_trip_months", 60, rollups.prepare_trip_months),
    Sweep("prove_rollups", 60, proof.prove_rollups),
    Sweep("settle_custody_trips", 60, meters.settle_custody_trips),
    Sweep("forget_abandoned_uploads", 60, forget_abandoned_uploads),
    Sweep("forget_unused_uploads", 60, forget_unused_uploads),
    Sweep("forget_idempotency_keys", 60, forget_idempotency_keys),
    Sweep("forget_connections", 60, forget_connections),
    Sweep("forget_report_runs", 60, forget_runs),
    Sweep("forget_old_events", 60, forget_old_events),
    Sweep("alert_idle_assets", 60, idle_assets.alert_idle_assets),
    Sweep("forget_exports", 60, exports.forget_exports),
)


def _minute(now: datetime) -> int:
    """Answer the number of the nearest minute: a timer may fire a little early."""
    return int((now + _HALF_A_MINUTE).timestamp() // 60)


def _guarded(sweep: Sweep, services: Services) -> int | None:
    began = time.monotonic()
    try:
        count = sweep.run(services)
    except DependencyDown as down:
        log.warning("sweep postponed", extra={"sweep": sweep.name, "dependency": down.dependency})
        return None
    except Exception:
        log.exception("sweep failed", extra={"sweep": sweep.name})
        return None
    if count:
        seconds = round(time.monotonic() - began, 3)
        log.info("sweep", extra={"sweep": sweep.name, "count": count, "seconds": seconds})
    return count


def _withdrawn(services: Services, tenant_id: int) -> int:
    """Take connections out of groups of roles that their people lost while nobody could be told."""
    words = [NO_ROLE, *(role.word for role in Role)]
    with services.database.read(tenant_id) as tx:
        found = realtime.list_demoted(tx, words, PAGE)
    for user_id, role in found:
        users.withdraw(services, tenant_id, user_id, Role.ADMIN, Role.named(role))
    return len(found)


def _lost_connections(services: Services, tenant_id: int, enough: float) -> int:
    with services.database.read(tenant_id) as tx:
        found = realtime.list_old_connections(tx, services.clock.now() - LONG_CONNECTED, PAGE)
    count = 0
    for connection_id in found:
        if time.monotonic() > enough:
            break
        if not services.fanout.is_connected(connection_id):
            count += connections.close(services, tenant_id, connection_id, "sweep")
    return count


def _sent(services: Services, tenant_id: int) -> int:
    count, state = 0, State.MORE
    while state is State.MORE:
        step = send_batch(services.database, services.fanout, tenant_id)
        count, state = count + step.sent, step.state
    return count


def _forgotten(services: Services, tenant_id: int, before: datetime) -> int:
    """Forget in pages: each is a short transaction, and nobody who writes waits for it."""
    count, deleted = 0, PAGE
    while deleted == PAGE:
        with services.database.transaction(tenant_id) as (tx, _):
            deleted = events.forget_events(tx, before, PAGE)
        count += deleted
    return count


def _dealt_with(services: Services, waiting: Waiting, now: datetime) -> Outcome | None:
    """Deal with one raw blob; answer what became of it, or None if that could not be brought to an end."""
    name = photos.parse_name(waiting.name)
    if name is None:
        return Outcome.FOREIGN
    try:
        outcome = photos.process_photo(services, waiting.name)
    except DependencyDown:
        raise
    except Exception:
        # its attempts are counted; the other photos are not to wait for it
        log.exception("a photo could not be processed", extra={"blob": waiting.name})
        return None
    if outcome is Outcome.UNKNOWN and waiting.since < now - ABANDONED_AFTER:
        # bytes of a request that was refused or broke off; should it be repeated at this moment, what it writes stays
        services.photos.delete_incoming(name, waiting.etag)
        return Outcome.CLEARED
    if outcome is Outcome.UNSCANNED and waiting.since < now - VERDICT_GIVEN_UP_AFTER:
        photos.refuse_photo(services, name, NEVER_SCANNED)
        return Outcome.REFUSED
    return outcome


def _unused(services: Services, before: datetime) -> Iterator[BlobName]:
    for tenant_id in tenancy.list_tenant_ids(services.database):
        with services.database.read(tenant_id) as tx:
            found = store.list_unused(tx, before, PAGE)
        for photo_id in found:
            yield BlobName(tenant_id, photo_id)


def _unfinished(services: Services, before: datetime) -> Iterator[tuple[BlobName, Photo]]:
    for tenant_id in tenancy.list_tenant_ids(services.database):
        with services.database.read(tenant_id) as tx:
            found = store.list_unfinished(tx, before, PAGE)
        for photo in found:
            yield BlobName(tenant_id, photo.id), photo


def _abandoned(services: Services, name: BlobName, photo: Photo) -> bool:
    """Give up a photo unless its bytes are there, which then wait for the other sweep."""
    if services.photos.read_incoming(name, 0) is not None:
        return False
    if photo.state is PhotoStage.EXPECTED:
        with services.database.transaction(name.tenant_id) as (tx, _):
            return store.forget_upload(tx, name.photo_id)
    photos.refuse_photo(services, name, NEVER_ARRIVED)
    return True
