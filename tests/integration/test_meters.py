"""Readings of meters: which of them can be, in whatever order they come."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings as properties, strategies as st

from shared.services import Services
from tests.factories import TenantMade, insert_asset

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
_NUMBERS = count(1)


@dataclass(frozen=True)
class Said:
    """A reading, so many days after the first Monday."""

    day: float
    value: float

    @property
    def at(self) -> datetime:
        return MONDAY + timedelta(days=self.day)


class Book:
    """The readings of one asset, straight in the table."""

    def __init__(self, connection: psycopg.Connection, tenant: TenantMade, asset: int, kind: str = "odometer") -> None:
        self.connection, self.tenant, self.asset, self.kind = connection, tenant, asset, kind

    def say(self, *readings: Said) -> None:
        """Bring readings in one statement, in their order."""
        self.connection.execute(
            "INSERT INTO meter_readings (tenant_id, source, external_id, asset_id, kind, read_at, value) "
            "SELECT %s, 'test', n, %s, %s, at, value FROM unnest(%s::text[], %s::timestamptz[], %s::float8[]) "
            "WITH ORDINALITY AS r (n, at, value, place) ORDER BY place",
            [
                self.tenant.id,
                self.asset,
                self.kind,
                [f"{next(_NUMBERS)}" for _ in readings],
                [one.at for one in readings],
                [float(one.value) for one in readings],
            ],
        )

    def replace(self, day: float, start: float = 0) -> None:
        """Replace the meter."""
        self.connection.execute(
            "INSERT INTO meter_replacements (tenant_id, asset_id, kind, replaced_at, start_value) "
            "VALUES (%s, %s, %s, %s, %s)",
            [self.tenant.id, self.asset, self.kind, MONDAY + timedelta(days=day), start],
        )

    def verdicts(self) -> list[str | None]:
        """Answer the reasons why readings were voided, in the order in which they came."""
        rows = self.connection.execute(
            "SELECT reason FROM meter_readings WHERE tenant_id = %s AND asset_id = %s AND kind = %s ORDER BY id",
            [self.tenant.id, self.asset, self.kind],
        )
        return [reason for (reason,) in rows]

    def shown(self) -> float | None:
        """Answer what the asset's meter shows."""
        column = {"odometer": "odometer_miles", "engine_hours": "engine_hours"}[self.kind]
        ((value,),) = self.connection.execute(
            f"SELECT {column} FROM assets WHERE tenant_id = %s AND id = %s",  # noqa: S608  a name of this file
            [self.tenant.id, self.asset],
        ).fetchall()
        return None if value is None else float(value)


@pytest.fixture(scope="module")
def connection(database_url: str, tenant: TenantMade) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('motorpool.tenant_id', %s, false)", [str(tenant.id)])
        yield connection


@pytest.fixture
def book(connection: psycopg.Connection, services: Services, tenant: TenantMade) -> Book:
    return Book(connection, tenant, insert_asset(services, tenant))


def test_fifteen_thousand_miles_in_a_day_are_voided_and_kept(book: Book) -> None:
    book.say(Said(1, 79_000))
    book.say(Said(2, 94_000))
    book.say(Said(3, 79_310))
    assert book.verdicts() == [None, "rises_too_fast", None]
    assert book.shown() == 79_310


def test_a_voided_reading_is_not_what_the_next_is_judged_by(book: Book) -> None:
    book.say(Said(0, 500), Said(1, 499), Said(2, 99_000), Said(3, 499.5), Said(4, 500))
    assert book.verdicts() == [None, "below_earlier", "rises_too_fast", "below_earlier", None]


@pytest.mark.parametrize(("kind", "a_day"), [("odometer", 3000.0), ("engine_hours", 24.0)])
def test_a_days_worth_is_the_most_for_a_day_and_for_less(
    connection: psycopg.Connection, services: Services, tenant: TenantMade, kind: str, a_day: float
) -> None:
    for days, most in ((0.01, a_day), (1.0, a_day), (2.5, 2.5 * a_day)):
        fine = Book(connection, tenant, insert_asset(services, tenant), kind)
        fine.say(Said(0, 100), Said(days, 100 + most))
        assert fine.verdicts() == [None, None]
        much = Book(connection, tenant, insert_asset(services, tenant), kind)
        much.say(Said(0, 100), Said(days, 100.5 + most))
        assert much.verdicts() == [None, "rises_too_fast"]


def test_a_late_reading_is_judged_by_both_its_neighbours_and_gives_way(book: Book) -> None:
    book.say(Said(0, 1000), Said(10, 1500))
    book.say(Said(5, 1250), Said(5, 1600), Said(5, 900), Said(9.99, 1400))
    assert book.verdicts() == [None, None, None, "above_later", "below_earlier", None]
    late = Said(20, 90_000)
    book.say(late, Said(30, 31_500))
    assert book.verdicts()[-2:] == ["rises_too_fast", None]
    book.say(Said(29, 1501))
    assert book.verdicts()[-1] == "later_rises_too_fast"
    assert book.shown() == 31_500


def test_a_new_meter_starts_anew_also_for_what_was_read_before_it_was_known(book: Book) -> None:
    book.say(Said(0, 120_000), Said(3, 40), Said(4, 120_100))
    assert book.verdicts() == [None, "below_earlier", None]
    book.replace(2)
    # the one of day 4 is of the old meter's kind of numbers: now it is the one that cannot be
    assert book.verdicts() == [None, None, "rises_too_fast"]
    assert book.shown() == 40
    book.say(Said(1.5, 120_050), Said(1.6, 60), Said(5, 300))
    assert book.verdicts()[3:] == [None, "below_earlier", None]
    book.replace(8, 5000)
    assert book.shown() == 5000
    book.say(Said(9, 4999), Said(9, 5100))
    assert book.verdicts()[6:] == ["below_earlier", None]


def test_a_corrected_reading_has_the_others_judged_again(book: Book) -> None:
    book.say(Said(0, 79_000), Said(1, 791_000), Said(2, 79_200))
    book.say(Said(3, 80_000))
    slip = "UPDATE meter_readings SET value = %s WHERE tenant_id = %s AND asset_id = %s AND read_at = %s"
    book.connection.execute(slip, [790_000, book.tenant.id, book.asset, MONDAY])
    assert book.verdicts() == [None, None, "below_earlier", "below_earlier"]
    assert book.shown() == 791_000
    book.connection.execute(slip, [79_000, book.tenant.id, book.asset, MONDAY])
    assert book.verdicts() == [None, "rises_too_fast", None, None]
    assert book.shown() == 80_000


def test_an_old_reading_does_not_turn_the_asset_back(book: Book) -> None:
    book.say(Said(10, 5000))
    book.say(Said(4, 4000))
    assert book.shown() == 5000


def test_meters_and_assets_do_not_mix(
    book: Book, connection: psycopg.Connection, services: Services, tenant: TenantMade
) -> None:
    book.say(Said(0, 50_000))
    hours = Book(connection, tenant, book.asset, "engine_hours")
    hours.say(Said(0, 900), Said(1, 910))
    other = Book(connection, tenant, insert_asset(services, tenant))
    other.say(Said(0.5, 7))
    assert (book.verdicts(), hours.verdicts(), other.verdicts()) == ([None], [None, None], [None])
    assert (book.shown(), hours.shown(), other.shown()) == (50_000, 910, 7)


# ── whatever comes ─────────────────────────────────────────────────────────────────────────────────────────────


def expected(readings: Iterable[Said]) -> list[str | None]:
    """Judge readings of one meter one after another, as people would with paper and pencil."""
    accepted: list[Said] = []
    found: list[str | None] = []
    for one in readings:
        before = [other for other in accepted if other.day <= one.day]
        after = [other for other in accepted if other.day > one.day]
        verdict = None
        if before:
            near = max(before, key=lambda other: other.day)
            last = [other for other in before if other.day == near.day][-1]
            if one.value < last.value:
                verdict = "below_earlier"
            elif one.value - last.value > 3000 * max(1, one.day - last.day):
                verdict = "rises_too_fast"
        if after and verdict is None:
            following = min(after, key=lambda other: other.day)
            if one.value > following.value:
                verdict = "above_later"
            elif following.value - one.value > 3000 * max(1, following.day - one.day):
                verdict = "later_rises_too_fast"
        found.append(verdict)
        if verdict is None:
            accepted.append(one)
    return found


SAID = st.builds(Said, st.integers(0, 12).map(float), st.integers(0, 15).map(lambda thousands: thousands * 1000.0))


@properties(max_examples=40)
@given(st.lists(SAID, max_size=14), st.integers(0, 14))
def test_accepted_readings_never_fall(
    connection: psycopg.Connection, services: Services, tenant: TenantMade, readings: list[Said], cut: int
) -> None:
    book = Book(connection, tenant, insert_asset(services, tenant))
    book.say(*readings[:cut])
    book.say(*readings[cut:])
    assert book.verdicts() == expected(readings)
    accepted = connection.execute(
        "SELECT value FROM meter_readings WHERE tenant_id = %s AND asset_id = %s AND state = 'accepted' "
        "ORDER BY read_at, id",
        [tenant.id, book.asset],
    ).fetchall()
    assert all(one <= other for (one,), (other,) in pairwise(accepted))
    # judged again as a whole, all stands
    connection.execute("SELECT judge_readings_again(%s, %s, 'odometer')", [tenant.id, book.asset])
    assert book.verdicts() == expected(readings)


@properties(max_examples=25)
@given(st.data(), st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3000)), min_size=1, max_size=12))
def test_readings_that_agree_are_accepted_in_any_order(
    connection: psycopg.Connection, services: Services, tenant: TenantMade, data: Any, steps: list[tuple[int, int]]
) -> None:
    readings, day, value = [], 0, 0
    for days, miles in steps:
        day, value = day + days, value + miles
        readings.append(Said(day, value))
    book = Book(connection, tenant, insert_asset(services, tenant))
    for one in data.draw(st.permutations(readings)):
        book.say(one)
    assert set(book.verdicts()) == {None}
    assert book.shown() == value
