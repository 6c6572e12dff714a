"""Who looks at a task, on real storage: seats, leases, lists and their numbers, and what the fan-out is told."""

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from local.azurite import Azurite
from local.ports import free_port
from shared.actions import presence, sweeps
from shared.actions.call import Call
from shared.adapters.fanout import AzureFanout
from shared.adapters.presence import AzurePresenceStore
from shared.domain.errors import DependencyDown, NotFound
from shared.domain.model import UserRef
from shared.domain.presence import LEASE, Presence, change
from shared.domain.task import TaskById
from shared.services import Services
from tests.factories import TenantMade, insert_task, make_call
from tests.fixtures.clocks import Later

type Caller = Callable[..., Call]


@dataclass
class Overheard:
    """The real fan-out, and what it was asked to send, in order."""

    fanout: Any
    sent: list[dict[str, Any]] = field(default_factory=list)
    moved: list[tuple[str, str, str]] = field(default_factory=list)

    def send_to_group(self, group: str, message: bytes, *, without: str | None = None) -> None:
        self.fanout.send_to_group(group, message, without=without)
        self.sent += [{"group": group, **one} for one in orjson.loads(message)["events"]]

    def join(self, connection_id: str, group: str) -> None:
        self.fanout.join(connection_id, group)
        self.moved.append(("join", connection_id, group))

    def leave(self, connection_id: str, group: str) -> None:
        self.fanout.leave(connection_id, group)
        self.moved.append(("leave", connection_id, group))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.fanout, name)


@dataclass
class Stage:
    """One task, and everything with which people come and go."""

    services: Services
    overheard: Overheard
    clock: Later
    tenant_id: int
    task_id: int
    call: Call

    def attend(self, connection_id: str, person: UserRef) -> bool:
        return presence.attend(self.services, self.tenant_id, self.task_id, connection_id, person)

    def leave(self, connection_id: str) -> None:
        presence.leave(self.services, self.tenant_id, self.task_id, connection_id)

    def shown(self) -> Presence:
        body = presence.show_presence(self.call, TaskById(task_id=self.task_id)).body
        assert isinstance(body, Presence)
        return body

    def told(self) -> list[tuple[str, str, int, list[str]]]:
        """Return of this task type, person, number and the list of names of each event."""
        return [
            (
                one["type"].removeprefix("PRESENCE_"),
                one["data"]["user"]["name"],
                one["data"]["number"],
                [item["name"] for item in one["data"]["items"]],
            )
            for one in self.overheard.sent
            if one["data"]["task_id"] == self.task_id
        ]

    def names(self) -> list[str]:
        return [one.name for one in self.shown().items]


ANN = UserRef(id=1, oid="ann", name="Ann")
BEN = UserRef(id=2, oid="ben", name="Ben")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzurePresenceStore]:
    """Answer a store of this file's own: the sweep looks at everything there is."""
    with Azurite(tmp_path_factory.mktemp("azurite"), free_port(3), in_memory=True) as own:
        own.make_tables("presence")
        yield AzurePresenceStore.configured(own.connection_string, "")


@pytest.fixture
def stage(services: Services, tenant: TenantMade, store: AzurePresenceStore) -> Stage:
    overheard, clock = Overheard(services.fanout), Later()
    own = replace(services, fanout=overheard, clock=clock, presence=store)
    task_id = insert_task(services, tenant)
    return Stage(own, overheard, clock, tenant.id, task_id, make_call(own, tenant, "driver"))


def tab(name: str) -> str:
    return f"{name}-{secrets.token_hex(4)}"


def test_people_come_and_go(stage: Stage) -> None:
    ann, ben = tab("ann"), tab("ben")
    assert (stage.names(), stage.shown().number) == ([], 0)
    assert stage.attend(ann, ANN)
    assert stage.attend(ben, BEN)
    assert not stage.attend(ann, ANN)
    assert (stage.names(), stage.shown().number) == (["Ann", "Ben"], 2)
    stage.leave(ann)
    stage.leave(ann)
    stage.leave(ben)
    assert (stage.names(), stage.shown().number) == ([], 4)
    assert stage.told() == [
        ("JOIN", "Ann", 1, ["Ann"]),
        ("JOIN", "Ben", 2, ["Ann", "Ben"]),
        ("LEAVE", "Ann", 3, ["Ben"]),
        ("LEAVE", "Ben", 4, []),
    ]
    group = f"t.{stage.tenant_id}.task.{stage.task_id}"
    assert stage.overheard.moved[:2] == [("join", ann, group), ("join", ben, group)]
    assert ("leave", ann, group) in stage.overheard.moved


def test_an_event_of_presence_has_the_whole_list_and_no_seq(stage: Stage) -> None:
    stage.attend(tab("ann"), ANN)
    (told,) = stage.overheard.sent
    at, data = told.pop("at"), told.pop("data")
    assert datetime.fromisoformat(at).tzinfo is not None
    assert told == {
        "group": f"t.{stage.tenant_id}",
        "type": "PRESENCE_JOIN",
        "resource_type": "task",
        "resource_id": str(stage.task_id),
        "user_id": 1,
    }
    assert data == {"task_id": stage.task_id, "user": ANN.model_dump(), **orjson.loads(stage.shown().model_dump_json())}


def test_a_person_with_two_tabs_counts_once_and_leaves_with_the_last(stage: Stage) -> None:
    first, second = tab("ann"), tab("ann")
    stage.attend(first, ANN)
    since = stage.shown().items[0].since
    stage.clock.by = timedelta(seconds=10)
    stage.attend(second, ANN)
    (item,) = stage.shown().items
    assert item.since == since
    assert item.last_seen >= since + timedelta(seconds=10)
    stage.leave(first)
    assert (stage.names(), stage.shown().number) == (["Ann"], 1)
    assert stage.shown().items[0].since == since, "she has not been away"
    stage.leave(second)
    assert (stage.names(), stage.shown().number) == ([], 2)
    assert [one[:2] for one in stage.told()] == [("JOIN", "Ann"), ("LEAVE", "Ann")]


def test_two_tabs_that_close_at_once_leave_nobody_behind(stage: Stage) -> None:
    for turn in range(10):
        tabs = [tab("ann"), tab("ann")]
        for one in tabs:
            stage.attend(one, ANN)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(stage.leave, tabs))
        assert (stage.names(), stage.shown().number) == ([], 2 * turn + 2)
    assert [one[0] for one in stage.told()] == ["JOIN", "LEAVE"] * 10


def test_of_many_who_come_at_once_none_is_lost_and_no_number_is_given_twice(stage: Stage) -> None:
    people = [UserRef(id=number, oid=f"p{number}", name=f"P{number}") for number in range(1, 13)]
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(lambda one: stage.attend(tab(one.oid), one), people)) == [True] * 12
    assert (len(stage.names()), stage.shown().number) == (12, 12)
    lists = {number: items for _, _, number, items in stage.told()}
    assert {number: len(items) for number, items in lists.items()} == {number: number for number in range(1, 13)}


def test_who_is_not_heard_of_is_there_no_more(stage: Stage) -> None:
    ann, ben = tab("ann"), tab("ben")
    stage.attend(ann, ANN)
    stage.attend(ben, BEN)
    stage.clock.by = LEASE - timedelta(seconds=5)
    stage.attend(ben, BEN)
    assert stage.names() == ["Ann", "Ben"]
    stage.clock.by = LEASE + timedelta(seconds=1)
    # whoever looks or says that he is there lets the vanished go, and all are told
    assert not stage.attend(ben, BEN)
    assert stage.told()[-1] == ("LEAVE", "Ann", 3, ["Ben"])
    assert (stage.names(), stage.shown().number) == (["Ben"], 3)
    # a heartbeat of one who was given up is a join
    assert stage.attend(ann, ANN)
    assert stage.told()[-1] == ("JOIN", "Ann", 4, ["Ann", "Ben"][::-1])


def test_looking_lets_the_vanished_go(stage: Stage) -> None:
    stage.attend(tab("ann"), ANN)
    stage.clock.by = LEASE + timedelta(seconds=1)
    assert (stage.names(), stage.shown().number) == ([], 2)
    assert [one[0] for one in stage.told()] == ["JOIN", "LEAVE"]


def test_the_sweep_tells_of_who_vanished(stage: Stage) -> None:
    for number in range(1, 4):
        stage.attend(tab("ann"), UserRef(id=number, oid=f"p{number}", name=f"P{number}"))
    enough = time.monotonic() + 60
    presence.end_all_stale(stage.services, enough)
    assert len(stage.told()) == 3
    stage.clock.by = LEASE + timedelta(seconds=1)
    assert presence.end_all_stale(stage.services, enough) >= 1
    left = [one for one in stage.told() if one[0] == "LEAVE"]
    assert sorted(left) == [("LEAVE", f"P{number}", 4, []) for number in range(1, 4)]
    assert presence.end_all_stale(stage.services, enough) == 0


def test_a_hundred_vanished_tabs_go_in_turns(stage: Stage) -> None:
    for number in range(95):
        stage.attend(tab(f"t{number}"), ANN)
    stage.clock.by = LEASE + timedelta(seconds=1)
    assert stage.names() == []
    assert [one[0] for one in stage.told()] == ["JOIN", "LEAVE"]


def test_a_heartbeat_and_the_end_of_a_lease_do_not_lose_each_other(stage: Stage) -> None:
    """Whoever purges does so with what was read: a seat that was renewed meanwhile stays."""
    ann = tab("ann")
    stage.attend(ann, ANN)
    stage.clock.by = LEASE + timedelta(seconds=1)
    before = stage.services.presence.read(stage.tenant_id, stage.task_id)
    assert not stage.attend(ann, ANN)
    made = change(before, leave=before.list_stale(stage.clock.now()))
    assert len(made.left) == 1
    assert not stage.services.presence.write(made)
    assert stage.names() == ["Ann"]


def test_presence_is_kept_though_nobody_can_be_told(stage: Stage) -> None:
    silent = AzureFanout.configured(f"Endpoint=http://127.0.0.1:9;AccessKey={'k' * 32};Version=1.0;", "", "hub")
    deaf = replace(stage, services=replace(stage.services, fanout=silent))
    ann = tab("ann")
    assert deaf.attend(ann, ANN)
    assert stage.shown().number == 1
    deaf.leave(ann)
    assert (stage.names(), stage.shown().number) == ([], 2)


def test_without_its_storage_presence_says_so(stage: Stage) -> None:
    gone = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=eA==;TableEndpoint=http://127.0.0.1:9/a"
    broken = replace(stage, services=replace(stage.services, presence=AzurePresenceStore.configured(gone, "")))
    for attempt in (lambda: broken.attend("x", ANN), lambda: broken.leave("x"), broken.services.presence.ping):
        with pytest.raises(DependencyDown):
            attempt()


def test_without_its_table_presence_says_so(stage: Stage, azurite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.adapters.presence.TABLE", "nothere")
    broken = replace(stage, services=replace(stage.services, presence=AzurePresenceStore.configured(azurite, "")))
    for attempt in (lambda: broken.attend("x", ANN), lambda: broken.leave("x"), broken.services.presence.ping):
        with pytest.raises(DependencyDown):
            attempt()


def test_tasks_of_another_organisation_show_nothing(stage: Stage, services: Services, other_tenant: TenantMade) -> None:
    stage.attend(tab("ann"), ANN)
    stranger = make_call(services, other_tenant, "admin")
    with pytest.raises(NotFound):
        presence.show_presence(stranger, TaskById(task_id=stage.task_id))
    assert services.presence.read(other_tenant.id, stage.task_id).seats == ()


@pytest.fixture
def connection(stage: Stage, services: Services) -> Iterator[str]:
    connection_id = tab("conn")
    with services.database.transaction(stage.tenant_id) as (tx, _):
        statement = (
            "INSERT INTO realtime_connections (tenant_id, connection_id, user_id, role, task_ids, connected_at)"
            " VALUES (%(tenant_id)s, %(it)s, %(user)s, 'manager', %(tasks)s, now() - interval '25 hours')"
        )
        tx.run(statement, it=connection_id, user=stage.call.principal.user_id, tasks=[stage.task_id])
    yield connection_id
    with services.database.transaction(stage.tenant_id) as (tx, _):
        tx.run("DELETE FROM realtime_connections WHERE tenant_id = %(tenant_id)s")


def state_of(stage: Stage, connection_id: str) -> tuple[str, bool] | None:
    statement = (
        "SELECT role, disconnected_at IS NULL AS open FROM realtime_connections"
        " WHERE tenant_id = %(tenant_id)s AND connection_id = %(it)s"
    )
    with stage.services.database.read(stage.tenant_id) as tx:
        row = tx.find(statement, it=connection_id)
    return (row["role"], row["open"]) if row else None


def test_a_connection_whose_end_was_missed_is_ended_after_a_day(stage: Stage, connection: str) -> None:
    stage.attend(connection, ANN)
    assert sweeps.end_stale_presence(stage.services) >= 1
    assert state_of(stage, connection) == ("driver", False)
    assert stage.told()[-1] == ("LEAVE", "Ann", 2, [])
    with stage.services.database.read(stage.tenant_id) as tx:
        found = tx.all(
            "SELECT action FROM audit_log WHERE tenant_id = %(tenant_id)s AND resource = %(it)s",
            it=f"connection/{connection}",
        )
    assert [row["action"] for row in found] == ["realtime.disconnect"]
    sweeps.end_stale_presence(stage.services)


def test_connections_are_forgotten_after_thirty_days(stage: Stage, connection: str) -> None:
    sweeps.end_stale_presence(stage.services)
    assert sweeps.forget_connections(stage.services) == 0
    stage.clock.by = timedelta(days=30, minutes=1)
    assert sweeps.forget_connections(stage.services) == 1
    assert state_of(stage, connection) is None
