"""What clients say, by signed calls: once, never too often, and not lost when a dependency is away."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import pytest

from shared.actions import connections
from shared.adapters.presence import AzurePresenceStore
from shared.domain.delivery import Delivery, DeliveryType
from shared.domain.errors import DependencyDown, TooManyRequests
from shared.domain.presence import Attendance, Change
from shared.services import Services
from shared.store import realtime as store
from tests.factories import TenantMade, insert_task, make_call
from tests.fixtures.deliveries import Teller, key_of
from tests.world import Clone, World

NOWHERE = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=eA==;TableEndpoint=http://127.0.0.1:9/a"


@dataclass
class Line:
    """An open connection of somebody, and what it says to an application."""

    services: Services
    tenant: TenantMade
    user_id: int
    connection_id: str = field(default_factory=lambda: secrets.token_hex(8))
    count: int = 0

    def says(self, task_id: int, state: str, event_id: str | None = None, services: Services | None = None) -> int:
        """Deliver a user event and return the answer's status."""
        self.count += 1
        content = orjson.dumps({"task_id": task_id, "state": state})
        return self._told(DeliveryType.USER, "presence", content, event_id or f"e{self.count}", services)

    def ends(self) -> int:
        """Deliver the end of the connection."""
        return self._told(DeliveryType.DISCONNECTED, "", b"{}", "end", None)

    def _told(self, kind: DeliveryType, event: str, content: bytes, event_id: str, services: Services | None) -> int:
        person = f"{self.tenant.id}|{self.user_id}"
        hub = self.services.settings.web_pubsub_hub
        told = Delivery(kind, event, hub, self.connection_id, event_id, person, "application/json", content)
        return connections.take_delivery(services or self.services, told, "test").status


@pytest.fixture
def line(services: Services, tenant: TenantMade) -> Line:
    call = make_call(services, tenant, "driver")
    made = Line(services, tenant, call.principal.user_id)
    with services.database.transaction(tenant.id) as (tx, _):
        store.open_connection(tx, made.connection_id, made.user_id, "driver")
    return made


@pytest.fixture
def task(services: Services, tenant: TenantMade) -> int:
    return insert_task(services, tenant)


def seats(line: Line, task: int) -> list[str]:
    return [seat.connection_id for seat in line.services.presence.read(line.tenant.id, task).seats]


def tasks_of(line: Line) -> list[int]:
    with line.services.database.read(line.tenant.id) as tx:
        found = store.find_connection(tx, line.connection_id)
    assert found is not None
    return list(found["task_ids"])


def test_what_comes_again_is_done_once(line: Line, task: int) -> None:
    assert line.says(task, "join", "1") == 204
    assert line.says(task, "leave", "2") == 204
    assert (seats(line, task), tasks_of(line)) == ([], [])
    for event_id in ("1", "2", "1"):
        assert line.says(task, "join", event_id) == 204
    assert (seats(line, task), tasks_of(line)) == ([], [])
    assert line.says(task, "heartbeat", "3") == 204
    assert (seats(line, task), tasks_of(line)) == ([line.connection_id], [task])


def test_a_closed_connection_leaves_every_task(line: Line, services: Services, tenant: TenantMade) -> None:
    tasks = [insert_task(services, tenant) for _ in range(3)]
    for one in tasks:
        line.says(one, "join")
    assert tasks_of(line) == tasks
    for _ in range(2):
        assert line.ends() == 204
    assert [seats(line, one) for one in tasks] == [[], [], []]


def test_a_hundred_a_minute_are_taken_however_they_come(line: Line, task: int) -> None:
    def said(number: int) -> int:
        try:
            return line.says(task, "heartbeat", f"n{number}")
        except TooManyRequests as refused:
            return refused.status

    line.says(task, "join", "first")
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(said, range(110)))
    assert (statuses.count(204), statuses.count(429)) == (99, 11)
    # what was taken before is still known, and costs nothing
    assert line.says(task, "join", "first") == 204
    assert seats(line, task) == [line.connection_id]


def test_what_could_not_be_done_may_come_again(line: Line, task: int) -> None:
    broken = replace(line.services, presence=AzurePresenceStore.configured(NOWHERE, ""))
    with pytest.raises(DependencyDown):
        line.says(task, "join", "7", broken)
    assert line.says(task, "join", "7") == 204
    assert seats(line, task) == [line.connection_id]


def test_a_connection_that_ends_while_it_takes_a_seat_keeps_none(line: Line, task: int) -> None:
    @dataclass
    class Ending:
        """The real storage, and the end of the connection just before a seat is written."""

        store: Any

        def write(self, change: Change) -> bool:
            if change.taken is not None:
                assert line.ends() == 204
                assert seats(line, task) == []
            return bool(self.store.write(change))

        def read(self, tenant_id: int, task_id: int) -> Attendance:
            return self.store.read(tenant_id, task_id)  # type: ignore[no-any-return]

    ending = replace(line.services, presence=Ending(line.services.presence))  # type: ignore[arg-type]
    assert line.says(task, "join", services=ending) == 204
    assert seats(line, task) == []


def test_an_http_call_over_the_limit_says_how_long_to_wait(
    line: Line, task: int, world: World, clone: Clone, app: str
) -> None:
    told = Teller(app, clone.name, key_of(world), f"{line.tenant.id}|{line.user_id}", line.connection_id)
    with line.services.database.transaction(line.tenant.id) as (tx, _):
        tx.run(
            "INSERT INTO realtime_marks (tenant_id, connection_id, moments, event_ids)"
            " VALUES (%(tenant_id)s, %(it)s, array_fill(clock_timestamp() - interval '20 seconds', ARRAY[100]), '{}')",
            it=line.connection_id,
        )
    answer = told.presence(task)
    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/too-many-requests")
    assert 38 <= int(answer.headers["retry-after"]) <= 41
    assert answer.json()["retry_after"] == int(answer.headers["retry-after"])
