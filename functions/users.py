"""People of the organisation over HTTP."""

import azure.functions as func

from shared.actions import users
from shared.domain.model import UserRef
from shared.domain.principal import Role
from shared.domain.user import ListUsers
from shared.http import endpoint
from shared.http.operation import Operation

bp = func.Blueprint()

LIST_USERS = Operation(
    "list_users",
    "GET",
    "/api/users",
    Role.DRIVER,
    ListUsers,
    users.list_users,
    summary="Who is there, by name",
    items=UserRef,
)


@bp.route(**LIST_USERS.route)
def list_users(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of people."""
    return endpoint.run(req, context, LIST_USERS)
