"""What assets are worth, over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import NotFound
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

LIST_VALUATIONS = Operation(
    "list_valuations",
    "GET",
    "/api/assets/{asset_id:long}/valuations",
    Role.MANAGER,
    lambda: actions.valuations.list_valuations,
    summary="What an asset was said to be worth, the latest first",
    problems=(NotFound,),
)
ADD_VALUATION = Operation(
    "add_valuation",
    "POST",
    "/api/assets/{asset_id:long}/valuations",
    Role.MANAGER,
    lambda: actions.valuations.add_valuation,
    summary="Value an asset; its current value is the latest of its valuations",
    status=201,
    problems=(NotFound,),
)


@bp.route(**LIST_VALUATIONS.route)
def list_valuations(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer an asset's valuations."""
    return http.endpoint.run(req, context, LIST_VALUATIONS)


@bp.route(**ADD_VALUATION.route)
def add_valuation(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Value an asset."""
    return http.endpoint.run(req, context, ADD_VALUATION)
