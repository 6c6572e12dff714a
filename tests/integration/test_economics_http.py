"""Figures of money as clients meet them: for managers only."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.domain.benchmark import UNITS
from shared.services import Services
from tests import factories
from tests.factories import TenantMade
from tests.fixtures import ledger
from tests.fixtures.elsewhere import TODAY, ZONE
from tests.fixtures.vans import make_vans
from tests.world import Clone

type Clients = Callable[..., httpx.Client]

FROM, TO = (TODAY - timedelta(days=200)).isoformat(), (TODAY - timedelta(days=1)).isoformat()
PATH = "/api/assets/analytics"


@pytest.fixture(scope="module")
def tenant(clone: Clone) -> TenantMade:
    """Answer a tenant whose day does not end while it is asked."""
    return factories.make_tenant(clone.owner_url, time_zone=ZONE)


@pytest.fixture(scope="module")
def fleet(services: Services, tenant: TenantMade) -> list[int]:
    return make_vans(services, tenant)


def get(client: httpx.Client, report: str, **asked: Any) -> dict[str, Any]:
    answer = client.get(f"{PATH}/{report}", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_no_figure_of_money_reaches_anybody_below_a_manager(client: Clients, fleet: list[int]) -> None:
    dispatcher = client("dispatcher")
    for path in ("roi", "cost-per-mile", "replacement", f"explain?metric=fuel_cost&asset_id={fleet[0]}"):
        assert dispatcher.get(f"{PATH}/{path}").status_code == 403
    assert dispatcher.get(f"{PATH}/explain", params={"metric": "total_miles"}).status_code == 200
    assert dispatcher.get("/api/benchmarks").status_code == 403
    assert dispatcher.get(f"/api/assets/{fleet[0]}/valuations").status_code == 403


def test_costs_by_the_mile_stand_beside_figures_of_the_same_basis(client: Clients, fleet: list[int]) -> None:
    report = get(client("manager"), "cost-per-mile", date_from=FROM, date_to=TO)
    row = next(one for one in report["data"] if one["asset_id"] == fleet[0])
    assert {one["basis"] for one in row["benchmarks"]} == {"ownership_cost_per_mile", "fuel_cost_per_mile"}
    for one in row["benchmarks"]:
        assert one["source"]
        assert one["year"]
        assert one["status"] in {"published", "derived"}
        assert one["own"] == row[one["basis"]]
    roi = get(client("manager"), "roi", date_from=FROM, date_to=TO)
    for name in ("cost_per_mile", "running_cost_per_mile", "ownership_cost_per_mile"):
        assert report["summary"][name] == roi["summary"][name]
        assert [one[name] for one in sorted(report["data"], key=lambda one: one["asset_id"])] == [
            one[name] for one in roi["data"]
        ]


def test_months_and_types_sum_to_the_whole(client: Clients, fleet: list[int]) -> None:
    whole = get(client("manager"), "cost-per-mile", date_from=FROM, date_to=TO)["summary"]
    for group in ("asset_type", "class", "month", "asset"):
        rows = get(client("manager"), "cost-per-mile", date_from=FROM, date_to=TO, group_by=group)["data"]
        for name in ("running_cost", "fixed_cost", "depreciation", "fuel_cost"):
            assert round(sum(float(row[name]) for row in rows), 2) == float(whole[name]), (group, name)
        assert round(sum(row["period_miles"] for row in rows), 2) == whole["period_miles"]
    assert fleet


def test_a_month_is_named_by_its_first_day_as_in_reports_of_use(client: Clients, fleet: list[int]) -> None:
    asked = {"date_from": "2025-01-17", "date_to": "2025-03-05", "group_by": "month"}
    months = ["2025-01-01", "2025-02-01", "2025-03-01"]
    for report in ("cost-per-mile", "utilization"):
        assert [row["date"] for row in get(client("manager"), report, **asked)["data"]] == months
    shown = client("manager").get(f"{PATH}/export", params={"report": "cost_per_mile", "format": "csv", **asked})
    assert [line.split(",")[0] for line in shown.text.splitlines()[1:4]] == months
    assert fleet


def test_a_tenant_of_another_currency_is_compared_with_nothing_in_dollars(
    client: Clients, services: Services, other_tenant: TenantMade
) -> None:
    factories.insert_asset(services, other_tenant, benchmark_class="small sedan")
    report = get(client("manager", tenant=other_tenant), "cost-per-mile")
    assert report["currency"] == "EUR"
    assert [row["benchmarks"] for row in report["data"]] == [[]]


def test_advice_follows_use_and_then_age(client: Clients, fleet: list[int]) -> None:
    report = get(client("manager"), "replacement", date_from=FROM, date_to=TO)
    advice = {row["asset_id"]: row for row in report["data"]}
    lame = advice[fleet[2]]
    assert (lame["advice"], lame["reasons"][0]["code"]) == ("share", "little_used")
    assert advice[fleet[3]]["advice"] == "share"
    assert advice[fleet[3]]["replacement_reason"] == "no_purchase_price"
    assert advice[fleet[1]]["advice"] in {"keep", "replace"}
    curve = advice[fleet[0]]["curve"]
    assert [one["year"] for one in curve["years"]] == list(range(1, len(curve["years"]) + 1))
    assert curve["value_source"] == "book"
    assert {one["source"] for one in advice[fleet[0]]["published"]} == {"Iowa Department of Administrative Services"}
    assert advice[fleet[0]]["break_even_reason"] == "no_reimbursement_rate"
    assert sum(report["summary"].values()) == len(report["data"])


def test_own_figures_stand_before_published_ones(client: Clients, fleet: list[int]) -> None:
    manager = client("manager")
    published = manager.get("/api/benchmarks", params={"basis": "ownership_cost_per_mile"}).json()["items"]
    assert {one["status"] for one in published} == {"published", "derived"}
    assert all(one["source"] and one["year"] and one["benchmark_class"] for one in published)
    own = factories.BENCHMARK
    made = manager.post("/api/benchmarks", json=own)
    assert (made.status_code, made.json()["status"]) == (201, "own")
    assert manager.post("/api/benchmarks", json=own).json()["type"] == "/problems/duplicate-benchmark"
    one = f"/api/benchmarks/{made.json()['id']}"
    assert manager.patch(one, json={"figure": 90}).json()["figure"] == 90
    rows = get(manager, "cost-per-mile", date_from=FROM, date_to=TO)["data"]
    compared = next(row for row in rows if row["asset_id"] == fleet[0])["benchmarks"]
    assert (0.9, "own") in {(it["figure"], it["status"]) for it in compared}
    assert manager.delete(one).status_code == 204
    assert manager.delete(one).status_code == 404


@pytest.mark.parametrize(
    ("basis", "unit", "goes"),
    [
        ("ownership_cost_per_mile", "yr", "/mi or ¢/mi"),
        ("replacement_years", "¢/mi", "yr"),
        ("idle_fuel_per_hour", "h", "gal/h"),
    ],
)
def test_a_unit_goes_with_its_basis(client: Clients, basis: str, unit: str, goes: str) -> None:
    refused = client("manager").post("/api/benchmarks", json={**factories.BENCHMARK, "basis": basis, "unit": unit})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"pointer": "/unit", "detail": f"Give {basis} in {goes}."}]
    both = {**factories.BENCHMARK, "basis": basis, "unit": unit, "figure": -1}
    answer = client("manager").post("/api/benchmarks", json=both).json()
    assert {one["pointer"] for one in answer["errors"]} == {"/figure", "/unit"}


def test_published_figures_have_units_of_their_basis(client: Clients) -> None:
    published = client("manager").get("/api/benchmarks").json()["items"]
    known = [one for one in published if one["status"] != "own" and one["basis"] in UNITS]
    assert {one["basis"] for one in known} == set(UNITS)
    # theirs are said with their currency
    assert [one for one in known if one["unit"].removeprefix("$") not in UNITS[one["basis"]]] == []


def test_what_an_asset_is_worth_follows_its_valuations(client: Clients) -> None:
    manager = client("manager")
    asset = factories.make_asset(
        manager, purchase_price="20000.00", purchase_date=(TODAY - timedelta(days=400)).isoformat(), useful_life_years=5
    )
    where = f"/api/assets/{asset['id']}"

    def worth(**asked: Any) -> tuple[str, str]:
        (row,) = get(manager, "roi", asset_id=asset["id"], **asked)["data"]
        return row["current_value"], row["current_value_basis"]

    assert worth()[1] == "book"
    assert manager.patch(where, json={"current_value": "15500.00"}).status_code == 200
    assert worth() == ("15500.00", "market")
    earlier = (TODAY - timedelta(days=100)).isoformat()
    made = manager.post(f"{where}/valuations", json={"as_of": earlier, "amount": "17000.00", "source": "Auction guide"})
    assert made.status_code == 201, made.text
    assert worth() == ("15500.00", "market")
    assert worth(date_to=(TODAY - timedelta(days=50)).isoformat()) == ("17000.00", "market")
    assert worth(date_to=(TODAY - timedelta(days=200)).isoformat())[1] == "book"
    assert manager.get(where).json()["current_value"] == "15500.00"
    latest = manager.post(f"{where}/valuations", json={"amount": "15000.00", "source": "Dealer"})
    assert latest.status_code == 201
    assert manager.get(where).json()["current_value"] == "15000.00"
    listed = manager.get(f"{where}/valuations", params={"limit": 1}).json()
    assert [one["amount"] for one in listed["items"]] == ["15000.00"]
    rest = manager.get(f"{where}/valuations", params={"cursor": listed["next_cursor"]}).json()
    assert [one["amount"] for one in rest["items"]] == ["17000.00"]
    assert manager.patch(where, json={"current_value": None}).status_code == 200
    assert worth()[1] == "book"
    late = manager.post(f"{where}/valuations", json={"as_of": "2150-01-01", "amount": "1.00", "source": "Oracle"})
    assert late.status_code == 422


def test_what_was_disposed_of_keeps_its_book_value_until_it_is_valued_at_nothing(
    client: Clients, services: Services, tenant: TenantMade
) -> None:
    manager = client("manager")
    sold = (TODAY - timedelta(days=50)).isoformat()
    asset = factories.make_asset(
        manager,
        purchase_price="20000.00",
        purchase_date=(TODAY - timedelta(days=415)).isoformat(),
        useful_life_years=5,
        disposed_on=sold,
    )
    ledger.revenue(services, tenant, asset["id"], TODAY - timedelta(days=50), "15000.00")

    def shown() -> tuple[str, str, str, float]:
        (row,) = get(manager, "roi", asset_id=asset["id"])["data"]
        return row["current_value"], row["current_value_basis"], row["net_cost_of_ownership"], row["roi_percentage"]

    # a year has 365 or 366 days
    value, basis, _, counted_twice = shown()
    assert (round(float(value), -2), basis) == (16_000, "book")
    assert counted_twice > 50
    nothing = {"as_of": sold, "amount": "0.00", "source": "Sold"}
    assert manager.post(f"/api/assets/{asset['id']}/valuations", json=nothing).status_code == 201
    assert shown() == ("0.00", "market", "20000.00", -25.0)


def test_what_is_written_off_by_use_has_its_life_in_miles(
    client: Clients, services: Services, tenant: TenantMade
) -> None:
    manager = client("manager")
    asset = factories.make_asset(
        manager,
        purchase_price="60000.00",
        purchase_date=(TODAY - timedelta(days=400)).isoformat(),
        salvage_value="10000.00",
        depreciation_method="units_of_use",
        useful_life_miles=100_000,
    )
    ledger.usage(services, tenant, asset["id"], TODAY - timedelta(days=20), miles=1_000)
    (row,) = get(manager, "roi", asset_id=asset["id"])["data"]
    assert (row["current_value"], row["current_value_basis"]) == ("59500.00", "book")
    assert manager.patch(f"/api/assets/{asset['id']}", json={"useful_life_miles": 50_000}).status_code == 200
    (row,) = get(manager, "roi", asset_id=asset["id"])["data"]
    assert row["current_value"] == "59000.00"
