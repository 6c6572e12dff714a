"""What a browser must know before anybody has signed in."""

import azure.functions as func

from shared.actions import config
from shared.domain.config import ClientConfig
from shared.domain.health import NoQuestion
from shared.http import endpoint
from shared.http.operation import Operation

bp = func.Blueprint()

GET_CONFIG = Operation(
    "get_config",
    "GET",
    "/api/config",
    None,
    NoQuestion,
    config.get_config,
    summary="How to sign in here, and where everything is",
    answer=ClientConfig,
)


@bp.route(**GET_CONFIG.route)
def get_config(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer how to sign in here, and where everything is."""
    return endpoint.run_public(req, context, GET_CONFIG)
