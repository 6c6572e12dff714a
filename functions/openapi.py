"""The API's description, for programs and for people."""

import azure.functions as func

from shared import http
from shared.http.operation import Operation

bp = func.Blueprint()

GET_OPENAPI = Operation(
    "get_openapi",
    "GET",
    "/api/openapi.json",
    None,
    lambda: http.openapi.get_openapi,
    summary="This API's OpenAPI document",
)
GET_DOCS = Operation(
    "get_docs",
    "GET",
    "/api/docs",
    None,
    lambda: http.reference_page.get_docs,
    summary="This API's reference, as a page",
    media=("text/html",),
    noun="openapi",
)


@bp.route(**GET_OPENAPI.route)
def get_openapi(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer this API's OpenAPI document."""
    return http.endpoint.run_alone(req, context, GET_OPENAPI)


@bp.route(**GET_DOCS.route)
def get_docs(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer this API's reference, as a page."""
    return http.endpoint.run_alone(req, context, GET_DOCS)
