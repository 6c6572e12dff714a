"""The settings of an organisation over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import VersionMismatch
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

GET_SETTINGS = Operation(
    "get_settings",
    "GET",
    "/api/settings",
    Role.MANAGER,
    lambda: actions.tenant_settings.get_settings,
    summary="How the organisation counts: working hours, discount rate, reimbursement, idle days",
    sends=("ETag",),
)
CHANGE_SETTINGS = Operation(
    "change_settings",
    "PATCH",
    "/api/settings",
    Role.ADMIN,
    lambda: actions.tenant_settings.change_settings,
    summary="Change what is given of how the organisation counts; reports follow",
    problems=(VersionMismatch,),
    sends=("ETag",),
)


@bp.route(**GET_SETTINGS.route)
def get_settings(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer the settings."""
    return http.endpoint.run(req, context, GET_SETTINGS)


@bp.route(**CHANGE_SETTINGS.route)
def change_settings(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Change the settings."""
    return http.endpoint.run(req, context, CHANGE_SETTINGS)
