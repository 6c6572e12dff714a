"""Events over HTTP, for those who missed some."""

import azure.functions as func

from shared.actions import events
from shared.domain.event import EventPage, ListEvents
from shared.domain.principal import Role
from shared.http import endpoint
from shared.http.operation import Operation

bp = func.Blueprint()

LIST_EVENTS = Operation(
    "list_events",
    "GET",
    "/api/events",
    Role.DRIVER,
    ListEvents,
    events.list_events,
    summary="What happened after an event, in order",
    answer=EventPage,
)


@bp.route(**LIST_EVENTS.route)
def list_events(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer what happened after an event, in order."""
    return endpoint.run(req, context, LIST_EVENTS)
