"""QR codes and label sheets over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import NotFound
from shared.domain.media import PDF, PNG, SVG
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

DRAW_CODE = Operation(
    "draw_code",
    "GET",
    "/api/assets/{asset_id:long}/qr-code",
    Role.DRIVER,
    lambda: actions.labels.draw_code,
    summary="The QR code of an asset's own label",
    media=(SVG, PNG),
    problems=(NotFound,),
    answers={304: "The caller has this picture already."},
    sends=("Cache-Control",),
)
PRINT_LABELS = Operation(
    "print_labels",
    "GET",
    "/api/assets/labels.pdf",
    Role.DISPATCHER,
    lambda: actions.labels.print_labels,
    summary="A printable sheet of labels, true to the millimetre, for common sheets and rolls",
    media=(PDF,),
    problems=(NotFound,),
    sends=("Content-Disposition",),
)


@bp.route(**DRAW_CODE.route)
def draw_code(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a QR code."""
    return http.endpoint.run(req, context, DRAW_CODE)


@bp.route(**PRINT_LABELS.route)
def print_labels(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a sheet of labels."""
    return http.endpoint.run(req, context, PRINT_LABELS)
