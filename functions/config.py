"""What a browser must know before anybody has signed in."""

import azure.functions as func

from shared import actions, http
from shared.http.operation import Operation

bp = func.Blueprint()

GET_CONFIG = Operation(
    "get_config",
    "GET",
    "/api/config",
    None,
    lambda: actions.config.get_config,
    summary="How to sign in here, and where everything is",
)


@bp.route(**GET_CONFIG.route)
def get_config(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer how to sign in here, and where everything is."""
    return http.endpoint.run_public(req, context, GET_CONFIG)
