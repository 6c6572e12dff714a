"""Reports as clients meet them: their parameters, whose they are, how long they are kept, and published figures."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from shared.actions import rollups
from shared.services import Services
from tests import factories
from tests.factories import TenantMade, insert_asset, make_asset
from tests.fixtures.elsewhere import TODAY, ZONE
from tests.fixtures.trips import Trip, insert_trips, rows, run, trip
from tests.world import Clone

type Clients = Callable[..., httpx.Client]

ROOT = "/api/assets/analytics"
REPORTS = ("utilization", "heatmap", "idle-assets", "summary")
TARGETS = "/api/utilization-targets"
MARCH = {"date_from": "2025-03-01", "date_to": "2025-03-31"}


@pytest.fixture
def company(clone: Clone) -> TenantMade:
    """Answer a tenant of this test's own, whose day does not end while it is asked."""
    return factories.make_tenant(clone.owner_url, time_zone=ZONE)


@pytest.fixture
def new_yorkers(clone: Clone) -> TenantMade:
    """Answer a tenant of this test's own in New York."""
    return factories.make_tenant(clone.owner_url)


def ask(client: httpx.Client, report: str = "utilization", **asked: Any) -> dict[str, Any]:
    answer = client.get(f"{ROOT}/{report}", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def pointers(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {fault["pointer"] for fault in answer.json()["errors"]}


def test_a_trip_over_midnight_and_the_change_of_the_clocks(
    services: Services, new_yorkers: TenantMade, client: Clients
) -> None:
    used, unused = (insert_asset(services, new_yorkers, in_service_on="2025-01-01") for _ in range(2))
    insert_trips(
        services,
        new_yorkers,
        [
            trip(used, "2025-03-08T22:00-05:00", "2025-03-09T06:00-04:00", 70),
            trip(used, "2025-03-08T23:00-05:00", "2025-03-09T01:00-05:00"),
        ],
    )
    rollups.catch_up(services, new_yorkers.id)
    driver = client("driver", tenant=new_yorkers)
    days = {"date_from": "2025-03-08", "date_to": "2025-03-09"}
    told = [
        (row["total_active_minutes"], row["minutes_in_service"], row["utilization_percentage"], row["total_miles"])
        for row in ask(driver, asset_id=used, **days)["data"]
    ]
    assert told == [(120, 1_440, 8.33, 20.0), (300, 1_380, 21.74, 50.0)]
    # the ratio of the sums, and no mean of ratios
    assert ask(driver, **days)["summary"]["utilization_percentage"] == round(100 * 420 / (2 * 2_820), 2)
    ranked = ask(driver, group_by="asset", **days)["data"]
    assert [(row["asset_id"], row["utilization_percentage"]) for row in ranked] == [(used, 14.89), (unused, 0.0)]


@dataclass(frozen=True)
class Example:
    """A published example: a target of a week, use on each of fourteen days, and what share of the targets that is."""

    target: dict[str, float]
    hours_a_day: float
    miles_a_day: float
    hours_percent: float | None
    miles_percent: float | None


@pytest.mark.parametrize(
    "example",
    [
        # 72 hours in two weeks of a target of 50 a week
        Example({"hours_per_week": 50}, 72 / 14, 10, 72.0, None),
        # 125 and 300 miles a day of 360
        Example({"miles_per_week": 2_520}, 1, 125, None, 34.72),
        Example({"hours_per_week": 56, "miles_per_week": 2_520}, 4, 300, 50.0, 83.33),
    ],
)
def test_published_examples_of_targets(
    services: Services, new_yorkers: TenantMade, client: Clients, example: Example
) -> None:
    manager = client("manager", tenant=new_yorkers)
    assert manager.put(TARGETS, json={"items": [{"asset_type": "van", **example.target}]}).status_code == 200
    asset_id = insert_asset(services, new_yorkers, in_service_on="2025-01-01")
    other = insert_asset(services, new_yorkers, in_service_on="2025-01-01", asset_type="car")
    first = datetime(2025, 6, 2, 12, tzinfo=UTC)
    for one in (asset_id, other):
        starts = [first + timedelta(days=n) for n in range(14)]
        length, miles = timedelta(hours=example.hours_a_day), example.miles_a_day
        insert_trips(services, new_yorkers, [Trip(one, start, start + length, miles) for start in starts])
    rollups.catch_up(services, new_yorkers.id)
    days = {"date_from": "2025-06-02", "date_to": "2025-06-15", "base": "target"}
    for asked in ({}, {"group_by": "week"}, {"group_by": "asset"}, {"asset_id": asset_id}, {"asset_type": "van"}):
        summary = ask(manager, **days, **asked)["summary"]
        shares = (summary["utilization_percentage"], summary["target_miles_percentage"])
        assert shares == (example.hours_percent, example.miles_percent), asked
    # of cars nobody said how much they are to be used
    ranked = {row["asset_id"]: row for row in ask(manager, group_by="asset", **days)["data"]}
    assert ranked[other]["utilization_percentage"] is None
    assert ask(manager, asset_type="car", **days)["summary"]["base_minutes"] == 0
    last = ask(manager, **days)["data"][-1]
    assert last["utilization_7d"] == example.hours_percent
    # without its base no share of a target is told
    assert ask(manager, date_from="2025-06-02", date_to="2025-06-15")["summary"]["target_miles_percentage"] is None


def test_targets_are_set_all_at_once(client: Clients, services: Services, company: TenantMade) -> None:
    manager, driver = (client(role, tenant=company) for role in ("manager", "driver"))
    said = [
        {"asset_type": "truck", "hours_per_week": 56.5, "miles_per_week": None},
        {"asset_type": "van", "hours_per_week": 40, "miles_per_week": 900.25},
    ]
    insert_asset(services, company, in_service_on="2025-01-01")
    assert ask(driver, base="target", **MARCH)["summary"]["base_minutes"] == 0
    answer = manager.put(TARGETS, json={"items": said[::-1]})
    assert (answer.status_code, answer.json()) == (200, {"items": said})
    assert driver.get(TARGETS).json() == {"items": said}
    # what was kept of before is not answered any more
    assert ask(driver, base="target", **MARCH)["summary"]["base_minutes"] == round(31 * 40 * 60 / 7, 2)
    assert manager.put(TARGETS, json={"items": said[:1]}).json() == {"items": said[:1]}
    assert driver.get(TARGETS).json() == {"items": said[:1]}
    assert driver.put(TARGETS, json={"items": []}).status_code == 403
    audits = "SELECT action FROM audit_log WHERE tenant_id = %(tenant_id)s AND resource = 'utilization-targets'"
    assert [row["action"] for row in rows(services, company, audits)] == ["settings.change"] * 2


@pytest.mark.parametrize(
    ("items", "where"),
    [
        ([{"asset_type": "van"}], "/items/0"),
        ([{"asset_type": "plane", "hours_per_week": 1}], "/items/0/asset_type"),
        ([{"asset_type": "van", "hours_per_week": 168.01}], "/items/0/hours_per_week"),
        ([{"asset_type": "van", "hours_per_week": 0}], "/items/0/hours_per_week"),
        ([{"asset_type": "van", "miles_per_week": 1.001}], "/items/0/miles_per_week"),
        ([{"asset_type": "van", "miles_per_week": "many"}], "/items/0/miles_per_week"),
        ([{"asset_type": "van", "hours_per_week": 1}] * 2, ""),
    ],
)
def test_targets_that_are_none(client: Clients, items: list[dict[str, Any]], where: str) -> None:
    assert where in pointers(client("manager").put(TARGETS, json={"items": items}))


def test_thirty_days_until_yesterday_are_usual(client: Clients, company: TenantMade) -> None:
    driver = client("driver", tenant=company)
    answer = ask(driver)
    days = [row["date"] for row in answer["data"]]
    assert days == [str(TODAY - timedelta(days=ago)) for ago in range(30, 0, -1)]
    assert (answer["date_from"], answer["date_to"]) == (days[0], days[-1])
    assert len(ask(driver, date_to="2025-03-31")["data"]) == 30
    assert ask(driver, date_from=days[3])["date_to"] == days[-1]
    assert ask(driver, date_from="2999-12-31")["data"][0]["minutes_in_service"] == 0


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"date_from": "2025-03-02", "date_to": "2025-03-01"}, {"/date_from"}),
        ({"date_from": "2024-01-01", "date_to": "2025-01-01"}, {"/date_to"}),
        ({"date_from": "yesterday", "group_by": "year"}, {"/date_from", "/group_by"}),
        ({"date_from": "2025-02-29"}, {"/date_from"}),
        ({"asset_id": "0"}, {"/asset_id"}),
        ({"asset_type": "plane", "base": "24h"}, {"/asset_type", "/base"}),
        ({"limit": "5"}, {"/limit"}),
    ],
)
def test_periods_and_parts_that_are_none(client: Clients, asked: dict[str, str], where: set[str]) -> None:
    assert pointers(client("driver").get(f"{ROOT}/utilization", params=asked)) == where


def test_a_whole_leap_year_is_a_period(client: Clients) -> None:
    days = ask(client("driver"), date_from="2024-01-01", date_to="2024-12-31")["data"]
    assert len(days) == 366
    assert len(ask(client("driver"), date_from="2024-01-01", date_to="2024-12-31", group_by="month")["data"]) == 12


DAYS = st.dates().map(str) | st.sampled_from(["0001-01-01", "9999-12-31", "2025-03-09", "", "2025-3-9"])
NUMBERS = st.integers(-(2**65), 2**65).map(str) | st.sampled_from(["", "1.0", "x"])
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "date_from": DAYS,
        "date_to": DAYS,
        "asset_id": NUMBERS,
        "asset_type": st.sampled_from(["van", "car", "", "vans"]),
        "group_by": st.sampled_from(["day", "week", "month", "asset", "year"]),
        "base": st.sampled_from(["calendar", "shift", "target", "none"]),
        "min_days": NUMBERS,
    },
)


@given(report=st.sampled_from(REPORTS), asked=QUERIES)
@settings(max_examples=80, suppress_health_check=list(HealthCheck))
def test_whatever_is_asked_is_answered_or_refused(client: Clients, report: str, asked: dict[str, str]) -> None:
    answer = client("driver").get(f"{ROOT}/{report}", params=asked)
    assert answer.status_code in {200, 404, 422}, (asked, answer.text)


@given(first=st.dates(), days=st.integers(0, 365), group=st.sampled_from(["day", "week", "month", "asset"]))
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
def test_every_period_of_the_calendar_is_answered(client: Clients, first: Any, days: int, group: str) -> None:
    last = min(first.toordinal() + days, first.max.toordinal())
    asked = {"date_from": str(first), "date_to": str(first.fromordinal(last)), "group_by": group}
    data = ask(client("driver"), **asked)["data"]
    assert group != "day" or len(data) == last - first.toordinal() + 1


def test_another_organisations_asset_is_an_asset_of_nobody(
    client: Clients, services: Services, company: TenantMade, other_tenant: TenantMade
) -> None:
    theirs = insert_asset(services, other_tenant, in_service_on="2025-01-01")
    insert_trips(services, other_tenant, [trip(theirs, "2025-03-08T10:00Z", "2025-03-08T12:00Z", 70)])
    rollups.catch_up(services, other_tenant.id)
    driver = client("driver", tenant=company)
    for report in ("utilization", "heatmap"):
        answers = [driver.get(f"{ROOT}/{report}", params={"asset_id": one, **MARCH}) for one in (theirs, 2**62)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert [{**answer.json(), "instance": ""} for answer in answers[:1]] == [{**answers[1].json(), "instance": ""}]
        assert ask(client("driver", tenant=other_tenant), report, asset_id=theirs, **MARCH)["data"]
    assert ask(driver, **MARCH)["summary"]["trips_count"] == 0
    assert ask(driver, **MARCH, group_by="asset")["data"] == []
    assert ask(client("driver", tenant=other_tenant), **MARCH)["summary"]["trips_count"] == 1


def test_a_report_is_kept_until_what_it_shows_has_changed(
    client: Clients, services: Services, company: TenantMade
) -> None:
    driver = client("driver", tenant=company)
    asset_id = insert_asset(services, company, in_service_on="2025-01-01")
    first = driver.get(f"{ROOT}/utilization", params=MARCH)
    again = driver.get(f"{ROOT}/utilization", params=MARCH)
    # also the moment in which it was made is the same
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    assert first.headers["cache-control"] == "private, no-cache"
    known = {"If-None-Match": first.headers["etag"]}
    unchanged = driver.get(f"{ROOT}/utilization", params=MARCH, headers=known)
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", first.headers["etag"])
    # others of the organisation are answered the same, and those of another one are not
    assert client("dispatcher", tenant=company).get(f"{ROOT}/utilization", params=MARCH).content == first.content
    insert_trips(services, company, [trip(asset_id, "2025-03-08T10:00Z", "2025-03-08T12:00Z", 70)])
    rollups.catch_up(services, company.id)
    changed = driver.get(f"{ROOT}/utilization", params=MARCH, headers=known)
    assert (changed.status_code, changed.json()["summary"]["trips_count"]) == (200, 1)
    assert run(services, company, "DELETE FROM trips WHERE tenant_id = %(tenant_id)s") == 1
    rollups.catch_up(services, company.id)
    assert ask(driver, **MARCH)["summary"] == first.json()["summary"]


def test_what_is_out_and_idle_is_never_of_before(client: Clients, services: Services, company: TenantMade) -> None:
    manager = client("manager", tenant=company)
    asset = make_asset(manager, in_service_on="2025-01-01")
    run(services, company, "UPDATE assets SET created_at = '2025-01-01' WHERE tenant_id = %(tenant_id)s")
    for _ in range(2):
        fleet = ask(manager, "summary")["fleet"]
        assert (fleet["assets"], fleet["available"], fleet["checked_out"], fleet["idle"]) == (1, 1, 0, 1)
        assert [row["asset_id"] for row in ask(manager, "idle-assets")["data"]] == [asset["id"]]
    due = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert manager.post(f"/api/assets/{asset['id']}/checkout", json={"due_at": due}).status_code == 201
    fleet = ask(manager, "summary")["fleet"]
    assert (fleet["available"], fleet["checked_out"], fleet["overdue"], fleet["idle"]) == (0, 1, 0, 0)
    assert ask(manager, "idle-assets")["data"] == []
    assert manager.post(f"/api/assets/{asset['id']}/checkin", json={"condition_rating": 4}).status_code == 200
    manager.patch(f"/api/assets/{asset['id']}", json={"status": "in_maintenance"})
    fleet = ask(manager, "summary")["fleet"]
    assert (fleet["available"], fleet["checked_out"], fleet["in_maintenance"]) == (0, 0, 1)


def test_each_count_of_the_fleet_is_what_it_says(client: Clients, services: Services, company: TenantMade) -> None:
    for more in (
        {},
        {"status": "in_maintenance"},
        {"status": "retired"},
        {"status": "retired", "disposed_on": TODAY},
        {"disposed_on": TODAY},
        {"disposed_on": TODAY + timedelta(days=1)},
        {"in_service_on": TODAY + timedelta(days=1)},
    ):
        insert_asset(services, company, **{"in_service_on": TODAY - timedelta(days=40), **more})
    manager = client("manager", tenant=company)
    fleet = ask(manager, "summary")["fleet"]
    # the one that is retired is still in service, because nobody said a last day; the one to come is not yet
    assert (fleet["assets"], fleet["in_service"]) == (4, 4)
    assert (fleet["available"], fleet["checked_out"], fleet["in_maintenance"], fleet["idle"]) == (3, 0, 1, 3)
    listed = ask(manager, "idle-assets")
    assert listed["summary"]["idle"] == len(listed["data"]) == 3
    assert {row["status"] for row in listed["data"]} == {"available", "in_maintenance"}
    assert ask(manager, date_from=str(TODAY), date_to=str(TODAY))["summary"]["days_in_service"] == fleet["in_service"]


def test_only_what_was_published_on_the_same_base_is_set_beside(client: Clients, company: TenantMade) -> None:
    driver = client("driver", tenant=company)
    for base in ("calendar", "shift"):
        said = ask(driver, base=base, **MARCH)
        assert (said["benchmark"], said["benchmark_reason"]) == (None, "no_figure_on_this_base")
    said = ask(driver, base="target", **MARCH)
    band = said["benchmark"]
    assert (band["figure"], band["figure_to"], band["unit"]) == (80, 100, "% of target")
    assert (band["source"], band["year"], band["status"]) == ("Zonar", "undated", "published")
    assert said["benchmark_reason"] is None
    summary = ask(driver, "summary")
    assert (summary["benchmark"], summary["benchmark_reason"]) == (None, "no_figure_on_this_base")


@pytest.fixture
def priced(services: Services, company: TenantMade) -> int:
    """Answer an idle asset that loses 0.30 a day, to the cent in leap years too, and costs 1.00 a day beside."""
    bought = TODAY - timedelta(days=400)
    asset_id = insert_asset(
        services, company, purchase_price="1095.00", purchase_date=bought, useful_life_years=10, asset_type="truck"
    )
    insert_asset(services, company, in_service_on=bought)
    insured = (
        "INSERT INTO cost_entries"
        " (tenant_id, source, external_id, asset_id, category, amount, period_start, period_end)"
        " VALUES (%(tenant_id)s, 'test', '1', %(asset_id)s, 'insurance', 365, %(first)s, %(last)s)"
    )
    run(services, company, insured, asset_id=asset_id, first=TODAY - timedelta(days=364), last=TODAY)
    return asset_id


def test_managers_are_told_what_idleness_costs(
    client: Clients, services: Services, company: TenantMade, priced: int
) -> None:
    answer = ask(client("manager", tenant=company), "idle-assets")
    known = {row["asset_id"]: (row["days_idle"], row["cost_a_day"], row["idle_cost"]) for row in answer["data"]}
    # nothing is on record of the other one, which is not the same as nothing
    assert known.pop(priced) == (400, "1.30", "520.00")
    assert list(known.values()) == [(400, None, None)]
    assert answer["summary"] == {"assets": 2, "idle": 2, "never_used": 2, "idle_cost": "520.00"}
    costs = ask(client("manager", tenant=company), "summary", asset_type="truck")["costs"]
    # of 30 days until yesterday
    assert (costs["other_cost"], costs["fuel_cost"], costs["maintenance_cost"]) == ("30.00", "0.00", "0.00")
    assert (costs["running_cost_per_mile"], costs["running_cost_per_mile_reason"]) == (None, "no_miles")
    views = "SELECT resource FROM audit_log WHERE tenant_id = %(tenant_id)s AND action = 'cost.view' ORDER BY id"
    for _ in range(2):
        ask(client("manager", tenant=company), "summary", asset_type="truck")
    assert [row["resource"] for row in rows(services, company, views)] == ["idle-assets", *["summary"] * 3]


def test_costs_of_a_summary_are_new_when_costs_are(
    client: Clients, services: Services, company: TenantMade, priced: int
) -> None:
    manager = client("manager", tenant=company)
    first = ask(manager, "summary", asset_type="truck")
    assert manager.post(f"/api/assets/{priced}/checkout", json={}).status_code == 201
    second = ask(manager, "summary", asset_type="truck")
    assert (first["fleet"]["checked_out"], second["fleet"]["checked_out"]) == (0, 1)
    assert second["costs"] == first["costs"]
    run(services, company, "UPDATE cost_entries SET amount = 730 WHERE tenant_id = %(tenant_id)s")
    assert ask(manager, "summary", asset_type="truck")["costs"]["other_cost"] == "60.00"
    assert "costs" not in ask(client("driver", tenant=company), "summary", asset_type="truck")


def test_nobody_below_a_manager_is_answered_what_was_made_for_one(
    client: Clients, company: TenantMade, priced: int
) -> None:
    seen: dict[str, list[Any]] = {}
    for role in ("manager", "driver", "dispatcher", "admin", "driver"):
        someone = client(role, tenant=company, oid=f"{role}-{secrets.token_hex(2)}")
        for report in REPORTS:
            body = ask(someone, report)
            if role in {"driver", "dispatcher"}:
                assert not [name for name in _names(body) if "cost" in name]
                seen.setdefault(report, []).append(body)
            elif report in {"idle-assets", "summary"}:
                assert [name for name in _names(body) if "cost" in name and name != "costs"]
                assert ("costs" in body) is (report == "summary")
    # made for the first of them, and kept for the last
    for report, bodies in seen.items():
        assert bodies[0] == bodies[-1], report
    assert priced in {row["asset_id"] for row in seen["idle-assets"][0]["data"]}


def _names(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for name, value in document.items():
            yield name
            yield from _names(value)
    elif isinstance(document, list):
        for one in document:
            yield from _names(one)
