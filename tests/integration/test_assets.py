"""The fleet on a real database: adding, changing, retiring, finding, and who sees what."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import orjson
import pytest

from shared.actions import assets, custody
from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain.asset import (
    COST_FIELDS,
    Asset,
    AssetById,
    AssetStatus,
    AssetWithCosts,
    CreateAsset,
    ListAssets,
    RetireAsset,
    UpdateAsset,
)
from shared.domain.custody import CheckIn, CheckOut
from shared.domain.errors import AssetIsOut, DuplicateAssetTag, Invalid, NotFound, Refusal, VersionMismatch
from shared.domain.model import Page
from shared.services import Services
from tests.factories import TenantMade, insert_asset, make_tenant
from tests.fixtures.elsewhere import TODAY, ZONE

type Caller = Callable[..., Call]

EVERYTHING: dict[str, Any] = {
    "asset_name": "Müllers Kranwagen 👩🏽‍🔧",
    "asset_type": "truck",
    "benchmark_class": "class 8",
    "vin": "1FUJGLDR5CSBD1234",
    "license_plate": "ACME 1",
    "make": "Freightliner",
    "model": "Cascadia",
    "year": 2021,
    "fuel_type": "diesel",
    "purchase_price": "12345.60",
    "purchase_date": "2021-03-01",
    "in_service_on": "2021-03-15",
    "current_value": "0.00",
    "salvage_value": "999999999999.99",
    "useful_life_years": 7.25,
    "depreciation_method": "straight_line",
    "odometer_miles": 123456.7,
    "engine_hours": 0.1,
    "location": {"lat": -90, "lng": 180, "accuracy_m": 10000},
}


def create(call: Call, **fields: Any) -> AssetWithCosts:
    tag = f"T-{secrets.token_hex(4)}"
    document = {"asset_tag": tag, "asset_name": f"Van {tag}", "asset_type": "van", **fields}
    command = CreateAsset.model_validate_json(orjson.dumps(document), strict=True)
    answer = assets.create_asset(call, command)
    assert answer.status == 201
    assert isinstance(answer.body, AssetWithCosts)
    assert answer.headers == {"ETag": '"1"', "Location": f"/api/assets/{answer.body.id}"}
    return answer.body


def get(call: Call, asset_id: int) -> Asset:
    body = assets.get_asset(call, AssetById(asset_id=asset_id)).body
    assert isinstance(body, Asset)
    return body


def update(call: Call, asset_id: int, if_match: list[int] | None = None, **fields: Any) -> AssetWithCosts:
    document = {"asset_id": asset_id, **fields, **({} if if_match is None else {"if_match": if_match})}
    body = assets.update_asset(call, UpdateAsset.model_validate_json(orjson.dumps(document), strict=True)).body
    assert isinstance(body, AssetWithCosts)
    return body


def retire(call: Call, asset_id: int, **more: Any) -> Answer:
    return assets.retire_asset(call, RetireAsset(asset_id=asset_id, **more))


def listed(call: Call, **wanted: Any) -> Page[Asset]:
    body = assets.list_assets(call, ListAssets.model_validate(wanted)).body
    assert isinstance(body, Page)
    return body


def audited(services: Services, tenant: TenantMade, resource: str) -> list[str]:
    statement = "SELECT action FROM audit_log WHERE tenant_id = %(tenant_id)s AND resource = %(resource)s ORDER BY id"
    with services.database.read(tenant.id) as tx:
        return [row["action"] for row in tx.all(statement, resource=resource)]


def test_an_asset_is_kept_as_it_was_said(call: Caller) -> None:
    made = create(call(), **EVERYTHING)
    kept = orjson.loads(made.model_dump_json())
    assert {name: kept[name] for name in EVERYTHING} == EVERYTHING
    assert (made.status, made.version) == (AssetStatus.AVAILABLE, 1)
    assert get(call(), made.id) == made


@pytest.mark.parametrize(
    ("amount", "kept"),
    [("12345.60", "12345.60"), ("5", "5.00"), (5, "5.00"), (0.1, "0.10"), ("-0.00", "0.00"), (-0.0, "0.00")],
)
def test_amounts_have_two_places(call: Caller, amount: Any, kept: str) -> None:
    assert str(create(call(), purchase_price=amount).purchase_price) == kept


@pytest.mark.parametrize(
    ("lat", "lng"), [(90, 180), (-90, -180), (90, 0), (0, 180), (1e-9, 1e-9), (-0.0, 5), (89.99999999999999, 1)]
)
def test_every_place_on_earth_is_kept_and_found(call: Caller, lat: float, lng: float) -> None:
    made = create(call(), location={"lat": lat, "lng": lng})
    assert made.location is not None
    assert (made.location.lat, made.location.lng) == (lat, lng)
    found = listed(call("driver"), near=f"{lat:.20f},{lng:.20f}", radius_m="1")
    assert [one.distance_m for one in found.items if one.id == made.id] == [pytest.approx(0, abs=0.1)]


@pytest.mark.parametrize("name", ["x", "x" * 200, "👩🏽‍🔧" * 40, "tab\tand\nline", "Ж" * 200, "%_\\'\";--"])
def test_names_are_kept_letter_for_letter(call: Caller, name: str) -> None:
    made = create(call(), asset_name=name)
    assert get(call(), made.id).asset_name == name
    first = listed(call(), sort="asset_name", limit=1, q=name)
    assert name in {one.asset_name for one in first.items}


def test_a_tag_is_of_one_asset(call: Caller) -> None:
    made = create(call())
    with pytest.raises(DuplicateAssetTag):
        create(call(), asset_tag=made.asset_tag)
    with pytest.raises(DuplicateAssetTag):
        update(call(), create(call()).id, asset_tag=made.asset_tag)


def test_disposal_comes_after_service(call: Caller) -> None:
    with pytest.raises(Invalid) as refused:
        create(call(), in_service_on="2024-02-01", disposed_on="2024-01-31")
    assert refused.value.faults[0].pointer == "/disposed_on"
    made = create(call(), purchase_date="2024-02-01")
    with pytest.raises(Invalid):
        update(call(), made.id, disposed_on="2024-01-31")


def test_costs_are_for_managers(call: Caller, services: Services, tenant: TenantMade) -> None:
    made = create(call(), **EVERYTHING)
    for role in ("driver", "dispatcher"):
        for seen in (get(call(role), made.id), listed(call(role), q=made.asset_tag).items[0]):
            assert not COST_FIELDS & seen.model_dump().keys()
            assert seen.make == "Freightliner"
    assert "cost.view" not in audited(services, tenant, f"asset/{made.id}")
    for role in ("manager", "admin"):
        for seen in (get(call(role), made.id), listed(call(role), q=made.asset_tag).items[0]):
            assert isinstance(seen, AssetWithCosts)
            assert seen.purchase_price == Decimal("12345.60")
    assert audited(services, tenant, f"asset/{made.id}") == ["cost.view"] * 2
    # whoever adds an asset is shown what they have said; whoever changes one, what others have
    update(call(), made.id, asset_name="Renamed")
    assert audited(services, tenant, f"asset/{made.id}") == ["cost.view"] * 3


def test_a_change_touches_what_is_given_and_null_clears(call: Caller) -> None:
    made = create(call(), **EVERYTHING)
    changed = update(call(), made.id, vin=None, location=None, purchase_price="1.50", year=2022)
    assert changed.version == 2
    expected = made.model_copy(
        update={"vin": None, "location": None, "purchase_price": Decimal("1.50"), "year": 2022, "version": 2}
    )
    assert changed == expected.model_copy(update={"updated_at": changed.updated_at})
    assert changed.updated_at > made.updated_at


def test_a_change_to_what_is_so_already_is_none(call: Caller) -> None:
    made = create(call(), **EVERYTHING)
    assert update(call(), made.id) == made
    assert update(call(), made.id, **EVERYTHING) == made


def test_only_the_version_that_was_read_is_changed(call: Caller) -> None:
    made = create(call())
    assert update(call(), made.id, [1], make="Ford").version == 2
    for versions in ([1], [], [7, 1]):
        with pytest.raises(VersionMismatch):
            update(call(), made.id, versions, make="VW")
        with pytest.raises(VersionMismatch):
            retire(call(), made.id, if_match=tuple(versions))
    assert update(call(), made.id, [1, 2], make="VW").make == "VW"


def test_of_simultaneous_changes_to_one_version_one_wins(call: Caller) -> None:
    made = create(call())
    calls = [call("manager", oid=f"m-{number}") for number in range(10)]

    def attempt(one: Call) -> str:
        try:
            return update(one, made.id, [1], make=one.principal.oid).make or ""
        except VersionMismatch:
            return ""

    with ThreadPoolExecutor(10) as pool:
        winners = [made for made in pool.map(attempt, calls) if made]
    now = get(call(), made.id)
    assert (winners, now.version) == ([now.make], 2)


def test_simultaneous_changes_to_different_fields_all_stay(call: Caller) -> None:
    made = create(call())
    fields: dict[str, Any] = {
        "make": "Ford",
        "model": "Transit",
        "vin": "V1",
        "license_plate": "P1",
        "year": 2020,
        "engine_hours": 5.0,
    }
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda field: update(call(), made.id, **{field: fields[field]}), fields))
    now = get(call(), made.id)
    assert now.model_dump(include=set(fields)) == fields
    assert now.version == 7


def test_status_is_not_set_while_the_asset_is_out(call: Caller) -> None:
    made = create(call())
    driver = call("driver", oid=f"d-{secrets.token_hex(4)}")
    custody.check_out_asset(driver, CheckOut(asset_id=made.id))
    for status in ("available", "in_maintenance"):
        with pytest.raises(AssetIsOut):
            update(call(), made.id, status=status)
    with pytest.raises(AssetIsOut):
        retire(call(), made.id)
    assert update(call(), made.id, make="Ford").status is AssetStatus.CHECKED_OUT
    custody.check_in_asset(driver, CheckIn(asset_id=made.id, condition_rating=5))
    assert update(call(), made.id, status="in_maintenance").status is AssetStatus.IN_MAINTENANCE


def test_a_retired_asset_stays_with_its_last_day(call: Caller, owner_url: str) -> None:
    there = make_tenant(owner_url, time_zone=ZONE)
    manager = call(tenant=there)
    made = create(manager)
    assert retire(manager, made.id).status == 204
    kept = get(call("driver", tenant=there), made.id)
    assert (kept.status, kept.version, kept.disposed_on) == (AssetStatus.RETIRED, 2, TODAY)
    assert retire(manager, made.id, if_match=(1,)).status == 204
    assert get(manager, made.id).version == 2
    assert not listed(manager, q=made.asset_tag, status="available").items
    assert [one.id for one in listed(manager, q=made.asset_tag, status="retired").items] == [made.id]


def test_a_retired_asset_can_return(call: Caller) -> None:
    made = create(call())
    retire(call(), made.id)
    back = update(call(), made.id, status="available")
    assert (back.status, back.disposed_on) == (AssetStatus.AVAILABLE, None)


def test_what_never_came_into_service_can_be_retired(call: Caller) -> None:
    made = create(call(), in_service_on="2199-01-01")
    retire(call(), made.id)
    assert str(get(call(), made.id).disposed_on) == "2199-01-01"


def test_another_tenants_asset_is_not_there(call: Caller, services: Services, other_tenant: TenantMade) -> None:
    foreign = insert_asset(services, other_tenant, asset_name="Foreign")
    for attempt in (get, update, retire):
        for asset_id in (foreign, 2**62):
            with pytest.raises(NotFound):
                attempt(call(), asset_id)
    assert not listed(call(), q="Foreign").items


def test_tags_of_two_tenants_do_not_meet(call: Caller, other_tenant: TenantMade) -> None:
    made = create(call())
    assert create(call(tenant=other_tenant), asset_tag=made.asset_tag).id != made.id


def test_a_repeated_request_adds_one_asset(call: Caller) -> None:
    tag = secrets.token_hex(8)
    create(call(key=tag), asset_tag=tag)
    with pytest.raises(Exception, match="answered before"):
        create(call(key=tag), asset_tag=tag)
    assert len(listed(call(), q=tag).items) == 1


def test_what_cannot_be_found_is_refused_not_a_fault(call: Caller) -> None:
    for cursor in ("x", "W10", "WzFd", "e30", "WyIiLDFlOTk5XQ", "WyJcdWQ4MDAiLDFd", "WyIAIiwxXQ", "😀", "WyIiLCIxIl0"):
        for more in ({}, {"sort": "asset_name"}, {"near": "1,1"}):
            with pytest.raises(Refusal) as refused:
                listed(call(), cursor=cursor, **more)
            assert refused.value.status == 422
