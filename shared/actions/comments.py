"""Comments: adding to what is said about a task, and reading it."""

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.actions.tasks import locked
from shared.domain import cursor, event
from shared.domain.comment import AddComment, Comment, ListComments
from shared.domain.errors import NotFound
from shared.domain.model import Page
from shared.domain.paging import page
from shared.store import comments as store, tasks


def add_comment(call: Call, command: AddComment) -> Answer[Comment]:
    """Say something about a task; raise NotFound if there is none."""
    with call.transaction() as work:
        # nobody takes the task away before this is said
        locked(work, command.task_id)
        now = call.services.clock.now()
        made = store.insert_comment(work, command.task_id, call.principal.user_id, command.body, now)
        work.emit(event.comment_added(made))
        return work.answer(Answer(made, 201, headers={"Location": f"/api/tasks/{made.task_id}/comments"}))


def list_comments(call: Call, command: ListComments) -> Answer[Page[Comment]]:
    """Answer a page of what was said about a task; raise NotFound if there is none."""
    (after_id,) = cursor.decode(command.cursor, int)
    with call.read() as tx:
        if tasks.find_task(tx, command.task_id) is None:
            raise NotFound
        found = store.list_comments(tx, command.task_id, int(after_id or 0), command.limit + 1)
    return Answer(page(found, command.limit, lambda one: (one.id,)))
