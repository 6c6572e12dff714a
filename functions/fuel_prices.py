"""Fuel prices over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.media import CSV, JSON, MULTIPART, TABLE_MAX_BYTES
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

INGEST_FUEL_PRICES = Operation(
    "ingest_fuel_prices",
    "POST",
    "/api/fuel-prices",
    Role.MANAGER,
    lambda: actions.fuel_prices.ingest_fuel_prices,
    summary="Take in prices of fuel, each from a day on; they price what nobody has paid by card",
    reads=(JSON, CSV, MULTIPART),
    query=frozenset({"dry_run"}),
    files=frozenset({"file"}),
    body_limit=TABLE_MAX_BYTES,
)
LIST_FUEL_PRICES = Operation(
    "list_fuel_prices",
    "GET",
    "/api/fuel-prices",
    Role.MANAGER,
    lambda: actions.fuel_prices.list_fuel_prices,
    summary="The prices of fuel, the latest first",
)


@bp.route(**INGEST_FUEL_PRICES.route)
def ingest_fuel_prices(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Take in prices of fuel."""
    return http.endpoint.run(req, context, INGEST_FUEL_PRICES)


@bp.route(**LIST_FUEL_PRICES.route)
def list_fuel_prices(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of prices."""
    return http.endpoint.run(req, context, LIST_FUEL_PRICES)
