"""Lists of the fleet: filters, every order page by page, and nearness by its index."""

import itertools
import math
import random
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from shared.actions import assets, custody
from shared.actions.call import Call
from shared.domain.asset import Asset, AssetSort, ListAssets
from shared.domain.custody import CheckOut
from shared.domain.errors import Invalid
from shared.domain.model import Page
from shared.services import Services
from shared.store.queries import Queries
from tests.factories import TenantMade, insert_asset, make_call, make_tenant
from tests.world import Clone

type Caller = Callable[..., Call]

EARTH_M = 3958.747716 * 1609.344
"""The radius that earthdistance reckons with."""

FLEET = 5_000


def listed(call: Call, **wanted: Any) -> Page[Asset]:
    body = assets.list_assets(call, ListAssets.model_validate(wanted)).body
    assert isinstance(body, Page)
    return body


def pages(call: Call, **wanted: Any) -> Iterator[list[Asset]]:
    cursor: str | None = None
    for _ in range(100):
        page = listed(call, **wanted, **({} if cursor is None else {"cursor": cursor}))
        yield page.items
        cursor = page.next_cursor
        if cursor is None:
            return
    raise AssertionError("the list does not end")


def walk(call: Call, **wanted: Any) -> list[int]:
    return [one.id for one in itertools.chain.from_iterable(pages(call, **wanted))]


@pytest.fixture(scope="module")
def fleet(services: Services, clone: Clone) -> Call:
    """A tenant with 57 assets, many of them of one name."""
    made = make_tenant(clone.owner_url, "Many")
    for number in range(57):
        insert_asset(services, made, asset_name=f"Van 👩🏽‍🔧 {number % 5}", asset_tag=f"tag {(number * 7) % 57:02}")
    return make_call(services, made, "driver")


@pytest.mark.parametrize("limit", ["1", "7", "57", "200"])
@pytest.mark.parametrize("sort", [*AssetSort])
def test_every_order_shows_each_asset_once(fleet: Call, sort: AssetSort, limit: str) -> None:
    shown = list(itertools.chain.from_iterable(pages(fleet, sort=sort, limit=limit)))
    field, down = sort.removeprefix("-"), sort.startswith("-")
    expected = sorted(shown, key=lambda one: (getattr(one, field), one.id), reverse=down)
    assert shown == expected
    assert len({one.id for one in shown}) == 57


def test_what_is_added_meanwhile_moves_nothing(fleet: Call, services: Services) -> None:
    first = listed(fleet, sort="asset_name", limit="20")
    tenant = TenantMade(fleet.principal.tenant.id, "", "")
    added = insert_asset(services, tenant, asset_name="A before all")
    rest = listed(fleet, sort="asset_name", limit="200", cursor=first.next_cursor)
    with services.database.transaction(tenant.id) as (tx, _):
        tx.run("DELETE FROM assets WHERE tenant_id = %(tenant_id)s AND id = %(id)s", id=added)
    assert len({one.id for one in first.items + rest.items}) == 57


def test_filters_narrow_together(call: Caller, services: Services, tenant: TenantMade) -> None:
    make = secrets.token_hex(6)
    van = insert_asset(services, tenant, make=make, asset_type="van")
    truck = insert_asset(services, tenant, make=make, asset_type="truck", status="in_maintenance")
    retired = insert_asset(services, tenant, make=make, asset_type="truck", status="retired")
    assert walk(call(), q=make) == [van, truck, retired]
    assert walk(call(), q=make.upper(), asset_type="truck") == [truck, retired]
    assert walk(call(), q=make, status="in_maintenance") == [truck]
    assert walk(call(), q=make, status="retired") == [retired]
    assert walk(call(), q=make, status="retired", asset_type="van") == []


@pytest.mark.parametrize("field", ["asset_name", "asset_tag", "license_plate", "vin", "make", "model"])
def test_search_looks_into_every_name(call: Caller, services: Services, tenant: TenantMade, field: str) -> None:
    text = secrets.token_hex(6)
    made = insert_asset(services, tenant, **{field: f"Önly {text} here"})
    assert walk(call(), q=f"ÖNLY {text} H") == [made]


@pytest.mark.parametrize("text", ["100%", "a_b", "back\\slash", "'); --", "%", "_", "\\"])
def test_search_is_letter_for_letter(call: Caller, services: Services, tenant: TenantMade, text: str) -> None:
    made = insert_asset(services, tenant, asset_name=f"so {text} it is", make="sought")
    insert_asset(services, tenant, asset_name="nothing like it")
    found = [one.asset_name for one in listed(call(), q=text, limit="200").items]
    assert f"so {text} it is" in found
    assert all(text in name for name in found)
    assert made in walk(call(), q=text)


def test_assets_are_found_by_their_holder(call: Caller, services: Services, tenant: TenantMade) -> None:
    holder = call("driver", oid=f"d-{secrets.token_hex(4)}")
    made = insert_asset(services, tenant)
    assert walk(holder, held_by="me") == []
    custody.check_out_asset(holder, CheckOut(asset_id=made))
    assert walk(holder, held_by="me") == [made]
    assert walk(call(), held_by=str(holder.principal.user_id), status="checked_out") == [made]
    assert walk(call(), held_by="me") == []


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"radius_m": "5"}, "/radius_m"),
        ({"near": "1,1", "sort": "id"}, "/sort"),
    ],
)
def test_what_does_not_go_together_is_refused(call: Caller, wanted: dict[str, str], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        listed(call(), **wanted)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]


@pytest.mark.parametrize(
    "wanted",
    [
        *(
            {"near": near}
            for near in ("", "1", "1,2,3", "91,0", "0,181", "nan,0", "inf,1", "0,0", "x,y", "1;2", "1e999,1")
        ),
        *({"near": "1,1", "radius_m": radius} for radius in ("0", "-1", "nan", "1e9", "")),
        *({"held_by": holder} for holder in ("you", "", "-1", "0", "1.5", "9" * 19)),
        *({"limit": limit} for limit in ("0", "201", "-1", "x", "1.0", "9" * 40)),
        *({"q": q} for q in ("", " ", "\0", "\ud800", "x" * 501)),
        {"sort": "tenant_id"},
        {"status": "lost"},
        {"asset_type": "boat"},
        {"cursor": "x" * 1501},
    ],
)
def test_what_means_nothing_is_no_filter(wanted: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        ListAssets.model_validate(wanted)


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Answer the great-circle distance by the haversine formula."""
    (lat_a, lng_a), (lat_b, lng_b) = (tuple(map(math.radians, point)) for point in (a, b))
    half = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lng_b - lng_a) / 2) ** 2
    return 2 * EARTH_M * math.asin(min(1, math.sqrt(half)))


@pytest.fixture(scope="module")
def spread(services: Services, clone: Clone) -> tuple[Call, dict[int, tuple[float, float]]]:
    """A tenant with 5,000 assets all over the earth, beside another tenant's as many."""
    made, beside = make_tenant(clone.owner_url, "Spread"), make_tenant(clone.owner_url, "Beside")
    statement = (
        "INSERT INTO assets (tenant_id, asset_tag, asset_name, asset_type, latitude, longitude)"
        " SELECT %(tenant_id)s, n, n, 'van', lat, lng"
        " FROM unnest(%(n)s::text[], %(lat)s::float[], %(lng)s::float[]) AS t (n, lat, lng)"
        " RETURNING id, latitude, longitude"
    )
    places: dict[int, tuple[float, float]] = {}
    for tenant in (beside, made):
        chance = random.Random(tenant.name)
        lat = [chance.uniform(-90, 90) for _ in range(FLEET - 2)] + [40.0, 40.0]
        lng = [chance.uniform(-180, 180) for _ in range(FLEET - 2)] + [-75.0, -75.0]
        with services.database.transaction(tenant.id) as (tx, _):
            rows = tx.all(statement, n=[f"T{number}" for number in range(FLEET)], lat=lat, lng=lng)
        places = {row["id"]: (row["latitude"], row["longitude"]) for row in rows}
    return make_call(services, made, "driver"), places


@pytest.mark.parametrize("spot", [(40.0, -75.0), (90.0, 0.0), (-90.0, 180.0), (0.1, 180.0), (0.1, -180.0), (12, 34)])
def test_the_nearest_come_first_and_no_others(
    spread: tuple[Call, dict[int, tuple[float, float]]], spot: tuple[float, float]
) -> None:
    call, places = spread
    reckoned = {one: distance_m(spot, place) for one, place in places.items()}
    expected = sorted((one for one in places if reckoned[one] <= 1_000_000), key=lambda one: (reckoned[one], one))
    shown = list(
        itertools.chain.from_iterable(pages(call, near=f"{spot[0]},{spot[1]}", radius_m="1000000", limit="13"))
    )
    assert [one.id for one in shown] == expected
    assert [one.distance_m for one in shown] == pytest.approx([reckoned[one] for one in expected], abs=0.5)


def test_without_a_radius_it_is_fifty_kilometres(spread: tuple[Call, dict[int, tuple[float, float]]]) -> None:
    call, places = spread
    expected = {one for one, place in places.items() if distance_m((40, -75), place) <= 50_000}
    assert set(walk(call, near="40,-75")) == expected
    assert len(walk(call, near="40,-75", radius_m="20100000", limit="200")) == FLEET


def test_a_cursor_is_of_one_order(spread: tuple[Call, dict[int, tuple[float, float]]]) -> None:
    call, _ = spread
    orders: list[dict[str, Any]] = [
        *({"sort": sort} for sort in AssetSort),
        *({"near": spot, "radius_m": "20100000"} for spot in ("40,-75", "40,-75.5")),
    ]
    for made_for in orders:
        cursor = listed(call, **made_for, limit="1").next_cursor
        for order in orders:
            if order == made_for:
                assert len(listed(call, **order, limit="1", cursor=cursor).items) == 1
                continue
            with pytest.raises(Invalid) as refused:
                listed(call, **order, limit="1", cursor=cursor)
            assert [fault.pointer for fault in refused.value.faults] == ["/cursor"]


PARAMETERS: dict[str, Any] = {
    "q": None,
    "asset_type": None,
    "status": None,
    "held_by": None,
    "page_size": 51,
    "after_id": 0,
    "after": "",
}


@pytest.mark.parametrize(
    ("name", "index", "more"),
    [
        ("list_nearest", "assets_latitude_idx", {"lat": 40.0, "lng": -75.0, "radius_m": 5e4, "after": -1.0}),
        ("list_by_id", "assets_pkey", {}),
        ("list_by_id_down", "assets_pkey", {"after_id": 2**62}),
        ("list_by_name", "assets_name_idx", {}),
        ("list_by_name_down", "assets_name_idx", {"after": "T3"}),
        ("list_by_tag", "asset_tag_is_unique", {}),
        ("list_by_tag_down", "asset_tag_is_unique", {"after": "T3"}),
    ],
)
def test_lists_read_by_the_index_of_their_order(
    services: Services, clone: Clone, spread: tuple[Call, Any], name: str, index: str, more: dict[str, Any]
) -> None:
    call, _ = spread
    with psycopg.connect(clone.owner_url, autocommit=True) as owner:
        owner.execute("ANALYZE assets")
    with services.database.read(call.principal.tenant.id) as tx:
        rows = tx.all("EXPLAIN (ANALYZE, BUFFERS OFF) " + Queries("assets")[name], **{**PARAMETERS, **more})
    plan = "\n".join(row["QUERY PLAN"] for row in rows)
    assert index in plan
    assert "Seq Scan" not in plan
    # what was read, not what was reckoned with
    assert not re.search(rf"actual time=\S+ rows={FLEET}\b", plan)
