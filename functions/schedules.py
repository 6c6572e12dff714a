"""Schedules of reports over HTTP."""

import azure.functions as func

from shared import actions, http, wiring
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

LIST_SCHEDULES = Operation(
    "list_schedules",
    "GET",
    "/api/reports/schedules",
    Role.MANAGER,
    lambda: actions.schedules.list_schedules,
    summary="Reports that are mailed by the clock, the newest first",
)

CREATE_SCHEDULE = Operation(
    "create_schedule",
    "POST",
    "/api/reports/schedules",
    Role.MANAGER,
    lambda: actions.schedules.create_schedule,
    summary="Have a report mailed by the clock",
    status=201,
    sends=("Location",),
)

GET_SCHEDULE = Operation(
    "get_schedule",
    "GET",
    "/api/reports/schedules/{schedule_id:long}",
    Role.MANAGER,
    lambda: actions.schedules.get_schedule,
    summary="One schedule, with what became of its report last",
)

UPDATE_SCHEDULE = Operation(
    "update_schedule",
    "PATCH",
    "/api/reports/schedules/{schedule_id:long}",
    Role.MANAGER,
    lambda: actions.schedules.update_schedule,
    summary="Change a schedule",
)

DELETE_SCHEDULE = Operation(
    "delete_schedule",
    "DELETE",
    "/api/reports/schedules/{schedule_id:long}",
    Role.MANAGER,
    lambda: actions.schedules.delete_schedule,
    summary="Mail a report no more",
    status=204,
)

RUN_SCHEDULE = Operation(
    "run_schedule",
    "POST",
    "/api/reports/schedules/{schedule_id:long}/run",
    Role.MANAGER,
    lambda: actions.schedules.run_schedule,
    summary="Have a report mailed within a minute, beside its times",
    status=202,
    sends=("Location",),
)

LIST_SCHEDULE_RUNS = Operation(
    "list_schedule_runs",
    "GET",
    "/api/reports/schedules/{schedule_id:long}/runs",
    Role.MANAGER,
    lambda: actions.schedules.list_runs,
    summary="The times at which a report was due, and what became of each mail",
)


@bp.route(**LIST_SCHEDULES.route)
def list_schedules(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of schedules."""
    return http.endpoint.run(req, context, LIST_SCHEDULES)


@bp.route(**CREATE_SCHEDULE.route)
def create_schedule(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Have a report mailed by the clock."""
    return http.endpoint.run(req, context, CREATE_SCHEDULE)


@bp.route(**GET_SCHEDULE.route)
def get_schedule(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer one schedule."""
    return http.endpoint.run(req, context, GET_SCHEDULE)


@bp.route(**UPDATE_SCHEDULE.route)
def update_schedule(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Change a schedule."""
    return http.endpoint.run(req, context, UPDATE_SCHEDULE)


@bp.route(**DELETE_SCHEDULE.route)
def delete_schedule(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Mail a report no more."""
    return http.endpoint.run(req, context, DELETE_SCHEDULE)


@bp.route(**RUN_SCHEDULE.route)
def run_schedule(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Have a report mailed at once."""
    return http.endpoint.run(req, context, RUN_SCHEDULE)


@bp.route(**LIST_SCHEDULE_RUNS.route)
def list_schedule_runs(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of a schedule's times."""
    return http.endpoint.run(req, context, LIST_SCHEDULE_RUNS)


@bp.timer_trigger(arg_name="timer", schedule="40 * * * * *")
def mail_reports(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the host binds it by this name
    """Mail the reports that are due; apart from the sweeps, because making one takes longer than all of them."""
    actions.report_mail.mail_due_reports(wiring.services())
