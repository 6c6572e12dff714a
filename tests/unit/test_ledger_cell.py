"""One value of the ledger: as it should be, repaired where it can mean one thing, refused where it could mean two."""

import contextlib
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from shared.domain import ledger_cell, ledger_number, ledger_time
from shared.domain.fuel_price import FUEL_PRICES
from shared.domain.ledger import COST_ENTRIES, MAINTENANCE_RECORDS, REVENUE_ENTRIES, TRIPS
from shared.domain.ledger_cell import Repaired, Style
from shared.domain.ledger_field import Field, Kind
from shared.domain.ledger_time import Order

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
COLUMNS = {
    column.name: column
    for noun in (TRIPS, MAINTENANCE_RECORDS, REVENUE_ENTRIES, COST_ENTRIES, FUEL_PRICES)
    for column in noun.columns
}


def style(**more: Any) -> Style:
    latest = ledger_time.latest_of(NOW)
    return Style(**{"latest": latest, "currency": "USD", "is_text": True, "zone": NEW_YORK, **more})


def read(name: str, value: Any, **more: Any) -> Any:
    return ledger_cell.reader(COLUMNS[name], style(**more))(value)


def repaired(name: str, value: Any, **more: Any) -> Any:
    found = read(name, value, **more)
    assert isinstance(found, Repaired), found
    return found.value


def refused(name: str, value: Any, **more: Any) -> str:
    with pytest.raises(ValueError, match=r"\w") as fault:
        read(name, value, **more)
    return str(fault.value)


@pytest.mark.parametrize("word", ["Null", "NULL", "N/A", "n/a", "-", " - ", "None", "NaN", "#N/A", "—"])
@pytest.mark.parametrize("name", ["distance_miles", "description", "incurred_on", "start_time", "asset_id"])
def test_words_for_nothing_are_nothing(name: str, word: str) -> None:
    assert repaired(name, word) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        ("1,234", 1234.0),
        ("12,5", 12.5),
        ("1,234,567", 1234567.0),
        ("1.234.567", 1234567.0),
        ("1 234,5", 1234.5),
        ("1\u202f234.5", 1234.5),
        ("1'234.50", 1234.5),
        (".5", 0.5),
        ("007", 7.0),
        (" 12.5 ", 12.5),
        ("+3", 3.0),
        ("-12.5", 12.5),
        ("\u221212.5", 12.5),
        ("12.3 mi", 12.3),
        ("12.3MILES", 12.3),
        ("10 km", 6.213712),
        ("1,000 km", 621.371192),
        ("0,5 km", 0.310686),
    ],
)
def test_numbers_are_understood(text: str, number: float) -> None:
    assert repaired("distance_miles", text) == number


@pytest.mark.parametrize("text", ["12.5", "0", "1e2", "70000"])
def test_plain_numbers_stay(text: str) -> None:
    assert read("distance_miles", text) == float(text)


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "1,2,3",
        "1.2.3",
        "12,34,567",
        "1,234.567,8",
        "12 m",
        "12 gal",
        "1 2",
        "1-2",
        "--5",
        "(5",
        "$5 mi",
        "\uff11\uff12",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    assert refused("distance_miles", text)


def test_a_column_shows_its_decimal_mark() -> None:
    assert ledger_number.mark_of(["12,5", "1.234"]) == ","
    assert ledger_number.mark_of(["1,234.5", "1,234"]) == "."
    assert ledger_number.mark_of(["1,234", "5"]) is None
    assert ledger_number.mark_of(["0,123", "7"]) == ","
    assert ledger_number.mark_of(["12,5", "12.5"]) is None
    assert repaired("distance_miles", "1.234", mark=",") == 1234.0
    assert repaired("distance_miles", "1,234", mark=",") == 1.234
    assert "another decimal mark" in refused("distance_miles", "12.5", mark=",")


def test_a_measure_is_said_once_or_in_each_cell() -> None:
    assert read("distance_miles", "100", measure="km") == 62.137119
    assert repaired("distance_miles", "100 mi", measure="km") == 100.0
    assert "say the unit" in refused("distance_miles", "100", measure="written")
    assert repaired("distance_miles", "100 km", measure="written") == 62.137119
    assert repaired("fuel_consumed_gallons", "10 l") == 2.641721
    assert repaired("idle_minutes", "90 sec") == 1.5


def test_only_a_distance_loses_its_sign() -> None:
    assert repaired("distance_miles", -5) == 5.0
    assert "below nothing" in refused("fuel_consumed_gallons", -5)
    assert "below nothing" in refused("total_cost", "-5")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1,234", "1234.00"),
        ("USD 12", "12.00"),
        ("12 usd", "12.00"),
        ("(12.50)", "-12.50"),
        ("-$3", "-3.00"),
        ("19.990000000000002", "19.99"),
    ],
)
def test_amounts_are_understood(text: str, amount: str) -> None:
    assert repaired("amount", text) == amount


@pytest.mark.parametrize(("value", "amount"), [("12.5", "12.50"), (12, "12.00"), (0.1, "0.10"), ("-3.00", "-3.00")])
def test_plain_amounts_stay(value: Any, amount: str) -> None:
    assert read("amount", value) == amount


@pytest.mark.parametrize("value", ["12.345", "€5", "EUR 5", "five", True, float("nan"), "1e30", 10**15, "9" * 39, [1]])
def test_other_amounts_are_refused(value: Any) -> None:
    assert refused("amount", value)


@pytest.mark.parametrize(
    ("value", "price"),
    [("3.5", "3.5000"), ("3.50", "3.5000"), (3.5, "3.5000"), (3, "3.0000"), ("3.8499", "3.8499"), ("0.0001", "0.0001")],
)
def test_plain_prices_stay(value: Any, price: str) -> None:
    assert read("price_per_gallon", value) == price


@pytest.mark.parametrize(
    ("value", "price"), [("$3.50", "3.5000"), (" 3.5", "3.5000"), ("3,5", "3.5000"), ("3.84995", "3.8500")]
)
def test_prices_are_understood_and_rounded(value: str, price: str) -> None:
    assert repaired("price_per_gallon", value) == price


@pytest.mark.parametrize("value", [0, "0", "-1", "0.00004", 1_000_000, "EUR 3", True, float("inf"), "cheap", {}])
def test_other_prices_are_refused(value: Any) -> None:
    assert refused("price_per_gallon", value)


def test_words_are_found_among_those_that_there_are() -> None:
    assert read("category", "fuel") == "fuel"
    word = ledger_cell.reader(COLUMNS["category"], style())
    assert (word("Tires"), word(" FUEL "), word("petrol")) == (Repaired("tyres"), Repaired("fuel"), Repaired("fuel"))
    with pytest.raises(ValueError, match="one of fuel, insurance"):
        word("snacks")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31/01/2026", date(2026, 1, 31)),
        ("1/31/2026", date(2026, 1, 31)),
        ("05/05/2026", date(2026, 5, 5)),
        ("3.4.2026", date(2026, 4, 3)),
        ("2026/01/31", date(2026, 1, 31)),
        ("2026-1-5", date(2026, 1, 5)),
        ("2026-01-31 00:00:00", date(2026, 1, 31)),
        (" 2026-01-31", date(2026, 1, 31)),
    ],
)
def test_days_are_understood(text: str, day: date) -> None:
    assert repaired("earned_on", text) == day


@pytest.mark.parametrize(
    "text",
    ["03/04/2026", "31/01/26", "2026-02-30", "13/13/2026", "2026-01-31 09:30", "yesterday", "46053", "2026-W05-6"],
)
def test_other_days_are_refused(text: str) -> None:
    assert refused("earned_on", text)


def test_a_column_shows_the_order_of_day_and_month() -> None:
    assert ledger_time.order_of(["03/04/2026", "31/01/2026", ""]) is Order.DAY_FIRST
    assert ledger_time.order_of(["03/04/2026", "01/31/2026 10:00"]) is Order.MONTH_FIRST
    assert ledger_time.order_of(["03/04/2026"]) is Order.UNKNOWN
    assert ledger_time.order_of(["31/01/2026", "01/31/2026"]) is Order.UNKNOWN
    assert repaired("earned_on", "03/04/2026", order=Order.DAY_FIRST) == date(2026, 4, 3)
    assert repaired("earned_on", "03/04/2026", order=Order.MONTH_FIRST) == date(2026, 3, 4)
    assert "either way round" in refused("earned_on", "03/04/2026")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02 09:30", datetime(2026, 3, 2, 14, 30, tzinfo=UTC)),
        ("2026-03-02T09:30:15.5", datetime(2026, 3, 2, 14, 30, 15, 500_000, tzinfo=UTC)),
        ("2026-03-02T09:30:00Z", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("2026-03-02T09:30:00.000+01:00", datetime(2026, 3, 2, 8, 30, tzinfo=UTC)),
    ],
)
def test_times_of_the_place_are_read_in_its_zone(text: str, moment: datetime) -> None:
    assert read("start_time", text) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("3/31/2026 2:05 PM", datetime(2026, 3, 31, 18, 5, tzinfo=UTC)),
        ("31.03.2026, 12:00 AM", datetime(2026, 3, 31, 4, 0, tzinfo=UTC)),
        ("2026-03-02 09:30 UTC", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("2026-03-02 09:30+0100", datetime(2026, 3, 2, 8, 30, tzinfo=UTC)),
    ],
)
def test_other_ways_to_write_times_are_understood(text: str, moment: datetime) -> None:
    assert repaired("start_time", text) == moment


def test_times_that_the_clocks_skipped_or_showed_twice_are_refused() -> None:
    assert "skipped" in refused("start_time", "2026-03-08 02:30")
    assert "twice" in refused("start_time", "2025-11-02 01:30")
    assert read("start_time", "2025-11-02T01:30:00-04:00") == datetime(2025, 11, 2, 5, 30, tzinfo=UTC)
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    assert "skipped" in refused("start_time", "2025-10-05 02:15", zone=lord_howe)
    assert "twice" in refused("start_time", "2026-04-05 01:45", zone=lord_howe)


def test_outside_of_a_file_a_time_has_its_offset() -> None:
    assert "RFC 3339" in refused("start_time", "2026-03-02 09:30:00", is_text=False, zone=None)
    assert repaired("start_time", " 2026-03-02T09:30:00Z", is_text=False, zone=None) == datetime(
        2026, 3, 2, 9, 30, tzinfo=UTC
    )
    assert "RFC 3339" in refused("start_time", "31/01/2026 09:30", is_text=False, zone=None)


def test_nothing_lies_in_the_future_or_before_there_were_fleets() -> None:
    assert read("start_time", "2026-06-02T11:59:00Z")
    assert "future" in refused("start_time", "2026-06-02T12:01:00Z")
    assert "future" in refused("earned_on", "2026-06-03")
    assert read("period_end", "2027-05-31") == date(2027, 5, 31)
    assert "before 1990" in refused("earned_on", "1989-12-31")
    assert "no such time" in refused("start_time", "0001-01-01T00:00:00+14:00")


def test_texts_are_trimmed_and_bounded() -> None:
    assert repaired("description", "  oil  ") == "oil"
    assert "more than 64" in refused("source", "x" * 65)
    assert "control" in refused("description", "a\0b")
    assert "text" in refused("source", 5)


@pytest.mark.parametrize("name", ["distance_miles", "amount", "earned_on", "start_time", "category", "asset_id"])
@pytest.mark.parametrize("shape", ["1{}x", "2026-03-02 10:00{}x", "{}", "x{}1", "1{},", "2026-03-02{}1"])
def test_long_cells_are_refused_at_once(name: str, shape: str) -> None:
    began = time.process_time()
    for filler in (" ", "1", ",", ".", "'"):
        with contextlib.suppress(ValueError):
            read(name, shape.format(filler * 90_000))
    assert time.process_time() - began < 1


KINDS = {kind: next(column for column in COLUMNS.values() if column.kind is kind) for kind in Kind}


@pytest.mark.parametrize("column", KINDS.values(), ids=lambda column: column.kind.name)
@given(value=st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none().map(lambda _: [])))
def test_whatever_comes_is_read_or_refused(column: Field, value: Any) -> None:
    for one in (style(), style(is_text=False, zone=None), style(mark=",", measure="written")):
        with contextlib.suppress(ValueError):
            ledger_cell.reader(column, one)(value)


LIKELY = st.text(alphabet="0123456789.,-/: $kmiUTCZ+()' ", max_size=25)


@pytest.mark.parametrize("name", ["distance_miles", "amount", "earned_on", "start_time", "category", "source"])
@given(text=LIKELY)
def test_what_was_repaired_needs_no_repair(name: str, text: str) -> None:
    column = COLUMNS[name]
    try:
        found = ledger_cell.reader(column, style())(text)
    except ValueError:
        return
    if isinstance(found, Repaired) and found.value is not None:
        written = found.value.isoformat() if isinstance(found.value, date) else str(found.value)
        assert ledger_cell.reader(column, style())(written) == found.value


@given(number=st.decimals(min_value=0, max_value=10**9, places=2), mark=st.sampled_from(",."))
def test_thousands_do_not_change_an_amount(number: Any, mark: str) -> None:
    text = f"{number:,}" if mark == "." else f"{number:,}".translate(str.maketrans(",.", ".,"))
    found = read("amount", text)
    assert str(found.value if isinstance(found, Repaired) else found) == f"{number:.2f}"


@given(start=st.datetimes(datetime(1991, 1, 1), datetime(2026, 5, 1)))  # noqa: DTZ001 - clocks of a place
def test_a_local_time_means_what_the_clock_showed(start: datetime) -> None:
    start = start.replace(microsecond=0, fold=0)
    try:
        found = read("start_time", start.isoformat(sep=" "))
    except ValueError:
        shown = start.replace(tzinfo=NEW_YORK)
        assert shown.utcoffset() != shown.replace(fold=1).utcoffset()
        return
    assert found.astimezone(NEW_YORK).replace(tzinfo=None) == start
    assert found - timedelta(hours=6) < start.replace(tzinfo=UTC)
