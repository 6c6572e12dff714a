"""The audit log over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

LIST_AUDIT = Operation(
    "list_audit",
    "GET",
    "/api/audit",
    Role.ADMIN,
    lambda: actions.audit.list_audit,
    summary="What was done and what was refused, newest first",
)


@bp.route(**LIST_AUDIT.route)
def list_audit(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer what was done and what was refused."""
    return http.endpoint.run(req, context, LIST_AUDIT)
