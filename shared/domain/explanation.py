"""How a figure was made: its formula, what went into it and from how many rows, what is missing, what is estimated."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Final

from pydantic import Field

from shared.domain import roi
from shared.domain.advice import Curve
from shared.domain.economics import EconomicReport
from shared.domain.errors import Invalid
from shared.domain.figure import from_micro, ratio
from shared.domain.formula import FIXED, FORMULAS, SPENT, Explained, Metric, reports_with
from shared.domain.model import Day, Model
from shared.domain.ownership import Costs, together
from shared.domain.period import Period
from shared.domain.roi import Books
from shared.domain.usage import Basis


class AskExplanation(EconomicReport):
    """How a figure was made, of one asset or of all; the period is that of the figure's report if not given."""

    metric: Annotated[Metric, Field(description="the figure, as its report calls it")]
    report: Annotated[Explained | None, Field(description="whose figure, where several call one so")] = None
    base: Annotated[Basis, Field(description="of utilization")] = Basis.CALENDAR

    @property
    def of(self) -> Explained:
        """Answer the report whose figure it is; raise Invalid if it has no such figure."""
        found = reports_with(self.metric)
        if self.report not in {None, *found}:
            raise Invalid.field("/report", f"This figure is one of {', '.join(found)}.")
        return self.report or found[0]


class Input(Model):
    """What went into a figure."""

    name: str
    value: Annotated[float | str | None, Field(description="amounts of money are texts")]
    unit: str
    rows: Annotated[int, Field(description="how many records it was made from")]
    source: str


class Missing(Model):
    """What a figure would need, and is not known."""

    name: str
    count: Annotated[int, Field(description="of assets, trips or days that lack it")]
    detail: str


class Explanation(Model):
    """How a figure was made."""

    metric: Metric
    report: Explained
    value: Annotated[float | str | None, Field(description="as the figure's report answers it")]
    reason: Annotated[str | None, Field(description="why it is null")]
    unit: str
    formula: str
    base: Annotated[str, Field(description="what it is of: `to_date`, `period`, or the base of utilization")]
    inputs: list[Input]
    row_counts: dict[str, int]
    missing_inputs: list[Missing]
    estimated_share: Annotated[float, Field(ge=0, le=1, description="part of its costs that is estimated, not paid")]
    asset_id: int | None
    date_from: Day | None
    date_to: Day
    currency: str


@dataclass(frozen=True)
class Ground:
    """What figures of money are made from.

    Attributes:
        entries: how many cost entries there are of each category to date (`life`), in the period (`within`) and in the
            last 365 days (`year`).
        custody_trips: how many trips of those same days nobody but custody tells of.
        use: days with a trip and days in service of the asset, and of all others of its type.
        days_idle: by asset.
        curve: of the asset, where it has one.
    """

    books: Sequence[Books]
    period: Period
    currency: str
    rate: Decimal
    reimbursement: Decimal | None
    entries: Mapping[str, Mapping[str, int]]
    custody_trips: Mapping[str, int]
    use: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    days_idle: Mapping[int, int] = field(default_factory=dict)
    curve: Curve | None = None

    @cached_property
    def life(self) -> Costs:
        """Answer all costs to date."""
        return together(one.life for one in self.books)

    def idle_of(self, books: Books) -> Decimal | None:
        """Answer for how many days an asset has stood still, if it is among those that are asked for."""
        days = self.days_idle.get(books.owned.asset_id)
        return None if days is None else Decimal(days)

    @cached_property
    def within(self) -> Costs:
        """Answer all costs of the period."""
        return together(one.period for one in self.books)

    @cached_property
    def year(self) -> Costs:
        """Answer all costs of the last 365 days."""
        return together(one.year for one in self.books)


# trips that are marked so have no telemetry behind them
CUSTODY_TRIPS: Final = "trips_from_custody"
FROM_CUSTODY: Final = "odometers at check-out and check-in, of trips with the source custody"

# what is an amount, and told as a text
_AMOUNTS: Final = ("money", "money a year")

# name of an input: unit, source, value and rows
type Taken = tuple[str, str, Callable[[Ground], Decimal | int | None], Callable[[Ground], int]]


def _costs(name: str, source: str, rows: str, of: str) -> Taken:
    def value(ground: Ground) -> Decimal:
        return Decimal(getattr(getattr(ground, of), name))

    def count(ground: Ground) -> int:
        return int(getattr(getattr(ground, of), rows))

    return "money", source, value, count


def _entries(name: str, of: str) -> Taken:
    source = f"cost entries of category {name}, spread by days"
    return "money", source, lambda g: getattr(getattr(g, of), name), lambda g: g.entries[of].get(name, 0)


def _sum(values: Sequence[Decimal | None]) -> Decimal | None:
    known = [one for one in values if one is not None]
    return sum(known, Decimal("0.00")) if known else None


def _by_asset(unit: str, source: str, value: Callable[[Books, Ground], Decimal | None]) -> Taken:
    return (
        unit,
        source,
        lambda ground: _sum([value(one, ground) for one in ground.books]),
        lambda ground: sum(value(one, ground) is not None for one in ground.books),
    )


def _ledger(of: str) -> dict[str, Taken]:
    """Answer the inputs that come from records, of all time, of the period or of the last 365 days."""
    entries = ("insurance", "finance", "fees", "tyres", "tolls", "accident", "other")
    return {
        "maintenance": _costs("maintenance", "maintenance records by their day", "maintenance_rows", of),
        "fuel_paid": (
            *_entries("fuel", of)[:2],
            lambda ground: Decimal(getattr(ground, of).fuel_paid),
            _entries("fuel", of)[3],
        ),
        "fuel_estimated": _costs(
            "fuel_estimated", "gallons of the rolled up days at the price of each day", "estimated_days", of
        ),
        "gallons_unpriced": (
            "gallons",
            "rolled up days with fuel",
            lambda g: from_micro(getattr(g, of).unpriced_e6),
            lambda g: getattr(g, of).estimated_days,
        ),
        **{name: _entries(name, of) for name in entries},
        "revenue": _costs("revenue", "revenue entries by their day", "revenue_rows", of),
        "miles": ("miles", "rolled up days", lambda g: getattr(g, of).miles, lambda g: getattr(g, of).active_days),
        CUSTODY_TRIPS: ("trips", FROM_CUSTODY, lambda g: g.custody_trips[of], lambda g: g.custody_trips[of]),
    }


def _of_curve(name: str, source: str) -> Taken:
    def value(ground: Ground) -> Decimal | None:
        return None if ground.curve is None else Decimal(getattr(ground.curve, name))

    return "money a year", source, value, lambda ground: int(ground.curve is not None)


def _used(whose: int, what: int) -> Taken:
    return "days", "rolled up days", lambda g: g.use[whose][what], lambda g: g.use[whose][0]


_OWNED: Final[dict[str, Taken]] = {
    "purchase_price": _by_asset("money", "assets", lambda one, _: one.owned.purchase_price),
    "current_value": _by_asset(
        "money", "valuations, else book value", lambda one, g: one.owned.current_value(g.period.last, one.life)
    ),
    "depreciation": _by_asset("money", "book values", lambda one, g: roi.lost_in(one, g.period)),
    "days_owned": _by_asset("days", "assets", lambda one, g: Decimal(one.owned.days_owned(g.period.last))),
    "salvage_value": _by_asset("money", "assets", lambda one, _: one.owned.salvage_value),
    "useful_life_years": _by_asset("years", "assets", lambda one, _: one.owned.useful_life_years),
    "days_owned_in_period": _by_asset("days", "assets", lambda one, g: Decimal(one.owned.days_in(g.period)) or None),
    "days_written_off_in_period": _by_asset(
        "days",
        "assets, from the day after the purchase",
        lambda one, g: Decimal(one.owned.days_written_off_in(g.period)),
    ),
    "age_days": _by_asset(
        "days", "assets", lambda one, g: Decimal(max(0, (g.period.last - one.owned.owned_from).days))
    ),
    "days_idle": _by_asset("days", "trips, check-outs and check-ins", lambda one, g: g.idle_of(one)),
    "maintenance_of_last_365_days": _costs(
        "maintenance", "maintenance records of the last 365 days, by their day", "maintenance_rows", "year"
    ),
    "operating_cost": _of_curve("operating_cost", "all paid in the last 365 days but for maintenance and finance"),
    "maintenance_growth": _of_curve("maintenance_growth", "its own years of age, else the assets of its type"),
    "days_used": _used(0, 0),
    "days_in_service": _used(0, 1),
    "days_used_by_others": _used(1, 0),
    "days_in_service_of_others": _used(1, 1),
    "discount_rate": ("a year", "settings of the organisation", lambda g: g.rate, lambda _: 1),
    "reimbursement": ("money a mile", "settings of the organisation", lambda g: g.reimbursement, lambda _: 1),
}


def explain(ground: Ground, command: AskExplanation, value: float | str | None, reason: str | None) -> Explanation:
    """Answer how a figure of money was made.

    Args:
        ground: what it was made from.
        command: which figure.
        value: as its report answers it.
        reason: why it is null, if it is.
    """
    unit, of, formula, named = FORMULAS[command.of][command.metric]
    names = [*named, CUSTODY_TRIPS] if "miles" in named else named
    known = {**_ledger(of), **_OWNED}
    inputs = [_input(name, known[name], ground) for name in names]
    return Explanation(
        metric=command.metric,
        report=command.of,
        value=value,
        reason=reason,
        unit=_unit(unit, ground),
        formula=formula,
        base="to_date" if of == "life" else "last_365_days" if of == "year" else "period",
        inputs=inputs,
        row_counts={one.name: one.rows for one in inputs},
        missing_inputs=_missing(ground, names, getattr(ground, of)),
        estimated_share=_estimated(names, known, ground),
        asset_id=command.asset_id,
        date_from=None if of == "life" else ground.period.first,
        date_to=ground.period.last,
        currency=ground.currency,
    )


def _input(name: str, taken: Taken, ground: Ground) -> Input:
    unit, source, value, rows = taken
    found = value(ground)
    shown = f"{found:.2f}" if unit in _AMOUNTS and found is not None else None if found is None else float(found)
    return Input(name=name, value=shown, unit=_unit(unit, ground), rows=rows(ground), source=source)


def _unit(unit: str, ground: Ground) -> str:
    return unit.replace("money", ground.currency)


def _estimated(names: Sequence[str], known: Mapping[str, Taken], ground: Ground) -> float:
    """Answer the estimated part of all costs that went in."""
    if "fuel_estimated" not in names:
        return 0.0
    costs = [abs(Decimal(known[name][2](ground) or 0)) for name in names if name in {*SPENT, *FIXED, "purchase_price"}]
    whole = sum(costs, Decimal(0))
    return ratio(Decimal(known["fuel_estimated"][2](ground) or 0), whole) if whole else 0.0


def _missing(ground: Ground, names: Sequence[str], costs: Costs) -> list[Missing]:
    unpriced = sum(one.owned.purchase_price is None for one in ground.books)
    lifeless = sum(one.owned.terms is None and one.owned.purchase_price is not None for one in ground.books)
    unvalued = sum(
        one.owned.purchase_price is not None and one.owned.current_value(ground.period.last, one.life) is None
        for one in ground.books
    )
    gallons = from_micro(costs.unpriced_e6)
    found = [
        ("purchase_price", "purchase_price", unpriced, "Assets without a purchase price."),
        ("current_value", "useful_life_years", unvalued, "Assets without a valuation, or a life to write them off in."),
        ("depreciation", "useful_life_years", lifeless, "Assets without a useful life."),
        ("fuel_estimated", "fuel_price", int(gallons > 0), f"{gallons} gallons of fuels without a price on their day."),
        ("miles", "distance_miles", costs.trips_without_distance, "Trips without a distance."),
    ]
    return [
        Missing(name=name, count=count, detail=detail) for of, name, count, detail in found if count and of in names
    ]
