"""Edits of tasks on a real database: in every order the same, told as they are, each on record."""

import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from shared.actions import comments, task_changes, tasks
from shared.actions.call import Call
from shared.domain.comment import AddComment
from shared.domain.errors import Invalid
from shared.domain.model import Page
from shared.domain.task import (
    MOST_EDITS,
    MOST_REPLICAS,
    AssignTask,
    CreateTask,
    DeleteTask,
    EditedTask,
    ListChanges,
    RestoreChange,
    Task,
    TaskById,
    TaskChange,
    UpdateTask,
)
from shared.services import Services
from tests.factories import TenantMade

type Caller = Callable[..., Call]
type Said = dict[str, Any]


def make(call: Call, **said: Any) -> Task:
    body = tasks.create_task(call, CreateTask(**{"title": "Task", **said})).body
    assert isinstance(body, Task)
    return body


def edit(call: Call, task: Task, **said: Any) -> EditedTask:
    body = tasks.update_task(call, UpdateTask(task_id=task.id, **said)).body
    assert isinstance(body, EditedTask)
    return body


def now(call: Call, task: Task) -> Task:
    body = tasks.get_task(call, TaskById(task_id=task.id)).body
    assert isinstance(body, Task)
    return body


def changes(call: Call, task: Task) -> list[TaskChange]:
    body = task_changes.list_task_history(call, ListChanges(task_id=task.id, limit=200)).body
    assert isinstance(body, Page)
    return body.items


def events(services: Services, tenant: TenantMade, task: Task) -> list[tuple[str, Said]]:
    statement = (
        "SELECT event_type, payload FROM websocket_events "
        "WHERE tenant_id = %(tenant_id)s AND resource_type = 'task' AND resource_id = %(id)s ORDER BY seq"
    )
    with services.database.read(tenant.id) as tx:
        return [(row["event_type"], row["payload"]) for row in tx.all(statement, id=str(task.id))]


def outcome(services: Services, tenant: TenantMade, task: Task) -> list[tuple[Any, ...]]:
    """Answer how every edit but the making fares."""
    statement = (
        "SELECT field, replica, counter, to_value, outcome, effective_at FROM task_changes "
        "WHERE tenant_id = %(tenant_id)s AND task_id = %(id)s AND replica <> 'server' ORDER BY field, replica, counter"
    )
    with services.database.read(tenant.id) as tx:
        return [tuple(row.values()) for row in tx.all(statement, id=task.id)]


MADE = {"server": 1}


def history_of(begin: datetime) -> list[Said]:
    """Answer what three devices did: two of them apart, and one of those again upon what both had done."""

    def at(seconds: float) -> datetime:
        return begin + timedelta(milliseconds=seconds)

    return [
        {"replica": "a", "base": MADE, "changed_at": at(3), "title": "A1", "status": "blocked"},
        {"replica": "b", "base": MADE, "changed_at": at(3), "title": "B1", "priority": "high"},
        {"replica": "c", "base": MADE, "changed_at": at(2), "title": "C1", "priority": "low", "due_at": at(0)},
        {"replica": "a", "base": {**MADE, "a": 1, "b": 1}, "changed_at": at(1), "title": "A2", "due_at": None},
    ]


def test_every_order_of_arrival_ends_in_the_same_task(call: Caller, services: Services, tenant: TenantMade) -> None:
    who = call("driver")
    orders = list(itertools.permutations(range(4)))
    made = [make(who) for _ in orders]
    history = history_of(datetime.now(UTC))
    # no edit arrives before it was made
    time.sleep(0.01)
    ends = set()
    for task, order in zip(made, orders, strict=True):
        for index in (*order, order[0], order[-1]):
            edit(who, task, **history[index])
        end = now(who, task)
        assert end.version == 5
        shown = end.model_dump_json(include={"title", "status", "priority", "due_at", "vector"})
        ends.add((shown, str(outcome(services, tenant, task))))
    assert len(ends) == 1
    assert '"title":"A2"' in shown
    assert end.vector == {"server": 1, "a": 2, "b": 1, "c": 1}
    for task in made:
        lost = {(one.field, one.to) for one in changes(who, task) if one.outcome == "lost"}
        assert lost == {("title", "A1"), ("title", "C1"), ("priority", "low"), ("due_at", None)}


def test_events_build_the_state_that_is_read(call: Caller, services: Services, tenant: TenantMade) -> None:
    who = call("dispatcher", oid="teller")
    task = make(who, assignee_id=who.principal.user_id)
    late = datetime.now(UTC)
    early = late - timedelta(microseconds=1)
    edit(who, task, base=MADE, replica="z", changed_at=late, title="Late")
    lost: Said = {"base": MADE, "replica": "a", "changed_at": early, "title": "Early"}
    told = edit(who, task, **lost)
    assert (told.title, told.version, [one.winner for one in told.conflicts]) == ("Late", 3, ["theirs"])
    assert edit(who, task, **lost) == told
    tasks.assign_task(who, AssignTask(task_id=task.id, assignee_id=None))
    edit(who, task, if_match=(4,), assignee_id=who.principal.user_id, title="Late")
    comments.add_comment(who, AddComment(task_id=task.id, body="Well"))
    end = now(who, task)
    found = events(services, tenant, task)
    assert [(kind, data.get("changed")) for kind, data in found] == [
        ("TASK_CREATED", ["title", "description", "status", "priority", "asset_id", "assignee_id", "due_at"]),
        ("TASK_ASSIGNED", ["assignee_id"]),
        ("TASK_UPDATED", ["title"]),
        ("TASK_UPDATED", []),
        ("TASK_ASSIGNED", ["assignee_id"]),
        ("TASK_UPDATED", ["assignee_id"]),
        ("TASK_ASSIGNED", ["assignee_id"]),
        ("COMMENT_ADDED", None),
    ]
    built = {name: value for name, value in found[-2][1].items() if name != "changed"}
    assert built == end.model_dump(mode="json")
    assert (found[-1][1]["body"], found[-1][1]["user"]["oid"]) == ("Well", "teller")
    tasks.delete_task(who, DeleteTask(task_id=task.id))
    assert events(services, tenant, task)[-1] == ("TASK_DELETED", {"task_id": task.id, "version": end.version + 1})


def test_an_edit_that_says_nothing_is_none(call: Caller, services: Services, tenant: TenantMade) -> None:
    who = call("driver")
    task = make(who)
    assert edit(who, task, base=MADE, replica="a").version == edit(who, task, if_match=(1,)).version == 1
    assert len(events(services, tenant, task)) == 1


def test_another_edit_under_a_taken_number_gets_the_next(call: Caller) -> None:
    who = call("driver")
    task = make(who)
    at = datetime.now(UTC)
    for number, title in ((1, "one"), (2, "two"), (2, "one"), (2, "two")):
        later = at + timedelta(microseconds=1 if title == "two" else 0)
        after = edit(who, task, base=MADE, replica="a", changed_at=later, title=title)
        assert (after.vector["a"], after.title) == (number, title if number == 1 else "two")
    assert len(changes(who, task)) == 7 + 2


def test_counters_and_replicas_end_somewhere(call: Caller, services: Services, tenant: TenantMade) -> None:
    who = call("driver")
    task = make(who)
    edit(who, task, base={**MADE, "a": MOST_EDITS - 1}, replica="a", title="the last")
    assert now(who, task).vector["a"] == MOST_EDITS
    for base in ({**MADE, "a": MOST_EDITS}, {**MADE, "a": MOST_EDITS - 1}):
        with pytest.raises(Invalid) as refused:
            edit(who, task, base=base, replica="a", title="one more")
        assert [fault.pointer for fault in refused.value.faults] == ["/base"]
    full = {f"r{number}": 1 for number in range(MOST_REPLICAS)}
    with services.database.transaction(tenant.id) as (tx, _):
        tx.run(
            "UPDATE tasks SET vector = %(vector)s WHERE tenant_id = %(tenant_id)s AND id = %(id)s",
            id=task.id,
            vector=Jsonb(full),
        )
    with pytest.raises(Invalid) as refused:
        edit(who, task, base=full, replica="new", title="one more")
    assert [fault.pointer for fault in refused.value.faults] == ["/replica"]
    assert edit(who, task, base=full, replica="r1", title="known").title == "known"


def test_many_at_once_lose_nothing(call: Caller) -> None:
    task = make(call("driver"))
    at = datetime.now(UTC)

    def attempt(number: int) -> None:
        stamp = at - timedelta(microseconds=number)
        edit(call("driver"), task, base=MADE, replica=f"r{number}", changed_at=stamp, title=f"T{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(24)))
    end = now(call("driver"), task)
    assert end.vector == {**MADE, **{f"r{number}": 1 for number in range(24)}}
    assert (end.version, end.title) == (25, "T0")
    recorded: Sequence[TaskChange] = [one for one in changes(call("driver"), task) if one.replica != "server"]
    assert {one.to for one in recorded if one.outcome == "lost"} == {f"T{number}" for number in range(1, 24)}


def test_restoring_is_a_change_like_others(call: Caller) -> None:
    who = call("driver")
    task = make(who, title="First")
    edit(who, task, if_match=(1,), title="Second")
    first = next(one for one in changes(who, task) if one.to == "First")
    body = task_changes.restore_task_change(who, RestoreChange(task_id=task.id, change_id=first.id)).body
    assert isinstance(body, Task)
    assert (body.title, body.version) == ("First", 3)
    rival = edit(who, task, base=MADE, replica="a", changed_at=datetime.now(UTC) + timedelta(days=1), title="Away")
    assert [(one.yours, one.theirs, one.winner) for one in rival.conflicts] == [("Away", "First", "yours")]
    assert [(one.to, one.was, one.outcome) for one in changes(who, task)[:3]] == [
        ("Away", "First", "applied"),
        ("First", "Second", "lost"),
        ("Second", "First", "lost"),
    ]
