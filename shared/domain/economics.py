"""What every report of money takes: a day until which it reckons, a period that ends with it, and some of the fleet."""

from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import Field

from shared.domain.asset import AssetType
from shared.domain.errors import Fault, Invalid
from shared.domain.figure import Amount
from shared.domain.kept_report import Report
from shared.domain.model import Day, Identifier
from shared.domain.period import DAYS_MAX, Period

YEAR_DAYS: Final = 365
# what lies further away is a slip of the pen, and years that far off cannot be reckoned with
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)

PerMile = Annotated[float, Field(description="in the tenant's currency, with four places")]
OwnershipPerMile = Annotated[
    PerMile,
    Field(
        description="running cost, depreciation of the period, insurance, finance and fees by its miles, in the "
        "tenant's currency, with four places; of several assets, over those whose price and life are known"
    ),
]
FuelCost = Annotated[
    Amount,
    Field(
        description="What was paid for an asset's fuel, on the payments' own days, and in calendar months without any "
        "such payment gallons at the price of their day. One payment makes its whole month count as paid: a bill of "
        "more days is spread over them if it is entered with their `period_start` and `period_end`."
    ),
]
UnpricedGallons = Annotated[
    float, Field(description="gallons of fuels that no price was known for on their day: the fuel cost lacks them")
]


class EconomicReport(Report):
    """A report of money."""

    date_from: Annotated[Day | None, Field(description="the period's first day; 365 days if not given")] = None
    date_to: Annotated[Day | None, Field(description="its last one, until which all is reckoned; else today")] = None
    asset_id: Annotated[Identifier | None, Field(description="of this asset only")] = None
    asset_type: Annotated[AssetType | None, Field(description="of assets of this type only")] = None


def period_until(date_from: date | None, date_to: date | None, today: date, usual_days: int = YEAR_DAYS) -> Period:
    """Answer the period that is asked for; raise Invalid if its days are not in order, too many, or too far away."""
    for name, day in (("date_from", date_from), ("date_to", date_to)):
        if day is not None and not EARLIEST <= day <= LATEST:
            raise Invalid(faults=[Fault(f"/{name}", f"A day lies between {EARLIEST} and {LATEST}.")])
    last = date_to or today
    period = Period(date_from or last - timedelta(days=usual_days - 1), last)
    if period.days < 1:
        raise Invalid.field("/date_from", f"A period does not begin after its last day, {last}.")
    if period.days > DAYS_MAX:
        raise Invalid.field("/date_to", f"A period has at most {DAYS_MAX} days; this one has {period.days}.")
    return period


def year_until(as_of: date) -> Period:
    """Answer the 365 days that end with a day."""
    return Period(as_of - timedelta(days=YEAR_DAYS - 1), as_of)
