"""Tasks over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import PreconditionRequired
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

LIST_TASKS = Operation(
    "list_tasks",
    "GET",
    "/api/tasks",
    Role.DRIVER,
    lambda: actions.tasks.list_tasks,
    summary="Tasks, what was touched last first",
)

CREATE_TASK = Operation(
    "create_task",
    "POST",
    "/api/tasks",
    Role.DRIVER,
    lambda: actions.tasks.create_task,
    summary="Make a task",
    status=201,
    sends=("Location",),
)

GET_TASK = Operation(
    "get_task",
    "GET",
    "/api/tasks/{task_id:long}",
    Role.DRIVER,
    lambda: actions.tasks.get_task,
    summary="One task",
)

UPDATE_TASK = Operation(
    "update_task",
    "PATCH",
    "/api/tasks/{task_id:long}",
    Role.DRIVER,
    lambda: actions.tasks.update_task,
    summary="Edit a task, beside whoever else edits it",
    problems=(PreconditionRequired,),
)

DELETE_TASK = Operation(
    "delete_task",
    "DELETE",
    "/api/tasks/{task_id:long}",
    Role.DRIVER,
    lambda: actions.tasks.delete_task,
    summary="Take a task away",
    status=204,
)

ASSIGN_TASK = Operation(
    "assign_task",
    "POST",
    "/api/tasks/{task_id:long}/assign",
    Role.DRIVER,
    lambda: actions.tasks.assign_task,
    summary="Give a task to somebody: to oneself, or to anybody for a dispatcher; one's own may be put back",
)


@bp.route(**LIST_TASKS.route)
def list_tasks(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of tasks."""
    return http.endpoint.run(req, context, LIST_TASKS)


@bp.route(**CREATE_TASK.route)
def create_task(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Make a task."""
    return http.endpoint.run(req, context, CREATE_TASK)


@bp.route(**GET_TASK.route)
def get_task(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer one task."""
    return http.endpoint.run(req, context, GET_TASK)


@bp.route(**UPDATE_TASK.route)
def update_task(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Edit a task."""
    return http.endpoint.run(req, context, UPDATE_TASK)


@bp.route(**DELETE_TASK.route)
def delete_task(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Take a task away."""
    return http.endpoint.run(req, context, DELETE_TASK)


@bp.route(**ASSIGN_TASK.route)
def assign_task(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Give a task to somebody."""
    return http.endpoint.run(req, context, ASSIGN_TASK)
