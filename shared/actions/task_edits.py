"""Taking an edit of a task in: beside those that were made without knowing of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.actions.call import Call, Work
from shared.domain import event, merge, task
from shared.domain.errors import Forbidden, Invalid
from shared.domain.merge import Edit, Vector
from shared.domain.principal import Role
from shared.domain.task import MOST_EDITS, MOST_REPLICAS, SERVER, ChangeOutcome, Conflict, Task
from shared.store import task_changes, tasks as store
from shared.store.task_changes import Head, Recorded


@dataclass(frozen=True)
class Proposal:
    """An edit that somebody asks for.

    Attributes:
        said: values by field, as JSON holds them.
        base: what the author had seen; None for the task as it stands.
        replica: that made it.
        changed_at: when, by the device's clock.
        sent_at: when it was sent, by the same clock.
        restores: the change whose value it restores.
    """

    said: Mapping[str, Any]
    base: Vector | None = None
    replica: str = SERVER
    changed_at: datetime | None = None
    sent_at: datetime | None = None
    restores: int | None = None


@dataclass(frozen=True)
class Taken:
    """A task with an edit taken in.

    Attributes:
        task: as it stands now.
        changed: the fields whose value is another than before.
        conflicts: what the edit met.
        is_new: the edit was not on record before.
    """

    task: Task
    changed: Sequence[str]
    conflicts: list[Conflict]
    is_new: bool


@dataclass(frozen=True)
class _Merged:
    """One field, with an edit among the others: its value, the change to record, and what to settle anew."""

    value: Any
    change: Mapping[str, Any]
    resettled: Sequence[Mapping[str, Any]] = ()
    conflict: Conflict | None = None


def take_in(call: Call, work: Work, before: Task, proposal: Proposal) -> Taken:
    """Take an edit in to a task that is locked; one that says nothing, or that is on record, changes nothing.

    Raises:
        Forbidden: the caller may not give the task to that person.
        Invalid: there is no such asset or person, or the replica has counted too far.
    """
    # whoever edits a task knows that it was made, whatever clocks and bases say
    base = before.vector if proposal.base is None else merge.joined(proposal.base, merge.CREATION)
    covers = merge.covers(base, before.vector)
    later = [] if covers else _later(work, before, proposal, base)
    first = _recorded_before(later, proposal)
    if not proposal.said or first is not None:
        return Taken(before, [], first or [], is_new=False)
    if "assignee_id" in proposal.said:
        check_assignment(call, before.assignee_id, proposal.said["assignee_id"])
    now = call.services.clock.now()
    counter = merge.next_counter(base, proposal.replica, {row["counter"] for row in later}, before.vector)
    _check_limits(before, proposal.replica, counter)
    made = merge.stamp(proposal.changed_at, proposal.sent_at, now)
    edits = {field: Edit(proposal.replica, counter, base, made, value) for field, value in proposal.said.items()}
    merged = (_upon_all if covers else _among)(work, before, edits)
    head = Head(
        before.id,
        call.principal.user_id,
        proposal.replica,
        counter,
        base,
        _text(proposal.changed_at),
        made,
        proposal.restores,
        now,
    )
    return _write(work, before, head, merged)


def check_assignment(call: Call, before: int | None, after: int | None) -> None:
    """Raise Forbidden unless the caller gives out work, takes some, or puts their own back for others to take."""
    me = call.principal.user_id
    is_own = after == me or (before == me and after is None)
    # to hand one's own on to somebody would be to give out work: any task could be taken first
    if before != after and not is_own and not call.principal.may(Role.DISPATCHER):
        raise Forbidden("You may take a task or put your own back; dispatchers assign tasks to others.")


def tell(work: Work, before: Task, taken: Taken) -> None:
    """Tell others of an edit that was taken in, and of whom the task was given to."""
    if taken.is_new:
        work.emit(event.task_updated(taken.task, taken.changed))
    if taken.task.assignee_id is not None and taken.task.assignee_id != before.assignee_id:
        work.emit(event.task_assigned(taken.task))


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _later(work: Work, before: Task, proposal: Proposal, base: Vector) -> list[Mapping[str, Any]]:
    return task_changes.list_later_edits(work, before.id, proposal.replica, base, _text(proposal.changed_at))


def _recorded_before(later: Sequence[Mapping[str, Any]], proposal: Proposal) -> list[Conflict] | None:
    """Answer what the edit met when it came first, or None if it is new."""
    edits: dict[int, list[Mapping[str, Any]]] = {}
    for row in later:
        if row["same"]:
            edits.setdefault(row["counter"], []).append(row)
    for rows in edits.values():
        if {row["field"]: row["to_value"] for row in rows} == proposal.said:
            return [Conflict.model_validate(row["conflict"]) for row in rows if row["conflict"] is not None]
    return None


def _check_limits(before: Task, replica: str, counter: int) -> None:
    if counter > MOST_EDITS:
        raise Invalid.field("/base", "This replica has counted too far; begin with a new one.")
    if replica not in before.vector and len(before.vector) >= MOST_REPLICAS:
        raise Invalid.field("/replica", "Too many replicas have edited this task; edit it with If-Match instead.")


def _upon_all(work: Work, before: Task, edits: Mapping[str, Edit]) -> dict[str, _Merged]:
    """Merge an edit whose author had seen all others: it has the last word."""
    leaders = task_changes.list_leaders(work, before.id, edits)
    return {
        field: _Merged(edit.value, _change(before, field, edit, merge.follow(edit.stamp, leaders[field][0].effective)))
        for field, edit in edits.items()
    }


def _among(work: Work, before: Task, edits: Mapping[str, Edit]) -> dict[str, _Merged]:
    """Merge an edit among others that its author may not have known."""
    recorded = task_changes.list_edits(work, before.id, edits)
    return {field: _settled(before, field, edit, recorded[field]) for field, edit in edits.items()}


def _settled(before: Task, field: str, edit: Edit, recorded: Sequence[Recorded]) -> _Merged:
    found = merge.settle([*(one.edit for one in recorded), edit])
    leader = max(recorded, key=lambda one: (one.effective, one.edit.replica, one.edit.counter)).edit
    met = merge.conflict(field, edit, leader, found.leader)
    change = {
        **_change(before, field, edit, found.effective[edit.dot]),
        "outcome": ChangeOutcome.LOST if edit.dot in found.lost else ChangeOutcome.APPLIED,
        "conflict": None if met is None else met.model_dump(mode="json"),
    }
    return _Merged(found.leader.value, change, _resettled(recorded, found), met)


def _resettled(recorded: Sequence[Recorded], found: merge.Settled) -> list[Mapping[str, Any]]:
    """Answer the changes on record that now fare otherwise."""
    anew: list[Mapping[str, Any]] = []
    for one in recorded:
        stands = ChangeOutcome.RESTORED if one.is_restoring else ChangeOutcome.APPLIED
        outcome = ChangeOutcome.LOST if one.edit.dot in found.lost else stands
        effective = found.effective[one.edit.dot]
        if (outcome, effective) != (one.outcome, one.effective):
            anew.append({"id": one.id, "outcome": outcome, "effective_at": effective.isoformat()})
    return anew


def _change(before: Task, field: str, edit: Edit, effective: datetime) -> dict[str, Any]:
    return {
        "field": field,
        "from_value": task.shown(before)[field],
        "to_value": edit.value,
        "effective_at": effective.isoformat(),
        "outcome": ChangeOutcome.APPLIED,
    }


def _write(work: Work, before: Task, head: Head, merged: Mapping[str, _Merged]) -> Taken:
    restored = {"outcome": ChangeOutcome.RESTORED} if head.restores is not None else {}
    task_changes.insert_changes(work, head, [{**one.change, **restored} for one in merged.values()])
    task_changes.settle_changes(work, [row for one in merged.values() for row in one.resettled])
    vector = merge.joined(before.vector, (head.replica, head.counter))
    document = {field: one.value for field, one in merged.items()}
    after = store.update_task(work, before.id, document, vector, head.now)
    was = task.shown(before)
    changed = [field for field, value in document.items() if value != was[field]]
    conflicts = [one.conflict for one in merged.values() if one.conflict is not None]
    return Taken(after, changed, conflicts, is_new=True)
