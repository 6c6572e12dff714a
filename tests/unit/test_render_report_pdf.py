"""Reports on paper: every row, on pages that say what they are, in the tenant's letters."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st
from pypdf import PdfReader

from shared.domain.report import Chart, ChartStyle, Column, Kind, Paper, Table
from shared.render.columns import SIZE, broken
from shared.render.fonts import REGULAR, register_fonts, text_width
from shared.render.report_pdf import write_pdf

COLUMNS = (
    Column("name", "Name", width=20),
    Column("day", "Day", Kind.DAY),
    Column("at", "Moment", Kind.INSTANT),
    Column("money", "Money", Kind.MONEY),
    Column("share", "Share", Kind.PERCENT),
    Column("count", "Count", Kind.WHOLE),
)


def row(number: int, name: str = "Van") -> dict[str, object]:
    return {
        "name": f"{name} {number}",
        "day": date(2026, 1, 1) + timedelta(days=number),
        "at": datetime(2026, 7, 1, 12, tzinfo=UTC),
        "money": Decimal("1234567.80"),
        "share": 12.5,
        "count": number,
    }


def paper(rows: Sequence[Mapping[str, object]], *, tenant: str = "Acme", charts: tuple[Chart, ...] = ()) -> Paper:
    table = Table(
        "Fleet", "Fleet", COLUMNS, rows, totals={"name": "Total", "money": 1}, charts=charts, notes=("A note.",)
    )
    made_at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    return Paper("Report", tenant, "Europe/Berlin", "EUR", (("Period", "May"),), made_at, (table,))


def pages(what: Paper) -> list[str]:
    target = io.BytesIO()
    assert write_pdf(what, target) == sum(len(list(table.rows)) for table in what.tables)
    return [page.extract_text() for page in PdfReader(io.BytesIO(target.getvalue())).pages]


def test_every_row_is_there_and_every_page_says_what_it_is() -> None:
    found = pages(paper([row(number) for number in range(450)]))
    assert len(found) > 5
    for number, text in enumerate(found, 1):
        assert f"Page {number} of {len(found)}" in text
        assert "Acme · Report" in text
    for text in found[:-1]:
        assert "Moment" in text
    whole = "\n".join(found)
    assert all(f"Van {number}\n" in whole for number in range(450))
    # as clocks in Berlin show it
    assert "2026-07-01 14:00" in found[0]
    assert "2026-07-02 00:30 (Europe/Berlin)" in found[0]


def test_an_empty_table_says_so() -> None:
    (page,) = pages(paper([]))
    assert "There is nothing to show here." in page
    assert "There is nothing to show here." not in pages(paper([row(1)]))[0]


@pytest.mark.parametrize("name", ["Ωμέγα", "Грузовик", "Škoda žluťoučký"])
def test_letters_of_europe(name: str) -> None:
    assert name in pages(paper([row(1, name)], tenant=name))[0]


@pytest.mark.parametrize("name", ["😀 Van", "\N{MATHEMATICAL DOUBLE-STRUCK CAPITAL A}lpha"])
def test_letters_beyond_the_basic_plane_are_found_again(name: str) -> None:
    assert name in pages(paper([row(1, name)]))[0]


@pytest.mark.parametrize("style", ChartStyle)
@pytest.mark.parametrize(
    "values", [[], [None], [None, None], [None, None, 5], [0, 0], [1, None, 3], [-5, 5], list(range(400))]
)
def test_charts_of_anything(style: ChartStyle, values: list[float | None]) -> None:
    rows: list[dict[str, object]] = [
        {"name": f"Van {at}", "count": value, "share": 1} for at, value in enumerate(values)
    ]
    found = pages(paper(rows, charts=(Chart("How many", style, "name", ("count", "share")),)))
    assert ("How many" in "".join(found)) is bool(values)


def test_markup_in_names_is_text() -> None:
    assert "<b>& Sons" in pages(paper([row(1, "<b>& Sons")], tenant="<b>& Sons"))[0]


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x24F) | st.just(" "), max_size=60), st.floats(20, 200))
def test_nothing_is_lost_or_too_wide_when_texts_are_broken(text: str, width: float) -> None:
    register_fonts()
    lines = broken(text, width, REGULAR, SIZE)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    for line in lines:
        assert len(line) <= 1 or text_width(line, REGULAR, SIZE) <= width


def test_numbers_are_never_broken() -> None:
    many = tuple(Column(f"m{at}", f"Money {at}", Kind.MONEY) for at in range(22))
    line = {column.key: Decimal("123456.78") for column in many}
    what = Paper("R", "T", "UTC", "EUR", (), datetime.now(UTC), (Table("M", "M", many, [line]),))
    assert pages(what)[0].count("123,456.78") == 22
