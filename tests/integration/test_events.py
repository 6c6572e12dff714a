"""Events, read again: in order, page by page, each organisation its own; and forgotten when they are old."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import psycopg
import pytest

from shared.actions import events, sweeps
from shared.actions.call import Call
from shared.domain import event
from shared.domain.errors import EventsGone, Invalid
from shared.domain.event import KEPT_FOR, Event, EventType, ListEvents
from shared.domain.principal import Role
from shared.services import Services
from shared.store import events as store
from shared.store.queries import Queries
from tests.acceptance.problems import assert_problem
from tests.factories import TenantMade, make_call, make_tenant
from tests.world import Clone


@dataclass(frozen=True)
class At:
    """A clock that stands."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


@dataclass(frozen=True)
class Asleep:
    """A relay that does not come to it."""

    def wake(self, tenant_id: int) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


@pytest.fixture
def own(clone: Clone) -> TenantMade:
    """Answer a tenant of this test's own, whose numbers begin at one."""
    return make_tenant(clone.owner_url)


@pytest.fixture
def driver(services: Services, own: TenantMade) -> Call:
    return make_call(replace(services, relay=Asleep()), own, "driver")


def tell(call: Call, count: int, kind: EventType = EventType.PHOTO_READY) -> None:
    for number in range(count):
        with call.transaction() as work:
            work.emit(Event(kind, "photo", f"p-{number}", {"number": number}))


def listed(call: Call, **wanted: Any) -> dict[str, Any]:
    page: dict[str, Any] = orjson.loads(events.list_events(call, ListEvents(**wanted)).content)
    return page


def numbers(page: dict[str, Any]) -> list[int]:
    return [one["seq"] for one in page["items"]]


def kept(call: Call) -> list[int]:
    with call.read() as tx:
        found = tx.all("SELECT seq FROM websocket_events WHERE tenant_id = %(tenant_id)s ORDER BY seq")
    return [row["seq"] for row in found]


def age(call: Call, seq: int, by: timedelta) -> None:
    """Make an event and all before it older."""
    with call.services.database.transaction(call.principal.tenant.id) as (tx, _):
        tx.run(
            "UPDATE websocket_events SET created_at = created_at - %(by)s"
            " WHERE tenant_id = %(tenant_id)s AND seq <= %(seq)s",
            seq=seq,
            by=by,
        )


def test_events_come_in_order_and_pages_meet(driver: Call) -> None:
    tell(driver, 7)
    first = listed(driver, after_seq=2, limit=2)
    assert (numbers(first), first["last_seq"]) == ([3, 4], 4)
    second = listed(driver, limit=2, cursor=first["next_cursor"])
    assert (numbers(second), second["last_seq"]) == ([5, 6], 6)
    third = listed(driver, limit=2, cursor=second["next_cursor"])
    assert (numbers(third), third["last_seq"], third["next_cursor"]) == ([7], 7, None)
    assert first["items"][0] == {
        "seq": 3,
        "type": "PHOTO_READY",
        "resource_type": "photo",
        "resource_id": "p-2",
        "user_id": driver.principal.user_id,
        "at": first["items"][0]["at"],
        "data": {"number": 2},
    }
    assert first["items"][0]["at"].endswith("Z")


@pytest.mark.parametrize(("after", "told"), [(0, [1, 2]), (1, [2]), (2, []), (99, [])])
def test_whoever_knows_all_is_told_nothing_but_where_that_is(driver: Call, after: int, told: list[int]) -> None:
    tell(driver, 2)
    page = listed(driver, after_seq=after)
    assert (numbers(page), page["next_cursor"], page["last_seq"]) == (told, None, 2)


def test_where_nothing_happened_there_is_nothing(driver: Call) -> None:
    assert listed(driver) == {"items": [], "next_cursor": None, "last_seq": 0}
    with driver.read() as tx:
        assert store.last_seq(tx) == 0
    tell(driver, 3)
    with driver.read() as tx:
        assert store.last_seq(tx) == 3


def test_what_a_role_may_not_read_is_left_out_and_counted(
    driver: Call, services: Services, own: TenantMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event, "READERS", {**event.READERS, EventType.ASSET_CHECKED_IN: Role.MANAGER})
    tell(driver, 1)
    tell(driver, 2, EventType.ASSET_CHECKED_IN)
    page = listed(driver)
    assert (numbers(page), page["last_seq"]) == ([1], 3)
    assert numbers(listed(make_call(services, own, "dispatcher"))) == [1]
    assert numbers(listed(make_call(services, own, "manager"))) == [1, 2, 3]


def test_each_organisation_has_its_own(driver: Call, services: Services, clone: Clone) -> None:
    tell(driver, 3)
    stranger = make_call(services, make_tenant(clone.owner_url, "Globex"), "admin")
    assert listed(stranger) == {"items": [], "next_cursor": None, "last_seq": 0}


def test_a_cursor_of_another_list_is_refused(driver: Call) -> None:
    with pytest.raises(Invalid):
        listed(driver, cursor="WyJhIl0")


def test_old_events_are_forgotten_once_they_are_sent(driver: Call) -> None:
    services = driver.services
    tell(driver, 5)
    age(driver, 3, KEPT_FOR + timedelta(seconds=5))
    # not sent yet
    sweeps.forget_old_events(services)
    assert kept(driver) == [1, 2, 3, 4, 5]
    sweeps.send_unsent_events(services)
    # every organisation's, as other tests of this file left them
    assert sweeps.forget_old_events(services) >= 3
    assert sweeps.forget_old_events(services) == 0
    assert kept(driver) == [4, 5]
    assert numbers(listed(driver, after_seq=3)) == [4, 5]
    for after in (0, 2):
        with pytest.raises(EventsGone) as gone:
            listed(driver, after_seq=after)
        assert gone.value.members == {"oldest_seq": 4}


def test_where_nothing_is_kept_only_the_newest_is_known(driver: Call) -> None:
    tell(driver, 3)
    sweeps.send_unsent_events(driver.services)
    far = replace(driver.services, clock=At(datetime.now(UTC) + KEPT_FOR + timedelta(minutes=1)))
    assert sweeps.forget_old_events(far) >= 3
    with pytest.raises(EventsGone):
        listed(driver, after_seq=2)
    assert listed(driver, after_seq=3) == {"items": [], "next_cursor": None, "last_seq": 3}
    # numbers go on
    tell(driver, 1)
    assert numbers(listed(driver, after_seq=3)) == [4]


def test_an_old_event_behind_a_younger_one_stays(driver: Call) -> None:
    """Times need not rise with numbers, for a long transaction begins early; but what is kept has no hole."""
    services = driver.services
    tell(driver, 4)
    sweeps.send_unsent_events(services)
    age(driver, 4, KEPT_FOR + timedelta(seconds=5))
    with services.database.transaction(driver.principal.tenant.id) as (tx, _):
        tx.run("UPDATE websocket_events SET created_at = now() WHERE tenant_id = %(tenant_id)s AND seq = 2")
    sweeps.forget_old_events(services)
    assert kept(driver) == [2, 3, 4]
    assert numbers(listed(driver, after_seq=1)) == [2, 3, 4]


def test_a_page_of_old_events_is_not_the_last(driver: Call) -> None:
    services = driver.services
    with services.database.transaction(driver.principal.tenant.id) as (tx, _):
        tx.run(
            "INSERT INTO websocket_events"
            " (tenant_id, seq, event_type, resource_type, resource_id, payload, created_at, published_at)"
            " SELECT %(tenant_id)s, n, 'PHOTO_READY', 'photo', 'p', '{}', now() - interval '8 days', now()"
            " FROM generate_series(1, %(count)s) AS n",
            count=2 * sweeps.PAGE + 1,
        )
    sweeps.forget_old_events(services)
    assert kept(driver) == []


def test_events_over_http(client: Callable[..., httpx.Client], services: Services, tenant: TenantMade) -> None:
    call = make_call(services, tenant, "driver")
    with call.read() as tx:
        before = store.last_seq(tx)
    tell(call, 2)
    page = client("driver").get("/api/events", params={"after_seq": before, "limit": 1})
    assert page.headers["cache-control"] == "no-store"
    rest = client("driver").get("/api/events", params={"limit": 200, "cursor": page.json()["next_cursor"]})
    assert [numbers(one.json()) for one in (page, rest)] == [[before + 1], [before + 2]]
    assert rest.json()["last_seq"] == before + 2
    for wrong in ({"after_seq": -1}, {"after_seq": "x"}, {"limit": 0}, {"limit": 201}, {"more": 1}):
        assert_problem(client("driver").get("/api/events", params=wrong), 422, "invalid")
    sweeps.send_unsent_events(services)
    age(call, before + 2, KEPT_FOR + timedelta(minutes=1))
    sweeps.forget_old_events(services)
    gone = client("driver").get("/api/events", params={"after_seq": before})
    assert_problem(gone, 410, "events-gone")
    assert gone.json()["oldest_seq"] == before + 3


@pytest.mark.parametrize(
    ("name", "index", "asked"),
    [
        ("list_unsent", "websocket_events_unpublished_idx", {"most": 100}),
        ("list_events", "websocket_events_pkey", {"after_seq": 4_900, "types": ["PHOTO_READY"], "page_size": 51}),
        ("mark_sent", "websocket_events_unpublished_idx", {"seq": 4_999}),
        ("forget_events", "websocket_events_pkey", {"before": datetime(2026, 1, 1, tzinfo=UTC), "most": 500}),
    ],
)
def test_hot_statements_read_only_what_they_answer(
    driver: Call, clone: Clone, name: str, index: str, asked: dict[str, Any]
) -> None:
    with driver.services.database.transaction(driver.principal.tenant.id) as (tx, _):
        tx.run(
            "INSERT INTO websocket_events"
            " (tenant_id, seq, event_type, resource_type, resource_id, payload, published_at)"
            " SELECT %(tenant_id)s, n, 'PHOTO_READY', 'photo', 'p', '{}', CASE WHEN n < 4990 THEN now() END"
            " FROM generate_series(1, 5000) AS n"
        )
    with psycopg.connect(clone.owner_url, autocommit=True) as owner:
        owner.execute("ANALYZE websocket_events")
    with driver.services.database.transaction(driver.principal.tenant.id) as (tx, _):
        rows = tx.all("EXPLAIN (ANALYZE, BUFFERS OFF) " + Queries("events")[name], **asked)
    plan = "\n".join(row["QUERY PLAN"] for row in rows)
    assert index in plan
    assert "Seq Scan" not in plan
    assert not re.search(r"actual time=\S+ rows=5000\b", plan)
