"""People of the organisation over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

LIST_USERS = Operation(
    "list_users",
    "GET",
    "/api/users",
    Role.DRIVER,
    lambda: actions.users.list_users,
    summary="Who is there, by name",
)


@bp.route(**LIST_USERS.route)
def list_users(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of people."""
    return http.endpoint.run(req, context, LIST_USERS)
