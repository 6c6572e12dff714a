"""What fuel costs the organisation."""

from datetime import date

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.actions.ledger import Ingestion
from shared.domain import cursor
from shared.domain.errors import Invalid
from shared.domain.fuel_price import FUEL_PRICES, FuelPrice, IngestFuelPrices, ListFuelPrices
from shared.domain.ledger import Ingested
from shared.domain.model import Page
from shared.domain.paging import page
from shared.store import fuel_prices as store


def ingest_fuel_prices(call: Call, command: IngestFuelPrices) -> Answer[Ingested]:
    """Take prices in."""
    return Ingestion(call, command, FUEL_PRICES).run()


def list_fuel_prices(call: Call, command: ListFuelPrices) -> Answer[Page[FuelPrice]]:
    """Answer prices, latest first."""
    day, fuel = cursor.decode(command.cursor, str, str)
    with call.read() as tx:
        found = store.list_fuel_prices(
            tx,
            (None if day is None else _day(str(day)), None if fuel is None else str(fuel)),
            fuel_type=command.fuel_type,
            page_size=command.limit + 1,
        )
        call.audit(tx, "cost.view", "fuel-prices")
    return Answer(page(found, command.limit, lambda one: (one.valid_from.isoformat(), one.fuel_type)))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid.field("/cursor", "This cursor was not issued for this list; begin without one.") from None
