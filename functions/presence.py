"""Presence over HTTP: who looks at a task."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import NotFound
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

SHOW_PRESENCE = Operation(
    "show_presence",
    "GET",
    "/api/tasks/{task_id:long}/presence",
    Role.DRIVER,
    lambda: actions.presence.show_presence,
    summary="Who looks at a task, since when, and the number of this list",
    problems=(NotFound,),
)


@bp.route(**SHOW_PRESENCE.route)
def show_presence(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer who looks at a task."""
    return http.endpoint.run(req, context, SHOW_PRESENCE)
