"""Proves kept days by reckoning them in another way from their trips; what differs is told, and made anew."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched

from shared.actions import rollups
from shared.domain.rollups import AssetDay, Difference
from shared.services import Services
from shared.store import rollups as store, tenancy
from shared.store.database import Database

log = logging.getLogger("motorpool.rollups")

# days of assets beside all of yesterday's
SAMPLE = 1_000
# of one statement
PAGE = 500
FROM_HOUR = 2
LOGGED = 20


@dataclass(frozen=True)
class Proved:
    """What a proof came to.

    Attributes:
        days: how many days of assets were compared.
        differences: those that were not as they should be, and are marked by now.
    """

    days: int
    differences: Sequence[Difference]


def prove_rollups(services: Services) -> int:
    """Prove the days of each tenant whose night is over, once; answer how many differed."""
    count = 0
    for tenant_id in tenancy.list_tenant_ids(services.database):
        with services.database.transaction(tenant_id) as (tx, _):
            is_ours = store.take_proof(tx, FROM_HOUR)
        if is_ours:
            found = prove(services.database, tenant_id, SAMPLE)
            count += len(found.differences)
            if found.differences:
                rollups.catch_up(services, tenant_id)
    return count


def prove(database: Database, tenant_id: int, sample: int) -> Proved:
    """Compare all of yesterday and a sample of other days; mark, log and audit what differs."""
    with database.read(tenant_id) as tx:
        asked = store.choose_days(tx, sample)
    found: list[Difference] = []
    for page in batched(asked, PAGE, strict=False):
        with database.transaction(tenant_id) as (tx, _):
            differences = store.list_differences(tx, page)
            store.mark_days(tx, differences)
            found += differences
            # those of days that are marked by now need no proof
            weeks = store.list_week_differences(tx, page)
            store.mark_days(tx, weeks)
            found += weeks
    found += _prove_fleet(database, tenant_id, asked)
    _tell(database, tenant_id, found)
    return Proved(len(asked), found)


def _prove_fleet(database: Database, tenant_id: int, asked: Sequence[AssetDay]) -> Sequence[Difference]:
    days = sorted({one.day for one in asked})
    with database.transaction(tenant_id) as (tx, _):
        differences = store.list_fleet_differences(tx, days)
        store.mark_days(tx, differences)
    return differences


def _tell(database: Database, tenant_id: int, found: Sequence[Difference]) -> None:
    for one in found[:LOGGED]:
        log.error(
            "a kept day differs from its trips",
            extra={
                "tenant_id": tenant_id,
                "asset_id": one.asset_id,
                "day": one.day.isoformat(),
                "kept": one.kept,
                "plain": one.plain,
            },
        )
    with database.transaction(tenant_id) as (tx, _):
        store.record_proof(tx)
        if found:
            tenancy.record_audit(
                tx,
                user_id=None,
                action="rollup.proof",
                resource=f"rollup/differences/{len(found)}",
                outcome="done",
                address=None,
                invocation_id=None,
            )
