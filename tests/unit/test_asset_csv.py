"""The reader of assets from CSV: what it takes, and how it names what it does not take."""

import codecs
import csv
import io
import time
from typing import Any

import pytest
from hypothesis import given, strategies as st

from shared.domain import asset_csv
from shared.domain.asset import AssetStatus, AssetWithCosts
from shared.domain.asset_csv import COLUMNS, MOST_FAULTS, MOST_ROWS, Sheet
from shared.domain.asset_import import import_faults

HEADER = "asset_tag,asset_name,asset_type"


def read(text: str) -> Sheet:
    return asset_csv.read(text.encode())


def said(text: str) -> list[dict[str, Any]]:
    sheet = read(text)
    assert sheet.faults.listed == []
    return [dict(row.said) for row in sheet.rows]


def faults(text: str) -> list[tuple[str, Any, Any, Any]]:
    found = read(text).faults
    assert found.count == len(found.listed)
    return [(one.pointer, *(one.members[name] for name in ("row", "line", "column"))) for one in found.listed]


def test_rows_are_read_by_the_columns_names() -> None:
    text = " Asset-Type ;ASSET TAG;asset_name;Purchase_Price;latitude;longitude\nVan; T1 ;A;5;1.5;-2\ntruck;T2;B;;;\n"
    assert said(text) == [
        {
            "asset_tag": "T1",
            "asset_name": "A",
            "asset_type": "van",
            "purchase_price": "5",
            "latitude": 1.5,
            "longitude": -2.0,
            "accuracy_m": None,
        },
        {
            "asset_tag": "T2",
            "asset_name": "B",
            "asset_type": "truck",
            "purchase_price": None,
            "latitude": None,
            "longitude": None,
            "accuracy_m": None,
        },
    ]


def test_a_column_that_is_not_there_is_not_said() -> None:
    assert said(f"{HEADER}\nT1,A,van") == [{"asset_tag": "T1", "asset_name": "A", "asset_type": "van"}]


def test_an_empty_status_says_nothing() -> None:
    assert said(f"{HEADER},status\nT1,A,van,\nT2,B,van,In Maintenance")[0].keys() == {
        "asset_tag",
        "asset_name",
        "asset_type",
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_spreadsheets_ways_of_writing_are_read(delimiter: str, end: str, mark: bytes) -> None:
    name = f'Zwei{delimiter} "Zeilen"{end}und Ü 🚚'
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=end)
    writer.writerows([HEADER.split(","), ["T1", name, "van"], ["", "", ""], ["T2", "B", "boat"]])
    sheet = asset_csv.read(mark + buffer.getvalue().encode())
    assert [(row.row, row.line, row.said["asset_name"]) for row in sheet.rows] == [(1, 2, name)]
    (fault,) = sheet.faults.listed
    assert (fault.pointer, fault.members) == ("/rows/2/asset_type", {"row": 2, "line": 5, "column": "asset_type"})


def test_the_header_decides_what_separates() -> None:
    assert said("asset_tag;asset_name;asset_type\nT1;a, b, c, d, e;van")[0]["asset_name"] == "a, b, c, d, e"
    assert said('"asset_tag","asset_name","asset_type"\nT1,a; b; c; d,van')[0]["asset_name"] == "a; b; c; d"


def test_every_bad_cell_is_named() -> None:
    text = (
        "asset_tag,asset_name,asset_type,purchase_price,year,purchase_date,latitude,longitude,useful_life_years\n"
        'T1,A,van,1.555,1700,01/02/2024,91,x,0.001\n,"",boat,"1,234.50",2020.0,2024-02-30,1,,nan\n'
        "T3,C,van,1e3,2020,2024-01-01,0,0,7\n"
    )
    columns = ["purchase_price", "year", "purchase_date", "latitude", "longitude", "useful_life_years"]
    second = ["asset_tag", "asset_name", "asset_type", "purchase_price", "year", "purchase_date"]
    expected = [(1, 2, name) for name in columns] + [(2, 3, name) for name in second]
    expected += [(2, 3, "longitude"), (2, 3, "useful_life_years"), (3, 4, "purchase_price"), (3, 4, "latitude")]
    assert sorted(faults(text)) == sorted((f"/rows/{row}/{name}", row, line, name) for row, line, name in expected)


def test_what_is_wrong_with_the_header_is_named() -> None:
    assert faults("asset_tag,colour,,asset_tag,year\nT1,red,,T1,2020") == [
        ("/rows/colour", None, 1, "colour"),
        ("/rows", None, 1, None),
        ("/rows/asset_tag", None, 1, "asset_tag"),
        ("/rows/asset_name", None, 1, "asset_name"),
        ("/rows/asset_type", None, 1, "asset_type"),
    ]
    assert [fault[3] for fault in faults("")] == ["asset_tag", "asset_name", "asset_type"]


def test_rows_have_as_many_cells_as_the_header() -> None:
    text = f"{HEADER},,\nT1,A\nT2,B,van,,,,\nT3,C,van,x\n,,,,\n\nT4,D,van"
    assert faults(text) == [("/rows/1", 1, 2, None), ("/rows/3", 3, 4, None)]
    assert read(text).received == 4


def test_a_tag_stands_once() -> None:
    text = f"{HEADER}\nT1,A,van\nT2,B,van\n T1 ,C,van\nt1,D,van"
    assert faults(text) == [("/rows/3/asset_tag", 3, 4, "asset_tag")]


@pytest.mark.parametrize(
    ("content", "line", "word"),
    [
        ("a,b\n".encode("utf-16"), 1, "UTF-16"),
        ("a,b\n".encode("utf-16-be"), 1, "UTF-16"),
        (f"{HEADER}\nT1,A,van\nT2,M\xfcller,van".encode("latin-1"), 3, "UTF-8"),
        (f'{HEADER}\nT1,"A,van\nT2'.encode(), 2, "cannot be read"),
        (f'{HEADER}\nT1,"A"x,van'.encode(), 2, "cannot be read"),
        (f"{HEADER}\nT1,{'x' * 200_000},van".encode(), 2, "more than"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(content: bytes, line: int, word: str) -> None:
    sheet = asset_csv.read(content)
    assert [(one.members["line"], word in one.detail) for one in sheet.faults.listed] == [(line, True)]


def test_faults_are_counted_beyond_those_listed() -> None:
    sheet = read(f"{HEADER}\n" + "T,A,boat\n" * 2_500)
    assert (sheet.faults.count, len(sheet.faults.listed), sheet.received) == (2_500, MOST_FAULTS, 2_500)


def test_a_file_has_an_end() -> None:
    sheet = read(f"{HEADER}\n" + "".join(f"T{number},A,van\n" for number in range(MOST_ROWS + 1)))
    assert [one.members["line"] for one in sheet.faults.listed] == [MOST_ROWS + 2]


@pytest.mark.parametrize(
    "content",
    [b"," * 8_000_000, b'"' * 8_000_000, b"vin," * 2_000_000, b"\n" * 8_000_000, b"a\n" * 2_000_000, b"\0" * 100_000],
)
def test_what_is_made_to_hurt_is_refused_soon(content: bytes) -> None:
    began = time.process_time()
    assert asset_csv.read(content).faults.count
    assert time.process_time() - began < 5


@given(st.binary(max_size=400))
def test_no_bytes_do_harm(content: bytes) -> None:
    assert asset_csv.read(content).faults.count


@given(st.lists(st.lists(st.text(max_size=12), max_size=6), max_size=6))
def test_no_cells_do_harm(rows: list[list[str]]) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([["asset_tag", "asset_name", "asset_type", "status", "latitude"], *rows])
    content = buffer.getvalue().encode("utf-8", "surrogatepass")
    sheet = asset_csv.read(content)
    assert sheet.received <= len(rows)


TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40).filter(
    lambda text: text.strip() == text
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "asset_tag": TEXT,
            "asset_name": TEXT,
            "asset_type": st.sampled_from(["car", "van", "tool"]),
            "vin": st.none() | TEXT,
            "purchase_price": st.none() | st.decimals(0, 10**12 - 1, places=2).map(str),
            "purchase_date": st.none() | st.dates().map(str),
            "odometer_miles": st.none() | st.floats(0, 1e8),
        }
    ),
    unique_by=lambda row: row["asset_tag"],
    max_size=8,
)


@given(rows=ROWS, delimiter=st.sampled_from(",;\t"), end=st.sampled_from(["\n", "\r\n"]))
def test_what_was_written_is_read_back(rows: list[dict[str, Any]], delimiter: str, end: str) -> None:
    buffer = io.StringIO(newline="")
    names = ["asset_tag", "asset_name", "asset_type", "vin", "purchase_price", "purchase_date", "odometer_miles"]
    writer = csv.DictWriter(buffer, names, delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    assert said(buffer.getvalue()) == rows


def test_the_columns_are_those_of_an_asset() -> None:
    assert {"asset_tag", "current_value", "latitude"} <= {*COLUMNS}
    assert not {"location", "id", "version", "tenant_id"} & {*COLUMNS}


def known(status: str, **more: Any) -> AssetWithCosts:
    facts = {"id": 1, "asset_tag": "T", "asset_name": "A", "asset_type": "van", "version": 1}
    times = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    return AssetWithCosts.model_validate({**facts, **times, "status": status, **more})


@pytest.mark.parametrize("now", [*AssetStatus, None])
@pytest.mark.parametrize("wanted", [*AssetStatus])
def test_a_status_repeats_what_is_or_is_one_to_set(now: AssetStatus | None, wanted: AssetStatus) -> None:
    settable = wanted in {"available", "in_maintenance"} and now != "checked_out"
    faults = import_faults({"status": wanted.value}, known(now) if now else None)
    assert ("status" not in faults) == (settable or wanted == now)


def test_days_are_held_against_those_on_record() -> None:
    now = known("available", in_service_on="2024-05-01", purchase_date="2024-06-01")
    assert import_faults({"disposed_on": "2024-04-30"}, now).keys() == {"disposed_on"}
    assert not import_faults({"disposed_on": "2024-05-01"}, now)
    assert import_faults({"in_service_on": None, "disposed_on": "2024-05-31"}, now).keys() == {"disposed_on"}
    assert not import_faults({"disposed_on": None}, now)
