"""How a figure was made."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.actions.economics import part, period_of, read_books, today
from shared.actions.kept_reports import answer_report
from shared.actions.replacement import make_replacement
from shared.domain import explanation, roi, use_explanation
from shared.domain import period as periods
from shared.domain.advice import AskReplacement
from shared.domain.economics import EconomicReport, year_until
from shared.domain.errors import Fault, Forbidden, Invalid, NotFound
from shared.domain.explanation import AskExplanation, Explanation, Ground
from shared.domain.figure import Reason
from shared.domain.formula import FOR_ALL, OF_ADVICE, OF_ONE, OF_USE, Metric
from shared.domain.idle_asset import ListIdleAssets
from shared.domain.period import Period, PeriodReport
from shared.domain.principal import Role
from shared.domain.utilization import Part, summary_of
from shared.store import analytics, costs, idle_assets
from shared.store.database import Transaction


def explain_figure(call: Call, command: AskExplanation) -> Answer:
    """Answer how a figure was made.

    Raises:
        Forbidden: the figure is of money, and not for everybody.
        NotFound: there is no such asset.
        Invalid: the period is none, or the figure is of one asset and none was named.
    """
    is_cost = command.metric not in FOR_ALL
    if is_cost and not call.principal.may(Role.MANAGER):
        raise Forbidden(f"Figures of money take the role manager; yours is {call.principal.role.word}.")
    if command.metric in OF_ONE and command.asset_id is None:
        raise Invalid.field("/asset_id", "This figure is of one asset: say which.")
    if command.metric in FOR_ALL:
        days = today(call)
        return answer_report(call, command, lambda tx: _of_use(tx, command, days), follows_custody=True)
    period = period_of(call, command)
    return answer_report(
        call, command, lambda tx: _of_money(tx, command, period), costs_of=f"explain/{command.metric.value}"
    )


def _of_use(tx: Transaction, command: AskExplanation, day: date) -> Explanation:
    if command.asset_id is not None and not costs.has_asset(tx, command.asset_id):
        raise NotFound(faults=[Fault("/asset_id", "There is no such asset.")])
    currency = costs.get_terms(tx).currency
    if command.metric not in OF_USE:
        listed = idle_assets.list_idle_assets(tx, day, ListIdleAssets(min_days=0))
        found = next((one for one in listed if one.asset_id == command.asset_id), None)
        return use_explanation.of_idleness(command, found, day, currency)
    period = periods.period_of(PeriodReport(date_from=command.date_from, date_to=command.date_to), day)
    wanted = Part(command.asset_id, command.asset_type)
    days = analytics.list_days(tx, period, wanted, command.base)
    measured = summary_of([one.usage for one in days], command.base)
    left_out = costs.count_days_out_of_service(tx, period.first, period.last, part(command))
    return use_explanation.of_use(command, measured, left_out, period, currency)


def _of_money(tx: Transaction, command: AskExplanation, period: Period) -> Explanation:
    terms, wanted = costs.get_terms(tx), part(command)
    books, year = read_books(tx, period, wanted), year_until(period.last)
    ground = Ground(
        books=books,
        period=period,
        currency=terms.currency,
        rate=terms.discount_rate,
        reimbursement=terms.reimbursement_per_mile,
        entries={
            "life": costs.count_entries(tx, costs.BEGINNING, period.last, wanted),
            "within": costs.count_entries(tx, period.first, period.last, wanted),
            "year": costs.count_entries(tx, year.first, year.last, wanted),
        },
    )
    value, reason = _answered(tx, command, ground)
    return explanation.explain(ground, command, value, reason)


def _answered(tx: Transaction, command: AskExplanation, ground: Ground) -> tuple[Any, str | None]:
    """Answer the figure as its own report answers it, with its reason where it is null."""
    name = command.metric.value
    if command.metric in OF_ADVICE:
        asked = AskReplacement(**_shared(command))
        found = [one for one in make_replacement(tx, asked, ground.period).data if one.asset_id == command.asset_id]
        return _read(found[0], name) if found else (None, "not_in_service")
    report = roi.report(ground.books, ground.period, ground.currency, ground.rate)
    if command.asset_id is None:
        return _read(report.summary, name)
    return _read(report.data[0], name) if report.data else (None, "not_owned_yet")


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


def _read(source: BaseModel, name: str) -> tuple[Any, str | None]:
    shown = source.model_dump(mode="json")
    if shown[name] is not None:
        return shown[name], None
    return None, shown.get(f"{_REASONS.get(name, name)}_reason", Reason.NO_PURCHASE_PRICE.value)
