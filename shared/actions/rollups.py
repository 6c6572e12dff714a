"""Keeps the days of assets as their trips make them, and tells browsers when figures have moved."""

import logging
import time
from datetime import date

from shared.domain import event
from shared.domain.errors import DependencyDown
from shared.domain.rollups import Extent, Reckoned
from shared.services import Services
from shared.store import events, rollups as store, tenancy
from shared.store.database import Database, Row, Transaction

log = logging.getLogger("motorpool.rollups")

# a transaction each, well within the statement's time-out: a day of a very large fleet, and what its trips over
# midnight bring to the days beside it, which would cost a page of their own
PAGE = 10_000
# a sweep ends within its minute
BUDGET_SECONDS = 40
# and somebody who has sent trips waits for so long at most
WHILE_ASKED_SECONDS = 30
# whoever rebuilds has time, and pages of others come between
PATIENCE = "60s"


def catch_up(services: Services, tenant_id: int, enough: float | None = None) -> int:
    """Reckon a tenant's marked days and tell of it; answer how many days of assets that were.

    Called after the commit that marked them. What cannot be done now is no fault of the caller's, and raises nothing:
    marks stay until somebody has reckoned them, and the sweep looks every minute.

    Args:
        services: of this worker.
        tenant_id: whose days.
        enough: the moment, by the monotonic clock, after which no other page is begun; half a minute from now if None.
    """
    count = 0
    enough = time.monotonic() + WHILE_ASKED_SECONDS if enough is None else enough
    try:
        while time.monotonic() < enough:
            days = reckon_page(services.database, tenant_id)
            if days:
                services.relay.wake(tenant_id)
            count += days
            if days < PAGE:
                break
    except DependencyDown as down:
        log.warning("marked days wait", extra={"tenant_id": tenant_id, "dependency": down.dependency})
    except Exception:
        log.exception("marked days could not be reckoned", extra={"tenant_id": tenant_id})
    return count


def reckon_dirty_days(services: Services) -> int:
    """Reckon what nobody has reckoned after marking it, of all tenants, for as long as a run may take."""
    enough = time.monotonic() + BUDGET_SECONDS
    count = 0
    for tenant_id in tenancy.list_tenant_ids(services.database):
        with services.database.read(tenant_id) as tx:
            is_dirty = store.is_dirty(tx)
        if is_dirty:
            count += catch_up(services, tenant_id, enough)
    return count


def roll_over_days(services: Services) -> int:
    """Notice each tenant's new local day, so that figures move with it; answer for how many it has come."""
    count = 0
    for tenant_id in tenancy.list_tenant_ids(services.database):
        with services.database.transaction(tenant_id) as (tx, _):
            rolled_over = store.roll_over_day(tx)
        if rolled_over:
            count += 1
            catch_up(services, tenant_id)
    return count


def prepare_trip_months(services: Services) -> int:
    """Make the months of trips that lie ahead; answer how many were missing."""
    return store.prepare_trip_months(services.database)


def reckon_page(database: Database, tenant_id: int) -> int:
    """Reckon the oldest marked days in a transaction of their own; answer how many, none if no day is marked."""
    with database.transaction(tenant_id) as (tx, _):
        reckoned = store.reckon_days(tx, PAGE)
        if reckoned is None:
            return 0
        _tell(tx, reckoned)
    return reckoned.days


def rebuild(database: Database, tenant_id: int, first_day: date, last_day: date) -> int:
    """Reckon every day of a window anew in a transaction of its own; answer how many days of assets have activity."""
    with database.transaction(tenant_id, wait=PATIENCE) as (tx, _):
        reckoned = store.rebuild_days(tx, first_day, last_day)
        _tell(tx, reckoned)
    return reckoned.days


def measure(database: Database, tenant_id: int) -> Extent:
    """Learn how long a tenant's trips are, and answer what there is to reckon."""
    with database.transaction(tenant_id) as (tx, _):
        return store.measure_trips(tx)


def describe(database: Database, tenant_id: int) -> Row:
    """Answer how fresh a tenant's figures are: tid, name, version, rolled_up_at, proved_at, marks, days."""
    with database.read(tenant_id) as tx:
        return store.get_freshness(tx)


def _tell(tx: Transaction, reckoned: Reckoned) -> None:
    tx.together(events.emit(event.metrics_updated(reckoned), None), ("COMMIT", {}))
