"""Scanning over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import NotFound
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

SCAN_CODE = Operation(
    "scan_code",
    "GET",
    "/api/scan/{code}",
    Role.DRIVER,
    lambda: actions.scan.scan_code,
    summary="What a scanned code is, and what the caller may do with it now",
    problems=(NotFound,),
)


@bp.route(**SCAN_CODE.route)
def scan_code(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Tell what a scanned code is."""
    return http.endpoint.run(req, context, SCAN_CODE)
