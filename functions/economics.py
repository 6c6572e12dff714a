"""What the fleet costs and brings in, over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import NotFound
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

_SAME = {304: "The caller has this report already."}

GET_ROI = Operation(
    "get_roi",
    "GET",
    "/api/assets/analytics/roi",
    Role.MANAGER,
    lambda: actions.roi.get_roi,
    summary="What each asset has cost and brought in until a day, and the fleet in total",
    problems=(NotFound,),
    answers=_SAME,
    noun="economics",
)
GET_COST_PER_MILE = Operation(
    "get_cost_per_mile",
    "GET",
    "/api/assets/analytics/cost-per-mile",
    Role.MANAGER,
    lambda: actions.cost_per_mile.get_cost_per_mile,
    summary="What a mile costs by asset, type, class or month, beside published figures on the same basis",
    problems=(NotFound,),
    answers=_SAME,
    noun="economics",
)
GET_REPLACEMENT = Operation(
    "get_replacement",
    "GET",
    "/api/assets/analytics/replacement",
    Role.MANAGER,
    lambda: actions.replacement.get_replacement,
    summary="Which assets to keep, move, share or replace, with the curve of annual cost and break-even miles",
    problems=(NotFound,),
    answers=_SAME,
    noun="economics",
)
EXPLAIN_FIGURE = Operation(
    "explain_figure",
    "GET",
    "/api/assets/analytics/explain",
    Role.DRIVER,
    lambda: actions.explain.explain_figure,
    summary="How a figure was made: formula, inputs, what is missing; figures of money for managers",
    problems=(NotFound,),
    answers=_SAME,
    noun="economics",
)


@bp.route(**GET_ROI.route)
def get_roi(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer the return on investment."""
    return http.endpoint.run(req, context, GET_ROI)


@bp.route(**GET_COST_PER_MILE.route)
def get_cost_per_mile(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer what a mile costs."""
    return http.endpoint.run(req, context, GET_COST_PER_MILE)


@bp.route(**GET_REPLACEMENT.route)
def get_replacement(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer what to do with each asset."""
    return http.endpoint.run(req, context, GET_REPLACEMENT)


@bp.route(**EXPLAIN_FIGURE.route)
def explain_figure(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer how a figure was made."""
    return http.endpoint.run(req, context, EXPLAIN_FIGURE)
