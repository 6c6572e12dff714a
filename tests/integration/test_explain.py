"""Each figure is explained as its report answers it, to whoever may read that report."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.actions import analytics, explain, idle_assets, replacement, roi
from shared.actions.call import Call
from shared.domain.advice import AskReplacement
from shared.domain.errors import Forbidden, Invalid, NotFound
from shared.domain.explanation import AskExplanation
from shared.domain.formula import FOR_ALL, OF_ADVICE, OF_ONE, OF_USE, Metric
from shared.domain.idle_asset import ListIdleAssets
from shared.domain.roi import AskRoi
from shared.domain.usage import Basis
from shared.domain.utilization import AskUtilization
from shared.services import Services
from tests import factories
from tests.factories import TenantMade
from tests.fixtures import ledger
from tests.fixtures.vans import TODAY, make_vans

type Calls = Callable[..., Call]

ASKED: dict[str, Any] = {"date_from": TODAY - timedelta(days=200), "date_to": TODAY - timedelta(days=1)}


@pytest.fixture(scope="module")
def fleet(services: Services, tenant: TenantMade) -> list[int]:
    return make_vans(services, tenant)


def explained(call: Call, metric: Metric, **asked: Any) -> dict[str, Any]:
    return dict(json.loads(explain.explain_figure(call, AskExplanation(metric=metric, **asked)).content))


def test_figures_of_money(call: Calls, fleet: list[int]) -> None:
    report = json.loads(roi.get_roi(call(), AskRoi(**ASKED)).content)
    assert {row["asset_id"] for row in report["data"]} >= set(fleet)
    for metric in [one for one in Metric if one not in FOR_ALL | OF_ADVICE]:
        for row in report["data"]:
            said = explained(call(), metric, asset_id=row["asset_id"], **ASKED)
            assert said["value"] == row[metric.value], (metric, row["asset_name"])
            assert (said["value"] is None) == (said["reason"] is not None), metric
            assert said["formula"]
            assert said["row_counts"] == {one["name"]: one["rows"] for one in said["inputs"]}
        if metric not in OF_ONE:
            assert explained(call(), metric, **ASKED)["value"] == report["summary"][metric.value], metric


def test_figures_of_advice(call: Calls, fleet: list[int]) -> None:
    report = json.loads(replacement.get_replacement(call(), AskReplacement(**ASKED)).content)
    for metric in OF_ADVICE:
        for row in report["data"]:
            assert explained(call(), metric, asset_id=row["asset_id"], **ASKED)["value"] == row[metric.value]
        with pytest.raises(Invalid):
            explained(call(), metric)
    assert len(report["data"]) >= len(fleet)


def test_figures_of_use(call: Calls, fleet: list[int]) -> None:
    driver = call("driver")
    for basis, more in ((Basis.CALENDAR, {}), (Basis.SHIFT, {"asset_id": fleet[0]})):
        asked: dict[str, Any] = {**more, "base": basis}
        summary = json.loads(analytics.get_utilization(driver, AskUtilization(**asked)).content)["summary"]
        for metric in OF_USE:
            said = explained(driver, metric, **asked)
            assert (said["value"], said["base"]) == (summary[metric.value], basis.value), metric


def test_days_idle(call: Calls, fleet: list[int]) -> None:
    driver = call("driver")
    listed = json.loads(idle_assets.list_idle_assets(driver, ListIdleAssets(min_days=0)).content)["data"]
    for row in listed:
        assert explained(driver, Metric.DAYS_IDLE, asset_id=row["asset_id"])["value"] == row["days_idle"]
    assert {row["asset_id"] for row in listed} >= set(fleet)


def test_figures_of_money_are_for_managers(call: Calls, fleet: list[int]) -> None:
    for metric in Metric:
        if metric not in FOR_ALL:
            with pytest.raises(Forbidden):
                explained(call("dispatcher"), metric, asset_id=fleet[0])
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
