"""The changes of a task over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

LIST_TASK_HISTORY = Operation(
    "list_task_history",
    "GET",
    "/api/tasks/{task_id:long}/history",
    Role.DRIVER,
    lambda: actions.task_changes.list_task_history,
    summary="The changes of a task, newest first, also those that lost",
    noun="tasks",
)

RESTORE_TASK_CHANGE = Operation(
    "restore_task_change",
    "POST",
    "/api/tasks/{task_id:long}/history/{change_id:long}/restore",
    Role.DRIVER,
    lambda: actions.task_changes.restore_task_change,
    summary="Give a field the value of a change again",
    noun="tasks",
)


@bp.route(**LIST_TASK_HISTORY.route)
def list_task_history(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of a task's changes."""
    return http.endpoint.run(req, context, LIST_TASK_HISTORY)


@bp.route(**RESTORE_TASK_CHANGE.route)
def restore_task_change(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Restore the value of a change."""
    return http.endpoint.run(req, context, RESTORE_TASK_CHANGE)
