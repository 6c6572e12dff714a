"""Assets that nobody uses: listed, and told of once for each spell."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.actions.economics import read_books
from shared.actions.kept_reports import answer_report
from shared.domain import event
from shared.domain.economics import year_until
from shared.domain.idle_asset import (
    IdleAsset,
    IdleAssets,
    IdleAssetWithCosts,
    ListIdleAssets,
    summed,
    summed_with_costs,
    with_costs,
)
from shared.domain.local_day import local_day
from shared.domain.ownership import cost_of_days
from shared.domain.period import Period
from shared.domain.principal import Role
from shared.domain.roi import Books
from shared.services import Services
from shared.store import events, idle_assets as store, tenancy
from shared.store.costs import Wanted
from shared.store.database import Transaction

# so many events commit together: numbering them keeps others of the organisation waiting
_TOLD_AT_ONCE = 50


def list_idle_assets(call: Call, command: ListIdleAssets) -> Answer[IdleAssets]:
    """Answer assets in service that nobody uses."""
    return answer_report(
        call,
        command,
        lambda tx: make_idle_assets(call, tx, command),
        follows_custody=True,
        costs_of="idle-assets",
    )


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
        opened = store.open_spells(tx, local_day(now, tenancy.find_time_zone(tx)), now, _TOLD_AT_ONCE)
        if opened:
            tx.together(*(events.emit(event.idle_alert(one), None) for one in opened), ("COMMIT", {}))
    if opened:
        services.relay.wake(tenant_id)
    return len(opened)


def make_idle_assets(call: Call, tx: Transaction, command: ListIdleAssets) -> IdleAssets:
    """Make the list; for a manager with what idleness costs."""
    day = call.today
    found = store.list_idle_assets(tx, day, command)
    idle_days = store.find_idle_days(tx)
    said: dict[str, object] = {"data": found, "summary": summed(found)}
    if call.principal.may(Role.MANAGER):
        year, wanted = year_until(day), Wanted(command.asset_type and command.asset_type.value)
        listed = costed(found, read_books(tx, year, wanted) if found else [], year)
        said = {"data": listed, "summary": summed_with_costs(listed)}
    return IdleAssets.model_validate(
        {
            **said,
            "as_of": call.services.clock.now(),
            "min_days": idle_days if command.min_days is None else command.min_days,
            "idle_days": idle_days,
            "time_zone": call.principal.tenant.time_zone,
            "currency": call.principal.tenant.currency,
        }
    )


def costed(found: Sequence[IdleAsset], books: Sequence[Books], year: Period) -> list[IdleAssetWithCosts]:
    """Add what owning each of them costs by day, of the last year in which it was owned."""
    known = {one.owned.asset_id: one for one in books}
    return [with_costs(one, _cost_of_days(known.get(one.asset_id), year)) for one in found]


def _cost_of_days(books: Books | None, year: Period) -> Callable[[int], Decimal] | None:
    """Answer what days cost though nothing moves; None where no price, life or cost of ownership is on record."""
    if books is None or (books.owned.terms is None and not books.period.fixed):
        return None
    return partial(cost_of_days, books.owned, year, books.life, books.period)
