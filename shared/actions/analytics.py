"""How much the fleet is used: by days, by assets, by hours of the week, and at a glance."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.actions.economics import read_books
from shared.actions.kept_reports import answer_report, keep_part
from shared.domain.economics import EARLIEST, LATEST
from shared.domain.errors import Fault, NotFound
from shared.domain.local_day import hour_minutes
from shared.domain.period import Period, period_of
from shared.domain.principal import Role
from shared.domain.summary import (
    RANKED,
    AskSummary,
    FleetNow,
    Summary,
    SummaryCosts,
    SummaryWithCosts,
    costs_of,
    seen_by,
)
from shared.domain.usage import Basis, GroupBy
from shared.domain.utilization import (
    PUBLISHED,
    AskHeatmap,
    AskUtilization,
    Heatmap,
    HeatmapCell,
    Part,
    UtilizationReport,
    about,
    beside,
    busiest,
    cells,
    ranked,
    ranking,
    series,
    summary_of,
)
from shared.store import analytics as store, benchmarks, idle_assets
from shared.store.costs import Wanted
from shared.store.database import Transaction


def get_utilization(call: Call, command: AskUtilization) -> Answer[UtilizationReport]:
    """Answer a series or a ranking.

    Raises:
        NotFound: there is no such asset.
        Invalid: the period is none.
    """
    period = period_of(command, call.today)
    return answer_report(call, command, lambda tx: make_utilization(call, tx, command, period))


def get_heatmap(call: Call, command: AskHeatmap) -> Answer[Heatmap]:
    """Answer the hours of the week; raise as for utilization."""
    period = period_of(command, call.today)
    return answer_report(call, command, lambda tx: make_heatmap(call, tx, command, period))


def get_summary(call: Call, command: AskSummary) -> Answer[SummaryWithCosts | Summary]:
    """Answer what a dashboard opens with; raise as for utilization."""
    period = period_of(command, call.today)
    return answer_report(
        call,
        command,
        lambda tx: make_summary(call, tx, command, period),
        follows_custody=True,
        costs_of="summary",
    )


def make_utilization(call: Call, tx: Transaction, command: AskUtilization, period: Period) -> UtilizationReport:
    """Make the report; raise NotFound as above."""
    _refuse_unknown(tx, command.part)
    basis = command.base
    if command.group_by is GroupBy.ASSET:
        assets = store.list_assets_used(tx, period, command.part, basis)
        data, summary = ranking(ranked(assets), basis), summary_of([one.usage for one in assets], basis)
        return _report(call, tx, command, period, data=data, summary=summary)
    days = store.list_days(tx, period, command.part, basis)
    summary = summary_of([one.usage for one in days], basis)
    return _report(call, tx, command, period, data=series(days, command.group_by, basis), summary=summary)


def _report(call: Call, tx: Transaction, command: AskUtilization, period: Period, **more: object) -> UtilizationReport:
    said = {**_about(call, period), **_beside(tx, command.base), "base": command.base, "group_by": command.group_by}
    return UtilizationReport.model_validate({**said, **more})


def _beside(tx: Transaction, basis: Basis) -> dict[str, object]:
    """Answer the published figure that is of the same base, if there is one."""
    kind = PUBLISHED.get(basis)
    return beside(() if kind is None else benchmarks.list_benchmarks(tx, *kind))


def make_heatmap(call: Call, tx: Transaction, command: AskHeatmap, period: Period) -> Heatmap:
    """Make the report; raise NotFound as above."""
    _refuse_unknown(tx, command.part)
    hours = _hours(call, tx, command.part, period, store.list_service_days(tx, period, command.part))
    return Heatmap.model_validate({**_about(call, period), "data": hours, "summary": busiest(hours)})


def _hours(call: Call, tx: Transaction, part: Part, period: Period, served: Mapping[date, int]) -> list[HeatmapCell]:
    return cells(store.list_hours(tx, period, part), _served_hours(served, call.principal.tenant.time_zone))


def _served_hours(served: Mapping[date, int], zone: str) -> Mapping[tuple[int, int], int]:
    """Answer minutes in service by weekday and hour, of how many assets were in service on each day."""
    minutes: Counter[tuple[int, int]] = Counter()
    for day, assets in served.items():
        for hour, length in enumerate(hour_minutes(day, zone)):
            minutes[day.isoweekday(), hour] += assets * length
    return minutes


def make_summary(call: Call, tx: Transaction, command: AskSummary, period: Period) -> Summary:
    """Make the report; for a manager with costs."""
    basis, part = Basis.CALENDAR, command.part
    both = store.list_days(tx, Period(period.before.first, period.last), part, basis)
    days = [one for one in both if one.day >= period.first]
    now, before = (summary_of([one.usage for one in some], basis) for some in (days, both[: -len(days)]))
    assets = ranked(store.list_assets_used(tx, period, part, basis))
    served = {one.day: one.usage.days_in_service for one in days}
    costs = {"costs": _costs(call, tx, command, period)} if call.principal.may(Role.MANAGER) else {}
    return seen_by(call.principal.role).model_validate(
        {
            **_about(call, period),
            **_beside(tx, basis),
            "fleet": _fleet(call, tx, part),
            "data": series(days, GroupBy.DAY, basis),
            "summary": now,
            "previous": before,
            "change": round((now.utilization_percentage or 0) - (before.utilization_percentage or 0), 2),
            "most_used": ranking(assets[:RANKED], basis),
            "least_used": ranking(assets[::-1][:RANKED], basis),
            "busiest": busiest(_hours(call, tx, part, period, served)),
            "base": basis,
            "currency": call.principal.tenant.currency,
            **costs,
        }
    )


def _costs(call: Call, tx: Transaction, command: AskSummary, period: Period) -> SummaryCosts | None:
    """Answer what a manager sees; of periods that far off that no money is reckoned there, nothing."""
    if not EARLIEST <= period.first <= period.last <= LATEST:
        return None
    wanted = Wanted(command.asset_type and command.asset_type.value)
    # of thousands of assets this takes a second, and no check-out changes it
    return keep_part(
        call,
        tx,
        command,
        SummaryCosts,
        lambda: costs_of(read_books(tx, period, wanted, with_year=False), period),
    )


def _fleet(call: Call, tx: Transaction, part: Part) -> FleetNow:
    day = call.today
    idle = idle_assets.count_idle_assets(tx, day, part.asset_type)
    return FleetNow.model_validate({**store.find_fleet_now(tx, part, day, call.services.clock.now()), "idle": idle})


def _about(call: Call, period: Period) -> dict[str, object]:
    return about(period, call.principal.tenant.time_zone, call.services.clock.now())


def _refuse_unknown(tx: Transaction, part: Part) -> None:
    if part.asset_id is not None and not store.has_asset(tx, part.asset_id):
        raise NotFound(faults=[Fault("/asset_id", "There is no such asset.")])
