"""What figures of money are made of: amounts that may be negative, ratios, and why one is missing."""

from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from shared.domain.depreciation import PRECISION

MICRO = Decimal(1_000_000)
PER_MILE = Decimal("0.0001")
TWO_PLACES = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """Answer an amount with two places, also where it is a sum of nothing."""
    return amount.quantize(TWO_PLACES, ROUND_HALF_UP, PRECISION)


# answers only: as Money, but a refund may outweigh what was paid
Amount = Annotated[
    Decimal,
    Field(allow_inf_nan=False),
    AfterValidator(cents),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$", "examples": ["12345.60"]}),
]


class Reason(StrEnum):
    """Why a figure is null."""

    NO_MILES = "no_miles"
    NO_PURCHASE_PRICE = "no_purchase_price"
    NO_USEFUL_LIFE = "no_useful_life"
    NO_CURRENT_VALUE = "no_current_value"
    NO_COST = "no_cost"
    TO_DATE_ONLY = "to_date_only"
    NO_REIMBURSEMENT_RATE = "no_reimbursement_rate"
    NEVER = "never"


def ratio(part: Decimal, whole: Decimal, places: Decimal = PER_MILE) -> float:
    """Answer a quotient, rounded once, at the end."""
    return float(PRECISION.divide(part, whole).quantize(places, ROUND_HALF_UP, PRECISION))


def percentage(part: Decimal, whole: Decimal) -> float:
    """Answer a share of a hundred with two places."""
    return ratio(part * 100, whole, TWO_PLACES)


def from_micro(count: Decimal | int) -> Decimal:
    """Answer miles or gallons with two places from millionths."""
    return PRECISION.divide(Decimal(count), MICRO).quantize(TWO_PLACES, ROUND_HALF_UP, PRECISION)
