"""Assets that nobody uses: for how long, by whose midnights, and told of once for each spell."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from migrations.roles import with_database
from shared.actions import idle_assets, rollups
from shared.actions.call import Call
from shared.domain.idle_asset import ListIdleAssets
from shared.services import Services
from tests import factories
from tests.factories import TenantMade, insert_asset
from tests.fixtures.trips import Trip, insert_trips, rows, run
from tests.world import Clone, World

# noon in New York: its days begin at 05:00 in winter
NOW = datetime(2025, 12, 10, 17, tzinfo=UTC)
IN_SERVICE = "2025-06-01"
FAULT = """
CREATE FUNCTION meet_a_fault() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a fault of ours'; END $$;
CREATE TRIGGER fault BEFORE INSERT ON websocket_events FOR EACH ROW
WHEN (new.event_type = 'IDLE_ALERT') EXECUTE FUNCTION meet_a_fault();
"""

EARLIER = "UPDATE trips SET end_time = end_time - %(by)s, start_time = start_time - %(by)s"


@dataclass(frozen=True)
class At:
    """A clock that stands."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def company(clone: Clone) -> TenantMade:
    """Answer a tenant of this test's own."""
    return factories.make_tenant(clone.owner_url)


@pytest.fixture
def here(services: Services) -> Services:
    return replace(services, clock=At(NOW))


@pytest.fixture
def ask(here: Services, company: TenantMade) -> Callable[..., dict[str, Any]]:
    def listed(role: str = "driver", at: datetime = NOW, **asked: Any) -> dict[str, Any]:
        call = factories.make_call(replace(here, clock=At(at)), company, role)
        return dict(json.loads(idle_assets.list_idle_assets(call, ListIdleAssets(**asked)).content))

    return listed


def used(services: Services, company: TenantMade, asset_id: int, end: datetime, hours: float = 1) -> None:
    """Let an asset be used until a moment."""
    insert_trips(services, company, [Trip(asset_id, end - timedelta(hours=hours), end, 1)])
    rollups.catch_up(services, company.id)


def held(call: Call, asset_id: int, out: datetime, back: datetime | None) -> None:
    """Let somebody hold an asset."""
    with call.services.database.transaction(call.principal.tenant.id) as (tx, _):
        tx.run(
            "INSERT INTO asset_checkout_history"
            " (tenant_id, asset_id, user_id, action, checkout_time, checkin_time, checked_in_by)"
            " VALUES (%(tenant_id)s, %(asset_id)s, %(user_id)s, %(action)s, %(out)s, %(back)s, %(closer)s)",
            asset_id=asset_id,
            user_id=call.principal.user_id,
            action="checked_in" if back else "checked_out",
            out=out,
            back=back,
            closer=call.principal.user_id if back else None,
        )


def alerts(services: Services, company: TenantMade) -> list[dict[str, Any]]:
    found = rows(
        services,
        company,
        "SELECT seq, payload, resource_type, user_id FROM websocket_events"
        " WHERE tenant_id = %(tenant_id)s AND event_type = 'IDLE_ALERT' ORDER BY seq",
    )
    return [{**row["payload"], "by": row["user_id"], "of": row["resource_type"]} for row in found]


def test_days_are_the_midnights_that_have_passed(
    here: Services, company: TenantMade, ask: Callable[..., dict[str, Any]]
) -> None:
    for name, end in (
        ("late on the 2nd", "2025-12-03T04:59:00+00:00"),
        ("at midnight", "2025-12-03T05:00:00+00:00"),
        ("early on the 3rd", "2025-12-03T05:01:00+00:00"),
        ("today", "2025-12-10T05:00:01+00:00"),
        ("to come", "2025-12-11T12:00:00+00:00"),
    ):
        asset_id = insert_asset(here, company, asset_name=name, in_service_on=IN_SERVICE)
        used(here, company, asset_id, datetime.fromisoformat(end))
    insert_asset(here, company, asset_name="never", in_service_on="2025-12-01")
    answer = ask(min_days=0)
    told = [(row["asset_name"], row["days_idle"], row["idle"]) for row in answer["data"]]
    assert told == [
        ("never", 9, True),
        ("late on the 2nd", 8, True),
        ("at midnight", 7, False),
        ("early on the 3rd", 7, False),
        ("to come", 0, False),
        ("today", 0, False),
    ]
    never, last = answer["data"][0], answer["data"][1]
    assert (never["last_activity_at"], never["last_activity"], never["since"]) == (None, None, "2025-12-01")
    assert (last["last_activity_at"], last["last_activity"]) == ("2025-12-03T04:59:00Z", "trip")
    assert answer["summary"] == {"assets": 6, "idle": 2, "never_used": 1}
    # seven days are asked for unless others are, and seven days are enough to be listed
    usual = ask()
    assert [row["asset_name"] for row in usual["data"]] == [name for name, days, _ in told if days >= 7]
    assert (usual["min_days"], usual["idle_days"], usual["time_zone"]) == (7, 7, "America/New_York")
    assert [row["days_idle"] for row in ask(min_days=9)["data"]] == [9]
    assert ask(asset_type="car")["data"] == []


def test_the_last_of_all_that_was_done_counts(
    here: Services, company: TenantMade, ask: Callable[..., dict[str, Any]]
) -> None:
    driver = factories.make_call(here, company, "driver")
    long_ago, lately = NOW - timedelta(days=40), NOW - timedelta(days=10)
    made = {name: insert_asset(here, company, asset_name=name, in_service_on=IN_SERVICE) for name in "abcde"}
    held(driver, made["a"], long_ago, lately)
    held(driver, made["b"], lately, None)
    held(driver, made["c"], long_ago, long_ago + timedelta(hours=1))
    used(here, company, made["c"], lately)
    held(driver, made["d"], lately, lately)
    used(here, company, made["d"], long_ago)
    # a trip of weeks that ends after a short one that began later
    used(here, company, made["e"], lately - timedelta(hours=2))
    used(here, company, made["e"], lately, hours=30 * 24)
    found = {row["asset_name"]: row for row in ask()["data"]}
    expected = {"a": "checkin", "b": "checkout", "c": "trip", "d": "checkin", "e": "trip"}
    assert {name: row["last_activity"] for name, row in found.items()} == expected
    assert {row["last_activity_at"] for row in found.values()} == {"2025-11-30T17:00:00Z"}
    assert {row["days_idle"] for row in found.values()} == {10}


def test_only_assets_in_service_stand_idle(
    here: Services, company: TenantMade, ask: Callable[..., dict[str, Any]]
) -> None:
    for name, more in (
        ("retired", {"status": "retired"}),
        ("sold", {"disposed_on": "2025-12-10"}),
        ("of tomorrow", {"in_service_on": "2025-12-11"}),
        ("sold tomorrow", {"disposed_on": "2025-12-11"}),
        ("in the workshop", {"status": "in_maintenance"}),
    ):
        insert_asset(here, company, **{"asset_name": name, "in_service_on": IN_SERVICE, **more})
    assert {row["asset_name"] for row in ask(min_days=0)["data"]} == {"sold tomorrow", "in the workshop"}


def test_each_spell_is_told_once(here: Services, company: TenantMade) -> None:
    asset_id = insert_asset(here, company, asset_name="Van", in_service_on=IN_SERVICE)
    used(here, company, asset_id, NOW - timedelta(days=7))
    idle_assets.alert_idle_assets(here)
    assert alerts(here, company) == []
    tomorrow = replace(here, clock=At(NOW + timedelta(days=1)))
    for services in (tomorrow, tomorrow, replace(here, clock=At(NOW + timedelta(days=30)))):
        idle_assets.alert_idle_assets(services)
    first = {
        "asset_id": asset_id,
        "asset_name": "Van",
        "days_idle": 8,
        "last_activity_at": "2025-12-03T17:00:00Z",
        "by": None,
        "of": "asset",
    }
    assert alerts(here, company) == [first]
    # used again, and left alone again
    used(here, company, asset_id, NOW + timedelta(days=31))
    idle_assets.alert_idle_assets(replace(here, clock=At(NOW + timedelta(days=38))))
    assert alerts(here, company) == [first]
    idle_assets.alert_idle_assets(replace(here, clock=At(NOW + timedelta(days=39))))
    assert [one["days_idle"] for one in alerts(here, company)] == [8, 8]


def test_what_is_corrected_makes_no_second_spell(here: Services, company: TenantMade) -> None:
    asset_id = insert_asset(here, company, in_service_on=IN_SERVICE)
    used(here, company, asset_id, NOW - timedelta(days=20))
    idle_assets.alert_idle_assets(here)
    for days in (0, 3):
        earlier = timedelta(days=days, minutes=5)
        assert run(
            here, company, "UPDATE trips SET end_time = end_time - %(e)s, start_time = start_time - %(e)s", e=earlier
        )
        rollups.catch_up(here, company.id)
        idle_assets.alert_idle_assets(here)
    assert len(alerts(here, company)) == 1
    # a trip that came late was in between, so this is another one
    used(here, company, asset_id, NOW - timedelta(days=12))
    idle_assets.alert_idle_assets(here)
    assert [one["days_idle"] for one in alerts(here, company)] == [20, 12]


def test_days_that_are_yet_to_be_reckoned_may_hold_use(here: Services, company: TenantMade) -> None:
    asset_id = insert_asset(here, company, in_service_on=IN_SERVICE)
    insert_trips(here, company, [Trip(asset_id, NOW - timedelta(hours=2), NOW, 1)])
    idle_assets.alert_idle_assets(here)
    rollups.catch_up(here, company.id)
    idle_assets.alert_idle_assets(here)
    assert alerts(here, company) == []


def test_several_instances_at_once_tell_it_once(here: Services, company: TenantMade, clone: Clone) -> None:
    other = factories.make_tenant(clone.owner_url, "Globex", time_zone="Europe/Berlin")
    for owner in (company, other):
        # more than are told in one transaction
        for _ in range(60):
            insert_asset(here, owner, in_service_on=IN_SERVICE)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: idle_assets.alert_idle_assets(here), range(4)))
    # what one has left to another that did not get so far is told by the next run
    idle_assets.alert_idle_assets(here)
    for owner in (company, other):
        told = [one["asset_id"] for one in alerts(here, owner)]
        assert len(told) == len(set(told)) == 60
        seqs = rows(here, owner, "SELECT seq FROM websocket_events WHERE tenant_id = %(tenant_id)s ORDER BY seq")
        assert [row["seq"] for row in seqs] == list(range(1, 61))


@pytest.fixture
def faulty(world: World, clone: Clone) -> Iterator[psycopg.Connection]:
    with psycopg.connect(with_database(world.admin_url, clone.name), autocommit=True) as admin:
        admin.execute(FAULT)
        yield admin
        admin.execute("DROP TRIGGER IF EXISTS fault ON websocket_events; DROP FUNCTION meet_a_fault()")


def test_a_spell_whose_event_failed_is_told_later(
    here: Services, company: TenantMade, faulty: psycopg.Connection
) -> None:
    insert_asset(here, company, in_service_on=IN_SERVICE)
    with pytest.raises(psycopg.errors.RaiseException):
        idle_assets.alert_idle_assets(here)
    assert rows(here, company, "SELECT 1 FROM idle_spells WHERE tenant_id = %(tenant_id)s") == []
    faulty.execute("DROP TRIGGER fault ON websocket_events")
    idle_assets.alert_idle_assets(here)
    assert len(alerts(here, company)) == 1


def test_an_organisation_has_days_of_its_own(
    here: Services, company: TenantMade, clone: Clone, ask: Callable[..., dict[str, Any]]
) -> None:
    asset_id = insert_asset(here, company, in_service_on=IN_SERVICE)
    used(here, company, asset_id, NOW - timedelta(days=20))
    with psycopg.connect(clone.owner_url) as owner:
        owner.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(company.id)])
        owner.execute("UPDATE tenants SET idle_days = 20 WHERE id = %s", [company.id])
    idle_assets.alert_idle_assets(here)
    assert alerts(here, company) == []
    answer = ask()
    assert (answer["min_days"], [row["idle"] for row in answer["data"]]) == (20, [False])
