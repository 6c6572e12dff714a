"""Reports as files: at once over HTTP, or in the background by the clock."""

import azure.functions as func

from shared import actions, http, wiring
from shared.domain.errors import NotFound
from shared.domain.media import CSV, PDF, XLSX
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

EXPORT_REPORT = Operation(
    "export_report",
    "GET",
    "/api/assets/analytics/export",
    Role.DRIVER,
    lambda: actions.exports.export_report,
    summary="A report as CSV, workbook or PDF; what is large is made in the background",
    media=(CSV, XLSX, PDF),
    problems=(NotFound,),
    answers={202: "The file is made in the background; Location says where to ask for it."},
    sends=("Content-Disposition",),
)
FIND_EXPORT = Operation(
    "find_export",
    "GET",
    "/api/exports/{export_id:guid}",
    Role.DRIVER,
    lambda: actions.exports.find_export,
    summary="How far one's own export has come, and a link to the file when it is whole",
    problems=(NotFound,),
)


@bp.route(**EXPORT_REPORT.route)
def export_report(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a report as a file."""
    return http.endpoint.run(req, context, EXPORT_REPORT)


@bp.route(**FIND_EXPORT.route)
def find_export(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer how far an export has come."""
    return http.endpoint.run(req, context, FIND_EXPORT)


# not one of the minute's sweeps: a million rows take longer than those may wait
@bp.timer_trigger(arg_name="timer", schedule="20 * * * * *")
def make_exports(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the host binds it by this name
    """Make the files that were left to be made."""
    actions.exports.run_jobs(wiring.services())
