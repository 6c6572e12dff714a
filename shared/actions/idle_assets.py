"""Assets that nobody uses: listed, and told of once for each spell."""

from datetime import date

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.actions.kept_reports import answer_report
from shared.domain import event
from shared.domain.idle_asset import IdleAsset, IdleAssets, IdleSummary, ListIdleAssets
from shared.domain.local_day import local_day
from shared.services import Services
from shared.store import events, tenancy
from shared.store import idle_assets as store
from shared.store.database import Transaction

# so many events commit together: numbering them keeps others of the organisation waiting
_TOLD_AT_ONCE = 50


def list_idle_assets(call: Call, command: ListIdleAssets) -> Answer:
    """Answer assets in service that nobody uses."""
    return answer_report(call, command, lambda tx: _listed(call, tx, command), follows_custody=True)


def alert_idle_assets(services: Services) -> int:
    """Tell of every idle spell once, in the transaction that records it; answer how many there were."""
    count = 0
    for tenant_id in tenancy.list_tenant_ids(services.database):
        told = _TOLD_AT_ONCE
        while told == _TOLD_AT_ONCE:
            told = _told(services, tenant_id)
            count += told
    return count


def _told(services: Services, tenant_id: int) -> int:
    now = services.clock.now()
    with services.database.transaction(tenant_id) as (tx, _):
        today = local_day(now, tenancy.find_time_zone(tx))
        opened = store.open_spells(tx, today, now, _TOLD_AT_ONCE)
        if opened:
            tx.together(*(events.emit(event.idle_alert(one), None) for one in opened), ("COMMIT", {}))
    if opened:
        services.relay.wake(tenant_id)
    return len(opened)


def _listed(call: Call, tx: Transaction, command: ListIdleAssets) -> IdleAssets:
    now, zone = call.services.clock.now(), call.principal.tenant.time_zone
    found = store.list_idle_assets(tx, _today(call), command)
    idle_days = store.find_idle_days(tx)
    return IdleAssets(
        data=found,
        summary=_summed(found),
        as_of=now,
        min_days=idle_days if command.min_days is None else command.min_days,
        idle_days=idle_days,
        time_zone=zone,
    )


def _summed(found: list[IdleAsset]) -> IdleSummary:
    return IdleSummary(
        assets=len(found),
        idle=sum(one.idle for one in found),
        never_used=sum(one.last_activity_at is None for one in found),
    )


def _today(call: Call) -> date:
    return local_day(call.services.clock.now(), call.principal.tenant.time_zone)
