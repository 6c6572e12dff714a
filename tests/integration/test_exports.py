"""Reports as files: what they hold, who may have them, and that nothing in them does harm."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import httpx
import openpyxl
import pytest
from pypdf import PdfReader

from shared.actions import exports, rollups
from shared.actions.call import Call
from shared.domain.errors import Forbidden, Invalid
from shared.domain.export import ExportReport
from shared.domain.report import Report, ReportFormat
from shared.services import Services
from tests.factories import TenantMade, make_tenant
from tests.fixtures.exports import HARMFUL, Fleet, make_fleet
from tests.world import Clone

Clients = Callable[..., httpx.Client]
ROUTE = "/api/assets/analytics/export"


@pytest.fixture(scope="module", autouse=True)
def fleet(services: Services, tenant: TenantMade) -> Fleet:
    return make_fleet(services, tenant)


def fetched(client: httpx.Client, **query: str) -> httpx.Response:
    answer = client.get(ROUTE, params=query)
    assert answer.status_code == 200, answer.text
    return answer


def test_csv_is_as_rfc_4180_has_it(client: Clients, fleet: Fleet) -> None:
    answer = fetched(client("driver"), report="trips", format="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="trips.csv"'
    assert answer.content.endswith(b"\r\n")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert len(rows) == 3 * len(fleet.assets)
    assert {int(row["asset_id"]) for row in rows} == {*fleet.assets.values()}
    assert {row["minutes"] for row in rows} == {"4.50"}
    # RFC 3339, as clocks in New York show it
    for moment in [row[name] for row in rows for name in ("start_time", "end_time")]:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-0[45]:00", moment)


def test_no_text_begins_as_a_formula_does(client: Clients) -> None:
    answer = fetched(client("driver"), report="trips", format="csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert {row["asset_name"] for row in rows} == {f"'{name}" for name in HARMFUL}
    assert not [cell for row in rows for cell in row.values() if cell[:1] in set("=+@\t\r")]


def test_a_byte_order_mark_is_there_on_request(client: Clients) -> None:
    with_mark = fetched(client("driver"), report="trips", bom="true").content
    assert with_mark == b"\xef\xbb\xbf" + fetched(client("driver"), report="trips").content


def test_a_workbook_holds_numbers_and_moments(client: Clients) -> None:
    answer = fetched(client("driver"), report="trips", format="xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book["Trips"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:N{3 * len(HARMFUL) + 1}"
    heads = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        found: dict[Any, Any] = dict(zip(heads, row, strict=True))
        assert (found["Start"].is_date, found["Minutes"].value) == (True, 4.5)
        assert str(found["Asset"].value).startswith("'")
        assert "f" not in {cell.data_type for cell in row}


def test_paper_names_the_tenant_the_period_and_its_pages(client: Clients, tenant: TenantMade) -> None:
    answer = fetched(client("driver"), report="trips", format="pdf", asset_type="van")
    assert answer.content.startswith(b"%PDF")
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]
    assert tenant.name in pages[0]
    assert "Period" in pages[0]
    assert "Asset type: van" in pages[0]
    assert f"Page 1 of {len(pages)}" in pages[0]


@pytest.mark.parametrize("report", ["trips", "asset_days"])
def test_paper_shows_texts_as_they_are(client: Clients, services: Services, clone: Clone, report: str) -> None:
    own = make_tenant(clone.owner_url)
    made = make_fleet(services, own, ("=1+1", "'quoted"))
    rollups.catch_up(services, own.id)
    answer = fetched(client("driver", tenant=own), report=report, format="pdf")
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert [("'" + name in text, name in text) for name in made.assets] == [(False, True), (False, True)]


def test_filters_narrow(client: Clients, fleet: Fleet) -> None:
    one = next(iter(fleet.assets.values()))
    assert fetched(client("driver"), report="trips", asset_id=str(one)).text.count("\r\n") == 4
    assert fetched(client("driver"), report="trips", asset_type="truck").text.count("\r\n") == 1
    day = f"{fleet.since:%Y-%m-%d}"
    assert fetched(client("driver"), report="trips", date_from=day, date_to=day).text.count("\r\n") > 4
    before = fetched(client("driver"), report="trips", date_from="2020-01-01", date_to="2020-01-31")
    assert before.text.count("\r\n") == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"date_from": "2026-02-02", "date_to": "2026-02-01"},
        {"date_from": "2025-01-01", "date_to": "2026-02-01"},
        {"min_days": "3"},
        {"format": "doc"},
        {"report": "nothing"},
    ],
)
def test_what_the_report_does_not_take_is_refused(client: Clients, wrong: dict[str, str]) -> None:
    answer = client("driver").get(ROUTE, params={"report": "trips", **wrong})
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize("report", ["roi", "cost_per_mile", "replacement"])
def test_costs_are_for_managers(client: Clients, report: str) -> None:
    for kind in ReportFormat:
        answer = client("dispatcher").get(ROUTE, params={"report": report, "format": kind})
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/forbidden"


def test_each_export_is_on_record(client: Clients) -> None:
    fetched(client("driver", oid="driver-audited"), report="trips", format="pdf")
    found = client("admin").get("/api/audit", params={"action": "export"}).json()["items"][0]
    assert (found["user"]["oid"], found["resource"], found["outcome"]) == ("driver-audited", "report/trips.pdf", "done")


def test_a_document_for_a_mail_is_made_as_the_recipient_may_see_it(call: Callable[..., Call]) -> None:
    driver = call("driver")
    made = exports.make_document(driver.services, driver.principal, Report.TRIPS, ReportFormat.CSV, {})
    assert (made.name, made.content_type) == ("trips.csv", "text/csv")
    with pytest.raises(Forbidden):
        exports.make_document(driver.services, driver.principal, Report.ROI, ReportFormat.CSV, {})
    with pytest.raises(Invalid):
        exports.make_document(driver.services, driver.principal, Report.TRIPS, ReportFormat.CSV, {"min_days": 3})


def test_another_tenants_rows_are_not_there(client: Clients, other_tenant: TenantMade) -> None:
    answer = fetched(client("driver", tenant=other_tenant), report="trips")
    assert answer.text.count("\r\n") == 1


def test_filters_are_passed_on_as_they_were_asked() -> None:
    asked = ExportReport(report=Report.TRIPS, asset_id=7, bom=True)
    assert asked.filters() == {"asset_id": 7}
