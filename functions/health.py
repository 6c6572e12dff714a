"""Liveness, and readiness with every dependency's latency."""

import azure.functions as func

from shared import actions, http
from shared.http.operation import Operation

bp = func.Blueprint()

GET_HEALTH = Operation(
    "get_health",
    "GET",
    "/api/health",
    None,
    lambda: actions.health.live,
    summary="Whether the application runs; no dependency is touched",
)
GET_READINESS = Operation(
    "get_readiness",
    "GET",
    "/api/health/ready",
    None,
    lambda: actions.health.ready,
    summary="Whether each dependency answers, and how fast",
    answers={503: "A dependency is down; the answer says which."},
)


@bp.route(**GET_HEALTH.route)
def get_health(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer that the application runs."""
    return http.endpoint.run_alone(req, context, GET_HEALTH)


@bp.route(**GET_READINESS.route)
def get_readiness(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer whether each dependency answers."""
    return http.endpoint.run_public(req, context, GET_READINESS)
