"""The sheets behind return on investment: every row, and how its money is spread over days.

Money is spread by cumulative rounding, as everywhere: what had accrued by the end less what had before the beginning,
each rounded to cents. A month's fuel is estimated only where nothing was paid for it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from shared.domain.report import Column, Kind, Line
from shared.render.live_sheets import LiveBook, LiveSheet

_CENT = Decimal("0.01")
_ID = Column("asset_id", "Asset no.", width=9)
_FROM = (Column("source", "Source", width=12), Column("external_id", "Number there", width=18))
_PARTS = (
    Column("to_date", "To date", Kind.MONEY),
    Column("before_period", "Before the period", Kind.MONEY),
    Column("in_period", "In the period", Kind.MONEY),
    Column("before_year", "Before the 365 days", Kind.MONEY),
    Column("in_year", "In the 365 days", Kind.MONEY),
)
_IN_PARTS = {"in_period": "={to_date}-{before_period}", "in_year": "={to_date}-{before_year}"}
_SPREAD = "=ROUND({amount}*MAX(0,MIN({n},DAY-{period_start}+1))/({n}),2)".replace(
    "{n}", "{period_end}-{period_start}+1"
)
_SPREADS = {
    "to_date": _SPREAD.replace("DAY", "AsOf"),
    "before_period": _SPREAD.replace("DAY", "(PeriodFrom-1)"),
    "before_year": _SPREAD.replace("DAY", "(YearFrom-1)"),
    **_IN_PARTS,
}


@dataclass(frozen=True)
class Terms:
    """The days that matter, and how much less later money is worth, a year."""

    as_of: date
    date_from: date
    year_from: date
    discount_rate: Decimal


@dataclass(frozen=True)
class Ledgers:
    """The rows behind the figures; each is gone through once, in this order."""

    prices: Iterable[Line]
    maintenance: Iterable[Line]
    fuel: Iterable[Line]
    costs: Iterable[Line]
    revenue: Iterable[Line]
    days: Iterable[Line]


def _entries(name: str) -> LiveSheet:
    columns = (
        _ID,
        Column("category", "Category", width=12),
        Column("period_start", "From", Kind.DAY),
        Column("period_end", "To", Kind.DAY),
        Column("amount", "Amount", Kind.MONEY),
        *_PARTS,
        *_FROM,
    )
    return LiveSheet(name, columns, _SPREADS)


@dataclass
class Sheets:
    """The sheets that formulas refer to, in their order."""

    terms: LiveSheet = field(
        default_factory=lambda: LiveSheet(
            "Terms",
            (
                Column("as_of", "Reckoned until", Kind.DAY, 16),
                Column("date_from", "Period from", Kind.DAY, 16),
                Column("year_from", "365 days from", Kind.DAY, 16),
                Column("discount_rate", "Discount rate a year", Kind.RATE, 20),
            ),
        )
    )
    assets: LiveSheet = field(
        default_factory=lambda: LiveSheet(
            "Assets",
            (
                _ID,
                Column("asset_tag", "Tag", width=14),
                Column("asset_name", "Asset", width=26),
                Column("asset_type", "Type"),
                Column("fuel_type", "Fuel"),
                Column("owned_from", "Owned from", Kind.DAY),
                Column("disposed_on", "Disposed on", Kind.DAY),
                Column("purchase_price", "Purchase price", Kind.MONEY),
                Column("current_value", "Current value", Kind.MONEY),
                Column("current_value_basis", "Value by"),
                Column("depreciation", "Depreciation in the period", Kind.MONEY),
            ),
        )
    )
    maintenance: LiveSheet = field(
        default_factory=lambda: LiveSheet(
            "Maintenance",
            (
                _ID,
                Column("performed_on", "Day", Kind.DAY),
                Column("category", "Category", width=14),
                Column("total_cost", "Cost", Kind.MONEY),
                Column("description", "Description", width=40),
                *_FROM,
            ),
        )
    )
    fuel: LiveSheet = field(default_factory=lambda: _entries("Fuel"))
    costs: LiveSheet = field(default_factory=lambda: _entries("Costs"))
    revenue: LiveSheet = field(
        default_factory=lambda: LiveSheet(
            "Revenue",
            (_ID, Column("earned_on", "Day", Kind.DAY), Column("amount", "Amount", Kind.MONEY), *_FROM),
        )
    )
    days: LiveSheet = field(
        default_factory=lambda: LiveSheet(
            "Days",
            (
                _ID,
                Column("day", "Day", Kind.DAY),
                Column("month", "Month", Kind.DAY),
                Column("miles", "Miles", Kind.EXACT),
                Column("gallons", "Gallons", Kind.EXACT),
                Column("fuel_type", "Fuel"),
                Column("price_per_gallon", "Price a gallon", Kind.RATE),
                Column("cost", "Gallons at the price", Kind.EXACT, 14),
            ),
        )
    )
    months: LiveSheet = field(
        default_factory=lambda: LiveSheet(
            "Fuel months",
            (
                _ID,
                Column("month", "Month", Kind.DAY),
                Column("month_end", "Its last day", Kind.DAY),
                Column("paid", "Payments in it", Kind.WHOLE),
                *_PARTS,
            ),
        )
    )
    prices: LiveSheet = field(
        default_factory=lambda: LiveSheet(
            "Prices",
            (
                Column("fuel_type", "Fuel"),
                Column("valid_from", "From", Kind.DAY),
                Column("valid_to", "To", Kind.DAY),
                Column("price_per_gallon", "Price a gallon", Kind.RATE),
            ),
        )
    )

    @property
    def names(self) -> list[str]:
        """Answer their names, in order."""
        return [sheet.name for sheet in vars(self).values()]


def write_ledgers(book: LiveBook, sheets: Sheets, terms: Terms, ledgers: Ledgers) -> int:
    """Write them all and answer how many rows they have."""
    months = _Months(terms)
    count = book.write(sheets.prices, ledgers.prices)
    count += book.write(sheets.maintenance, ledgers.maintenance)
    count += book.write(sheets.fuel, months.noting(_with_parts(ledgers.fuel)))
    count += book.write(sheets.costs, _with_parts(ledgers.costs))
    count += book.write(sheets.revenue, ledgers.revenue)
    sheets.days.formulas = _day_formulas(sheets)
    count += book.write(sheets.days, months.gathering(ledgers.days))
    sheets.months.formulas = _month_formulas(sheets)
    return count + book.write(sheets.months, months.lines())


def _with_parts(lines: Iterable[Line]) -> Iterator[Line]:
    for line in lines:
        yield {
            **line,
            "in_period": line["to_date"] - line["before_period"],
            "in_year": line["to_date"] - line["before_year"],
        }


def _day_formulas(sheets: Sheets) -> dict[str, str]:
    prices = sheets.prices
    holds = (
        f'{prices.all("fuel_type")},{{fuel_type}},{prices.all("valid_from")},"<="&{{day}},'
        f'{prices.all("valid_to")},">="&{{day}}'
    )
    return {
        "price_per_gallon": f"=SUMIFS({prices.all('price_per_gallon')},{holds})",
        "cost": "={gallons}*{price_per_gallon}",
    }


def _month_formulas(sheets: Sheets) -> dict[str, str]:
    fuel, days = sheets.fuel, sheets.days
    of_month = f"{days.all('asset_id')},{{asset_id}},{days.all('month')},{{month}}"
    spent = f"SUMIFS({days.all('cost')},{of_month}"
    # what binary fractions add in the tenth place is none of the money
    rounded: Final = "=IF({paid}>0,0,ROUND(ROUND(SUM,9),2))"
    return {
        "month_end": "=EOMONTH({month},0)",
        "paid": (
            f'=COUNTIFS({fuel.all("asset_id")},{{asset_id}},{fuel.all("period_start")},"<="&{{month_end}},'
            f'{fuel.all("period_end")},">="&{{month}})'
        ),
        "to_date": rounded.replace("SUM", f"{spent})"),
        "before_period": rounded.replace("SUM", f'{spent},{days.all("day")},"<"&PeriodFrom)'),
        "before_year": rounded.replace("SUM", f'{spent},{days.all("day")},"<"&YearFrom)'),
        **_IN_PARTS,
    }


class _Months:
    """What the sheet of months comes to, gathered while the rows it is reckoned from pass by."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._paid: dict[tuple[int, date], int] = {}
        self._spent: dict[tuple[int, date], list[Decimal]] = {}

    def noting(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Let payments for fuel pass, noting their months."""
        for line in lines:
            month = line["period_start"].replace(day=1)
            while month <= line["period_end"]:
                key = line["asset_id"], month
                self._paid[key] = self._paid.get(key, 0) + 1
                month = _next(month)
            yield line

    def gathering(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Let days pass, summing what their gallons cost: all, before the period, before the 365 days."""
        for line in lines:
            cost = line["gallons"] * (line["price_per_gallon"] or 0)
            sums = self._spent.setdefault((line["asset_id"], line["month"]), [Decimal(0)] * 3)
            sums[0] += cost
            sums[1] += cost if line["day"] < self._terms.date_from else 0
            sums[2] += cost if line["day"] < self._terms.year_from else 0
            yield {**line, "price_per_gallon": line["price_per_gallon"] or 0, "cost": cost}

    def lines(self) -> Iterator[Line]:
        """Yield a line for each asset and month with days in it."""
        for (asset_id, month), sums in self._spent.items():
            paid = self._paid.get((asset_id, month), 0)
            whole, period, year = (Decimal(0) if paid else one.quantize(_CENT, ROUND_HALF_UP) for one in sums)
            yield {
                "asset_id": asset_id,
                "month": month,
                "month_end": date.fromordinal(_next(month).toordinal() - 1),
                "paid": paid,
                "to_date": whole,
                "before_period": period,
                "in_period": whole - period,
                "before_year": year,
                "in_year": whole - year,
            }


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
