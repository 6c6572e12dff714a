"""How much assets are to be used, over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

GET_TARGETS = Operation(
    "get_utilization_targets",
    "GET",
    "/api/utilization-targets",
    Role.DRIVER,
    lambda: actions.utilization_targets.get_targets,
    summary="How many hours and miles a week assets of each type are to be used",
)
SET_TARGETS = Operation(
    "set_utilization_targets",
    "PUT",
    "/api/utilization-targets",
    Role.MANAGER,
    lambda: actions.utilization_targets.set_targets,
    summary="Set the targets of all types; those not named have none from now on",
)


@bp.route(**GET_TARGETS.route)
def get_utilization_targets(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer every target."""
    return http.endpoint.run(req, context, GET_TARGETS)


@bp.route(**SET_TARGETS.route)
def set_utilization_targets(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Set every target."""
    return http.endpoint.run(req, context, SET_TARGETS)
