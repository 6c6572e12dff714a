"""Tasks: making, finding, editing, assigning and taking them away."""

from datetime import UTC, datetime, timedelta

from shared.actions.answer import Answer, versioned
from shared.actions.call import Call, Work
from shared.actions.task_edits import Proposal, check_assignment, take_in, tell
from shared.domain import cursor, event, task
from shared.domain.errors import Fault, Invalid, NotFound, PreconditionRequired, VersionMismatch
from shared.domain.model import Page
from shared.domain.paging import page
from shared.domain.task import (
    SERVER,
    AssignTask,
    CreateTask,
    DeleteTask,
    EditedTask,
    ListTasks,
    Task,
    TaskById,
    TaskSort,
    UpdateTask,
)
from shared.store import tasks as store

_CHANGED = "The task was changed since you read it; read it again and repeat your change on it."
_NOT_SAID = 'Send the `base` vector that your change was made on, or the version that you saw as If-Match: "n".'
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# where a cursor stands at what has no moment; no moment is so far away
_NEVER = 2**62


def create_task(call: Call, command: CreateTask) -> Answer[Task]:
    """Make a task.

    Raises:
        Forbidden: the caller may not give it to that person.
        Invalid: there is no such asset or person.
    """
    check_assignment(call, None, command.assignee_id)
    with call.transaction() as work:
        said = task.values(command)
        made = store.insert_task(work, said, call.principal.user_id, call.services.clock.now())
        work.emit(event.task_created(made, list(said)))
        if made.assignee_id is not None:
            work.emit(event.task_assigned(made))
        return work.answer(versioned(made, made.version, 201, {"Location": f"/api/tasks/{made.id}"}))


def get_task(call: Call, command: TaskById) -> Answer[Task]:
    """Answer one task; raise NotFound if there is none."""
    with call.read() as tx:
        found = store.find_task(tx, command.task_id)
    if found is None:
        raise NotFound
    return versioned(found, found.version)


def update_task(call: Call, command: UpdateTask) -> Answer[EditedTask]:
    """Take an edit in, beside those that others have made meanwhile.

    Raises:
        NotFound: there is no such task.
        PreconditionRequired: neither a base nor a version was said.
        VersionMismatch: it is not the version that the caller changes.
        Forbidden, Invalid: as for a new task.
    """
    _refuse(task.edit_faults(command))
    with call.transaction() as work:
        before = locked(work, command.task_id)
        # who says that any version will do has said which
        if command.base is None and "if_match" not in command.model_fields_set:
            raise PreconditionRequired(_NOT_SAID)
        _check_version(before, command.if_match)
        taken = take_in(call, work, before, _proposal(call, command))
        tell(work, before, taken)
        body = EditedTask(**taken.task.model_dump(), conflicts=taken.conflicts)
        return work.answer(versioned(body, body.version))


def assign_task(call: Call, command: AssignTask) -> Answer[Task]:
    """Give a task to somebody; doing so again is fine.

    Raises:
        NotFound: there is no such task.
        Forbidden: the caller may not give it to that person.
        Invalid: there is no such person.
    """
    with call.transaction() as work:
        before = locked(work, command.task_id)
        if before.assignee_id == command.assignee_id:
            return work.answer(versioned(before, before.version))
        after = take_in(call, work, before, Proposal({"assignee_id": command.assignee_id})).task
        work.emit(event.task_assigned(after))
        return work.answer(versioned(after, after.version))


def delete_task(call: Call, command: DeleteTask) -> Answer:
    """Take a task away.

    Raises:
        NotFound: there is no such task, or not any more.
        VersionMismatch: it is not the version that the caller saw.
    """
    with call.transaction() as work:
        _check_version(locked(work, command.task_id), command.if_match)
        version = store.delete_task(work, command.task_id, call.services.clock.now())
        work.emit(event.task_deleted(command.task_id, version))
        return work.answer(Answer(status=204))


def list_tasks(call: Call, command: ListTasks) -> Answer[Page[Task]]:
    """Answer a page of tasks."""
    assignee = call.principal.user_id if command.assignee_id == "me" else command.assignee_id
    with call.read() as tx:
        found = store.list_tasks(
            tx,
            command.sort,
            _after(command),
            q=command.q,
            status=command.status,
            priority=command.priority,
            asset_id=command.asset_id,
            assignee_id=None if assignee is None else int(assignee),
            due_before=command.due_before,
            page_size=command.limit + 1,
        )
    return Answer(page(found, command.limit, lambda one: (_mark(one, command.sort), one.id), command.sort))


def locked(work: Work, task_id: int) -> Task:
    """Answer a task that nobody else changes until the end; raise NotFound if there is none."""
    found = store.lock_task(work, task_id)
    if found is None:
        raise NotFound
    return found


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise Invalid(faults=faults)


def _check_version(now: Task, versions: tuple[int, ...] | None) -> None:
    if versions is not None and now.version not in versions:
        raise VersionMismatch(_CHANGED)


def _proposal(call: Call, command: UpdateTask) -> Proposal:
    said = task.values(command)
    if command.base is None:
        return Proposal(said, replica=command.replica or SERVER)
    # a device that does not name itself is at least not somebody else's
    replica = command.replica or f"user.{call.principal.user_id}"
    return Proposal(said, command.base, replica, command.changed_at, command.sent_at)


def _mark(one: Task, sort: TaskSort) -> int:
    """Answer the moment by which a list is in order, in microseconds; nothing where ids alone count."""
    field = sort.removeprefix("-")
    moment: datetime | None = None if field == TaskSort.ID else getattr(one, field)
    return _NEVER if moment is None else (moment - _EPOCH) // _MICROSECOND


def _after(command: ListTasks) -> tuple[datetime | None, int] | None:
    mark, last_id = cursor.decode(command.cursor, int, int, order=command.sort)
    if mark is None or last_id is None:
        return None
    if mark == _NEVER:
        return None, int(last_id)
    try:
        return _EPOCH + int(mark) * _MICROSECOND, int(last_id)
    except OverflowError:
        raise Invalid.field("/cursor", "This cursor was not issued for this list; begin without one.") from None
