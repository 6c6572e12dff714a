"""Fuel prices: what a gallon costs the organisation from a day on, for what nobody has paid by card."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field, WithJsonSchema

from shared.domain.ledger import IngestRows, Noun, described
from shared.domain.ledger_field import Field as Column, Kind, named, words
from shared.domain.model import Day, Listing, Model


class PricedFuel(StrEnum):
    """What has a price: whatever assets run on."""

    GASOLINE = "gasoline"
    DIESEL = "diesel"
    ELECTRIC = "electric"
    HYBRID = "hybrid"


Price = Annotated[Decimal, WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,6}\.[0-9]{4}$"})]

FUEL_PRICES = Noun(
    "fuel_prices",
    "fuel price",
    (
        Column(
            "fuel_type",
            Kind.WORD,
            "of what assets run on",
            is_required=True,
            words=words(*PricedFuel, gas="gasoline", petrol="gasoline"),
            also=named("fuel"),
        ),
        Column(
            "valid_from",
            Kind.DAY,
            "the first day of that price, until the next one",
            is_required=True,
            may_be_ahead=True,
            also=named("date", "from"),
        ),
        Column(
            "price_per_gallon",
            Kind.PRICE,
            "of a US gallon in the organisation's currency; a hybrid's is that of its gasoline",
            is_required=True,
            least=Decimal("0.0001"),
            most=999_999,
            also=named("price"),
        ),
    ),
    key=("fuel_type", "valid_from"),
    is_of_asset=False,
)


class FuelPrice(Model):
    """The price of a fuel from a day on, until the next one."""

    fuel_type: PricedFuel
    valid_from: Day
    price_per_gallon: Annotated[Price, Field(description="of a US gallon, in the organisation's currency")]


class ListFuelPrices(Listing):
    """The prices of fuel, the latest first."""

    fuel_type: PricedFuel | None = None


class IngestFuelPrices(IngestRows):
    """Take prices of fuel in: JSON, or a CSV file whose first line names the columns."""

    model_config = described(FUEL_PRICES)
