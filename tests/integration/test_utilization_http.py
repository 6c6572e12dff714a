"""Utilization as clients meet it, against a reckoning of every minute, over both changes of the clocks."""

import functools
import operator
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.actions import rollups
from shared.services import Services
from tests import factories
from tests.factories import insert_asset
from tests.fixtures.plain_usage import Plain, PlainAsset, days_of, hours_of
from tests.fixtures.trips import Trip, insert_trips
from tests.world import Clone

type Clients = Callable[..., httpx.Client]

ROOT = "/api/assets/analytics"
A_DAY = timedelta(days=1)
SEASONS = [
    ("America/New_York", date(2025, 3, 9)),
    ("America/New_York", date(2025, 11, 2)),
    ("Australia/Lord_Howe", date(2025, 10, 5)),
]


@dataclass(frozen=True)
class Fleet:
    """A generated fleet, the days that are asked about, and what every minute came to."""

    client: httpx.Client
    zone: str
    first: date
    last: date
    assets: Mapping[str, PlainAsset]
    known: Mapping[str, Mapping[date, Plain]]

    def ask(self, report: str = "utilization", **asked: Any) -> dict[str, Any]:
        asked = {"date_from": str(self.first), "date_to": str(self.last), **asked}
        answer = self.client.get(f"{ROOT}/{report}", params=asked)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def days(self) -> list[date]:
        return [self.first + n * A_DAY for n in range((self.last - self.first).days + 1)]

    def expected(self, days: Iterable[date], names: Iterable[str] | None = None) -> Plain:
        chosen = self.assets if names is None else names
        return functools.reduce(operator.add, (self.known[name][day] for name in chosen for day in days), Plain())


@pytest.fixture(scope="module", params=SEASONS, ids=[f"{zone} {day}" for zone, day in SEASONS])
def fleet(request: pytest.FixtureRequest, services: Services, clone: Clone, client: Clients) -> Fleet:
    zone, turn = request.param
    tenant = factories.make_tenant(clone.owner_url, time_zone=zone)
    chance = random.Random(str(turn))
    first, last = turn - 9 * A_DAY, turn + 12 * A_DAY
    lead = first - 30 * A_DAY
    spans = {
        "busy van": ("van", lead - A_DAY, None),
        "late van": ("van", first + 4 * A_DAY, None),
        "sold truck": ("truck", lead + 10 * A_DAY, turn + 3 * A_DAY),
        "unused car": ("car", first - 3 * A_DAY, None),
        "of later": ("tool", last + 40 * A_DAY, None),
    }
    assets = {}
    for name, (kind, begins, ends) in spans.items():
        dates = {"in_service_on": begins, "disposed_on": ends}
        asset_id = insert_asset(services, tenant, asset_name=name, asset_type=kind, **dates)
        trips = () if name in {"unused car", "of later"} else _trips(chance, lead, last)
        insert_trips(services, tenant, [Trip(asset_id, *one) for one in trips])
        assets[name] = PlainAsset(asset_id, kind, begins, ends, trips)
    rollups.catch_up(services, tenant.id)
    every = [lead + n * A_DAY for n in range((last - lead).days + 1)]
    known = {name: days_of(asset, every, zone) for name, asset in assets.items()}
    return Fleet(client("driver", tenant=tenant), zone, first, last, assets, known)


def _trips(chance: random.Random, lead: date, last: date) -> tuple[tuple[datetime, datetime, float, float], ...]:
    """Answer trips at all hours, over midnight and over each other, also on days out of service."""
    trips = []
    for n in range(-1, (last - lead).days + 2):
        day = datetime.combine(lead + n * A_DAY, datetime.min.time(), UTC)
        for _ in range(chance.choice([0, 1, 1, 2, 3])):
            start = day + timedelta(minutes=chance.randrange(1440))
            end = start + timedelta(minutes=chance.choice([1, 25, 90, 240, 700]))
            trips.append((start, end, chance.randrange(400) / 4, chance.randrange(100) / 8))
    return tuple(trips)


def assert_row(row: Mapping[str, Any], plain: Plain) -> None:
    """Hold a row to what every minute came to."""
    assert row["trips_count"] == plain.trips
    assert row["total_active_minutes"] == plain.active
    assert row["minutes_in_service"] == plain.service
    assert row["utilization_percentage"] == pytest.approx(plain.percent, abs=0.00501)
    assert row["total_miles"] == pytest.approx(float(plain.miles), abs=0.00502)
    assert row["total_fuel_gallons"] == pytest.approx(float(plain.gallons), abs=0.00052)
    assert (row["days_used"], row["days_in_service"]) == (plain.days_used, plain.days_in_service)
    share = 100 * plain.days_used / plain.days_in_service if plain.days_in_service else 0
    assert row["day_utilization_percentage"] == pytest.approx(share, abs=0.00501)


def test_each_day_is_what_its_minutes_came_to(fleet: Fleet) -> None:
    answer = fleet.ask()
    assert [row["date"] for row in answer["data"]] == [str(day) for day in fleet.days()]
    for row, day in zip(answer["data"], fleet.days(), strict=True):
        assert_row(row, fleet.expected([day]))
    assert_row(answer["summary"], fleet.expected(fleet.days()))
    said = {name: answer[name] for name in ("base", "group_by", "date_from", "date_to", "time_zone", "benchmark")}
    assert said == {
        "base": "calendar",
        "group_by": "day",
        "date_from": str(fleet.first),
        "date_to": str(fleet.last),
        "time_zone": fleet.zone,
        "benchmark": None,
    }


def test_weeks_and_months_hold_the_days_asked_for(fleet: Fleet) -> None:
    for group in ("week", "month"):
        answer = fleet.ask(group_by=group)
        wanted: dict[str, list[date]] = {}
        for day in fleet.days():
            first = day - day.weekday() * A_DAY if group == "week" else day.replace(day=1)
            wanted.setdefault(str(first), []).append(day)
        assert [row["date"] for row in answer["data"]] == list(wanted)
        for row in answer["data"]:
            assert_row(row, fleet.expected(wanted[row["date"]]))
            assert (row["utilization_7d"], row["utilization_28d"]) == (None, None)
        assert answer["summary"] == fleet.ask()["summary"]


def test_assets_are_ranked_and_those_without_use_are_there(fleet: Fleet) -> None:
    answer = fleet.ask(group_by="asset")
    by_name = {row["asset_name"]: row for row in answer["data"]}
    # what came into service later was not in service
    assert set(by_name) == set(fleet.assets) - {"of later"}
    for name, row in by_name.items():
        assert row["asset_id"] == fleet.assets[name].id
        assert_row(row, fleet.expected(fleet.days(), [name]))
    ranks = [row["utilization_percentage"] for row in answer["data"]]
    assert ranks == sorted(ranks, reverse=True)
    assert answer["data"][-1]["asset_name"] == "unused car"
    assert answer["summary"] == fleet.ask()["summary"]


def test_a_type_and_an_asset_are_parts_of_the_whole(fleet: Fleet) -> None:
    vans = ["busy van", "late van"]
    for answer, names in (
        (fleet.ask(asset_type="van"), vans),
        (fleet.ask(asset_id=fleet.assets["sold truck"].id), ["sold truck"]),
        (fleet.ask(asset_id=fleet.assets["busy van"].id, asset_type="van"), ["busy van"]),
        (fleet.ask(asset_id=fleet.assets["busy van"].id, asset_type="truck"), []),
        (fleet.ask(asset_type="trailer"), []),
    ):
        for row, day in zip(answer["data"], fleet.days(), strict=True):
            assert_row(row, fleet.expected([day], names))
    ranked = fleet.ask(asset_type="van", group_by="asset")["data"]
    assert {row["asset_name"] for row in ranked} == set(vans)


def test_trailing_averages_reach_back_and_are_null_until_they_are_full(fleet: Fleet) -> None:
    for name in ("busy van", "late van", "sold truck"):
        asset = fleet.assets[name]
        for row, day in zip(fleet.ask(asset_id=asset.id)["data"], fleet.days(), strict=True):
            for length in (7, 28):
                window = [day - n * A_DAY for n in range(length)]
                expected = fleet.expected(window, [name]).percent if all(map(asset.serves, window)) else None
                shown = row[f"utilization_{length}d"]
                assert shown == (None if expected is None else pytest.approx(expected, abs=0.00501)), (name, day)


def test_working_hours_are_a_base_of_their_own(fleet: Fleet) -> None:
    answer = fleet.ask(base="shift")
    assert answer["base"] == "shift"
    for row, day in zip(answer["data"], fleet.days(), strict=True):
        plain = fleet.expected([day])
        assert row["utilization_percentage"] == pytest.approx(plain.shift_percent, abs=0.00501)
        assert (row["counted_minutes"], row["base_minutes"]) == (plain.shift_active, plain.shift)
        # all use is told beside it
        assert row["total_active_minutes"] == plain.active
    whole = fleet.expected(fleet.days())
    for group in ("day", "week", "month", "asset"):
        summary = fleet.ask(base="shift", group_by=group)["summary"]
        assert summary["utilization_percentage"] == pytest.approx(whole.shift_percent, abs=0.00501)


def test_hours_of_the_week_are_what_their_minutes_came_to(fleet: Fleet) -> None:
    for asked, names in (({}, list(fleet.assets)), ({"asset_type": "van"}, ["busy van", "late van"])):
        used: Counter[tuple[int, int]] = Counter()
        service: Counter[tuple[int, int]] = Counter()
        for name in names:
            for total, part in zip(
                (used, service), hours_of(fleet.assets[name], fleet.days(), fleet.zone), strict=True
            ):
                total.update(part)
        answer = fleet.ask("heatmap", **asked)
        places = [(cell["weekday"], cell["hour"]) for cell in answer["data"]]
        assert places == [(weekday, hour) for weekday in range(1, 8) for hour in range(24)]
        for cell in answer["data"]:
            place = (cell["weekday"], cell["hour"])
            assert (cell["active_minutes"], cell["minutes_in_service"]) == (used[place], service[place])
            share = 100 * used[place] / service[place] if service[place] else 0
            assert cell["utilization_percentage"] == pytest.approx(share, abs=0.00501)
        assert answer["summary"]["active_minutes"] == max(used.values())
    one = fleet.ask("heatmap", asset_id=fleet.assets["unused car"].id)
    assert one["summary"] is None
    assert sum(cell["active_minutes"] for cell in one["data"]) == 0


def test_the_summary_holds_the_same_figures(fleet: Fleet) -> None:
    answer = fleet.ask("summary")
    assert answer["data"] == fleet.ask()["data"]
    assert answer["summary"] == fleet.ask()["summary"]
    before = {"date_from": str(fleet.first - len(fleet.days()) * A_DAY), "date_to": str(fleet.first - A_DAY)}
    assert answer["previous"] == fleet.ask(**before)["summary"]
    ranked = fleet.ask(group_by="asset")["data"]
    assert (answer["most_used"], answer["least_used"]) == (ranked[:5], ranked[::-1][:5])
    assert answer["busiest"] == fleet.ask("heatmap")["summary"]
    assert "costs" not in answer
