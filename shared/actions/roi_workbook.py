"""Brings together the workbook of return on investment: the figures, and every row that they are reckoned from."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, BinaryIO

from shared.actions import economics, papers
from shared.actions.assets import record_cost_view
from shared.actions.call import Call
from shared.actions.cost_per_mile import make_cost_per_mile
from shared.domain import roi
from shared.domain.cost_per_mile import AskCostPerMile, CostGroup
from shared.domain.economics import year_until
from shared.domain.export import Order
from shared.domain.ownership import together
from shared.domain.period import Period
from shared.domain.report import Line, Report, ReportFormat
from shared.domain.roi import AskRoi, Books
from shared.render.roi_ledgers import Ledgers, Terms
from shared.render.roi_workbook import PerMile, RoiBook, write_roi
from shared.store import costs, exports, ledgers as store
from shared.store.database import Transaction

_MICRO = Decimal(1_000_000)
_NEVER = "never"
_NO_CLASS = "(none)"
_ROWS_A_BEAT = 1000

type Beat = Callable[[int], None]


def count_rows(call: Call, order: Order) -> int:
    """Count the rows of the ledgers until the day asked for; raise Invalid if there is no such period."""
    period = economics.period_of(call, _read(order))
    with call.read() as tx:
        return store.count_ledgers(tx, period.last)


def write_workbook(call: Call, order: Order, target: BinaryIO, beat: Beat) -> int:
    """Write the workbook and answer how many rows it has; raise NotFound if there is no such asset."""
    command = _read(order)
    period = economics.period_of(call, command)
    with call.read() as tx:
        record_cost_view(call, tx, "roi")
        exports.prepare(tx)
        content = _content(tx, command, period, beat)
        if isinstance(command, AskCostPerMile):
            record_cost_view(call, tx, "cost-per-mile")
            content = replace(content, per_mile=_per_mile(tx, command, period))
        facts = (
            ("Period of costs a mile", f"{period.first} to {period.last}"),
            ("Reckoned until", str(period.last)),
            *_lacking(content.totals["unpriced_gallons"]),
        )
        return write_roi(papers.paper_of(call, order, facts, ()), content, target)


def _lacking(gallons: float) -> tuple[tuple[str, str], ...]:
    return (("Gallons without a price, in no cost", f"{gallons:,.2f}"),) if gallons else ()


def reckons(order: Order) -> bool:
    """Tell whether a report's workbook is one that reckons from its own rows; months of costs have no such rows."""
    if order.format is not ReportFormat.XLSX:
        return False
    by_month = order.filters.get("group_by") == CostGroup.MONTH
    return order.report is Report.ROI or (order.report is Report.COST_PER_MILE and not by_month)


def _read(order: Order) -> AskRoi | AskCostPerMile:
    """Read the filters as the report itself does."""
    if order.report is Report.ROI:
        return papers.read_filters(AskRoi, order)
    return papers.read_filters(AskCostPerMile, order)


def _per_mile(tx: Transaction, command: AskCostPerMile, period: Period) -> PerMile:
    report = make_cost_per_mile(tx, command, period)
    # a line without a class has no text to be found by
    lines: list[Line] = [
        {**row.model_dump(), "benchmark_class": row.benchmark_class or _NO_CLASS} for row in report.data
    ]
    return PerMile(command.group_by, lines, report.summary.model_dump())


def _content(tx: Transaction, command: AskRoi | AskCostPerMile, period: Period, beat: Beat) -> RoiBook:
    terms = costs.get_terms(tx)
    wanted = economics.part(command)
    listed = economics.read_books(tx, period, wanted)
    report = roi.report(listed, period, terms.currency, terms.discount_rate)
    year = year_until(period.last)
    asked = store.Asked(period.last, period.first, year.first, wanted.asset_type, wanted.asset_id)
    return RoiBook(
        assets=[
            {**_with_never(row.model_dump()), **_behind(one, period)}
            for one, row in zip(listed, report.data, strict=True)
        ],
        totals={**_with_never(report.summary.model_dump()), **_behind_all(listed)},
        terms=Terms(period.last, period.first, year.first, terms.discount_rate),
        ledgers=_ledgers(tx, asked, beat),
    )


def _with_never(row: dict[str, Any]) -> dict[str, Any]:
    """Say why there is no payback where the figure would stand."""
    names = ("payback_years", "discounted_payback_years")
    said = {name: _NEVER for name in names if row.get(name.replace("years", "reason")) == _NEVER}
    return {**row, **said}


def _behind(one: Books, period: Period) -> Line:
    """Answer what the figures of an asset are made of."""
    owned, lost = one.owned, roi.lost_in(one, period)
    revenue, cost = roi.annual(one, period.last)
    value = owned.current_value(period.last, one.life)
    return {
        "fuel_type": owned.fuel_type,
        "owned_from": owned.owned_from,
        "disposed_on": owned.disposed_on,
        "benchmark_class": owned.benchmark_class or _NO_CLASS,
        "exact_miles": one.life.miles_e6 / _MICRO,
        "exact_period_miles": one.period.miles_e6 / _MICRO,
        "fuel_period": one.period.fuel,
        "running_cost": one.period.running,
        "fixed_cost": one.period.fixed,
        "depreciation": lost,
        "revenue_year": one.year.revenue,
        "cost_year": one.year.cash,
        "surplus": revenue - cost,
        "priced": int(owned.purchase_price is not None),
        "valued": int(owned.purchase_price is not None and value is not None),
        "written": int(lost is not None),
    }


def _behind_all(listed: list[Books]) -> Line:
    life, period = (together(getattr(one, name) for one in listed) for name in ("life", "period"))
    return {
        "exact_miles": life.miles_e6 / _MICRO,
        "exact_period_miles": period.miles_e6 / _MICRO,
        "running_cost": period.running,
    }


def _ledgers(tx: Transaction, asked: store.Asked, beat: Beat) -> Ledgers:
    return Ledgers(
        prices=store.list_prices(tx),
        maintenance=_beating(store.list_maintenance(tx, asked), beat),
        fuel=_beating(store.list_entries(tx, asked, is_fuel=True), beat),
        costs=_beating(store.list_entries(tx, asked, is_fuel=False), beat),
        revenue=_beating(store.list_revenue(tx, asked), beat),
        days=_beating(store.list_days(tx, asked), beat),
    )


def _beating(rows: Iterable[Line], beat: Beat) -> Iterator[Line]:
    for count, row in enumerate(rows):
        if count % _ROWS_A_BEAT == 0:
            beat(count)
        yield row
