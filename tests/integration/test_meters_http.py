"""Meters as clients meet them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.factories import make_asset

type Clients = Callable[..., httpx.Client]


@pytest.fixture
def asset(client: Clients) -> int:
    return int(make_asset(client("manager"))["id"])


def ago(**time: float) -> str:
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


def test_what_was_said_at_check_out_and_in_is_listed_with_what_was_voided(client: Clients, asset: int) -> None:
    driver, one = client("driver", oid="driver-meters"), f"/api/assets/{asset}"
    for act, when, more in (
        ("checkout", 60, {"odometer_miles": 1000, "engine_hours": 50}),
        ("checkin", 48, {"odometer_miles": 1042.5, "engine_hours": 52, "condition_rating": 5}),
        ("checkout", 24, {"odometer_miles": 94_000}),
        ("checkin", 12, {"condition_rating": 5}),
    ):
        answer = driver.post(f"{one}/{act}", json={"occurred_at": ago(hours=when), **more})
        assert answer.is_success, answer.text
    said = driver.get(f"{one}/meter-readings").json()
    assert [(row["kind"], row["value"], row["state"], row["reason"]) for row in said["items"]] == [
        ("odometer", 94_000, "voided", "rises_too_fast"),
        ("engine_hours", 52, "accepted", None),
        ("odometer", 1042.5, "accepted", None),
        ("engine_hours", 50, "accepted", None),
        ("odometer", 1000, "accepted", None),
    ]
    assert {row["source"] for row in said["items"]} == {"custody"}
    miles = driver.get(f"{one}/meter-readings", params={"kind": "odometer", "state": "accepted", "limit": 1}).json()
    assert [row["value"] for row in miles["items"]] == [1042.5]
    rest = driver.get(
        f"{one}/meter-readings", params={"kind": "odometer", "state": "accepted", "cursor": miles["next_cursor"]}
    ).json()
    assert ([row["value"] for row in rest["items"]], rest["next_cursor"]) == ([1000], None)


def test_a_replaced_meter_lets_readings_start_anew(client: Clients, asset: int) -> None:
    driver, dispatcher, one = client("driver"), client("dispatcher"), f"/api/assets/{asset}"
    driver.post(f"{one}/checkout", json={"odometer_miles": 120_000, "occurred_at": ago(days=2)})
    driver.post(f"{one}/checkin", json={"occurred_at": ago(days=1.5), "condition_rating": 5})
    refused = driver.post(f"{one}/checkout", json={"odometer_miles": 12})
    assert refused.status_code == 422
    said = {"kind": "odometer", "replaced_at": ago(days=1), "start_value": 10, "notes": "cluster"}
    assert driver.post(f"{one}/meter-replacements", json=said).status_code == 403
    made = dispatcher.post(f"{one}/meter-replacements", json=said)
    assert (made.status_code, made.json()["start_value"], made.json()["user"]["oid"]) == (201, 10, "dispatcher-1")
    again = dispatcher.post(f"{one}/meter-replacements", json=said)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/meter-already-replaced")
    assert driver.get(one).json()["odometer_miles"] == 10
    assert driver.get(f"{one}/meter-replacements").json() == {"items": [made.json()], "next_cursor": None}
    assert driver.post(f"{one}/checkout", json={"odometer_miles": 12}).status_code == 201
    states = [row["state"] for row in driver.get(f"{one}/meter-readings").json()["items"]]
    assert states == ["accepted", "accepted"]
    with_audit = client("admin").get("/api/audit", params={"action": "meter.replace"}).json()["items"]
    assert with_audit[0]["resource"] == f"asset/{asset}"


def reading(asset: int, name: str, hours: float, value: object, **more: object) -> dict[str, object]:
    said = {"source": "shop", "external_id": f"{asset}-{name}", "asset_id": asset, "kind": "odometer"}
    return {**said, "read_at": ago(hours=hours), "value": value, **more}


def test_readings_are_taken_in_judged_and_corrected(client: Clients, asset: int) -> None:
    dispatcher, one = client("dispatcher"), f"/api/assets/{asset}"
    said = [
        reading(asset, "a", 96, 79_000),
        reading(asset, "b", 72, 94_000),
        reading(asset, "c", 48, 79_300),
        reading(asset, "d", 48, 12.5, kind="hours"),
        reading(asset, "e", 1, 5, source="custody"),
        reading(asset, "f", -48, 80_000),
    ]
    taken = dispatcher.post("/api/meter-readings", json={"rows": said})
    assert taken.status_code == 200, taken.text
    assert (taken.json()["created"], taken.json()["rejected_rows"]) == (4, 2)
    assert [(row["row"], row["field"]) for row in taken.json()["rejected"]] == [(5, "source"), (6, "read_at")]
    voided = client("driver").get(f"{one}/meter-readings", params={"state": "voided"}).json()["items"]
    assert [(row["value"], row["reason"], row["external_id"]) for row in voided] == [
        (94_000, "rises_too_fast", f"{asset}-b")
    ]
    shown = client("driver").get(one).json()
    assert (shown["odometer_miles"], shown["engine_hours"]) == (79_300, 12.5)
    again = dispatcher.post("/api/meter-readings", json={"rows": [{**said[1], "value": 79_150}, said[2]]}).json()
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 1, 1)
    states = [row["state"] for row in client("driver").get(f"{one}/meter-readings").json()["items"]]
    assert states == ["accepted"] * 4
    assert client("driver").post("/api/meter-readings", json={"rows": said}).status_code == 403


def test_a_reading_that_is_tried_out_leaves_no_trace(client: Clients, asset: int) -> None:
    tried = client("dispatcher").post(
        "/api/meter-readings", params={"dry_run": "true"}, json={"rows": [reading(asset, "x", 2, 70)]}
    )
    assert (tried.json()["created"], tried.json()["dry_run"]) == (1, True)
    assert client("driver").get(f"/api/assets/{asset}").json()["odometer_miles"] is None
    assert client("driver").get(f"/api/assets/{asset}/meter-readings").json()["items"] == []


def test_what_cannot_be_recorded_is_refused(client: Clients, asset: int) -> None:
    dispatcher, one = client("dispatcher"), f"/api/assets/{asset}/meter-replacements"
    for said, pointer in (
        ({"kind": "odometer", "replaced_at": ago(hours=-1)}, "/replaced_at"),
        ({"kind": "fuel"}, "/kind"),
        ({"kind": "odometer", "start_value": -1}, "/start_value"),
        ({"kind": "odometer", "colour": "red"}, "/colour"),
    ):
        refused = dispatcher.post(one, json=said)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    for cursor in ("nonsense", "WyJ4IiwxXQ"):
        assert dispatcher.get(one, params={"cursor": cursor}).status_code == 422
