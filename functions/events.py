"""Events over HTTP, for those who missed some."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import EventsGone
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

LIST_EVENTS = Operation(
    "list_events",
    "GET",
    "/api/events",
    Role.DRIVER,
    lambda: actions.events.list_events,
    summary="What happened after an event, in order",
    problems=(EventsGone,),
)


@bp.route(**LIST_EVENTS.route)
def list_events(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer what happened after an event, in order."""
    return http.endpoint.run(req, context, LIST_EVENTS)
