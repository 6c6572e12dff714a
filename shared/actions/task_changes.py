"""Changes of tasks: finding what was changed, also what lost, and restoring it."""

from shared.actions.answer import Answer, versioned
from shared.actions.call import Call
from shared.actions.task_edits import Proposal, take_in, tell
from shared.actions.tasks import locked
from shared.domain import cursor
from shared.domain.errors import NotFound
from shared.domain.model import BIGINT_MAX, Page
from shared.domain.paging import page
from shared.domain.task import ListChanges, RestoreChange, Task, TaskChange
from shared.store import task_changes as store, tasks


def list_task_history(call: Call, command: ListChanges) -> Answer[Page[TaskChange]]:
    """Answer a page of a task's changes; raise NotFound if there is no such task."""
    (before_id,) = cursor.decode(command.cursor, int)
    before = BIGINT_MAX if before_id is None else int(before_id)
    with call.read() as tx:
        if tasks.find_task(tx, command.task_id) is None:
            raise NotFound
        found = store.list_changes(tx, command.task_id, before, command.limit + 1)
    return Answer(page(found, command.limit, lambda one: (one.id,)))


def restore_task_change(call: Call, command: RestoreChange) -> Answer[Task]:
    """Give a field the value again that a change gave it, or would have if it had not lost.

    Raises:
        NotFound: there is no such task, or no such change of it.
        Forbidden: it is about who does the task, and the caller may not give it to that person.
    """
    with call.transaction() as work:
        before = locked(work, command.task_id)
        change = store.find_change(work, command.task_id, command.change_id)
        if change is None:
            raise NotFound
        field, value = change
        taken = take_in(call, work, before, Proposal({field: value}, restores=command.change_id))
        tell(work, before, taken)
        return work.answer(versioned(taken.task, taken.task.version))
