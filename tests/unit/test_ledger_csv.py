"""Files of the ledger: which column is which, what a column shows, and that no bytes are too strange."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from shared.domain import ledger_csv, ledger_layout, ledger_row
from shared.domain.errors import Invalid, TooLarge
from shared.domain.ledger import COST_ENTRIES, MAINTENANCE_RECORDS, MOST_LISTED, MOST_ROWS, TRIPS, Noun
from shared.domain.ledger_csv import RawRow, Sheet
from shared.domain.ledger_layout import Layout
from shared.domain.ledger_row import Findings, Reading, ReadRow
from shared.domain.ledger_trips import IngestTrips

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HEADER = "source,external_id,asset_tag,start_time,end_time,distance_miles"
TIMES = "2026-03-02T08:00:00Z,2026-03-02T09:00:00Z"


def read(
    content: str | bytes, noun: Noun = TRIPS, layout: Layout | None = None, zone: str = "America/New_York"
) -> tuple[list[ReadRow], Findings]:
    layout, findings = layout or ledger_layout.own(noun), Findings()
    sheet = ledger_csv.read(content.encode() if isinstance(content, str) else content, noun, layout)
    reading = Reading(NOW, "USD", ZoneInfo(zone), is_text=True, makes_ids=layout.is_foreign)
    return ledger_row.read(sheet, noun, reading, findings), findings


def of_json(*rows: dict[str, Any], noun: Noun = TRIPS) -> tuple[list[ReadRow], Findings]:
    findings = Findings()
    raw = [RawRow(number, None, row) for number, row in enumerate(rows, start=1)]
    return ledger_row.read(Sheet(raw, len(raw)), noun, Reading(NOW, "USD", None, is_text=False), findings), findings


def repairs(findings: Findings) -> list[tuple[int, str, Any, Any]]:
    return [(one.row, one.field, one.was, one.to) for one in findings.repaired]


def rejections(findings: Findings) -> list[tuple[int, int | None, str | None]]:
    return [(one.row, one.line, one.field) for one in findings.rejected]


def refused(content: str | bytes, noun: Noun = TRIPS, layout: Layout | None = None) -> list[tuple[Any, Any]]:
    with pytest.raises(Invalid) as found:
        read(content, noun, layout)
    return [(one.members.get("line"), one.members.get("column")) for one in found.value.faults]


def test_a_clean_file_needs_no_repair() -> None:
    (row,), findings = read(f"{HEADER}\ngeotab,7,V-1,{TIMES},12.5\n")
    assert findings == Findings()
    assert row.values == {
        "source": "geotab",
        "external_id": "7",
        "asset_id": None,
        "asset_tag": "V-1",
        "start_time": datetime(2026, 3, 2, 8, tzinfo=UTC),
        "end_time": datetime(2026, 3, 2, 9, tzinfo=UTC),
        "distance_miles": 12.5,
        "fuel_consumed_gallons": None,
        "idle_minutes": None,
        "driver_oid": None,
    }


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("first", ["", "\ufeff"])
def test_names_of_columns_are_forgiven_and_listed(mark: str, first: str) -> None:
    names = [" Source", "EXTERNAL ID", "Vehicle", "Start Time", "Trip-End", "Distance (km)", ""]
    cells = ["x", "1", " V-1 ", "2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z", "10", ""]
    (row,), findings = read(f"{first}{mark.join(names)}\r\n{mark.join(cells)}\r\n")
    assert row.values["distance_miles"] == 6.213712
    assert repairs(findings) == [
        (0, "source", " Source", "source"),
        (0, "external_id", "EXTERNAL ID", "external_id"),
        (0, "asset_tag", "Vehicle", "asset_tag"),
        (0, "start_time", "Start Time", "start_time"),
        (0, "end_time", "Trip-End", "end_time"),
        (0, "distance_miles", "Distance (km)", "distance_miles"),
        (1, "asset_tag", " V-1 ", "V-1"),
    ]


def test_columns_that_are_unknown_twice_or_missing_are_all_named() -> None:
    assert refused("source,colour,asset_tag,tag,start_time\nx,red,V,V,2026") == [
        (1, "colour"),
        (1, "asset_tag"),
        (1, "end_time"),
        (1, "external_id"),
    ]
    assert (1, "asset_tag") in refused("source,external_id,start_time,end_time\n")
    assert refused(b"") == [(None, None)]
    assert refused(b"\xff\xfea\0") == [(1, None)]
    assert refused(f"{HEADER}\n".encode() + b"x,\xe4,V-1\n") == [(2, None)]
    assert refused(f'{HEADER}\n"x') == [(2, None)]


def test_bad_rows_leave_the_good_ones() -> None:
    lines = [
        f"x,1,V-1,{TIMES},5",
        f'x,"2\nmore",V-1,{TIMES},abc',
        "x,3,V-1",
        f"x,4,,{TIMES},5",
        f"Null,5,V-1,{TIMES},N/A",
        "x,6,V-1,2026-03-02T09:00:00Z,2026-03-02T08:00:00Z,5",
    ]
    found, findings = read("\n".join([HEADER, *lines]))
    assert [row.values["external_id"] for row in found] == ["1"]
    assert rejections(findings) == [
        (3, 5, None),
        (2, 3, "distance_miles"),
        (4, 6, "asset_id"),
        (5, 7, "source"),
        (6, 8, "end_time"),
    ]
    assert repairs(findings) == [(5, "source", "Null", None), (5, "distance_miles", "N/A", None)]


def test_a_column_decides_what_one_cell_cannot() -> None:
    header = "source,external_id,asset_tag,performed_on,category,total_cost\n"
    body = 'x,1,V-1,03/04/2026,oil,1.234\nx,2,V-1,31/01/2026,oil,"12,5"\n'
    found, findings = read(header + body, MAINTENANCE_RECORDS)
    assert [str(row.values["performed_on"]) for row in found] == ["2026-04-03", "2026-01-31"]
    assert [row.values["total_cost"] for row in found] == ["1234.00", "12.50"]
    found, findings = read(header + "x,1,V-1,03/04/2026,oil,5\n", MAINTENANCE_RECORDS)
    assert (found, rejections(findings)) == ([], [(1, 2, "performed_on")])


def test_local_times_are_said_once_for_their_column() -> None:
    lines = [f"x,{number},V-1,2026-03-02 08:00,2026-03-02T09:00:00-05:00,5" for number in range(3)]
    found, findings = read("\n".join([HEADER, *lines]))
    assert {row.values["start_time"] for row in found} == {datetime(2026, 3, 2, 13, tzinfo=UTC)}
    assert repairs(findings) == [(0, "start_time", "local time", "America/New_York")]


def test_lists_end_at_a_thousand_and_counts_do_not() -> None:
    _, findings = read(HEADER + f"\nx,1,V-1,{TIMES},N/A" * 1_500 + f"\nx,1,V-1,{TIMES},?" * 1_500)
    assert (len(findings.repaired), findings.repaired_count) == (MOST_LISTED, 1_500)
    assert (len(findings.rejected), findings.rejected_count) == (MOST_LISTED, 1_500)
    assert len(findings.rejected_rows) == 1_500


def test_a_file_has_its_limit() -> None:
    with pytest.raises(TooLarge, match="50,000 rows"):
        read(HEADER + f"\nx,1,V-1,{TIMES},5" * (MOST_ROWS + 1))


def trip(**fields: Any) -> dict[str, Any]:
    start, end = "2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z"
    return {"source": "x", "external_id": "1", "asset_tag": "V-1", "start_time": start, "end_time": end, **fields}


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"end_time": "2026-03-02T08:00:00Z"}, "end_time"),
        ({"end_time": "2026-04-03T08:00:00Z"}, "end_time"),
        ({"start_time": "2026-06-03T08:00:00Z", "end_time": "2026-06-03T09:00:00Z"}, "start_time"),
        ({"start_time": "2026-03-02 08:00:00"}, "start_time"),
        ({"distance_miles": 3_001}, "distance_miles"),
        ({"distance_miles": True}, "distance_miles"),
        ({"idle_minutes": 62}, "idle_minutes"),
        ({"source": "custody"}, "source"),
        ({"source": ""}, "source"),
        ({"external_id": 5}, "external_id"),
        ({"asset_id": 0}, "asset_id"),
        ({"colour": "red"}, "colour"),
        ({"asset_tag": None}, "asset_id"),
    ],
)
def test_a_row_of_json_is_rejected_for_what_it_says(fields: dict[str, Any], fault: str) -> None:
    found, findings = of_json(trip(), trip(**fields), trip(external_id="2"))
    assert [row.raw.row for row in found] == [1, 3]
    assert (2, None, fault) in rejections(findings)
    assert all(one.detail[0].isupper() and one.detail.endswith(".") for one in findings.rejected)


def test_long_trips_may_go_further() -> None:
    found, _ = of_json(trip(distance_miles=5_900, end_time="2026-03-04T08:00:00Z"))
    assert len(found) == 1


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, "incurred_on"),
        ({"incurred_on": "2026-01-01", "period_start": "2026-01-01", "period_end": "2026-01-31"}, "incurred_on"),
        ({"period_start": "2026-01-31"}, "incurred_on"),
        ({"period_start": "2026-01-31", "period_end": "2026-01-30"}, "period_end"),
        ({"period_start": "2026-01-01", "period_end": "2036-02-01"}, "period_end"),
        ({"incurred_on": "2026-01-01", "quantity": 5}, "quantity"),
        ({"incurred_on": "2026-01-01", "category": "snacks"}, "category"),
        ({"incurred_on": "2026-01-01", "amount": None}, "amount"),
    ],
)
def test_a_cost_says_when_once(fields: dict[str, Any], fault: str) -> None:
    cost = {"source": "x", "external_id": "1", "asset_id": 1, "category": "fuel", "amount": "5.00"}
    found, findings = of_json({**cost, **fields}, noun=COST_ENTRIES)
    assert (found, rejections(findings)) == ([], [(1, None, fault)])


def test_the_later_of_two_rows_wins() -> None:
    found, findings = of_json(trip(), trip(), trip(distance_miles=1), trip(external_id="2"))
    rows, same = ledger_row.unique(found, TRIPS.key, findings)
    assert [(row.raw.row, same) for row in rows] == [(3, 1), (4, 1)]
    assert rejections(findings) == [(2, None, "external_id")]


TRACCAR = (
    "deviceId,deviceName,distance,averageSpeed,maxSpeed,spentFuel,startOdometer,startTime,endTime,duration,idleTime"
)


def test_traccars_fields_are_in_its_own_measures() -> None:
    line = "3,Van 7,16093.44,20,50,0.0,1,2026-03-02T08:00:00.000+00:00,2026-03-02T09:00:00.000+00:00,3600000,90000"
    (row,), findings = read(f"{TRACCAR}\n{line}", layout=IngestTrips.model_validate({"format": "traccar"}).layout())
    assert row.values["source"] == "traccar"
    assert row.values["external_id"] == "Van 7@2026-03-02T08:00:00Z"
    measured = [row.values[name] for name in ("asset_tag", "distance_miles", "fuel_consumed_gallons", "idle_minutes")]
    assert measured == ["Van 7", 10.0, None, 1.5]
    assert findings.rejected == []


REPORT = "Report type:;Trips\n\nDevice;Start Time;End Time;Distance;Average Speed;Spent Fuel\n"


def test_traccars_report_says_its_measures_or_is_told() -> None:
    traccar = IngestTrips.model_validate({"format": "traccar"}).layout()
    (row,), _ = read(REPORT + "Van 7;2026-03-02 08:00;2026-03-02 09:00;10.00 km;5 km/h;3 l", layout=traccar)
    assert (row.values["distance_miles"], row.values["fuel_consumed_gallons"]) == (6.213712, 0.792516)
    found, findings = read(REPORT + "Van 7;2026-03-02 08:00;2026-03-02 09:00;10.00;5;", layout=traccar)
    assert (found, rejections(findings)) == ([], [(1, 4, "distance_miles")])
    told = IngestTrips.model_validate({"format": "traccar", "distance_unit": "km"}).layout()
    (row,), _ = read(REPORT + "Van 7;2026-03-02 08:00;2026-03-02 09:00;10.00;5;", layout=told)
    assert row.values["distance_miles"] == 6.213712


def test_a_map_brings_any_trackers_file() -> None:
    columns = {
        "asset_tag": "Unit No.",
        "start_time": "Begin",
        "end_time": {"column": "Finish"},
        "distance_miles": {"column": "Odo Delta", "unit": "km"},
        "source": {"value": "acme-track"},
    }
    layout = IngestTrips.model_validate({"format": "telematics", "columns": json.dumps(columns)}).layout()
    content = "Unit No.,Begin,Finish,Odo Delta,Whatever\nV-1,2026-03-02 08:00,2026-03-02 09:00,100,x"
    (row,), _ = read(content, layout=layout, zone="Europe/Berlin")
    values = row.values
    assert (values["source"], values["distance_miles"]) == ("acme-track", 62.137119)
    assert values["external_id"] == "V-1@2026-03-02T07:00:00Z"


@pytest.mark.parametrize(
    "columns",
    [None, "", "[]", "{", '{"colour": "Red"}', '{"source": {}}', '{"start_time": {"column": "x", "unit": "km"}}', "1"],
)
def test_a_map_that_is_none_is_refused(columns: str | None) -> None:
    asked = {"format": "telematics"} | ({"columns": columns} if columns is not None else {})
    with pytest.raises(Invalid) as found:
        IngestTrips.model_validate(asked).layout()
    assert {one.pointer for one in found.value.faults} == {"/columns"}


@given(content=st.binary(max_size=300))
def test_no_bytes_are_too_strange(content: bytes) -> None:
    for start in (b"", f"{HEADER}\n".encode()):
        with contextlib.suppress(Invalid):
            read(start + content)


@given(lines=st.lists(st.text(alphabet='x1-:TZ.,"; \t\r\nV/N/A', max_size=60), max_size=5))
def test_every_row_is_taken_or_named(lines: list[str]) -> None:
    content = "\n".join([HEADER, f"x,1,V-1,{TIMES},5", *lines])
    try:
        sheet = ledger_csv.read(content.encode(), TRIPS, ledger_layout.own(TRIPS))
    except Invalid:
        return
    found, findings = read(content)
    taken = {row.raw.row for row in found}
    assert taken | findings.rejected_rows == set(range(1, sheet.received + 1))
    assert not taken & findings.rejected_rows


@given(
    row=st.dictionaries(
        st.sampled_from([column.name for column in TRIPS.columns]), st.text() | st.integers() | st.floats() | st.none()
    )
)
def test_no_row_of_json_is_too_strange(row: dict[str, Any]) -> None:
    found, findings = of_json({**trip(), **row})
    assert bool(found) is not bool(findings.rejected_rows)
