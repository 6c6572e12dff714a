"""How a figure was made."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from pydantic import BaseModel

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.actions.economics import part, read_books
from shared.actions.idle_assets import costed
from shared.actions.kept_reports import answer_report
from shared.actions.replacement import make_replacement
from shared.domain import advice, cost_per_mile, explanation, period as periods, roi, use_explanation
from shared.domain.advice import AskReplacement
from shared.domain.benchmark import Published
from shared.domain.economics import EconomicReport, period_until, year_until
from shared.domain.errors import Fault, Forbidden, Invalid, NotFound
from shared.domain.explanation import AskExplanation, Explanation, Ground
from shared.domain.figure import Reason
from shared.domain.formula import Explained, Metric, is_for_all, is_of_one
from shared.domain.idle_asset import IdleAsset, IdleAssetWithCosts, ListIdleAssets, summed_with_costs
from shared.domain.period import Period, PeriodReport
from shared.domain.principal import Role
from shared.domain.roi import Books
from shared.domain.summary import costs_of
from shared.domain.use_explanation import Used
from shared.domain.utilization import Part
from shared.store import analytics, costs, idle_assets
from shared.store.costs import Wanted
from shared.store.database import Transaction


def explain_figure(call: Call, command: AskExplanation) -> Answer[Explanation]:
    """Answer how a figure was made.

    Raises:
        Forbidden: the figure is not for everybody.
        NotFound: there is no such asset.
        Invalid: the period or the report is none, or the figure is of one asset and none was named, or of none.
    """
    report, metric = command.of, command.metric
    is_open = is_for_all(report, metric)
    if not is_open and not call.principal.may(Role.MANAGER):
        raise Forbidden(f"Figures of money take the role manager; yours is {call.principal.role.word}.")
    if is_of_one(report, metric) and command.asset_id is None:
        raise Invalid.field("/asset_id", "This figure is of one asset: say which.")
    if report is Explained.SUMMARY and command.asset_id is not None:
        raise Invalid.field("/asset_id", "The summary is of the whole fleet, or of a type.")
    day = call.today
    period = _period_of(command, day)
    return answer_report(
        call,
        command,
        lambda tx: _made(tx, command, period, day),
        follows_custody=report is Explained.IDLE_ASSETS,
        costs_of="" if is_open else f"explain/{metric.value}",
    )


def _period_of(command: AskExplanation, day: date) -> Period:
    """Answer the period of the figure's report."""
    if command.of is Explained.IDLE_ASSETS:
        return year_until(day)
    if command.of in {Explained.UTILIZATION, Explained.SUMMARY}:
        usual = periods.period_of(PeriodReport(date_from=command.date_from, date_to=command.date_to), day)
        # of use any day may be asked for, of money not
        return usual if command.of is Explained.UTILIZATION else period_until(usual.first, usual.last, day)
    return period_until(command.date_from, command.date_to, day)


def _made(tx: Transaction, command: AskExplanation, period: Period, day: date) -> Explanation:
    if command.asset_id is not None and not costs.has_asset(tx, command.asset_id):
        raise NotFound(faults=[Fault("/asset_id", "There is no such asset.")])
    if command.of is Explained.UTILIZATION:
        return _of_use(tx, command, period)
    if command.of is not Explained.IDLE_ASSETS:
        return _of_money(tx, command, period)
    if command.metric is Metric.DAYS_IDLE:
        found = _idle(tx, command, day)
        return use_explanation.of_idleness(command, found[0] if found else None, day, costs.get_terms(tx).currency)
    return _of_idle_cost(tx, command, period)


def _of_use(tx: Transaction, command: AskExplanation, period: Period) -> Explanation:
    wanted = Part(command.asset_id, command.asset_type)
    used = Used(
        days=analytics.list_days(tx, period, wanted, command.base),
        period=period,
        left_out=costs.count_days_out_of_service(tx, period.first, period.last, part(command)),
        custody_trips=analytics.count_custody_trips(tx, period, wanted, in_service=True),
        currency=costs.get_terms(tx).currency,
    )
    return use_explanation.of_use(command, used)


def _of_money(tx: Transaction, command: AskExplanation, period: Period) -> Explanation:
    ground = _ground(tx, command, period, read_books(tx, period, part(command)))
    if command.of is Explained.REPLACEMENT:
        return _of_advice(tx, command, ground)
    value, reason = _answered(command, ground)
    return explanation.explain(ground, command, value, reason)


def _of_advice(tx: Transaction, command: AskExplanation, ground: Ground) -> Explanation:
    asked = AskReplacement(**_shared(command))
    found = [one for one in make_replacement(tx, asked, ground.period).data if one.asset_id == command.asset_id]
    value, reason = _read(found[0], command.metric.value) if found else (None, "not_in_service")
    known = replace(ground, use=_use(tx, command, ground.period), curve=found[0].curve if found else None)
    return explanation.explain(known, command, value, reason)


def _ground(tx: Transaction, command: AskExplanation, period: Period, books: Sequence[Books]) -> Ground:
    terms, wanted, year = costs.get_terms(tx), part(command), year_until(period.last)
    spans = {"life": Period(costs.BEGINNING, period.last), "within": period, "year": year}
    of = Part(command.asset_id, command.asset_type)
    return Ground(
        books=books,
        period=period,
        currency=terms.currency,
        rate=terms.discount_rate,
        reimbursement=terms.reimbursement_per_mile,
        entries={name: costs.count_entries(tx, span.first, span.last, wanted) for name, span in spans.items()},
        custody_trips={
            name: analytics.count_custody_trips(tx, span, of, in_service=False) for name, span in spans.items()
        },
    )


def _use(tx: Transaction, command: AskExplanation, period: Period) -> tuple[tuple[int, int], tuple[int, int]]:
    """Answer the days with a trip and in service of an asset, and of all others of its type that are still owned."""
    asked = costs.list_owned(tx, period.last, Wanted(asset_id=command.asset_id))
    if not asked:
        return (0, 0), (0, 0)
    mine, use = asked[0], costs.list_days_of_use(tx, period.first, period.last)
    same = advice.present(costs.list_owned(tx, period.last, Wanted(mine.asset_type)), period.last)
    found = [use.get(one.asset_id, (0, 0)) for one in same if one.asset_id != mine.asset_id]
    return use.get(mine.asset_id, (0, 0)), (sum(used for used, _ in found), sum(days for _, days in found))


def _idle(tx: Transaction, command: AskExplanation, day: date) -> list[IdleAsset]:
    """Answer the one asset, or all that are listed."""
    if command.asset_id is None:
        return idle_assets.list_idle_assets(tx, day, ListIdleAssets(asset_type=command.asset_type))
    found = idle_assets.find_idle_asset(tx, day, command.asset_id, command.asset_type)
    return [] if found is None else [found]


def _of_idle_cost(tx: Transaction, command: AskExplanation, year: Period) -> Explanation:
    found, books = _idle(tx, command, year.last), read_books(tx, year, part(command))
    listed = costed(found, books, year)
    days = {one.asset_id: one.days_idle for one in listed if one.cost_a_day is not None}
    ids = {one.asset_id for one in found}
    ground = _ground(tx, command, year, [one for one in books if one.owned.asset_id in ids])
    value, reason = _idle_value(command, listed, ground.books)
    return explanation.explain(replace(ground, days_idle=days), command, value, reason)


def _idle_value(
    command: AskExplanation, listed: Sequence[IdleAssetWithCosts], books: Sequence[Books]
) -> tuple[Any, str | None]:
    name = command.metric.value
    if command.asset_id is None:
        return _read(summed_with_costs(listed), name)
    if not listed:
        return None, "not_in_service"
    value, _ = _read(listed[0], name)
    return value, None if value is not None or not books else books[0].owned.unwritten_reason


def _answered(command: AskExplanation, ground: Ground) -> tuple[Any, str | None]:
    """Answer the figure as its own report answers it, with its reason where it is null."""
    name, books, period = command.metric.value, ground.books, ground.period
    if command.asset_id is not None and not books:
        return None, "not_owned_yet"
    if command.of is Explained.SUMMARY:
        return _read(costs_of(books, period), name)
    if command.of is Explained.COST_PER_MILE:
        return _read(cost_per_mile.row(({}, books), period, Published([], {}), ground.currency), name)
    report = roi.report(books, period, ground.currency, ground.rate)
    return _read(report.summary if command.asset_id is None else report.data[0], name)


def _shared(command: AskExplanation) -> Mapping[str, Any]:
    """Answer what an explanation asks for and a report takes too."""
    return {name: getattr(command, name) for name in EconomicReport.model_fields if name != "if_none_match"}


_REASONS = {
    Metric.DAILY_COST.value: "current_value",
    Metric.NET_COST_OF_OWNERSHIP.value: "current_value",
    Metric.TOTAL_COST_OF_OWNERSHIP.value: "cost_per_mile",
    Metric.ROI_PERCENTAGE.value: "roi",
    Metric.PAYBACK_YEARS.value: "payback",
    Metric.DISCOUNTED_PAYBACK_YEARS.value: "discounted_payback",
    Metric.BREAK_EVEN_MILES.value: "break_even",
    Metric.REPLACEMENT_YEAR.value: "replacement",
}

# of figures that their reports leave null without a word
_ELSE = {
    Metric.FUEL_COST_PER_MILE.value: Reason.NO_MILES.value,
    Metric.RUNNING_COST_PER_MILE.value: Reason.NO_MILES.value,
    Metric.FIXED_ANNUAL_COST.value: Reason.NO_CURRENT_VALUE.value,
    Metric.DAY_UTILIZATION_PERCENTAGE.value: "not_in_service",
    Metric.TYPE_DAY_UTILIZATION_PERCENTAGE.value: "no_others_of_its_type",
}


def _read(source: BaseModel, name: str) -> tuple[Any, str | None]:
    shown = source.model_dump(mode="json")
    if shown[name] is not None:
        return shown[name], None
    said = shown.get(f"{_REASONS.get(name, name)}_reason")
    return None, said or _ELSE.get(name, Reason.NO_PURCHASE_PRICE.value)
