"""What to do with each asset: keep, move, share or replace it, with the figures behind that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal, localcontext
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from shared.domain import depreciation, replacement, roi
from shared.domain.asset import AssetType
from shared.domain.benchmark import BenchmarkFigure, Published
from shared.domain.depreciation import PRECISION, anniversary, years_between
from shared.domain.economics import YEAR_DAYS, EconomicReport
from shared.domain.figure import Amount, Reason, percentage, ratio
from shared.domain.model import Day, Model
from shared.domain.ownership import Owned, cost_of_days
from shared.domain.period import Period
from shared.domain.replacement import Advice, CostOfYears, Growth
from shared.domain.roi import Books

# an asset is little used where it was out on less than half of the days on which its type was, and its type is busy
# where the others were out on two days of three: relations within the fleet, because no published band has a source
LITTLE_USED = Decimal("0.5")
BUSY = Decimal(2) / 3
MOST_YEARS, MORE_YEARS = 30, 5
REPLACEMENT = ("replacement_years", "replacement_miles", "replacement_hours", "replacement_minimum_years")


class AskReplacement(EconomicReport):
    """What to do with each asset; its use is looked at over the period."""


class Ground(StrEnum):
    """Words for why something is advised."""

    NOT_USED = "not_used"
    LITTLE_USED = "little_used"
    TYPE_IS_BUSY = "type_is_busy"
    TYPE_IS_NOT_BUSY = "type_is_not_busy"
    PAST_REPLACEMENT_POINT = "past_replacement_point"
    BEFORE_REPLACEMENT_POINT = "before_replacement_point"
    NO_REPLACEMENT_POINT = "no_replacement_point"


class Grounds(Model):
    """Why something is advised."""

    code: Ground
    detail: str


class YearOfAge(Model):
    """What keeping an asset until the end of a year of its age costs."""

    year: int
    cost: Annotated[Amount, Field(description="maintenance of this year, and the operating cost")]
    value: Annotated[Amount, Field(description="at its end")]
    euac: Annotated[Amount, Field(description="equivalent uniform annual cost of keeping it until then")]
    on_record: Annotated[bool, Field(description="whether maintenance of this year is on record, or on a fitted line")]


class Curve(Model):
    """The curve of annual cost, and what it was made from."""

    years: list[YearOfAge]
    discount_rate: float
    operating_cost: Annotated[
        Amount, Field(description="of each year beside maintenance: that of the last 365 days, without financing")
    ]
    maintenance_growth: Annotated[Amount, Field(description="by which maintenance rises with each year of age")]
    growth_source: Growth
    value_source: Annotated[
        Literal["market", "book"], Field(description="at the yearly loss that the market value shows, or by the books")
    ]


class ReplacementRow(Model):
    """What is advised for an asset."""

    asset_id: int
    asset_name: str
    asset_type: AssetType
    advice: Advice
    reasons: list[Grounds]
    age_years: float
    day_utilization_percentage: Annotated[float | None, Field(description="days with a trip of days in service")]
    type_day_utilization_percentage: Annotated[float | None, Field(description="of all others of its type")]
    replacement_year: Annotated[int | None, Field(description="year of age with the lowest annual cost")]
    replacement_reason: Annotated[Reason | None, Field(description="`never`: annual cost still falls")]
    curve: Curve | None
    annual_miles: float
    fixed_annual_cost: Amount | None
    running_cost_per_mile: float | None
    break_even_miles: Annotated[
        float | None, Field(description="a year, from which owning is cheaper than reimbursing")
    ]
    break_even_reason: Reason | None
    published: Annotated[
        list[BenchmarkFigure], Field(description="when others replace; shown beside, not reckoned with")
    ]


class ReplacementReport(Model):
    """Advice for each asset."""

    data: list[ReplacementRow]
    summary: Annotated[dict[Advice, int], Field(description="how many assets each is advised for")]
    reimbursement_per_mile: float | None
    method: str
    as_of: Day
    date_from: Day
    date_to: Day
    currency: str


METHOD = (
    "EUAC(n) = [P + sum of Ck/(1+i)^k - Sn/(1+i)^n] * i(1+i)^n / ((1+i)^n - 1). Ck is maintenance of year k of age, on "
    "record or on a line through the latest year, and other operating cost of the last 365 days without financing. "
    "These 365 days are the latest year, and end at the age of their last day; where most of them are of a year on "
    "record, that one is the latest. An asset is past its replacement point when it is older than the year of the "
    "lowest EUAC. It is little used when it was out on less than half of the days on which the others of its type "
    "were; a type is busy when they were out on two of three."
)


@dataclass(frozen=True)
class Setting:
    """What all assets are looked at with.

    Attributes:
        shop: maintenance by asset and year of age, of the whole years on record.
        use: days with a trip, and days in service, by asset.
    """

    period: Period
    rate: Decimal
    reimbursement: Decimal | None
    published: Published
    shop: Mapping[int, Mapping[int, Decimal]]
    use: Mapping[int, tuple[int, int]]


def rows(books: Sequence[Books], setting: Setting) -> list[ReplacementRow]:
    """Answer what is advised for each asset that is not disposed of."""
    kept = {one.asset_id for one in present([it.owned for it in books], setting.period.last)}
    looked_at = [one for one in books if one.owned.asset_id in kept]
    by_type: dict[str, list[Books]] = {}
    for one in looked_at:
        by_type.setdefault(one.owned.asset_type, []).append(one)
    slopes = {name: _slope(some, setting) for name, some in by_type.items()}
    use = {name: _use(some, setting) for name, some in by_type.items()}
    return [_row(one, setting, slopes[one.owned.asset_type], use[one.owned.asset_type]) for one in looked_at]


def present(owned: Iterable[Owned], day: date) -> list[Owned]:
    """Answer those that are not disposed of at the end of a day."""
    return [one for one in owned if one.disposed_on is None or one.disposed_on > day]


def _row(books: Books, setting: Setting, slope: Decimal | None, of_type: tuple[int, int]) -> ReplacementRow:
    owned, period = books.owned, setting.period
    mine = setting.use.get(owned.asset_id, (0, 0))
    others = (of_type[0] - mine[0], of_type[1] - mine[1])
    curve, reason = _curve(books, setting, slope)
    year = None if curve is None else replacement.replacement_year([one.euac for one in curve.years])
    years, part = years_between(owned.owned_from, period.last)
    advice, reasons = _advise(mine, others, years + part, year)
    fixed, running = _annual_fixed(books, period), books.period.running
    miles = books.period.miles
    per_mile = ratio(running, miles) if miles else None
    break_even, why_not = _break_even(fixed, per_mile, setting.reimbursement)
    classes = setting.published.classes_of(owned.benchmark_class, owned.asset_type, owned.fuel_type)
    return ReplacementRow(
        asset_id=owned.asset_id,
        asset_name=owned.asset_name,
        asset_type=AssetType(owned.asset_type),
        advice=advice,
        reasons=reasons,
        age_years=float(round(years + part, 2)),
        day_utilization_percentage=_share(mine),
        type_day_utilization_percentage=_share(others),
        replacement_year=year,
        replacement_reason=reason or (Reason.NEVER if year is None else None),
        curve=curve,
        annual_miles=float(round(miles * YEAR_DAYS / max(1, owned.days_in(period)), 1)),
        fixed_annual_cost=fixed,
        running_cost_per_mile=per_mile,
        break_even_miles=break_even,
        break_even_reason=why_not,
        published=setting.published.of(classes, *REPLACEMENT),
    )


def _advise(
    mine: tuple[int, int], others: tuple[int, int], age: Decimal, year: int | None
) -> tuple[Advice, list[Grounds]]:
    """Advise by use first: what hardly anybody uses is not to be bought again."""
    used, of_others = _part(mine), _part(others)
    if used is not None and (used == 0 or (of_others is not None and used < of_others * LITTLE_USED)):
        little = Ground.NOT_USED if used == 0 else Ground.LITTLE_USED
        grounds = [Grounds(code=little, detail=f"It was out on {mine[0]} of {mine[1]} days in service.")]
        if of_others is not None and of_others >= BUSY:
            text = f"The others of its type were out on {percentage(of_others, Decimal(1))} % of their days."
            return Advice.MOVE, [*grounds, Grounds(code=Ground.TYPE_IS_BUSY, detail=text)]
        text = "No others of its type are short of it."
        return Advice.SHARE, [*grounds, Grounds(code=Ground.TYPE_IS_NOT_BUSY, detail=text)]
    if year is None:
        text = "Either too little is known of its cost, or that still falls with each year."
        return Advice.KEEP, [Grounds(code=Ground.NO_REPLACEMENT_POINT, detail=text)]
    if age > year:
        text = f"Its annual cost was lowest when kept for {year} years, and it is {round(age, 1)} years old."
        return Advice.REPLACE, [Grounds(code=Ground.PAST_REPLACEMENT_POINT, detail=text)]
    text = f"Its annual cost will be lowest when kept for {year} years, and it is {round(age, 1)} years old."
    return Advice.KEEP, [Grounds(code=Ground.BEFORE_REPLACEMENT_POINT, detail=text)]


def _curve(books: Books, setting: Setting, slope: Decimal | None) -> tuple[Curve | None, Reason | None]:
    owned, as_of = books.owned, setting.period.last
    if owned.purchase_price is None:
        return None, Reason.NO_PURCHASE_PRICE
    life = owned.useful_life_years or Decimal(0)
    following = years_between(owned.owned_from, as_of)[0] + 1
    years = min(MOST_YEARS, max(int(life.to_integral_value(ROUND_CEILING)), following + MORE_YEARS))
    share = _yearly_share(books, setting)
    values = _values(books, setting, share, years)
    if values is None:
        return None, Reason.NO_CURRENT_VALUE
    present = _present(books, setting)
    made = replacement.cost_of_years(setting.shop.get(owned.asset_id, {}), present, slope, years)
    # financing is what the rate of discount stands for
    rest = roi.annual_of(books, as_of, books.year.cash - books.year.maintenance - books.year.finance)
    return _drawn(owned.purchase_price, (made, rest), values, setting.rate, market=share is not None), None


def _drawn(
    price: Decimal, known: tuple[CostOfYears, Decimal], values: Sequence[Decimal], rate: Decimal, *, market: bool
) -> Curve:
    made, rest = known
    costs = [depreciation.to_cents(cost + rest) for cost in made.costs]
    curve = replacement.euac(price, costs, values, rate)
    listed = enumerate(zip(costs, values, curve, strict=True), start=1)
    return Curve(
        years=[
            YearOfAge(year=year, cost=cost, value=value, euac=euac, on_record=year in made.known)
            for year, (cost, value, euac) in listed
        ],
        discount_rate=float(rate),
        operating_cost=rest,
        maintenance_growth=made.growth,
        growth_source=made.source,
        value_source="market" if market else "book",
    )


def _yearly_share(books: Books, setting: Setting) -> Decimal | None:
    """Answer which share of its value an asset keeps each year, as its market value shows after a year or more."""
    price, value = books.owned.purchase_price, books.owned.market_value
    years, part = years_between(books.owned.owned_from, setting.period.last)
    if not price or not value or value >= price or years < 1:
        return None
    with localcontext(PRECISION):
        return ((value / price).ln() / (years + part)).exp()


def _values(books: Books, setting: Setting, share: Decimal | None, years: int) -> list[Decimal] | None:
    owned, terms = books.owned, books.owned.terms
    if share is not None and owned.purchase_price is not None:
        return replacement.values_of_years(owned.purchase_price, share, years)
    if terms is None:
        return None
    # at the pace of all the days until now
    pace = books.life.miles_e6 / 1_000_000 / owned.days_owned(setting.period.last) * YEAR_DAYS
    return [
        depreciation.book_value(terms, anniversary(owned.owned_from, year), pace * year) for year in range(1, years + 1)
    ]


def _present(books: Books, setting: Setting) -> tuple[Decimal, Decimal]:
    """Answer the age at which the last 365 days end, and what they cost; of a younger asset, of its first year."""
    years, part = years_between(books.owned.owned_from, setting.period.last + timedelta(days=1))
    return max(Decimal(1), years + part), roi.annual_of(books, setting.period.last, books.year.maintenance)


def _slope(some: Sequence[Books], setting: Setting) -> Decimal | None:
    return replacement.slope([_present(one, setting) for one in some])


def _use(some: Sequence[Books], setting: Setting) -> tuple[int, int]:
    found = [setting.use.get(one.owned.asset_id, (0, 0)) for one in some]
    return sum(used for used, _ in found), sum(days for _, days in found)


def _part(use: tuple[int, int]) -> Decimal | None:
    return Decimal(use[0]) / use[1] if use[1] else None


def _share(use: tuple[int, int]) -> float | None:
    return percentage(Decimal(use[0]), Decimal(use[1])) if use[1] else None


def _annual_fixed(books: Books, period: Period) -> Decimal | None:
    """Answer what a year costs though nothing moves, at the pace of the period."""
    if books.owned.terms is None:
        return None
    return cost_of_days(books.owned, period, books.life, books.period, YEAR_DAYS)


def _break_even(
    fixed: Decimal | None, per_mile: float | None, reimbursement: Decimal | None
) -> tuple[float | None, Reason | None]:
    if reimbursement is None:
        return None, Reason.NO_REIMBURSEMENT_RATE
    if fixed is None:
        return None, Reason.NO_CURRENT_VALUE
    if per_mile is None:
        return None, Reason.NO_MILES
    miles = replacement.break_even_miles(fixed, reimbursement, Decimal(str(per_mile)))
    return (None, Reason.NEVER) if miles is None else (float(miles), None)
