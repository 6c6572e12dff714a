"""Assets, labels and scans as clients meet them."""

import io
import secrets
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image

from tests.factories import TenantMade, make_asset

type Clients = Callable[..., httpx.Client]


@pytest.fixture
def asset(client: Clients) -> dict[str, Any]:
    return make_asset(client("manager"), purchase_price="12345.60", make="Ford")


def pointers(answer: httpx.Response) -> set[str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return {fault["pointer"] for fault in answer.json()["errors"]}


def code_of(client: httpx.Client, asset_id: int) -> str:
    picture = client.get(f"/api/assets/{asset_id}/qr-code", params={"format": "png"})
    assert picture.headers["content-type"] == "image/png"
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.content)).convert("L"))
    return str(found.text).rpartition("/a/")[2]


def test_an_assets_life(client: Clients) -> None:
    manager, driver = client("manager"), client("driver")
    tag = secrets.token_hex(6)
    made = manager.post("/api/assets", json={"asset_tag": tag, "asset_name": "A", "asset_type": "van", "year": 2020})
    where = made.headers["location"]
    assert (made.status_code, made.headers["etag"], where) == (201, '"1"', f"/api/assets/{made.json()['id']}")
    again = manager.post("/api/assets", json={"asset_tag": tag, "asset_name": "B", "asset_type": "car"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/duplicate-asset-tag")
    assert driver.get(where).json()["year"] == 2020
    changed = manager.patch(where, json={"year": None, "asset_name": " B "}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (changed.json()["year"], changed.json()["asset_name"]) == (None, "B")
    for header in ('"1"', "nonsense", '"1", "3"'):
        stale = manager.patch(where, json={"year": 1999}, headers={"If-Match": header})
        assert (stale.status_code, stale.json()["type"]) == (412, "/problems/version-mismatch")
    assert manager.patch(where, json={"year": 2001}, headers={"If-Match": "*"}).status_code == 200
    assert manager.delete(where).status_code == 204
    assert manager.delete(where, headers={"If-Match": '"1"'}).status_code == 204
    kept = driver.get(where)
    assert (kept.status_code, kept.json()["status"], kept.headers["etag"]) == (200, "retired", '"4"')


def test_costs_never_leave_for_others(client: Clients, asset: dict[str, Any]) -> None:
    assert asset["purchase_price"] == "12345.60"
    for role, seen in (("driver", False), ("dispatcher", False), ("manager", True), ("admin", True)):
        who = client(role)
        code = code_of(who, asset["id"])
        for answer in (
            who.get(f"/api/assets/{asset['id']}"),
            who.get("/api/assets", params={"q": asset["asset_tag"]}),
            who.get(f"/api/scan/{code}"),
        ):
            assert answer.status_code == 200
            assert (b"12345.60" in answer.content, b"purchase_price" in answer.content) == (seen, seen)


def test_writing_is_for_managers(client: Clients, asset: dict[str, Any]) -> None:
    one = f"/api/assets/{asset['id']}"
    for role in ("driver", "dispatcher"):
        who = client(role)
        statuses = [
            who.post("/api/assets", json={}).status_code,
            who.patch(one, json={}).status_code,
            who.delete(one).status_code,
            who.post("/api/tags", json={"count": 1}).status_code,
            who.post(f"{one}/tags", json={}).status_code,
            who.delete("/api/tags/1").status_code,
        ]
        assert statuses == [403] * 6
    assert client("driver").get("/api/assets/labels.pdf", params={"ids": asset["id"]}).status_code == 403
    assert client("driver").get(f"{one}/tags").status_code == 403


BAD = [
    ({}, {"/asset_tag", "/asset_name", "/asset_type"}),
    ({"asset_tag": "", "asset_name": " ", "asset_type": "boat"}, {"/asset_tag", "/asset_name", "/asset_type"}),
    ({"asset_tag": None, "colour": "red", "id": 5, "version": 1}, {"/asset_tag", "/colour", "/id", "/version"}),
    ({"asset_name": "x" * 201, "vin": "x" * 65, "make": "a\u0000b"}, {"/asset_name", "/vin", "/make"}),
    ({"purchase_price": "1.555", "current_value": -1, "salvage_value": "1e5"}, None),
    ({"purchase_price": "1234567890123.00", "current_value": 1e300, "salvage_value": True}, None),
    ({"purchase_price": "NaN", "current_value": "Infinity", "salvage_value": "1,5"}, None),
    ({"year": 1700, "useful_life_years": 0.001, "odometer_miles": -1, "engine_hours": 1e9}, None),
    ({"year": "2020", "useful_life_years": "7", "odometer_miles": True, "engine_hours": "1"}, None),
    ({"purchase_date": "2024-02-30", "in_service_on": "01.02.2024", "disposed_on": 20240101}, None),
    ({"status": "checked_out", "fuel_type": "coal", "depreciation_method": "guess", "tenant_id": 1}, None),
]


@pytest.mark.parametrize(("said", "expected"), BAD)
def test_every_fault_is_named(client: Clients, said: dict[str, Any], expected: set[str] | None) -> None:
    good = {"asset_tag": secrets.token_hex(6), "asset_name": "A", "asset_type": "van"}
    document = {**(good if expected is None else {}), **said}
    answer = client("manager").post("/api/assets", json=document)
    assert answer.status_code == 422
    assert pointers(answer) >= (expected or {f"/{name}" for name in said})


@pytest.mark.parametrize(
    ("location", "pointer"),
    [
        ({"lat": 90.0000001, "lng": 0}, "/location/lat"),
        ({"lat": 1, "lng": -180.1}, "/location/lng"),
        ({"lat": "1", "lng": 2}, "/location/lat"),
        ({"lat": 1}, "/location/lng"),
        ({"lat": 1, "lng": 1, "accuracy_m": 10001}, "/location/accuracy_m"),
        ({"lat": 1, "lng": 1, "alt": 3}, "/location/alt"),
        ({"lat": -0.0, "lng": 0}, "/location"),
        ([1, 2], "/location"),
    ],
)
def test_places_are_on_earth(client: Clients, asset: dict[str, Any], location: Any, pointer: str) -> None:
    answer = client("manager").patch(f"/api/assets/{asset['id']}", json={"location": location})
    assert answer.status_code == 422
    assert pointer in pointers(answer)


@pytest.mark.parametrize(
    "body",
    [
        b'{"odometer_miles": NaN}',
        b'{"odometer_miles": 1e999}',
        b'{"odometer_miles": -Infinity}',
        b'{"make": "\\ud800"}',
        b'{"make": "\xff"}',
        b"[",
        b'{"year": 2020',
        b"[]",
        b"null",
        b'"x"',
        b'{"year": 99999999999999999999999}',
        b'{"asset_tag": null}',
        b'{"asset_id": 1}',
        b'{"if_match": [1]}',
        b'{"a":' * 2000,
    ],
)
def test_no_bytes_break_a_change(client: Clients, asset: dict[str, Any], body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client("manager").patch(f"/api/assets/{asset['id']}", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert client("manager").get(f"/api/assets/{asset['id']}").json()["version"] == 1


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "sort=",
        "status=lost",
        "near=91,0",
        "near=1,1&radius_m=nan",
        "near=1,1&sort=id",
        "radius_m=5",
        "held_by=you",
        "cursor=%00",
        "cursor=W10",
        "near=1,1&cursor=WyIiLDFd",
        "q=%00",
        "q=%ED%A0%80",
        "q=",
        "unknown=1",
        "limit=1&limit=2",
    ],
)
def test_no_query_breaks_a_list(client: Clients, query: str) -> None:
    answer = client("driver").get(f"/api/assets?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize("asset_id", ["0", "-1", str(2**63 - 1), str(2**63), "9" * 30, "x", "1.5", "%00", "1%2f2"])
def test_ids_that_name_nothing_are_not_found(client: Clients, asset_id: str) -> None:
    manager = client("manager")
    statuses = {
        manager.get(f"/api/assets/{asset_id}").status_code,
        manager.patch(f"/api/assets/{asset_id}", json={}).status_code,
        manager.delete(f"/api/assets/{asset_id}").status_code,
        manager.get(f"/api/assets/{asset_id}/qr-code").status_code,
        manager.post(f"/api/assets/{asset_id}/tags", json={}).status_code,
    }
    assert statuses == {404}


def test_another_tenant_sees_nothing(client: Clients, asset: dict[str, Any], other_tenant: TenantMade) -> None:
    code = code_of(client("driver"), asset["id"])
    stranger = client("admin", tenant=other_tenant)
    answers = [
        stranger.get(f"/api/assets/{asset['id']}"),
        stranger.get(f"/api/assets/{2**60}"),
        stranger.get(f"/api/scan/{code}"),
        stranger.get(f"/api/scan/{'A' * 32}"),
    ]
    documents = [{**answer.json(), "instance": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert all(document == documents[0] for document in documents)
    assert stranger.get("/api/assets").json() == {"items": [], "next_cursor": None}


def test_a_picture_is_cached_for_an_hour_and_by_its_tag(client: Clients, asset: dict[str, Any]) -> None:
    driver, url = client("driver"), f"/api/assets/{asset['id']}/qr-code"
    first = driver.get(url)
    assert first.headers["content-type"].partition(";")[0] == "image/svg+xml"
    assert first.headers["cache-control"] == "private, max-age=3600"
    for tag in (first.headers["etag"], f'W/{first.headers["etag"]}, "other"', "*"):
        again = driver.get(url, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["content-type"] == first.headers["content-type"]
    assert driver.get(url, headers={"If-None-Match": '"other"'}).content == first.content
    for query in ("format=gif", "scale=0", "scale=41", "scale=x", "format=png&scale=1.5"):
        assert driver.get(f"{url}?{query}").status_code == 422


def test_labels_come_as_a_sheet_to_look_at(client: Clients, asset: dict[str, Any]) -> None:
    dispatcher, url = client("dispatcher"), "/api/assets/labels.pdf"
    sheet = dispatcher.get(url, params={"ids": asset["id"], "sheet": "dymo-30334"})
    assert (sheet.status_code, sheet.headers["content-type"]) == (200, "application/pdf")
    assert sheet.headers["content-disposition"] == 'inline; filename="labels-dymo-30334.pdf"'
    assert sheet.content.startswith(b"%PDF-")
    missing = dispatcher.get(url, params={"ids": f"{asset['id']},{2**60}"})
    assert (missing.status_code, missing.json()["missing"]) == (404, {"ids": [2**60], "tags": []})
    for query in ("", "?ids=", "?ids=x", "?ids=1&sheet=a4", "?ids=1&start_at=0", f"?ids={'1,' * 500}1"):
        assert dispatcher.get(url + query).status_code == 422


def test_a_tags_life(client: Clients, asset: dict[str, Any]) -> None:
    manager, driver = client("manager"), client("driver")
    made = manager.post("/api/tags", json={"count": 2})
    assert made.status_code == 201
    tag, spare = made.json()["items"]
    assert driver.get(f"/api/scan/{tag['code']}").json()["may"]["link"] is False
    linked = manager.post(f"/api/assets/{asset['id']}/tags", json={"code": tag["url"]})
    assert (linked.status_code, linked.json()["state"]) == (201, "linked")
    taken = manager.post(f"/api/assets/{asset['id']}/tags", json={"code": tag["code"]})
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/tag-not-blank")
    forged = manager.post(f"/api/assets/{asset['id']}/tags", json={"code": "A" * 32})
    assert (forged.status_code, pointers(forged)) == (404, {"/code"})
    found = driver.get(f"/api/scan/{tag['code']}").json()
    assert (found["asset"]["id"], found["code_state"], found["may"]["check_out"]) == (asset["id"], "linked", True)
    assert (found["custody"], found["reservation"]) == (None, None)
    assert [one["id"] for one in manager.get(f"/api/assets/{asset['id']}/tags").json()["items"]] == [tag["id"]]
    assert [manager.delete(f"/api/tags/{tag['id']}").status_code for _ in range(2)] == [204, 204]
    assert driver.get(f"/api/scan/{tag['code']}").status_code == 404
    assert [one["id"] for one in manager.get("/api/tags?state=blank&limit=1").json()["items"]] == [spare["id"]]
    for count in (0, 501, "5", 1.5, None, True):
        assert manager.post("/api/tags", json={"count": count}).status_code == 422


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "BeArEr"])
def test_the_scheme_of_a_token_is_written_in_any_case(client: Clients, scheme: str) -> None:
    driver = client("driver")
    token = driver.headers["Authorization"].removeprefix("Bearer ")
    assert driver.get("/api/assets?limit=1", headers={"Authorization": f"{scheme} {token}"}).status_code == 200


def test_a_repeated_post_is_replayed(client: Clients) -> None:
    manager, key = client("manager"), {"Idempotency-Key": secrets.token_hex(8)}
    document = {"asset_tag": secrets.token_hex(6), "asset_name": "A", "asset_type": "van"}
    first = manager.post("/api/assets", json=document, headers=key)
    again = manager.post("/api/assets", json=document, headers=key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (again.headers["idempotency-replayed"], again.headers["etag"]) == ("true", '"1"')
    other = manager.post("/api/assets", json={**document, "year": 2000}, headers=key)
    assert other.json()["type"] == "/problems/idempotency-key-reused"
