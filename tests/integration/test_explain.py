"""Each figure is explained as its report answers it, to whoever may read that report."""

import json
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.actions import analytics, cost_per_mile, explain, idle_assets, replacement, roi, rollups
from shared.actions.call import Call
from shared.domain.advice import AskReplacement
from shared.domain.cost_per_mile import AskCostPerMile
from shared.domain.errors import Forbidden, Invalid, NotFound
from shared.domain.explanation import AskExplanation
from shared.domain.formula import Explained, Metric, is_for_all, reports_with
from shared.domain.idle_asset import LISTED_MAX, ListIdleAssets
from shared.domain.roi import AskRoi
from shared.domain.summary import AskSummary
from shared.domain.usage import Basis, GroupBy
from shared.domain.utilization import AskUtilization
from shared.services import Services
from tests import factories
from tests.factories import TenantMade
from tests.fixtures import ledger
from tests.fixtures.elsewhere import TODAY, ZONE
from tests.fixtures.trips import Trip, insert_trips, run
from tests.fixtures.vans import make_vans
from tests.world import Clone

type Calls = Callable[..., Call]

# what says of what a row is, and what is words, lists or counts of rows
NO_FIGURES = {
    *("asset_id", "asset_tag", "asset_name", "asset_type", "date", "assets", "benchmark_class", "benchmarks", "advice"),
    *("reasons", "curve", "published", "assets_without_purchase_price", "assets_without_current_value"),
}
ASKED: dict[str, Any] = {"date_from": TODAY - timedelta(days=200), "date_to": TODAY - timedelta(days=1)}


@pytest.fixture(scope="module")
def tenant(clone: Clone) -> TenantMade:
    """Answer a tenant whose day does not end while it is asked."""
    return factories.make_tenant(clone.owner_url, time_zone=ZONE)


@pytest.fixture(scope="module")
def fleet(services: Services, tenant: TenantMade) -> list[int]:
    return make_vans(services, tenant)


def explained(call: Call, metric: str, **asked: Any) -> dict[str, Any]:
    return dict(
        json.loads(explain.explain_figure(call, AskExplanation.model_validate({"metric": metric, **asked})).content)
    )


def assert_said(said: dict[str, Any], shown: Any, about: object) -> None:
    assert said["value"] == shown, about
    assert (said["value"] is None) == (said["reason"] is not None), about
    assert said["formula"], about
    counts = {one["name"]: one["rows"] for one in said["inputs"]}
    assert {**said["row_counts"], **counts} == said["row_counts"], about


def figures(rows: list[dict[str, Any]]) -> set[str]:
    """Answer the names of the figures in rows."""
    return {name for row in rows for name in row if name not in NO_FIGURES and not name.endswith(("_reason", "_basis"))}


def test_every_figure_of_the_report_on_investment(call: Calls, fleet: list[int]) -> None:
    report = json.loads(roi.get_roi(call(), AskRoi(**ASKED)).content)
    assert {row["asset_id"] for row in report["data"]} >= set(fleet)
    names = figures(report["data"])
    assert {"net_cost_of_ownership", "discounted_payback_years", "fuel_estimated", "total_miles"} < names
    for name in names:
        asked = {"report": "roi", **ASKED}
        for row in report["data"]:
            assert_said(explained(call(), name, asset_id=row["asset_id"], **asked), row[name], (name, row))
        if name in report["summary"]:
            assert_said(explained(call(), name, **asked), report["summary"][name], name)
    assert figures([report["summary"]]) <= names


def test_every_figure_of_the_report_on_miles(call: Calls, fleet: list[int]) -> None:
    report = json.loads(cost_per_mile.get_cost_per_mile(call(), AskCostPerMile(**ASKED)).content)
    assert {row["asset_id"] for row in report["data"]} >= set(fleet)
    names = figures(report["data"])
    assert {"depreciation", "fixed_cost", "fuel_cost_per_mile", "annual_miles"} < names
    for name in names:
        asked = {"report": "cost_per_mile", **ASKED}
        for row in report["data"]:
            assert_said(explained(call(), name, asset_id=row["asset_id"], **asked), row[name], (name, row))
        assert_said(explained(call(), name, **asked), report["summary"][name], name)


def test_every_figure_of_advice(call: Calls, fleet: list[int]) -> None:
    report = json.loads(replacement.get_replacement(call(), AskReplacement(**ASKED)).content)
    assert {row["asset_id"] for row in report["data"]} >= set(fleet)
    for name in figures(report["data"]):
        asked = {"report": "replacement", **ASKED}
        for row in report["data"]:
            assert_said(explained(call(), name, asset_id=row["asset_id"], **asked), row[name], (name, row))
        with pytest.raises(Invalid):
            explained(call(), name, report="replacement")


def test_what_a_share_of_days_is_made_from(call: Calls, fleet: list[int]) -> None:
    report = json.loads(replacement.get_replacement(call(), AskReplacement(**ASKED)).content)
    assert len(report["data"]) >= len(fleet)
    for row in report["data"]:
        for name in ("day_utilization_percentage", "type_day_utilization_percentage"):
            said = explained(call(), name, asset_id=row["asset_id"], report="replacement", **ASKED)
            used, served = (one["value"] for one in said["inputs"])
            assert said["value"] == (pytest.approx(100 * used / served, abs=0.00501) if served else None)


def test_every_figure_of_the_summarys_costs(call: Calls, fleet: list[int]) -> None:
    shown = json.loads(analytics.get_summary(call(), AskSummary()).content)["costs"]
    assert fleet
    for name in figures([shown]):
        assert_said(explained(call(), name, report="summary"), shown[name], name)
    with pytest.raises(Invalid):
        explained(call(), "revenue", report="summary", asset_id=fleet[0])


@pytest.mark.parametrize("base", list(Basis))
def test_every_figure_of_use(
    call: Calls, services: Services, tenant: TenantMade, fleet: list[int], base: Basis
) -> None:
    driver = call("driver")
    if base is Basis.TARGET:
        run(services, tenant, "INSERT INTO utilization_targets VALUES (%(tenant_id)s, 'van', 40, 500)")
    by_asset = json.loads(analytics.get_utilization(driver, AskUtilization(base=base, group_by=GroupBy.ASSET)).content)
    by_day = json.loads(analytics.get_utilization(driver, AskUtilization(base=base)).content)
    names = figures(by_asset["data"])
    assert {"engine_idle_minutes", "days_used", "counted_minutes", "target_miles_percentage"} < names
    for name in names:
        for row in by_asset["data"]:
            assert_said(explained(driver, name, asset_id=row["asset_id"], base=base), row[name], (name, row))
        said = explained(driver, name, base=base)
        assert_said(said, by_day["summary"][name], name)
        assert said["base"] == base.value
    for name in figures(by_day["data"]) - names:
        assert_said(explained(driver, name, base=base), by_day["data"][-1][name], name)
        for asset_id in fleet:
            asked = {"asset_id": asset_id, "base": base}
            rows = json.loads(analytics.get_utilization(driver, AskUtilization(**asked)).content)["data"]
            assert_said(explained(driver, name, **asked), rows[-1][name], name)
    young = factories.insert_asset(services, tenant, in_service_on=TODAY - timedelta(days=4))
    assert explained(driver, "utilization_7d", asset_id=young)["reason"] == "window_not_full"


def test_every_figure_of_idleness(call: Calls, fleet: list[int]) -> None:
    manager = call()
    listed = json.loads(idle_assets.list_idle_assets(manager, ListIdleAssets(min_days=0)).content)["data"]
    assert {row["asset_id"] for row in listed} >= set(fleet)
    for row in listed:
        for name in ("days_idle", "cost_a_day", "idle_cost"):
            assert_said(explained(manager, name, asset_id=row["asset_id"]), row[name], (name, row))
        assert explained(call("driver"), "days_idle", asset_id=row["asset_id"])["value"] == row["days_idle"]
    usual = json.loads(idle_assets.list_idle_assets(manager, ListIdleAssets()).content)
    assert_said(explained(manager, "idle_cost"), usual["summary"]["idle_cost"], "idle_cost")
    assert float(usual["summary"]["idle_cost"]) > 0


def test_every_metric_is_a_figure_of_a_report(fleet: list[int], call: Calls) -> None:
    assert {metric for metric in Metric if not reports_with(metric)} == set()
    for report in Explained:
        assert {metric for metric in Metric if report in reports_with(metric)}
    with pytest.raises(Invalid):
        explained(call(), "days_idle", report="roi", asset_id=fleet[0])


def test_an_asset_behind_thousands_of_idle_ones_is_found(clone: Clone, services: Services) -> None:
    company = factories.make_tenant(clone.owner_url, time_zone=ZONE)
    made = (
        "INSERT INTO assets (tenant_id, asset_tag, asset_name, asset_type, in_service_on)"
        " SELECT %(tenant_id)s, 'I' || n, 'Idle ' || n, 'van', %(day)s FROM generate_series(1, %(most)s) AS n"
    )
    run(services, company, made, most=LISTED_MAX, day=TODAY - timedelta(days=100))
    last = factories.insert_asset(services, company, in_service_on=TODAY - timedelta(days=50))
    driver = factories.make_call(services, company, "driver")
    listed = json.loads(idle_assets.list_idle_assets(driver, ListIdleAssets(min_days=0)).content)["data"]
    assert last not in {row["asset_id"] for row in listed}
    assert explained(driver, "days_idle", asset_id=last)["value"] == 50
    retired = factories.insert_asset(services, company, in_service_on=TODAY - timedelta(days=50), status="retired")
    said = explained(driver, "days_idle", asset_id=retired)
    assert (said["value"], said["reason"]) == (None, "not_in_service")


def test_what_custody_tells_of_and_what_is_out_of_service_is_named(
    call: Calls, services: Services, tenant: TenantMade
) -> None:
    sold = TODAY - timedelta(days=5)
    asset = factories.insert_asset(services, tenant, in_service_on=TODAY - timedelta(days=90), disposed_on=sold)
    for days, source in ((20, "custody"), (12, "custody"), (10, "test"), (3, "custody"), (2, "test")):
        start = datetime.combine(TODAY - timedelta(days=days), time(12), ZoneInfo(ZONE))
        insert_trips(services, tenant, [Trip(asset, start, start + timedelta(hours=1), 7)])
        change = "UPDATE trips SET source = %(source)s WHERE tenant_id = %(tenant_id)s AND start_time = %(start)s"
        run(services, tenant, change, source=source, start=start)
    rollups.catch_up(services, tenant.id)
    said = explained(call("driver"), "trips_count", asset_id=asset)
    # two days of use after it was sold, one of them told of by custody
    assert said["value"] == 3
    assert (said["row_counts"]["trips_from_custody"], said["row_counts"]["days_out_of_service"]) == (2, 2)
    assert {one["name"]: one["count"] for one in said["missing_inputs"]} == {"days_out_of_service": 2}
    assert "custody" in next(one["source"] for one in said["inputs"] if one["name"] == "trips_from_custody")
    # miles that were paid for are miles, whether it was in service or not
    miles = explained(call(), "total_miles", asset_id=asset, report="roi")
    assert (miles["value"], miles["row_counts"]["trips_from_custody"]) == (35.0, 3)
    assert "trips_from_custody" not in explained(call("driver"), "days_in_service", asset_id=asset)["row_counts"]


def test_figures_of_money_are_for_managers(call: Calls, fleet: list[int]) -> None:
    for metric in Metric:
        for report in reports_with(metric):
            if not is_for_all(report, metric):
                with pytest.raises(Forbidden):
                    explained(call("dispatcher"), metric, asset_id=fleet[0], report=report)
    with pytest.raises(NotFound):
        explained(call(), Metric.ROI_PERCENTAGE, asset_id=987_654_321)
    with pytest.raises(NotFound):
        explained(call("driver"), Metric.TOTAL_MILES, asset_id=987_654_321)


def test_what_is_estimated_and_what_is_missing(
    call: Calls, services: Services, tenant: TenantMade, fleet: list[int]
) -> None:
    said = explained(call(), Metric.FUEL_COST, asset_id=fleet[0])
    assert (said["estimated_share"], said["missing_inputs"]) == (1.0, [])
    thirsty = factories.insert_asset(services, tenant, fuel_type="diesel")
    day = TODAY - timedelta(days=3)
    ledger.usage(services, tenant, thirsty, day, miles=10, gallons=2)
    said = explained(call(), Metric.COST_PER_MILE, asset_id=thirsty)
    assert (said["value"], said["reason"]) == (None, "no_purchase_price")
    assert {one["name"] for one in said["missing_inputs"]} == {"purchase_price", "fuel_price"}
    ledger.cost(services, tenant, thirsty, "fuel", (day, day), "9.00")
    said = explained(call(), Metric.FUEL_COST, asset_id=thirsty)
    assert (said["value"], said["estimated_share"], said["missing_inputs"]) == ("9.00", 0.0, [])
    assert said["row_counts"] == {"fuel_paid": 1, "fuel_estimated": 0}
