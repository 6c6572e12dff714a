"""What a mile costs."""

from datetime import date, timedelta
from decimal import Decimal

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.actions.economics import part, period_of, read_books
from shared.actions.kept_reports import answer_report
from shared.domain import cost_per_mile
from shared.domain.cost_per_mile import AskCostPerMile, CostGroup, CostPerMileReport, CostPerMileRow
from shared.domain.ownership import NOTHING, Costs
from shared.domain.period import Period
from shared.domain.roi import Books
from shared.store import benchmarks, costs
from shared.store.database import Transaction


def get_cost_per_mile(call: Call, command: AskCostPerMile) -> Answer[CostPerMileReport]:
    """Answer what a mile costs.

    Raises:
        NotFound: there is no such asset.
        Invalid: the period is none.
    """
    period = period_of(call, command)
    return answer_report(call, command, lambda tx: make_cost_per_mile(tx, command, period), costs_of="cost-per-mile")


def make_cost_per_mile(tx: Transaction, command: AskCostPerMile, period: Period) -> CostPerMileReport:
    """Make the report; raise NotFound as above."""
    currency, published = costs.get_terms(tx).currency, benchmarks.read_published(tx)
    books = read_books(tx, period, part(command))
    if command.group_by is CostGroup.MONTH:
        data = _months(tx, command, period, books)
    else:
        groups = cost_per_mile.grouped(books, command.group_by)
        data = [cost_per_mile.row(one, period, published, currency) for one in groups]
    return CostPerMileReport(
        data=data,
        summary=cost_per_mile.row(({}, books), period, published, currency),
        as_of=period.last,
        date_from=period.first,
        date_to=period.last,
        group_by=command.group_by,
        currency=currency,
    )


def _months(tx: Transaction, command: AskCostPerMile, period: Period, books: list[Books]) -> list[CostPerMileRow]:
    sums = costs.list_monthly_costs(tx, period.first, period.last, [one.owned.asset_id for one in books])
    firsts = cost_per_mile.months_of(period)
    lasts = [*(first - timedelta(days=1) for first in firsts[1:]), period.last]
    driven = _driven(tx, command, list(zip(firsts, lasts, strict=True)), books)
    return [
        cost_per_mile.month_row(first, sums.get(first, NOTHING), _lost(books, Period(first, last), driven), len(books))
        for first, last in zip(firsts, lasts, strict=True)
    ]


def _driven(
    tx: Transaction, command: AskCostPerMile, months: list[tuple[date, date]], books: list[Books]
) -> dict[date, dict[int, Costs]]:
    """Answer what was driven until the end of each month, where any asset is written off by its miles."""
    if all(one.owned.useful_life_miles is None for one in books):
        return {}
    return {last: costs.list_costs_to_date(tx, last, part(command)) for _, last in months}


def _lost(books: list[Books], month: Period, driven: dict[date, dict[int, Costs]]) -> Decimal | None:
    """Answer what is written off in a month of assets of which that is known; None if it is of none."""
    before = driven.get(month.first - timedelta(days=1), {})
    found = []
    for one in books:
        life = driven.get(month.last, {}).get(one.owned.asset_id, one.life)
        opening = before.get(one.owned.asset_id, Costs(miles_e6=one.life.miles_e6 - one.period.miles_e6))
        within = Costs(miles_e6=life.miles_e6 - opening.miles_e6) if driven else NOTHING
        lost = one.owned.written_off(month.first, month.last, life, within)
        if lost is not None:
            found.append(lost)
    return sum(found, Decimal("0.00")) if found else None
