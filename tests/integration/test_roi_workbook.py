"""The workbook of return on investment, reckoned by a spreadsheet program, says what the API says."""

import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest
from openpyxl.worksheet.worksheet import Worksheet as Sheet
from xlsxwriter.worksheet import Worksheet

from shared.actions import cost_per_mile, exports, roi
from shared.actions.call import Call
from shared.domain.cost_per_mile import AskCostPerMile
from shared.domain.export import ExportReport
from shared.domain.report import Report, ReportFormat
from shared.domain.roi import AskRoi
from shared.services import Services
from tests.factories import TenantMade, make_tenant
from tests.fixtures.elsewhere import TODAY, ZONE
from tests.fixtures.ledgers import make_books
from tests.fixtures.office import reckoned
from tests.world import Clone

# figures of the API by the headings of the sheet
FIGURES = {
    "Purchase price": "purchase_price",
    "Current value": "current_value",
    "Maintenance": "maintenance_cost",
    "Fuel": "fuel_cost",
    "of which estimated": "fuel_estimated",
    "Insurance": "insurance_cost",
    "Other costs": "other_cost",
    "Total cost of ownership": "total_cost_of_ownership",
    "Net cost of ownership": "net_cost_of_ownership",
    "Revenue": "revenue",
    "ROI": "roi_percentage",
    "Payback, years": "payback_years",
    "Discounted payback, years": "discounted_payback_years",
    "Days owned": "days_owned",
    "Daily cost": "daily_cost",
    "Miles": "total_miles",
    "Cost a mile": "cost_per_mile",
    "Running cost a mile": "running_cost_per_mile",
    "Ownership cost a mile": "ownership_cost_per_mile",
    "Miles in the period": "period_miles",
}
MILE_FIGURES = {
    "Miles in the period": "period_miles",
    "Fuel": "fuel_cost",
    "Running cost": "running_cost",
    "Fixed cost": "fixed_cost",
    "Depreciation": "depreciation",
    "Fuel a mile": "fuel_cost_per_mile",
    "Running cost a mile": "running_cost_per_mile",
    "Ownership cost a mile": "ownership_cost_per_mile",
    "Cost a mile to date": "cost_per_mile",
}
PERIODS = {
    "usual": {},
    "a month": {"date_from": TODAY - timedelta(days=33), "date_to": TODAY - timedelta(days=3)},
    "half a year": {"date_from": TODAY - timedelta(days=200), "date_to": TODAY - timedelta(days=47)},
}

type Books = dict[str, int]


@pytest.fixture(scope="module")
def tenant(clone: Clone) -> TenantMade:
    """Answer a tenant whose day does not end while it is asked."""
    return make_tenant(clone.owner_url, time_zone=ZONE)


@pytest.fixture(scope="module", autouse=True)
def fleet(services: Services, tenant: TenantMade) -> Books:
    return make_books(services, tenant, TODAY)


def workbook(call: Call, report: Report = Report.ROI, **filters: Any) -> bytes:
    command = ExportReport(report=report, format=ReportFormat.XLSX, **filters)
    answer = exports.export_report(call, command)
    assert answer.status == 200
    return answer.content


def lines(sheet: Sheet) -> list[dict[str, Any]]:
    heads, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, heads), row, strict=True)) for row in rows]


def told(call: Call, **filters: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    body = orjson.loads(roi.get_roi(call, AskRoi(**filters)).content)
    return body["data"], body["summary"]


def assert_same(line: dict[str, Any], row: dict[str, Any], where: str, figures: dict[str, str] | None = None) -> None:
    for heading, key in (figures or FIGURES).items():
        if key not in row:
            continue
        want, found = row[key], line[heading]
        if want is None:
            reason = row.get(key.replace("years", "reason"))
            assert found in ({"never"} if reason == "never" else {None, ""}), (where, heading, found)
        else:
            places = Decimal("0.0001") if "a mile" in heading else Decimal("0.01")
            assert Decimal(str(found)).quantize(places) == Decimal(str(want)).quantize(places), (where, heading)


def assert_tells(content: bytes, rows: list[dict[str, Any]], summary: dict[str, Any]) -> None:
    *assets, total = lines(openpyxl.load_workbook(io.BytesIO(content), data_only=True)["ROI"])
    assert [line["Asset no."] for line in assets] == [row["asset_id"] for row in rows]
    for line, row in zip(assets, rows, strict=True):
        assert_same(line, row, row["asset_name"])
    assert_same(total, summary, "total")


@pytest.mark.parametrize("period", PERIODS.values(), ids=PERIODS)
def test_the_workbook_says_what_the_api_says(
    call: Callable[..., Call], fleet: Books, tmp_path: Path, period: dict[str, Any]
) -> None:
    manager = call("manager")
    content, expected = workbook(manager, **period), told(manager, **period)
    # one is on record since today only
    assert len(expected[0]) >= len(fleet) - 1
    # for viewers that do not reckon, then for programs that do
    assert_tells(content, *expected)
    path = tmp_path / "roi.xlsx"
    path.write_bytes(content)
    assert_tells(reckoned(path).read_bytes(), *expected)


@pytest.mark.parametrize("group_by", ["asset", "asset_type", "class"])
def test_what_a_mile_costs_reckons_itself_too(call: Callable[..., Call], tmp_path: Path, group_by: str) -> None:
    manager = call("manager")
    days = {"date_from": TODAY - timedelta(days=100), "date_to": TODAY - timedelta(days=4)}
    filters: dict[str, Any] = {**days, "group_by": group_by}
    asked = AskCostPerMile.model_validate(filters)
    body = orjson.loads(cost_per_mile.get_cost_per_mile(manager, asked).content)
    content = workbook(manager, Report.COST_PER_MILE, **filters)
    path = tmp_path / "miles.xlsx"
    path.write_bytes(content)
    for made in (content, reckoned(path).read_bytes()):
        found = lines(openpyxl.load_workbook(io.BytesIO(made), data_only=True)["Cost per mile"])
        assert len(found) == len(body["data"]) + 1
        for line, row in zip(found, [*body["data"], body["summary"]], strict=True):
            assert_same(line, row, group_by, MILE_FIGURES)


def test_a_receipt_that_is_changed_changes_what_rests_on_it(call: Callable[..., Call], tmp_path: Path) -> None:
    manager = call("manager")
    book = openpyxl.load_workbook(io.BytesIO(workbook(manager)))
    before = {row["asset_id"]: row for row in told(manager)[0]}
    fuel, path = book["Fuel"], tmp_path / "changed.xlsx"
    asset_id, paid = fuel["A2"].value, fuel["E2"].value
    fuel["E2"] = paid + 100
    book.save(path)
    *assets, total = lines(openpyxl.load_workbook(reckoned(path), data_only=True)["ROI"])
    for line in assets:
        more = 100 if line["Asset no."] == asset_id else 0
        was = before[line["Asset no."]]
        assert round(line["Fuel"], 2) == round(float(was["fuel_cost"]) + more, 2)
        if was["total_cost_of_ownership"] is not None:
            assert round(line["Total cost of ownership"], 2) == round(float(was["total_cost_of_ownership"]) + more, 2)
    assert round(total["Fuel"], 2) == round(sum(float(row["fuel_cost"]) for row in before.values()) + 100, 2)


def test_every_figure_reckons_itself_and_no_text_does(call: Callable[..., Call]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(call("manager"))))
    assert book.sheetnames[0] == "ROI"
    heads = [cell.value for cell in book["ROI"][1]]
    for row in book["ROI"].iter_rows(min_row=2):
        formulas = {head for head, cell in zip(heads, row, strict=True) if cell.data_type == "f"}
        assert set(FIGURES) - {"Days owned", "Discounted payback, years"} <= formulas
    # what came later needs a prefix, which nobody writes here
    for formula in {
        str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
    }:
        assert Worksheet()._prepare_formula(formula, True) == formula.removeprefix("=")
    assert book["ROI"]["B2"].value == "'=Alpha"
    assert book["ROI"]["B2"].data_type == "s"


def test_a_workbook_of_costs_is_on_record_as_a_view_of_them(call: Callable[..., Call], fleet: Books) -> None:
    manager = call("manager", oid="manager-on-record")
    workbook(manager, asset_id=fleet["Beta"])
    with manager.read() as tx:
        found = tx.all(
            "SELECT action, resource FROM audit_log WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s",
            user_id=manager.principal.user_id,
        )
    assert {(row["action"], row["resource"]) for row in found} >= {("export", "report/roi.xlsx"), ("cost.view", "roi")}
