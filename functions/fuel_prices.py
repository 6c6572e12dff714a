"""Fuel prices over HTTP."""

import azure.functions as func

from shared.actions import fuel_prices
from shared.actions.answer import JSON
from shared.actions.ledger import INGEST_MAX_BYTES
from shared.domain.fuel_price import FuelPrice, IngestFuelPrices, ListFuelPrices
from shared.domain.ledger import Ingested
from shared.domain.principal import Role
from shared.http import endpoint
from shared.http.operation import CSV, MULTIPART, Operation

bp = func.Blueprint()

INGEST_FUEL_PRICES = Operation(
    "ingest_fuel_prices",
    "POST",
    "/api/fuel-prices",
    Role.MANAGER,
    IngestFuelPrices,
    fuel_prices.ingest_fuel_prices,
    summary="Take in prices of fuel, each from a day on; they price what nobody has paid by card",
    answer=Ingested,
    reads=(JSON, CSV, MULTIPART),
    query=frozenset({"dry_run"}),
    files=frozenset({"file"}),
    body_limit=INGEST_MAX_BYTES,
)
LIST_FUEL_PRICES = Operation(
    "list_fuel_prices",
    "GET",
    "/api/fuel-prices",
    Role.MANAGER,
    ListFuelPrices,
    fuel_prices.list_fuel_prices,
    summary="The prices of fuel, the latest first",
    items=FuelPrice,
)


@bp.route(**INGEST_FUEL_PRICES.route)
def ingest_fuel_prices(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Take in prices of fuel."""
    return endpoint.run(req, context, INGEST_FUEL_PRICES)


@bp.route(**LIST_FUEL_PRICES.route)
def list_fuel_prices(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of prices."""
    return endpoint.run(req, context, LIST_FUEL_PRICES)
