"""What can be explained of a fleet's figures, and by which formulas they are made."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final


class Explained(StrEnum):
    """The reports whose figures can be explained."""

    UTILIZATION = "utilization"
    IDLE_ASSETS = "idle_assets"
    ROI = "roi"
    COST_PER_MILE = "cost_per_mile"
    REPLACEMENT = "replacement"
    SUMMARY = "summary"


class Metric(StrEnum):
    """What can be explained: the figures of the reports, by their names there."""

    UTILIZATION_PERCENTAGE = "utilization_percentage"
    UTILIZATION_7D = "utilization_7d"
    UTILIZATION_28D = "utilization_28d"
    DAY_UTILIZATION_PERCENTAGE = "day_utilization_percentage"
    TARGET_MILES_PERCENTAGE = "target_miles_percentage"
    TOTAL_ACTIVE_MINUTES = "total_active_minutes"
    COUNTED_MINUTES = "counted_minutes"
    BASE_MINUTES = "base_minutes"
    MINUTES_IN_SERVICE = "minutes_in_service"
    ENGINE_IDLE_MINUTES = "engine_idle_minutes"
    TRIPS_COUNT = "trips_count"
    TOTAL_MILES = "total_miles"
    TOTAL_FUEL_GALLONS = "total_fuel_gallons"
    DAYS_USED = "days_used"
    DAYS_IN_SERVICE = "days_in_service"
    DAYS_IDLE = "days_idle"
    COST_A_DAY = "cost_a_day"
    IDLE_COST = "idle_cost"
    PURCHASE_PRICE = "purchase_price"
    CURRENT_VALUE = "current_value"
    MAINTENANCE_COST = "maintenance_cost"
    FUEL_COST = "fuel_cost"
    FUEL_ESTIMATED = "fuel_estimated"
    UNPRICED_GALLONS = "unpriced_gallons"
    INSURANCE_COST = "insurance_cost"
    OTHER_COST = "other_cost"
    TOTAL_COST_OF_OWNERSHIP = "total_cost_of_ownership"
    NET_COST_OF_OWNERSHIP = "net_cost_of_ownership"
    REVENUE = "revenue"
    ROI_PERCENTAGE = "roi_percentage"
    PAYBACK_YEARS = "payback_years"
    DISCOUNTED_PAYBACK_YEARS = "discounted_payback_years"
    DAYS_OWNED = "days_owned"
    DAILY_COST = "daily_cost"
    PERIOD_MILES = "period_miles"
    COST_PER_MILE = "cost_per_mile"
    RUNNING_COST_PER_MILE = "running_cost_per_mile"
    OWNERSHIP_COST_PER_MILE = "ownership_cost_per_mile"
    RUNNING_COST = "running_cost"
    DEPRECIATION = "depreciation"
    FIXED_COST = "fixed_cost"
    FUEL_COST_PER_MILE = "fuel_cost_per_mile"
    ANNUAL_MILES = "annual_miles"
    AGE_YEARS = "age_years"
    TYPE_DAY_UTILIZATION_PERCENTAGE = "type_day_utilization_percentage"
    FIXED_ANNUAL_COST = "fixed_annual_cost"
    BREAK_EVEN_MILES = "break_even_miles"
    REPLACEMENT_YEAR = "replacement_year"


OF_USE: Final = frozenset(list(Metric)[:15])
TRAILING_DAYS: Final[Mapping[Metric, int]] = {Metric.UTILIZATION_7D: 7, Metric.UTILIZATION_28D: 28}
# of one asset only: years and days of several have no sum
_OF_ONE: Final = frozenset({Metric.DAYS_IDLE, Metric.COST_A_DAY, Metric.DISCOUNTED_PAYBACK_YEARS, Metric.DAYS_OWNED})

OTHERS = ("finance", "fees", "tyres", "tolls", "accident", "other")
SPENT = ("maintenance", "fuel_paid", "fuel_estimated", "insurance", *OTHERS)
RUNNING = ("fuel_paid", "fuel_estimated", "maintenance", "tyres", "tolls")
FIXED = ("depreciation", "insurance", "finance", "fees")
_TCO = "purchase price + maintenance + fuel + insurance + other cost entries, all to date"

_FUEL = (
    "what was paid, on the payments' own days; in months without a payment for that asset's fuel, gallons * price of "
    "their day"
)
_UNPRICED = "gallons of days without a price of their fuel, in months in which no fuel was paid for"

_FIXED_A_DAY = (
    "depreciation ÷ days after the purchase on which it was owned + (insurance + finance + fees) ÷ days owned, the day "
    "of purchase among them"
)
_FIXED_DAYS = ("days_written_off_in_period", "days_owned_in_period")
_EUAC = (
    "year n with the lowest EUAC(n) = [P + Σ Ck ÷ (1+i)^k - Sn ÷ (1+i)^n] · i(1+i)^n ÷ ((1+i)^n - 1); Ck: operating "
    "cost, and maintenance of year k of age, on record or by the growth from the latest year: the last 365 days, "
    "scaled up if it was owned for fewer, or the year on record that most of them are of; Sn: by the yearly share that "
    "the current value shows where somebody valued it after a year or more, else by the books"
)

# unit, what its sums are of, formula, inputs
type Formula = tuple[str, str, str, Sequence[str]]

_PER_MILE: Final[Mapping[Metric, Formula]] = {
    Metric.RUNNING_COST_PER_MILE: (
        "money a mile",
        "within",
        "(fuel + maintenance + tyres + tolls) ÷ miles, of the period",
        (*RUNNING, "miles"),
    ),
    Metric.OWNERSHIP_COST_PER_MILE: (
        "money a mile",
        "within",
        "(fuel + maintenance + tyres + tolls + depreciation + insurance + finance + fees) ÷ miles, of the period",
        (*RUNNING, *FIXED, "miles"),
    ),
    Metric.PERIOD_MILES: ("miles", "within", "miles of all trips of the period, in service or not", ("miles",)),
}
_COST_PER_MILE: Final[Mapping[Metric, Formula]] = {
    Metric.COST_PER_MILE: ("money a mile", "life", f"({_TCO}) ÷ miles to date", ("purchase_price", *SPENT, "miles")),
}
_ROI: Final[Mapping[Metric, Formula]] = {
    Metric.PURCHASE_PRICE: ("money", "life", "as recorded", ("purchase_price",)),
    Metric.CURRENT_VALUE: ("money", "life", "latest valuation, else book value", ("current_value",)),
    Metric.MAINTENANCE_COST: ("money", "life", "sum of maintenance to date", ("maintenance",)),
    Metric.FUEL_COST: ("money", "life", _FUEL, ("fuel_paid", "fuel_estimated")),
    Metric.INSURANCE_COST: ("money", "life", "sum of insurance to date", ("insurance",)),
    Metric.OTHER_COST: ("money", "life", "sum of all other cost entries to date", OTHERS),
    Metric.TOTAL_COST_OF_OWNERSHIP: ("money", "life", _TCO, ("purchase_price", *SPENT)),
    Metric.NET_COST_OF_OWNERSHIP: (
        "money",
        "life",
        f"({_TCO}) - current value",
        ("purchase_price", "current_value", *SPENT),
    ),
    Metric.REVENUE: ("money", "life", "sum of revenue to date", ("revenue",)),
    Metric.ROI_PERCENTAGE: (
        "%",
        "life",
        f"(revenue + current value - TCO) ÷ TCO * 100; TCO = {_TCO}",
        ("revenue", "current_value", "purchase_price", *SPENT),
    ),
    Metric.PAYBACK_YEARS: (
        "years",
        "year",
        "purchase price ÷ (revenue - operating cost), of the last 365 days or scaled to them from the days owned",
        ("purchase_price", "revenue", *SPENT, "days_owned"),
    ),
    Metric.DISCOUNTED_PAYBACK_YEARS: (
        "years",
        "year",
        "-ln(1 - purchase price * rate ÷ surplus) ÷ ln(1 + rate); surplus = revenue - operating cost of a year",
        ("purchase_price", "discount_rate", "revenue", *SPENT, "days_owned"),
    ),
    Metric.DAYS_OWNED: ("days", "life", "purchase to the day asked for or disposal, at least 1", ("days_owned",)),
    Metric.DAILY_COST: (
        "money a day",
        "life",
        "(purchase price - current value + maintenance) ÷ days owned",
        ("purchase_price", "current_value", "maintenance", "days_owned"),
    ),
    Metric.FUEL_ESTIMATED: ("money", "life", "gallons * price of their day, to date", ("fuel_estimated",)),
    Metric.UNPRICED_GALLONS: ("gallons", "life", f"{_UNPRICED}, to date", ("gallons_unpriced",)),
    Metric.TOTAL_MILES: ("miles", "life", "miles of all trips to date, in service or not", ("miles",)),
}
_OF_PERIOD: Final[Mapping[Metric, Formula]] = {
    Metric.RUNNING_COST: ("money", "within", "fuel + maintenance + tyres + tolls, of the period", RUNNING),
    Metric.DEPRECIATION: (
        "money",
        "within",
        "book value before the period - book value at its end, where a price and a life are known",
        ("depreciation",),
    ),
    Metric.FIXED_COST: ("money", "within", "insurance + finance + fees, of the period", FIXED[1:]),
    Metric.FUEL_COST: ("money", "within", f"{_FUEL}; of the period", ("fuel_paid", "fuel_estimated")),
    Metric.UNPRICED_GALLONS: ("gallons", "within", f"{_UNPRICED}; of the period", ("gallons_unpriced",)),
    Metric.FUEL_COST_PER_MILE: (
        "money a mile",
        "within",
        "fuel ÷ miles, of the period",
        ("fuel_paid", "fuel_estimated", "miles"),
    ),
    Metric.ANNUAL_MILES: (
        "miles a year",
        "within",
        "miles of the period * 365 ÷ days of the period on which it was owned, summed over assets first",
        ("miles", "days_owned_in_period"),
    ),
}
_OF_SUMMARY: Final[Mapping[Metric, Formula]] = {
    Metric.FUEL_COST: _OF_PERIOD[Metric.FUEL_COST],
    Metric.UNPRICED_GALLONS: _OF_PERIOD[Metric.UNPRICED_GALLONS],
    Metric.MAINTENANCE_COST: ("money", "within", "sum of maintenance of the period", ("maintenance",)),
    Metric.OTHER_COST: ("money", "within", "sum of all other cost entries of the period", ("insurance", *OTHERS)),
    Metric.REVENUE: ("money", "within", "sum of revenue of the period", ("revenue",)),
    Metric.ROI_PERCENTAGE: _ROI[Metric.ROI_PERCENTAGE],
    **_PER_MILE,
}
_OF_IDLENESS: Final[Mapping[Metric, Formula]] = {
    Metric.COST_A_DAY: (
        "money a day",
        "within",
        f"{_FIXED_A_DAY}, of the last 365 days; rounded",
        (*FIXED, *_FIXED_DAYS),
    ),
    Metric.IDLE_COST: (
        "money",
        "within",
        f"({_FIXED_A_DAY}, of the last 365 days) * days idle, rounded once for each asset, then summed over assets",
        (*FIXED, *_FIXED_DAYS, "days_idle"),
    ),
}
_OF_REPLACEMENT: Final[Mapping[Metric, Formula]] = {
    Metric.BREAK_EVEN_MILES: (
        "miles a year",
        "within",
        f"fixed annual cost ÷ (reimbursement - running cost per mile); fixed: ({_FIXED_A_DAY}) * 365",
        (*FIXED, *_FIXED_DAYS, *RUNNING, "miles", "reimbursement"),
    ),
    Metric.REPLACEMENT_YEAR: (
        "year of age",
        "life",
        _EUAC,
        (
            *("purchase_price", "maintenance", "maintenance_of_last_365_days", "maintenance_growth", "operating_cost"),
            *("current_value", "useful_life_years", "salvage_value", "discount_rate"),
        ),
    ),
    Metric.RUNNING_COST_PER_MILE: _PER_MILE[Metric.RUNNING_COST_PER_MILE],
    Metric.ANNUAL_MILES: _OF_PERIOD[Metric.ANNUAL_MILES],
    Metric.AGE_YEARS: ("years", "life", "whole years since its purchase, and the part of the next one", ("age_days",)),
    Metric.FIXED_ANNUAL_COST: (
        "money a year",
        "within",
        f"({_FIXED_A_DAY}, of the period) * 365",
        (*FIXED, *_FIXED_DAYS),
    ),
    Metric.DAY_UTILIZATION_PERCENTAGE: (
        "%",
        "within",
        "days with a trip ÷ days in service * 100",
        ("days_used", "days_in_service"),
    ),
    Metric.TYPE_DAY_UTILIZATION_PERCENTAGE: (
        "%",
        "within",
        "days with a trip ÷ days in service * 100, each summed over all others of its type first",
        ("days_used_by_others", "days_in_service_of_others"),
    ),
}
# of figures of money, and of all that is told beside them
FORMULAS: Final[Mapping[Explained, Mapping[Metric, Formula]]] = {
    Explained.IDLE_ASSETS: _OF_IDLENESS,
    Explained.ROI: {**_ROI, **_PER_MILE, **_COST_PER_MILE},
    Explained.COST_PER_MILE: {**_OF_PERIOD, **_PER_MILE, **_COST_PER_MILE},
    Explained.REPLACEMENT: _OF_REPLACEMENT,
    Explained.SUMMARY: _OF_SUMMARY,
}


def reports_with(metric: Metric) -> list[Explained]:
    """Answer the reports that show a figure; what is explained is the first one's where nobody says which."""
    of_use = [Explained.UTILIZATION] if metric in OF_USE else []
    of_idleness = [Explained.IDLE_ASSETS] if metric is Metric.DAYS_IDLE else []
    return [*of_use, *of_idleness, *(report for report, known in FORMULAS.items() if metric in known)]


def is_for_all(report: Explained, metric: Metric) -> bool:
    """Tell whether a figure of a report is for everybody; the others are for managers."""
    return report is Explained.UTILIZATION or metric is Metric.DAYS_IDLE


def is_of_one(report: Explained, metric: Metric) -> bool:
    """Tell whether a report shows a figure of single assets only."""
    return report is Explained.REPLACEMENT or metric in _OF_ONE
