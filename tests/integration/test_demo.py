"""The demo data: the same every time, awkward where it says so, and whole in the database."""

import base64
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from local.demo import is_loaded, load, vins
from local.demo.dataset import make
from local.demo.organisations import ORGANISATIONS
from local.demo.period import Period
from local.demo.rows import Asset, Dataset, Trip
from local.people import ACME, GLOBEX
from local.processes import ROOT
from shared.render.signatures import read_signature
from tests.world import Clone

# clocks went back in Berlin on 25 October and in New York on 1 November
END = date(2026, 11, 22)
ACME_ORGANISATION, GLOBEX_ORGANISATION = ORGANISATIONS
NEW_YORK = Period(END, ACME.time_zone)
BERLIN = Period(END, GLOBEX.time_zone)


@pytest.fixture(scope="module")
def acme() -> Dataset:
    return make(ACME_ORGANISATION, END)


@pytest.fixture(scope="module")
def globex() -> Dataset:
    return make(GLOBEX_ORGANISATION, END)


def trips_of(data: Dataset, tag: str) -> list[Trip]:
    return sorted((trip for trip in data.trips if trip.asset_tag == tag), key=lambda trip: trip.start_time)


def asset_of(data: Dataset, tag: str) -> Asset:
    return next(asset for asset in data.assets if asset.asset_tag == tag)


def overlapping(trips: list[Trip]) -> list[tuple[Trip, Trip]]:
    return [(one, other) for one, other in pairwise(trips) if other.start_time < one.end_time]


@pytest.mark.parametrize("organisation", ORGANISATIONS, ids=lambda one: one.fleet)
def test_the_same_day_gives_the_same_rows(organisation: Any) -> None:
    program = (
        "from datetime import date; from local.demo.dataset import make; from local.demo.organisations import "
        f"ORGANISATIONS; print(hash_of(make(ORGANISATIONS[{ORGANISATIONS.index(organisation)}], date(2026, 11, 22))))"
    )
    program = "import hashlib\ndef hash_of(x): return hashlib.sha256(repr(x).encode()).hexdigest()\n" + program
    found = set()
    for seed in ("1", "2"):
        # another process with other hashes of strings: no order of a set may leak into the rows
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Kolkata" if seed == "2" else "UTC"}
        made = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, check=True
        )
        found.add(made.stdout)
    assert len(found) == 1
    assert make(organisation, END) != make(organisation, END - timedelta(days=1))


# leap days, both clock changes at the ends of the period, a Sunday, New Year
@pytest.mark.parametrize(
    "end", ["2024-02-29", "2025-03-09", "2025-11-02", "2025-11-03", "2026-10-25", "2026-12-31", "2028-07-03"]
)
@pytest.mark.parametrize("organisation", ORGANISATIONS, ids=lambda one: one.fleet)
def test_rows_hold_together_whatever_the_day(organisation: Any, end: str) -> None:
    data = make(organisation, date.fromisoformat(end))
    period = Period(date.fromisoformat(end), organisation.tenant.time_zone)
    opens = period.at(period.start, 0)
    assert all(opens <= trip.start_time < trip.end_time <= period.closes for trip in data.trips)
    assert all(trip.created_at <= period.closes for trip in data.trips)
    check_custody(data, period)
    late = [one for one in data.custodies if one.checkin is None and one.due_at < period.closes]
    assert len(late) == sum(
        1
        for one in data.custodies
        if one.asset_tag in {"ACM-V10", "ACM-T11", "ACM-X03", "GLX-06"} and one.checkin is None
    )
    keys = Counter((trip.source, trip.external_id) for trip in data.trips)
    keys.update((cost.source, cost.external_id) for cost in data.cost_entries)
    assert set(keys.values()) == {1}


def check_custody(data: Dataset, period: Period) -> None:
    """Nobody has an asset that somebody else has, and each reading is at or above the one before."""
    for tag in {one.asset_tag for one in data.custodies}:
        acts = [
            act
            for one in sorted(
                (one for one in data.custodies if one.asset_tag == tag), key=lambda one: one.checkout.occurred_at
            )
            for act in (one.checkout, one.checkin)
            if act
        ]
        assert [act.kind for act in acts] == (["checkout", "checkin"] * len(acts))[: len(acts)]
        assert all(one.occurred_at < other.occurred_at for one, other in pairwise(acts))
        assert all(one.recorded_at <= other.recorded_at for one, other in pairwise(acts))
        assert all(act.recorded_at >= act.occurred_at for act in acts)
        assert acts[-1].occurred_at <= period.closes
        for meter in ("odometer_miles", "engine_hours"):
            readings = [float(str(act.facts[meter])) for act in acts if meter in act.facts]
            if tag != "ACM-T06":
                assert readings == sorted(readings), (tag, meter)


def test_counts_are_as_promised(acme: Dataset, globex: Dataset) -> None:
    assert (len(acme.assets), len(globex.assets)) == (60, 12)
    assert len(acme.tasks) == 40
    assert {asset.asset_type for asset in acme.assets} == {"car", "van", "truck", "trailer", "equipment", "tool"}
    assert {asset.status for asset in acme.assets} == {"available", "checked_out", "in_maintenance", "retired"}
    assert len({user.oid for user in acme.users}) == 11
    out = [one for one in acme.custodies if one.checkin is None]
    assert len(out) == 12
    assert sum(one.due_at < NEW_YORK.closes for one in out) == 3
    assert {one.asset_tag for one in out} == {a.asset_tag for a in acme.assets if a.status == "checked_out"}
    assert {task.status for task in acme.tasks} == {"open", "in_progress", "blocked", "done", "cancelled"}
    assert any(task.due_at and task.due_at < NEW_YORK.closes and task.status == "open" for task in acme.tasks)


def test_every_day_has_trips_and_every_category_has_costs(acme: Dataset) -> None:
    assert {NEW_YORK.day_of(trip.start_time) for trip in acme.trips} == set(NEW_YORK.days)
    assert {cost.category for cost in acme.cost_entries} >= {"fuel", "insurance", "finance", "tolls", "tyres", "fees"}
    assert all((cost.quantity is None) == (cost.category != "fuel") for cost in acme.cost_entries)


def test_vehicles_have_numbers_with_the_right_check_digit(acme: Dataset, globex: Dataset) -> None:
    # the example of 49 CFR 565, and a number from the road
    assert vins.is_valid("1M8GDM9AXKP042788")
    assert not vins.is_valid("1M8GDM9A1KP042788")
    found = [asset.vin for asset in acme.assets + globex.assets if asset.vin]
    assert len(found) == len(set(found)) == 54
    assert all(len(vin) == 17 and vins.is_valid(vin) for vin in found)


def test_trips_never_overlap_but_where_they_are_meant_to(acme: Dataset) -> None:
    crossed = {asset.asset_tag for asset in acme.assets if overlapping(trips_of(acme, asset.asset_tag))}
    assert crossed == {"ACM-V05", "ACM-V06"}
    log_book = [trip for trip in trips_of(acme, "ACM-V05") if trip.source == "logbook"]
    assert len(log_book) > 5


def test_a_second_tracker_tells_the_same_trips(acme: Dataset) -> None:
    trips = trips_of(acme, "ACM-V06")
    spans = Counter((trip.start_time, trip.end_time, trip.distance_miles) for trip in trips)
    assert Counter(spans.values())[2] == sum(trip.source == "telematics-2" for trip in trips) > 10


def test_line_haul_runs_over_midnight(acme: Dataset) -> None:
    over = [
        trip for trip in trips_of(acme, "ACM-T02") if NEW_YORK.day_of(trip.start_time) != NEW_YORK.day_of(trip.end_time)
    ]
    assert len(over) > 40


@pytest.mark.parametrize(
    ("tag", "period", "day"),
    [
        ("ACM-T01", NEW_YORK, date(2026, 11, 1)),
        ("GLX-05", BERLIN, date(2026, 10, 25)),
    ],
)
def test_a_trip_runs_over_each_clock_change(
    acme: Dataset, globex: Dataset, tag: str, period: Period, day: date
) -> None:
    assert period.clock_changes() == [day]
    data = acme if tag.startswith("ACM") else globex
    (trip,) = (trip for trip in trips_of(data, tag) if "clock-change" in trip.external_id)
    assert trip.end_time - trip.start_time == timedelta(hours=9)
    shown = [moment.astimezone(ZoneInfo(period.time_zone)) for moment in (trip.start_time, trip.end_time)]
    assert [(moment.date(), moment.hour) for moment in shown] == [(day - timedelta(days=1), 22), (day, 6)]


def test_clocks_that_go_forward_make_a_trip_of_seven_hours() -> None:
    data = make(ACME_ORGANISATION, date(2026, 4, 30))
    (trip,) = (trip for trip in data.trips if "clock-change" in trip.external_id)
    assert trip.end_time - trip.start_time == timedelta(hours=7)


def test_one_trip_lasts_for_days(acme: Dataset) -> None:
    (trip,) = (trip for trip in trips_of(acme, "ACM-E04") if trip.external_id.endswith("three-days"))
    assert len({NEW_YORK.day_of(trip.start_time + timedelta(hours=hour)) for hour in range(int(trip.hours))}) == 4


def test_two_assets_were_never_used(acme: Dataset) -> None:
    used = {trip.asset_tag for trip in acme.trips} | {one.asset_tag for one in acme.custodies}
    unused = {asset.asset_tag: asset for asset in acme.assets if asset.asset_tag not in used}
    assert set(unused) == {"ACM-E07", "ACM-V16"}
    assert unused["ACM-V16"].in_service_on == END - timedelta(days=5)
    assert unused["ACM-E07"].in_service_on < END - timedelta(days=5 * 365)
    assert any(cost.asset_tag == "ACM-E07" for cost in acme.cost_entries)


def test_some_trips_arrive_days_late_and_none_before_it_ended(acme: Dataset) -> None:
    late = {trip.asset_tag for trip in acme.trips if trip.created_at - trip.end_time > timedelta(days=3)}
    assert late == {"ACM-V07"}
    assert all(trip.created_at > trip.end_time or trip.created_at == NEW_YORK.closes for trip in acme.trips)


def test_service_begins_and_ends_within_the_period(acme: Dataset) -> None:
    sold, bought = asset_of(acme, "ACM-T12"), asset_of(acme, "ACM-V15")
    assert (sold.status, sold.disposed_on) == ("retired", END - timedelta(days=50))
    assert NEW_YORK.start < bought.in_service_on < END
    for asset in acme.assets:
        days = [NEW_YORK.day_of(trip.start_time) for trip in trips_of(acme, asset.asset_tag)]
        costs = [cost for cost in acme.cost_entries if cost.asset_tag == asset.asset_tag]
        assert all(asset.in_service_on <= day for day in days)
        assert all(asset.in_service_on <= cost.period_start for cost in costs)
        if asset.disposed_on:
            assert max(days) < asset.disposed_on
            # the last toll statement may come after the sale
            assert max(cost.period_end for cost in costs if cost.category != "tolls") < asset.disposed_on


def test_measures_are_missing_where_there_are_none(acme: Dataset) -> None:
    for tag in ("ACM-C08", "ACM-C09", "ACM-V14", "ACM-E01"):
        assert {trip.fuel_consumed_gallons for trip in trips_of(acme, tag)} == {None}
    assert {c.unit for c in acme.cost_entries if c.asset_tag == "ACM-V14" and c.category == "fuel"} == {"kwh"}
    distances = [trip.distance_miles for trip in trips_of(acme, "ACM-C03")]
    assert 0 < distances.count(None) < len(distances) / 2
    assert {trip.distance_miles for trip in trips_of(acme, "ACM-E02")} == {0.0}
    assert any(row.asset_tag == "ACM-E02" for row in acme.maintenance_records)
    assert asset_of(acme, "ACM-X06").purchase_price is None


def test_odometers_follow_the_trips_and_one_was_replaced(acme: Dataset) -> None:
    readings = [
        (act.occurred_at, float(str(act.facts["odometer_miles"])))
        for one in acme.custodies
        if one.asset_tag == "ACM-T06"
        for act in (one.checkout, one.checkin)
        if act
    ]
    falls = [(one, other) for (_, one), (_, other) in pairwise(sorted(readings)) if other < one]
    assert len(falls) == 1
    driven = [trip for trip in trips_of(acme, "ACM-T06") if trip.start_time > NEW_YORK.at(END - timedelta(days=45), 0)]
    miles = asset_of(acme, "ACM-T06").odometer_miles
    assert miles == pytest.approx(sum(trip.distance_miles or 0 for trip in driven), abs=0.2)
    assert any("cluster" in row.description for row in acme.maintenance_records if row.asset_tag == "ACM-T06")


def test_names_are_of_many_scripts_and_one_looks_like_a_formula(acme: Dataset, globex: Dataset) -> None:
    names = {asset.asset_tag: asset.asset_name for asset in acme.assets + globex.assets}
    assert names["ACM-R08"].startswith("=HYPERLINK(")
    assert '"' in names["ACM-C10"]
    assert "," in names["ACM-C10"]
    assert 120 < len(names["ACM-X05"]) <= 200
    for letter, tag in (("Ψ", "ACM-R06"), ("Э", "ACM-E04"), ("ö", "GLX-06"), ("Ł", "GLX-09")):
        assert letter in names[tag]


def test_nobody_drives_two_vehicles_at_once(acme: Dataset) -> None:
    driven = {asset.asset_tag for asset in acme.assets if asset.asset_type in {"van", "truck"}}
    by_driver: dict[str, list[Trip]] = {}
    for trip in acme.trips:
        if trip.user_oid and trip.asset_tag in driven:
            by_driver.setdefault(trip.user_oid, []).append(trip)
    assert len(by_driver) == 8
    for trips in by_driver.values():
        assert not overlapping(sorted(trips, key=lambda trip: trip.start_time))


def test_signatures_are_such_as_people_could_draw(acme: Dataset) -> None:
    for signature in acme.signatures:
        url = "data:image/svg+xml;base64," + base64.b64encode(signature.svg.encode()).decode()
        assert read_signature(url).media_type == "image/svg+xml"


# ── in the database ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def loaded(clone: Clone) -> str:
    owner_url = clone.owner_url
    assert not is_loaded(owner_url)
    said: list[str] = []
    load(owner_url, said.append, END)
    assert len(said) == 2
    assert "60 assets" in said[0]
    return owner_url


def seen(url: str, tenant_id: int, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        connection.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(tenant_id)])
        return connection.execute(statement).fetchall()


def tenant_id(url: str, tid: str = ACME.tid) -> int:
    with psycopg.connect(url) as connection:
        connection.execute("SELECT set_config('motorpool.tid', %s, true)", [tid])
        (found,) = connection.execute("SELECT id FROM tenants WHERE tid = %s", [tid]).fetchall()
        return int(found[0])


FIGURES = """
SELECT
    (SELECT count(*) FROM users), (SELECT count(*) FROM assets), (SELECT count(*) FROM trips),
    (SELECT count(*) FROM trip_keys), (SELECT count(*) FROM maintenance_records),
    (SELECT count(*) FROM cost_entries), (SELECT count(*) FROM revenue_entries),
    (SELECT count(*) FROM fuel_prices), (SELECT count(*) FROM tasks), (SELECT count(*) FROM signatures),
    (SELECT count(*) FROM asset_checkout_history), (SELECT count(*) FROM custody_events),
    (SELECT round(sum(t.distance_miles)::numeric, 1) FROM trips AS t), (SELECT sum(c.amount) FROM cost_entries AS c)
"""


def figures(data: Dataset) -> tuple[Any, ...]:
    trips = len(data.trips)
    return (
        len(data.users),
        len(data.assets),
        trips,
        trips,
        len(data.maintenance_records),
        len(data.cost_entries),
        len(data.revenue_entries),
        len(data.fuel_prices),
        len(data.tasks),
        len(data.signatures),
        len(data.custodies),
        len(data.custody_events),
        pytest.approx(sum(trip.distance_miles or 0 for trip in data.trips), abs=0.2),
        sum(cost.amount for cost in data.cost_entries),
    )


def test_every_row_arrives_and_each_tenant_sees_its_own(
    loaded: str, database_url: str, acme: Dataset, globex: Dataset
) -> None:
    for tid, data in ((ACME.tid, acme), (GLOBEX.tid, globex)):
        (row,) = seen(database_url, tenant_id(loaded, tid), FIGURES)
        assert tuple(float(value) if index == 12 else value for index, value in enumerate(row)) == figures(data)


def test_without_a_tenant_nothing_is_seen(loaded: str, database_url: str) -> None:
    for url in (loaded, database_url):
        with psycopg.connect(url) as connection:
            assert connection.execute(FIGURES).fetchall() == [(0,) * 12 + (None, None)]


def test_trips_lie_in_their_months_and_those_are_locked_up_too(loaded: str, database_url: str) -> None:
    acme_id = tenant_id(loaded)
    homes = seen(database_url, acme_id, "SELECT DISTINCT tableoid::regclass::text FROM trips ORDER BY 1")
    assert [name for (name,) in homes] == [f"trips_2026_{month:02}" for month in range(7, 12)]
    for name in ("trips_2026_07", "trips_2026_12"):
        with psycopg.connect(database_url) as connection:
            assert connection.execute(f"SELECT count(*) FROM {name}").fetchall() == [(0,)]  # noqa: S608  a name of this file
    assert seen(database_url, acme_id, "SELECT count(*) FROM trips_2026_09")[0][0] > 1000


def test_custody_records_agree_with_their_acts_and_assets(loaded: str, acme: Dataset) -> None:
    acme_id = tenant_id(loaded)
    statuses = seen(
        loaded,
        acme_id,
        """
        SELECT count(*) FROM assets AS a
        LEFT JOIN asset_checkout_history AS h
            ON h.tenant_id = a.tenant_id AND h.asset_id = a.id AND h.checkin_time IS NULL
        WHERE (a.status = 'checked_out') <> (h.id IS NOT NULL)
            OR a.odometer_miles < h.checkout_odometer_miles
    """,
    )
    assert statuses == [(0,)]
    lone = seen(
        loaded,
        acme_id,
        """
        SELECT count(*) FROM asset_checkout_history AS h
        WHERE (SELECT count(*) FROM custody_events AS e WHERE e.tenant_id = h.tenant_id AND e.custody_id = h.id)
            <> CASE WHEN h.checkin_time IS NULL THEN 1 ELSE 2 END
    """,
    )
    assert lone == [(0,)]
    damaged = seen(loaded, acme_id, "SELECT sum(jsonb_array_length(damage)) FROM asset_checkout_history")
    said = sum(len(act.facts["damage"]) for act in acme.custody_events)  # type: ignore[arg-type,misc]  # a list of damages
    assert damaged == [(said,)]
    assert said > 20


def test_tasks_are_what_their_changes_made_of_them(loaded: str, acme: Dataset) -> None:
    acme_id = tenant_id(loaded)
    said = sum(len(task.comments) for task in acme.tasks)
    assert seen(loaded, acme_id, "SELECT count(*) FROM task_comments") == [(said,)]
    led = seen(
        loaded,
        acme_id,
        """
        SELECT count(*), count(*) FILTER (WHERE task_values(t) -> c.field = c.to_value),
            count(*) FILTER (WHERE (t.vector ->> c.replica)::bigint = t.version)
        FROM tasks AS t CROSS JOIN LATERAL (
            SELECT DISTINCT ON (c.field) * FROM task_changes AS c WHERE c.tenant_id = t.tenant_id AND c.task_id = t.id
            ORDER BY c.field, c.effective_at DESC
        ) AS c
    """,
    )
    count = 7 * len(acme.tasks)
    assert led == [(count, count, count)]
    touched = sum(task.updated_at > task.created_at for task in acme.tasks)
    assert seen(loaded, acme_id, "SELECT count(*) FROM task_changes") == [(count + touched,)]
    assert touched > 10


def test_no_event_awaits_sending(loaded: str) -> None:
    assert seen(loaded, tenant_id(loaded), "SELECT count(*) FROM websocket_events") == [(0,)]


def snapshot(url: str, of: int) -> list[tuple[Any, ...]]:
    return seen(
        url,
        of,
        """
        SELECT a.asset_tag, u.oid, t.source, t.external_id, t.start_time, t.distance_miles, t.created_at
        FROM trips AS t
        INNER JOIN assets AS a ON a.tenant_id = t.tenant_id AND a.id = t.asset_id
        LEFT JOIN users AS u ON u.tenant_id = t.tenant_id AND u.id = t.user_id
        ORDER BY t.source, t.external_id
    """,
    )


def test_loading_again_gives_the_same_and_forgets_what_people_did(loaded: str) -> None:
    acme_id, before = tenant_id(loaded), snapshot(loaded, tenant_id(loaded))
    with psycopg.connect(loaded) as owner:
        owner.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(acme_id)])
        owner.execute("UPDATE tenants SET name = 'Changed', custody_hours = 1 WHERE id = %s", [acme_id])
        owner.execute("SELECT emit_event(%s, 'TASK_CREATED', 'task', '1', NULL, '{}')", [acme_id])
        owner.execute(
            "INSERT INTO photos (tenant_id, id, user_id) SELECT tenant_id, gen_random_uuid(), min(id) FROM users "
            "WHERE tenant_id = %s GROUP BY tenant_id",
            [acme_id],
        )
    load(loaded, lambda _: None, END)
    assert tenant_id(loaded) == acme_id
    assert snapshot(loaded, acme_id) == before
    assert seen(loaded, acme_id, "SELECT name, custody_hours FROM tenants") == [("Acme Logistics", 24)]
    assert seen(loaded, acme_id, "SELECT count(*) FROM photos") == [(0,)]
    assert seen(loaded, acme_id, "SELECT count(*) FROM websocket_events") == [(0,)]
    # the next event's number is one that no browser has seen
    assert seen(loaded, acme_id, "SELECT event_seq FROM tenant_counters") == [(1,)]


def test_other_tenants_are_left_alone(loaded: str) -> None:
    with psycopg.connect(loaded) as owner:
        owner.execute("SELECT set_config('motorpool.tid', 'bystander', true)")
        statement = "INSERT INTO tenants (tid, name, time_zone) VALUES ('bystander', 'Bystander', 'UTC') RETURNING id"
        ((bystander,),) = owner.execute(statement).fetchall()
        owner.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(bystander)])
        owner.execute(
            "INSERT INTO assets (tenant_id, asset_tag, asset_name, asset_type) VALUES (%s, 'b', 'b', 'van')",
            [bystander],
        )
    load(loaded, lambda _: None, END)
    assert seen(loaded, bystander, "SELECT asset_tag FROM assets") == [("b",)]


def command(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MIGRATIONS_DATABASE_URL": url}
    return subprocess.run(
        [sys.executable, "-m", "local.demo", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_leaves_what_is_there_and_makes_it_anew_when_told(loaded: str) -> None:
    acme_id = tenant_id(loaded)
    kept = command(loaded, "--if-empty")
    assert (kept.returncode, "there already" in kept.stdout) == (0, True)
    assert seen(loaded, acme_id, "SELECT max(start_time) < '2026-11-24' FROM trips") == [(True,)]
    began = datetime.now(UTC)
    anew = command(loaded, "--reset")
    assert anew.returncode == 0, anew.stderr
    assert (ended := datetime.now(UTC)) - began < timedelta(seconds=150)
    ((last,),) = seen(loaded, acme_id, "SELECT max(start_time) FROM trips")
    # yesterday was another day when the command ended, should one have begun meanwhile
    assert NEW_YORK.day_of(last) in {NEW_YORK.day_of(one) - timedelta(days=1) for one in (began, ended)}
    load(loaded, lambda _: None, END)


def test_a_database_out_of_reach_is_said_plainly() -> None:
    failed = command("postgresql://nobody@127.0.0.1:1/none", "--if-empty")
    assert failed.returncode == 1
    assert "Is the database running" in failed.stderr
    assert "Traceback" not in failed.stderr
