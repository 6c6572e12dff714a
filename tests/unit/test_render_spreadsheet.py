"""Workbooks and CSV: values as what they are, and no text that a program takes for a formula."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, strategies as st

from shared.domain.report import Chart, ChartStyle, Column, Kind, Paper, Table, harmless
from shared.render import spreadsheet
from shared.render.comma_separated import write_csv
from shared.render.spreadsheet import write_xlsx

COLUMNS = (
    Column("name", "Name"),
    Column("day", "Day", Kind.DAY),
    Column("at", "Moment", Kind.INSTANT),
    Column("money", "Money", Kind.MONEY),
)
ROW = {
    "name": "Van",
    "day": date(2026, 2, 28),
    "at": datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
    "money": Decimal("-1234.56"),
}


def paper(rows: list[dict[str, object]], **more: object) -> Paper:
    table = Table("Fleet", "Fleet", COLUMNS, rows, **more)  # type: ignore[arg-type]
    return Paper("Report", "=Acme", "Europe/Berlin", "EUR", (), datetime(2026, 7, 1, tzinfo=UTC), (table,))


def book(what: Paper) -> openpyxl.Workbook:
    target = io.BytesIO()
    write_xlsx(what, target)
    return openpyxl.load_workbook(io.BytesIO(target.getvalue()))


def test_values_are_what_they_are() -> None:
    name, day, at, money = book(paper([dict(ROW)]))["Fleet"][2]
    assert (name.value, money.value) == ("Van", -1234.56)
    assert (day.value, at.value) == (datetime(2026, 2, 28), datetime(2026, 7, 2, 0, 30))  # noqa: DTZ001 - cells have no zone
    assert money.number_format == "#,##0.00"


def test_totals_charts_and_what_it_is_about() -> None:
    chart = Chart("Money", ChartStyle.BAR, "name", ("money",))
    made = book(paper([dict(ROW)] * 3, totals={"name": "Total", "money": 7}, charts=(chart,), notes=("=note",)))
    sheet = made["Fleet"]
    assert [cell.value for cell in sheet[5]] == ["Total", None, None, 7]
    assert sheet["A7"].value == "'=note"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:D4")
    assert "'=Acme" in {cell.value for cell in made["About"]["B"]}


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "ROWS_MAX", 4)
    made = book(paper([{**ROW, "money": number} for number in range(10)]))
    sheets = [made[name] for name in ("Fleet", "Fleet 2", "Fleet 3")]
    assert [sheet["D2"].value for sheet in sheets] == [0, 4, 8]
    assert sum(sheet.max_row - 1 for sheet in sheets) == 10


@given(st.text(max_size=40))
def test_no_text_becomes_a_formula(text: str) -> None:
    cell = book(paper([{**ROW, "name": text}]))["Fleet"]["A2"]
    assert cell.data_type != "f"
    assert harmless(text)[:1] not in {*"=+-@\t\r"}
    assert harmless(text).removeprefix("'") == text.removeprefix("'")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20), max_size=5))
def test_csv_is_read_as_it_was_written(names: list[str]) -> None:
    target = io.BytesIO()
    assert write_csv(paper([{**ROW, "name": name} for name in names]), target) == len(names)
    rows = list(csv.DictReader(io.StringIO(target.getvalue().decode(), newline="")))
    assert [row["name"] for row in rows] == [harmless(name) for name in names]
    assert {(row["day"], row["at"], row["money"]) for row in rows} <= {
        ("2026-02-28", "2026-07-02T00:30:00+02:00", "-1234.56")
    }
    assert target.getvalue().startswith(b"name,day,at,money\r\n")
