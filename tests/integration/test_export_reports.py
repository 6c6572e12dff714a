"""Every report in every kind of file: what the API says, on paper and in sheets, and no costs for whom they are not."""

import csv
import io
import os
import zipfile
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import openpyxl
import pytest
from pypdf import PdfReader

from shared.actions import rollups
from shared.domain.principal import Role
from shared.domain.report import Report, ReportFormat
from shared.services import Services
from tests.factories import TenantMade, make_tenant
from tests.fixtures.elsewhere import TODAY, ZONE
from tests.fixtures.exports import add_trips
from tests.fixtures.ledgers import make_books
from tests.world import Clone

Clients = Callable[..., httpx.Client]
ROUTE = "/api/assets/analytics/export"
EVERY = [(report, kind) for report in Report for kind in ReportFormat]
# words that stand beside money in all that we make
MONEY = ("cost", "price", "revenue", "roi", "payback", "value", "depreciation", "idleness")


@pytest.fixture(scope="module")
def tenant(clone: Clone) -> TenantMade:
    """Answer a tenant whose day does not end while it is asked."""
    return make_tenant(clone.owner_url, time_zone=ZONE)


@pytest.fixture(scope="module", autouse=True)
def fleet(services: Services, tenant: TenantMade) -> dict[str, int]:
    made = make_books(services, tenant, TODAY)
    for number, asset_id in enumerate(made.values(), 1):
        # three minutes of an hour: a share of less than one in a hundred, which is written with a point
        since = datetime.combine(TODAY - timedelta(days=8 + 3 * number), time(7, 57), ZoneInfo(ZONE))
        add_trips(services, tenant, asset_id, 20 * number, since, source=f"trips-{number}")
    rollups.catch_up(services, tenant.id)
    return made


def fetched(client: httpx.Client, report: Report, kind: ReportFormat, **filters: str) -> bytes:
    answer = client.get(ROUTE, params={"report": report, "format": kind, **filters})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].partition(";")[0] == kind.content_type
    # to be looked at by a person
    if folder := os.environ.get("MOTORPOOL_EXPORTS_SEEN"):
        Path(folder, f"{report}.{kind}").write_bytes(answer.content)
    return answer.content


def words_of(content: bytes, kind: ReportFormat) -> str:
    """Answer every word of a file."""
    if kind is ReportFormat.PDF:
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    if kind is ReportFormat.CSV:
        return content.decode()
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)


@pytest.mark.parametrize(("report", "kind"), EVERY)
def test_every_report_is_to_be_had_by_whom_it_is_for(client: Clients, report: Report, kind: ReportFormat) -> None:
    filters = {"min_days": "0"} if report is Report.IDLE_ASSETS else {}
    content = fetched(client(report.role.word), report, kind, **filters)
    of_assets = report not in {Report.HEATMAP, Report.UTILIZATION, Report.SUMMARY}
    assert ("Alpha" if of_assets else "00" if kind is ReportFormat.PDF else "0.") in words_of(content, kind)
    if report.role is Role.MANAGER:
        assert client("dispatcher").get(ROUTE, params={"report": report, "format": kind}).status_code == 403


@pytest.mark.parametrize(("report", "kind"), [one for one in EVERY if one[0].role is Role.DRIVER])
def test_no_costs_in_files_of_drivers(client: Clients, report: Report, kind: ReportFormat) -> None:
    words = words_of(fetched(client("driver"), report, kind), kind).lower()
    assert [word for word in MONEY if word in words] == []


def rows_of(client: httpx.Client, report: Report, **filters: str) -> list[dict[str, str]]:
    text = fetched(client, report, ReportFormat.CSV, **filters).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("group_by", ["day", "week", "month", "asset"])
def test_utilization_is_that_of_the_api(client: Clients, group_by: str) -> None:
    driver = client("driver")
    told = driver.get("/api/assets/analytics/utilization", params={"group_by": group_by}).json()["data"]
    rows = rows_of(driver, Report.UTILIZATION, group_by=group_by)
    assert len(rows) == len(told) > 0
    for row, one in zip(rows, told, strict=True):
        assert float(row["total_active_minutes"]) == one["total_active_minutes"]
        assert float(row["utilization_percentage"]) == one["utilization_percentage"]
        assert row.get("date") == one.get("date")


@pytest.mark.parametrize("kind", ReportFormat)
@pytest.mark.parametrize(("report", "asked"), [("utilization", ""), ("utilization", "shift"), ("summary", "")])
def test_a_file_names_the_base_of_its_shares_once(client: Clients, report: str, asked: str, kind: ReportFormat) -> None:
    base = asked or "calendar"
    content = fetched(client("driver"), Report(report), kind, **({"base": asked} if asked else {}))
    if kind is ReportFormat.CSV:
        rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
        assert {row["base"] for row in rows} == {base}
    elif kind is ReportFormat.XLSX:
        about = [row[:2] for row in openpyxl.load_workbook(io.BytesIO(content))["About"].iter_rows(values_only=True)]
        assert [row for row in about if row[0] == "Base"] == [("Base", base)]
    else:
        assert words_of(content, kind).count(f"Base: {base}") == 1


def test_roi_is_that_of_the_api(client: Clients) -> None:
    manager = client("manager")
    told: list[dict[str, Any]] = manager.get("/api/assets/analytics/roi").json()["data"]
    rows = rows_of(manager, Report.ROI)
    assert len(rows) == len(told) > 0
    for row, one in zip(rows, told, strict=True):
        for key in ("total_cost_of_ownership", "fuel_cost", "revenue", "daily_cost"):
            assert row[key] == ("" if one[key] is None else f"{Decimal(one[key]):.2f}")


@pytest.mark.parametrize("report", [Report.UTILIZATION, Report.ROI])
def test_charts_are_the_programs_own(client: Clients, report: Report) -> None:
    content = fetched(client("manager"), report, ReportFormat.XLSX)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        charts = [name for name in parts.namelist() if name.startswith("xl/charts/chart")]
    assert charts


@pytest.mark.parametrize("report", [one for one in Report if one not in {Report.IDLE_ASSETS, Report.SUMMARY}])
def test_there_is_no_such_asset(
    client: Clients, fleet: dict[str, int], other_tenant: TenantMade, report: Report
) -> None:
    foreign = str(fleet["Beta"])
    for kind in ReportFormat:
        for background in ("false", "true"):
            asked = {"report": report, "format": kind, "background": background, "asset_id": "999999"}
            assert client("manager").get(ROUTE, params=asked).status_code == 404
            theirs = client("manager", tenant=other_tenant).get(ROUTE, params={**asked, "asset_id": foreign})
            assert theirs.status_code == 404


@pytest.mark.parametrize("report", Report)
def test_a_fleet_without_anything(client: Clients, other_tenant: TenantMade, report: Report) -> None:
    manager = client("manager", tenant=other_tenant)
    for kind in ReportFormat:
        fetched(manager, report, kind)
