"""Keeps the days of assets as their trips make them, and tells browsers when figures have moved."""

import logging
import time

from shared.domain import event
from shared.domain.errors import DependencyDown
from shared.services import Services
from shared.store import events, rollups, tenancy

log = logging.getLogger("motorpool.rollups")

# a transaction each, well within the statement's time-out; a day of a very large fleet is one
PAGE = 5_000
# a sweep ends within its minute
BUDGET_SECONDS = 40


def catch_up(services: Services, tenant_id: int, enough: float | None = None) -> int:
    """Reckon a tenant's marked days and tell of it; answer how many days of assets that were.

    Called after the commit that marked them. What cannot be done now is no fault of the caller's: marks stay until
    somebody has reckoned them, and the sweep looks every minute.

    Args:
        services: of this worker.
        tenant_id: whose days.
        enough: the moment, by the monotonic clock, after which no other page is begun.
    """
    count = 0
    try:
        while enough is None or time.monotonic() < enough:
            days = _reckon_page(services, tenant_id)
            count += days
            if days < PAGE:
                break
    except DependencyDown as down:
        log.warning("marked days wait", extra={"tenant_id": tenant_id, "dependency": down.dependency})
    return count


def reckon_dirty_days(services: Services) -> int:
    """Reckon what nobody has reckoned after marking it, of all tenants, for as long as a run may take."""
    enough = time.monotonic() + BUDGET_SECONDS
    count = 0
    for tenant_id in tenancy.list_tenant_ids(services.database):
        with services.database.read(tenant_id) as tx:
            is_dirty = rollups.is_dirty(tx)
        if is_dirty:
            count += catch_up(services, tenant_id, enough)
    return count


def roll_over_days(services: Services) -> int:
    """Notice each tenant's new local day, so that figures move with it; answer for how many it has come."""
    count = 0
    for tenant_id in tenancy.list_tenant_ids(services.database):
        with services.database.transaction(tenant_id) as (tx, _):
            rolled_over = rollups.roll_over_day(tx)
        if rolled_over:
            count += 1
            catch_up(services, tenant_id)
    return count


def _reckon_page(services: Services, tenant_id: int) -> int:
    with services.database.transaction(tenant_id) as (tx, _):
        reckoned = rollups.reckon_days(tx, PAGE)
        if reckoned is None:
            return 0
        tx.together(events.emit(event.metrics_updated(reckoned), None), ("COMMIT", {}))
    services.relay.wake(tenant_id)
    return reckoned.days
