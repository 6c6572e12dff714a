"""What can be explained of a fleet's figures, and by which formulas they are made."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final


class Metric(StrEnum):
    """What can be explained: the figures of the reports, by their names there."""

    UTILIZATION_PERCENTAGE = "utilization_percentage"
    DAY_UTILIZATION_PERCENTAGE = "day_utilization_percentage"
    TOTAL_ACTIVE_MINUTES = "total_active_minutes"
    MINUTES_IN_SERVICE = "minutes_in_service"
    TRIPS_COUNT = "trips_count"
    TOTAL_MILES = "total_miles"
    TOTAL_FUEL_GALLONS = "total_fuel_gallons"
    DAYS_IDLE = "days_idle"
    PURCHASE_PRICE = "purchase_price"
    CURRENT_VALUE = "current_value"
    MAINTENANCE_COST = "maintenance_cost"
    FUEL_COST = "fuel_cost"
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
    COST_PER_MILE = "cost_per_mile"
    RUNNING_COST_PER_MILE = "running_cost_per_mile"
    OWNERSHIP_COST_PER_MILE = "ownership_cost_per_mile"
    BREAK_EVEN_MILES = "break_even_miles"
    REPLACEMENT_YEAR = "replacement_year"


OF_USE: Final = frozenset(list(Metric)[:7])
# of one asset only: years and days of several have no sum
OF_ONE: Final = frozenset(
    {
        Metric.DAYS_IDLE,
        Metric.DISCOUNTED_PAYBACK_YEARS,
        Metric.DAYS_OWNED,
        Metric.BREAK_EVEN_MILES,
        Metric.REPLACEMENT_YEAR,
    }
)
FOR_ALL: Final = OF_USE | {Metric.DAYS_IDLE}
OF_ADVICE: Final = frozenset({Metric.BREAK_EVEN_MILES, Metric.REPLACEMENT_YEAR})


OTHERS = ("finance", "fees", "tyres", "tolls", "accident", "other")
SPENT = ("maintenance", "fuel_paid", "fuel_estimated", "insurance", *OTHERS)
RUNNING = ("fuel_paid", "fuel_estimated", "maintenance", "tyres", "tolls")
FIXED = ("depreciation", "insurance", "finance", "fees")
_TCO = "purchase price + maintenance + fuel + insurance + other cost entries, all to date"

# metric: unit, what its sums are of, formula, inputs
FORMULAS: Final[Mapping[Metric, tuple[str, str, str, Sequence[str]]]] = {
    Metric.PURCHASE_PRICE: ("money", "life", "as recorded", ("purchase_price",)),
    Metric.CURRENT_VALUE: ("money", "life", "latest valuation, else book value", ("current_value",)),
    Metric.MAINTENANCE_COST: ("money", "life", "sum of maintenance to date", ("maintenance",)),
    Metric.FUEL_COST: (
        "money",
        "life",
        "what was paid, in months in which any fuel was paid for; else gallons * price of their day",
        ("fuel_paid", "fuel_estimated"),
    ),
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
    Metric.COST_PER_MILE: ("money a mile", "life", f"({_TCO}) ÷ miles to date", ("purchase_price", *SPENT, "miles")),
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
    Metric.BREAK_EVEN_MILES: (
        "miles a year",
        "within",
        "fixed annual cost ÷ (reimbursement - running cost per mile); fixed: depreciation, insurance, finance, fees",
        (*FIXED, *RUNNING, "miles", "reimbursement"),
    ),
    Metric.REPLACEMENT_YEAR: (
        "year of age",
        "life",
        "year n with the lowest EUAC(n) = [P + Σ Ck ÷ (1+i)^k - Sn ÷ (1+i)^n] · i(1+i)^n ÷ ((1+i)^n - 1)",
        ("purchase_price", "maintenance", "current_value", "discount_rate"),
    ),
}
