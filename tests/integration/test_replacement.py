"""When to replace, on the database: from what is on record at one day or another."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shared.actions import explain, replacement
from shared.actions.call import Call
from shared.domain.advice import AskReplacement
from shared.domain.explanation import AskExplanation
from shared.services import Services
from tests import factories
from tests.factories import TenantMade
from tests.fixtures import ledger
from tests.fixtures.trips import run
from tests.world import Clone

type Calls = Callable[..., Call]

VALUED = """
INSERT INTO asset_valuations (tenant_id, asset_id, as_of, amount, source)
VALUES (%(tenant_id)s, %(asset_id)s, '2023-11-27', 12282.50, 'Exercise')
"""


@pytest.fixture(scope="module")
def tenant(clone: Clone) -> TenantMade:
    return factories.make_tenant(clone.owner_url)


@pytest.fixture(scope="module")
def exercise(services: Services, tenant: TenantMade) -> int:
    """Answer the asset of a published exercise: 20,000, worth 15 % less each year, costing 700 more each year."""
    run(services, tenant, "UPDATE tenants SET discount_rate = 0.10 WHERE id = %(tenant_id)s")
    asset = factories.insert_asset(
        services,
        tenant,
        purchase_price="20000.00",
        purchase_date="2020-11-27",
        useful_life_years=5,
        salvage_value="2000.00",
        fuel_type="diesel",
    )
    run(services, tenant, VALUED, asset_id=asset)
    ledger.usage(services, tenant, asset, date(2023, 6, 1), miles=10)
    # the record begins before the first year does
    other = factories.insert_asset(services, tenant, asset_type="car")
    ledger.maintenance(services, tenant, other, date(2020, 1, 1), "10.00")
    for year in (1, 2, 3):
        ledger.maintenance(services, tenant, asset, date(2020 + year, 6, 1), f"{700 * year}.00")
    return asset


def asked(call: Call, asset: int, day: str) -> dict[str, Any]:
    command = AskReplacement.model_validate({"asset_id": asset, "date_to": day})
    (row,) = json.loads(replacement.get_replacement(call, command).content)["data"]
    return dict(row)


def test_the_anniversary_counts_no_year_twice(call: Calls, exercise: int) -> None:
    row = asked(call(), exercise, "2023-11-27")
    years = row["curve"]["years"][:4]
    assert [one["euac"] for one in years] == ["5700.00", "5676.19", "5687.16", "5726.69"]
    assert [one["on_record"] for one in years] == [True, True, True, False]
    assert (row["age_years"], row["replacement_year"], row["advice"]) == (3.0, 2, "replace")


@pytest.mark.parametrize("day", ["2023-11-10", "2023-11-25", "2023-11-26", "2023-11-27", "2023-11-28"])
def test_days_near_an_anniversary_are_answered_alike(call: Calls, exercise: int, day: str) -> None:
    row = asked(call(), exercise, day)
    assert float(row["curve"]["maintenance_growth"]) == pytest.approx(700, rel=0.03)
    assert float(row["curve"]["years"][3]["cost"]) == pytest.approx(2_800, rel=0.02)
    assert row["replacement_year"] == 2


def test_a_year_is_on_record_at_the_end_of_its_last_day(call: Calls, exercise: int) -> None:
    row = asked(call(), exercise, "2023-11-26")
    assert [one["cost"] for one in row["curve"]["years"][:4]] == ["700.00", "1400.00", "2100.00", "2800.00"]
    assert row["curve"]["years"][2]["on_record"] is True


def test_what_its_year_is_made_from_is_told(call: Calls, services: Services, tenant: TenantMade) -> None:
    asset = factories.insert_asset(
        services, tenant, purchase_price="20000.00", purchase_date="2020-11-27", useful_life_years=5, salvage_value=500
    )
    ledger.maintenance(services, tenant, asset, date(2023, 6, 1), "90.00")
    year = (date(2022, 11, 28), date(2023, 11, 27))
    for category, amount in (("insurance", "730.00"), ("finance", "365.00"), ("tolls", "36.50")):
        ledger.cost(services, tenant, asset, category, year, amount)
    curve = asked(call(), asset, "2023-11-27")["curve"]
    command = AskExplanation.model_validate({"metric": "replacement_year", "asset_id": asset, "date_to": "2023-11-27"})
    said = json.loads(explain.explain_figure(call(), command).content)
    told = {one["name"]: one["value"] for one in said["inputs"]}
    assert told["operating_cost"] == curve["operating_cost"] == "766.50"
    for name in ("maintenance_growth", "discount_rate"):
        assert told[name] == curve[name]
    assert (told["useful_life_years"], told["salvage_value"], told["purchase_price"]) == (5.0, "500.00", "20000.00")
    assert (told["maintenance"], told["maintenance_of_last_365_days"]) == ("90.00", "90.00")
