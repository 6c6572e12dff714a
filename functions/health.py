"""Liveness, and readiness with every dependency's latency."""

import azure.functions as func

from shared.actions import health
from shared.domain.health import Health, NoQuestion, Readiness
from shared.http import endpoint
from shared.http.operation import Operation

bp = func.Blueprint()

GET_HEALTH = Operation(
    "get_health",
    "GET",
    "/api/health",
    None,
    NoQuestion,
    health.live,
    summary="Whether the application runs; no dependency is touched",
    answer=Health,
)
GET_READINESS = Operation(
    "get_readiness",
    "GET",
    "/api/health/ready",
    None,
    NoQuestion,
    health.ready,
    summary="Whether each dependency answers, and how fast",
    answer=Readiness,
    answers={503: "A dependency is down; the answer says which."},
)


@bp.route(**GET_HEALTH.route)
def get_health(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer that the application runs."""
    return endpoint.run_alone(req, context, GET_HEALTH)


@bp.route(**GET_READINESS.route)
def get_readiness(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer whether each dependency answers."""
    return endpoint.run_public(req, context, GET_READINESS)
