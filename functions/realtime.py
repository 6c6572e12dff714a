"""Real time over HTTP: the way in for clients, and what Web PubSub tells of them."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import (
    DependencyDown,
    Forbidden,
    Malformed,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
)
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

NEGOTIATE = Operation(
    "negotiate_connection",
    "POST",
    "/api/realtime/negotiate",
    Role.DRIVER,
    lambda: actions.realtime.negotiate,
    summary="The way into real time: a URL that is good for one short while, and the groups that come with it",
    query=frozenset({"compress"}),
)
ALLOW_ORIGIN = Operation(
    "allow_origin",
    "OPTIONS",
    "/api/realtime/events",
    None,
    lambda: actions.realtime.allow_origin,
    summary="Whether Web PubSub may deliver here (CloudEvents' handshake against abuse)",
    media=("text/plain",),
    headers=("WebHookRequestOrigin",),
    problems=(DependencyDown, Forbidden, Malformed),
)
TAKE_DELIVERY = Operation(
    "take_delivery",
    "POST",
    "/api/realtime/events",
    None,
    lambda: actions.connections.take_delivery,
    summary="The event handler of Web PubSub: CloudEvents, signed with its access key or with a token of its identity",
    noun="realtime",
    status=204,
    problems=(DependencyDown, Forbidden, Malformed, NotFound, TooLarge, TooManyRequests, Unauthenticated),
    answers={200: "The connection is let in."},
)


@bp.route(**NEGOTIATE.route)
def negotiate_connection(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer the way in."""
    return http.endpoint.run(req, context, NEGOTIATE)


@bp.route(**ALLOW_ORIGIN.route)
def allow_origin(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer whether Web PubSub may deliver here."""
    return http.endpoint.run_handshake(req, context, ALLOW_ORIGIN)


@bp.route(**TAKE_DELIVERY.route)
def take_delivery(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Take what Web PubSub tells."""
    return http.endpoint.run_delivery(req, context, TAKE_DELIVERY)
