"""Return on investment, on the database, beside a calculation by hand."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from local.demo import loading
from local.demo.organisations import ORGANISATIONS
from shared.actions import analytics, cost_per_mile, papers, roi
from shared.actions.call import Call
from shared.domain.cost_per_mile import AskCostPerMile, CostGroup
from shared.domain.economics import year_until
from shared.domain.errors import Invalid, NotFound
from shared.domain.export import Order
from shared.domain.report import Report, ReportFormat
from shared.domain.roi import AskRoi
from shared.domain.summary import AskSummary
from shared.services import Services
from shared.store import costs
from tests import factories
from tests.factories import TenantMade
from tests.fixtures import hand_calculation, ledger
from tests.fixtures.elsewhere import TODAY, ZONE
from tests.world import Clone

type Calls = Callable[..., Call]

MONEY = {
    *("purchase_price", "current_value", "maintenance_cost", "fuel_cost", "fuel_estimated", "insurance_cost"),
    *("other_cost", "total_cost_of_ownership", "revenue", "daily_cost"),
}
VIEW = """
SELECT * FROM vw_asset_roi_summary ORDER BY asset_id
"""
DAY = "SELECT tenant_today(%(tenant_id)s) AS today"


def ask(call: Call, **asked: Any) -> dict[str, Any]:
    """Answer the report as a client reads it."""
    return dict(json.loads(roi.get_roi(call, AskRoi(**asked)).content))


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Answer a row with its texts read as amounts."""
    return {name: Decimal(value) if name in MONEY and value is not None else value for name, value in row.items()}


@pytest.fixture(scope="module")
def tenant(clone: Clone) -> TenantMade:
    """Answer a tenant whose day does not end while it is asked."""
    return factories.make_tenant(clone.owner_url, time_zone=ZONE)


@pytest.fixture(scope="module")
def demo(owner_url: str) -> list[TenantMade]:
    """Load both demo organisations, with their days reckoned."""
    loading.load(owner_url, lambda _: None)
    made = []
    with psycopg.connect(owner_url) as owner:
        for organisation in ORGANISATIONS:
            tid = organisation.tenant.tid
            owner.execute("SELECT set_config('motorpool.tid', %s, true)", [tid])
            found = owner.execute("SELECT id FROM tenants WHERE tid = %s", [tid]).fetchone()
            assert found is not None
            owner.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(found[0])])
            owner.execute("SELECT refresh_asset_analytics()")
            made.append(TenantMade(found[0], tid, organisation.tenant.name))
    return made


def test_every_row_of_the_demo_fleets_is_what_a_calculation_by_hand_finds(
    demo: list[TenantMade], call: Calls, owner_url: str
) -> None:
    compared = 0
    for tenant in demo:
        by_hand = hand_calculation.read(owner_url, tenant.id)
        for last, days in ((TODAY - timedelta(days=2), 365), (TODAY - timedelta(days=40), 47)):
            first = last - timedelta(days=days - 1)
            report = ask(call(tenant=tenant), date_from=first, date_to=last)
            rows = {row["asset_id"]: shown(row) for row in report["data"]}
            for asset in by_hand["assets"]:
                if asset["purchase_date"] > last:
                    assert asset["id"] not in rows
                    continue
                expected = hand_calculation.row_of(by_hand, asset, first, last)
                if asset["current_value"] is not None and days != 365:
                    # what was appraised within the month counts, an older day goes by the books
                    expected = {**expected, "current_value": rows[asset["id"]]["current_value"]}
                    del expected["roi_percentage"], expected["daily_cost"]
                assert {name: rows[asset["id"]][name] for name in expected} == expected, asset["asset_tag"]
                compared += 1
    assert compared > 100


def test_the_view_agrees_with_the_report(demo: list[TenantMade], call: Calls, services: Services) -> None:
    for tenant in demo:
        with services.database.read(tenant.id) as tx:
            found, today = tx.all(VIEW), tx.one(DAY)["today"]
        # as of the day of the view, should another one have begun
        rows = [shown(row) for row in ask(call(tenant=tenant), date_to=today)["data"]]
        assert [
            (
                one["asset_id"],
                one["initial_investment"],
                one["current_value"],
                one["total_maintenance_cost"],
                one["total_fuel_cost"],
                one["days_owned"],
                one["daily_cost"],
                float(one["total_miles"]),
                None if one["cost_per_mile"] is None else float(one["cost_per_mile"]),
            )
            for one in found
        ] == [
            (
                row["asset_id"],
                row["purchase_price"],
                row["current_value"],
                row["maintenance_cost"],
                row["fuel_cost"],
                row["days_owned"],
                row["daily_cost"],
                row["total_miles"],
                row["cost_per_mile"],
            )
            for row in rows
        ]


def test_totals_are_sums_and_their_ratios(demo: list[TenantMade], call: Calls) -> None:
    for tenant in demo:
        report = ask(call(tenant=tenant))
        rows, summary = [shown(row) for row in report["data"]], shown(report["summary"])
        for name in ("maintenance_cost", "fuel_cost", "insurance_cost", "other_cost", "revenue"):
            assert summary[name] == sum(row[name] for row in rows), name
        known = [row for row in rows if row["total_cost_of_ownership"] is not None and row["current_value"] is not None]
        total = sum(row["total_cost_of_ownership"] for row in known)
        gain = sum(row["revenue"] + row["current_value"] for row in known) - total
        assert summary["roi_percentage"] == round(float(gain / total * 100), 2)
        assert summary["assets"] == len(rows)


def test_repairs_and_trips_do_not_multiply_each_other(services: Services, tenant: TenantMade, call: Calls) -> None:
    asset = factories.insert_asset(
        services, tenant, purchase_price=30_000, purchase_date=TODAY - timedelta(days=100), fuel_type="diesel"
    )
    day = TODAY - timedelta(days=10)
    for _ in range(3):
        ledger.maintenance(services, tenant, asset, day, "100.00")
    for number in range(4):
        ledger.usage(services, tenant, asset, day - timedelta(days=number), miles=50, gallons=5)
    ledger.fuel_price(services, tenant, "diesel", TODAY - timedelta(days=365), "4.0000")
    (row,) = ask(call(), asset_id=asset)["data"]
    assert (row["maintenance_cost"], row["fuel_cost"], row["total_miles"]) == ("300.00", "80.00", 200.0)
    assert row["total_cost_of_ownership"] == "30380.00"
    assert row["cost_per_mile"] == 151.9
    assert row["running_cost_per_mile"] == 1.9
    assert (row["ownership_cost_per_mile"], row["ownership_cost_per_mile_reason"]) == (None, "no_useful_life")


def test_what_is_not_known_is_null_with_its_reason(services: Services, tenant: TenantMade, call: Calls) -> None:
    bare = factories.insert_asset(services, tenant)
    (row,) = ask(call(), asset_id=bare)["data"]
    reasons = {name: value for name, value in row.items() if name.endswith("reason")}
    assert reasons == {
        "current_value_reason": "no_purchase_price",
        "roi_reason": "no_purchase_price",
        "payback_reason": "no_purchase_price",
        "discounted_payback_reason": "no_purchase_price",
        "cost_per_mile_reason": "no_purchase_price",
        "running_cost_per_mile_reason": "no_miles",
        "ownership_cost_per_mile_reason": "no_purchase_price",
    }
    assert (row["total_cost_of_ownership"], row["daily_cost"], row["days_owned"]) == (None, None, 1)
    free = factories.insert_asset(services, tenant, purchase_price=0, current_value=0, purchase_date=TODAY)
    (row,) = ask(call(), asset_id=free)["data"]
    assert (row["roi_percentage"], row["roi_reason"], row["payback_reason"]) == (None, "no_cost", "never")
    assert (row["cost_per_mile"], row["cost_per_mile_reason"]) == (None, "no_miles")


def test_fuel_that_no_price_is_known_for_is_told_beside_its_cost(
    services: Services, other_tenant: TenantMade, call: Calls
) -> None:
    bought = TODAY - timedelta(days=900)
    asset = factories.insert_asset(services, other_tenant, purchase_date=bought, fuel_type="diesel")
    ledger.fuel_price(services, other_tenant, "diesel", TODAY - timedelta(days=10), "4.0000")
    # before the first price: 5 gallons within the last 365 days, and 7 before them
    for days, gallons in ((5, 10.5), (40, 5), (500, 7)):
        ledger.usage(services, other_tenant, asset, TODAY - timedelta(days=days), miles=50, gallons=gallons)
    manager = call("manager", tenant=other_tenant)
    report = ask(manager)
    for told in (*report["data"], report["summary"]):
        assert (told["fuel_cost"], told["unpriced_gallons"]) == ("42.00", 12.0)
    for group in CostGroup:
        content = cost_per_mile.get_cost_per_mile(manager, AskCostPerMile(group_by=group)).content
        told = json.loads(content)
        assert sum(row["unpriced_gallons"] for row in told["data"]) == told["summary"]["unpriced_gallons"] == 5.0
    glance = analytics.get_summary(manager, AskSummary(date_from=TODAY - timedelta(days=60)))
    costs = json.loads(glance.content)["costs"]
    assert (costs["fuel_cost"], costs["unpriced_gallons"]) == ("42.00", 5.0)
    order = Order(Report.ROI, ReportFormat.PDF, {})
    with papers.laid_out(manager, order) as paper:
        assert "Fuel costs lack 12.00 gallons that no price was known for." in paper.tables[0].notes


def test_payback_of_a_young_asset_is_scaled_from_the_days_owned(
    services: Services, tenant: TenantMade, call: Calls
) -> None:
    """30,000 with 12,000 of revenue and 4,500 of cost a year, on record for a fifth of it."""
    asset = factories.insert_asset(
        services, tenant, purchase_price=30_000, purchase_date=TODAY - timedelta(days=73), useful_life_years=6
    )
    ledger.revenue(services, tenant, asset, TODAY - timedelta(days=30), "2400.00")
    ledger.cost(services, tenant, asset, "insurance", (TODAY - timedelta(days=30),) * 2, "900.00")
    (row,) = ask(call(), asset_id=asset, date_to=TODAY)["data"]
    assert (row["days_owned"], row["payback_years"], row["discounted_payback_years"]) == (73, 4.0, 5.01)


def test_periods_beside_each_other_add_up(services: Services, demo: list[TenantMade]) -> None:
    last = TODAY - timedelta(days=3)
    for of in demo:
        with services.database.read(of.id) as tx:
            whole = costs.total_costs(tx, last - timedelta(days=99), last)
            for cut in (1, 17, 50, 98):
                middle = last - timedelta(days=cut)
                parts = costs.total_costs(tx, last - timedelta(days=99), middle) + costs.total_costs(
                    tx, middle + timedelta(days=1), last
                )
                for name in ("cash", "running", "fixed", "revenue", "miles_e6", "fuel_estimated", "unpriced_e6"):
                    assert getattr(parts, name) == getattr(whole, name), (name, cut)
            every = [one.asset_id for one in costs.list_owned(tx, TODAY)]
            monthly = costs.list_monthly_costs(tx, last - timedelta(days=99), last, every)
            assert sum(one.cash for one in monthly.values()) == whole.cash


def test_a_period_is_refused_that_is_none(call: Calls) -> None:
    for asked in (
        {"date_from": TODAY, "date_to": TODAY - timedelta(days=1)},
        {"date_from": TODAY - timedelta(days=366), "date_to": TODAY},
        {"date_to": date.max},
        {"date_from": date.min},
    ):
        with pytest.raises(Invalid):
            ask(call(), **asked)
    assert ask(call(), date_from=TODAY - timedelta(days=365), date_to=TODAY)["date_to"] == TODAY.isoformat()
    assert ask(call())["date_to"] == TODAY.isoformat()
    with pytest.raises(NotFound):
        ask(call(), asset_id=987_654_321)


def test_looking_is_on_record(services: Services, tenant: TenantMade, call: Calls) -> None:
    ask(call())
    ask(call())
    with services.database.read(tenant.id) as tx:
        found = tx.all("SELECT count(*) AS views FROM audit_log WHERE action = 'cost.view' AND resource = 'roi'")
    assert found[0]["views"] >= 2
    assert year_until(TODAY).days == 365
