"""Schedules of reports over HTTP."""

import azure.functions as func

from shared import wiring
from shared.actions import report_mail, schedules
from shared.domain.principal import Role
from shared.domain.schedule import (
    CreateSchedule,
    DeleteSchedule,
    ListRuns,
    ListSchedules,
    Run,
    RunSchedule,
    Schedule,
    ScheduleById,
    UpdateSchedule,
)
from shared.http import endpoint
from shared.http.operation import Operation

bp = func.Blueprint()

LIST_SCHEDULES = Operation(
    "list_schedules",
    "GET",
    "/api/reports/schedules",
    Role.MANAGER,
    ListSchedules,
    schedules.list_schedules,
    summary="Reports that are mailed by the clock, the newest first",
    items=Schedule,
)

CREATE_SCHEDULE = Operation(
    "create_schedule",
    "POST",
    "/api/reports/schedules",
    Role.MANAGER,
    CreateSchedule,
    schedules.create_schedule,
    summary="Have a report mailed by the clock",
    answer=Schedule,
    status=201,
)

GET_SCHEDULE = Operation(
    "get_schedule",
    "GET",
    "/api/reports/schedules/{schedule_id:long}",
    Role.MANAGER,
    ScheduleById,
    schedules.get_schedule,
    summary="One schedule, with what became of its report last",
    answer=Schedule,
)

UPDATE_SCHEDULE = Operation(
    "update_schedule",
    "PATCH",
    "/api/reports/schedules/{schedule_id:long}",
    Role.MANAGER,
    UpdateSchedule,
    schedules.update_schedule,
    summary="Change a schedule",
    answer=Schedule,
)

DELETE_SCHEDULE = Operation(
    "delete_schedule",
    "DELETE",
    "/api/reports/schedules/{schedule_id:long}",
    Role.MANAGER,
    DeleteSchedule,
    schedules.delete_schedule,
    summary="Mail a report no more",
    status=204,
)

RUN_SCHEDULE = Operation(
    "run_schedule",
    "POST",
    "/api/reports/schedules/{schedule_id:long}/run",
    Role.MANAGER,
    RunSchedule,
    schedules.run_schedule,
    summary="Have a report mailed within a minute, beside its times",
    answer=Run,
    status=202,
)

LIST_SCHEDULE_RUNS = Operation(
    "list_schedule_runs",
    "GET",
    "/api/reports/schedules/{schedule_id:long}/runs",
    Role.MANAGER,
    ListRuns,
    schedules.list_runs,
    summary="The times at which a report was due, and what became of each mail",
    items=Run,
)


@bp.route(**LIST_SCHEDULES.route)
def list_schedules(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of schedules."""
    return endpoint.run(req, context, LIST_SCHEDULES)


@bp.route(**CREATE_SCHEDULE.route)
def create_schedule(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Have a report mailed by the clock."""
    return endpoint.run(req, context, CREATE_SCHEDULE)


@bp.route(**GET_SCHEDULE.route)
def get_schedule(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer one schedule."""
    return endpoint.run(req, context, GET_SCHEDULE)


@bp.route(**UPDATE_SCHEDULE.route)
def update_schedule(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Change a schedule."""
    return endpoint.run(req, context, UPDATE_SCHEDULE)


@bp.route(**DELETE_SCHEDULE.route)
def delete_schedule(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Mail a report no more."""
    return endpoint.run(req, context, DELETE_SCHEDULE)


@bp.route(**RUN_SCHEDULE.route)
def run_schedule(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Have a report mailed at once."""
    return endpoint.run(req, context, RUN_SCHEDULE)


@bp.route(**LIST_SCHEDULE_RUNS.route)
def list_schedule_runs(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of a schedule's times."""
    return endpoint.run(req, context, LIST_SCHEDULE_RUNS)


@bp.timer_trigger(arg_name="timer", schedule="40 * * * * *")
def mail_reports(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the host binds it by this name
    """Mail the reports that are due; apart from the sweeps, because making one takes longer than all of them."""
    report_mail.mail_due_reports(wiring.services())
