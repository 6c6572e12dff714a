"""Presence over HTTP: who looks at a task."""

import azure.functions as func

from shared.actions import presence
from shared.domain.errors import NotFound
from shared.domain.presence import Presence
from shared.domain.principal import Role
from shared.domain.task import TaskById
from shared.http import endpoint
from shared.http.operation import Operation

bp = func.Blueprint()

SHOW_PRESENCE = Operation(
    "show_presence",
    "GET",
    "/api/tasks/{task_id:long}/presence",
    Role.DRIVER,
    TaskById,
    presence.show_presence,
    summary="Who looks at a task, since when, and the number of this list",
    answer=Presence,
    problems=(NotFound,),
)


@bp.route(**SHOW_PRESENCE.route)
def show_presence(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer who looks at a task."""
    return endpoint.run(req, context, SHOW_PRESENCE)
