"""What the fleet is used for and what stands still, over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import NotFound
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

_SAME = {304: "The caller has this report already."}

GET_UTILIZATION = Operation(
    "get_utilization",
    "GET",
    "/api/assets/analytics/utilization",
    Role.DRIVER,
    lambda: actions.analytics.get_utilization,
    summary="How much of their time assets are used, by day, week, month or asset",
    problems=(NotFound,),
    answers=_SAME,
)
GET_HEATMAP = Operation(
    "get_heatmap",
    "GET",
    "/api/assets/analytics/heatmap",
    Role.DRIVER,
    lambda: actions.analytics.get_heatmap,
    summary="When in the week assets are used, by weekday and hour of the clock",
    problems=(NotFound,),
    answers=_SAME,
)
LIST_IDLE_ASSETS = Operation(
    "list_idle_assets",
    "GET",
    "/api/assets/analytics/idle-assets",
    Role.DRIVER,
    lambda: actions.idle_assets.list_idle_assets,
    summary="Assets in service that nobody uses, the longest first",
    answers=_SAME,
    noun="analytics",
)
GET_SUMMARY = Operation(
    "get_summary",
    "GET",
    "/api/assets/analytics/summary",
    Role.DRIVER,
    lambda: actions.analytics.get_summary,
    summary="The fleet at a glance: now, in a period, and in the one before",
    answers=_SAME,
)


@bp.route(**GET_UTILIZATION.route)
def get_utilization(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a series or a ranking."""
    return http.endpoint.run(req, context, GET_UTILIZATION)


@bp.route(**GET_HEATMAP.route)
def get_heatmap(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer the hours of the week."""
    return http.endpoint.run(req, context, GET_HEATMAP)


@bp.route(**LIST_IDLE_ASSETS.route)
def list_idle_assets(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer assets that nobody uses."""
    return http.endpoint.run(req, context, LIST_IDLE_ASSETS)


@bp.route(**GET_SUMMARY.route)
def get_summary(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer what a dashboard opens with."""
    return http.endpoint.run(req, context, GET_SUMMARY)
