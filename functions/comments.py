"""Comments on tasks over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

LIST_COMMENTS = Operation(
    "list_comments",
    "GET",
    "/api/tasks/{task_id:long}/comments",
    Role.DRIVER,
    lambda: actions.comments.list_comments,
    summary="What was said about a task, oldest first",
)

ADD_COMMENT = Operation(
    "add_comment",
    "POST",
    "/api/tasks/{task_id:long}/comments",
    Role.DRIVER,
    lambda: actions.comments.add_comment,
    summary="Say something about a task",
    status=201,
    sends=("Location",),
)


@bp.route(**LIST_COMMENTS.route)
def list_comments(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of comments."""
    return http.endpoint.run(req, context, LIST_COMMENTS)


@bp.route(**ADD_COMMENT.route)
def add_comment(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Add a comment."""
    return http.endpoint.run(req, context, ADD_COMMENT)
