"""The ledger over HTTP: who may bring rows in, in which form, and how the answer reads."""

import secrets
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.factories import make_asset

Client = Callable[..., httpx.Client]
CSV = {"Content-Type": "text/csv"}
HEADER = "source,external_id,asset_tag,start_time,end_time,distance_miles"


@pytest.fixture(scope="module")
def tag(client: Client) -> str:
    return str(make_asset(client("manager"))["asset_tag"])


def trip(tag: str, **fields: Any) -> dict[str, Any]:
    named = {"source": "http", "external_id": secrets.token_hex(6), "asset_tag": tag}
    return {**named, "start_time": "2026-03-02T08:00:00-05:00", "end_time": "2026-03-02T09:00:00-05:00", **fields}


def line(tag: str, *more: str) -> str:
    return ",".join([f"http,{secrets.token_hex(6)},{tag}", *(more or ("2026-03-02 08:00", "2026-03-02 09:00", "12"))])


def test_json_is_answered_as_the_contract_says(client: Client, tag: str) -> None:
    rows = [
        trip(tag, distance_miles=-3),
        trip(tag, end_time="2026-03-02T08:00:00-05:00"),
        trip(tag, distance_miles="N/A"),
    ]
    answer = client("dispatcher").post("/api/trips", json={"rows": rows})
    assert answer.status_code == 200
    assert answer.json() == {
        "received": 3,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "repaired": [
            {"row": 1, "field": "distance_miles", "from": -3, "to": 3.0},
            {"row": 3, "field": "distance_miles", "from": "N/A", "to": None},
        ],
        "rejected": [{"row": 2, "line": None, "field": "end_time", "detail": "A trip ends after it starts."}],
        "repaired_count": 2,
        "rejected_count": 1,
        "rejected_rows": 1,
        "dry_run": False,
    }


def test_a_file_comes_as_body_or_as_a_part(client: Client, tag: str) -> None:
    dispatcher = client("dispatcher")
    for mark in (",", ";", "\t"):
        content = f"\ufeff{HEADER}\r\n{line(tag)}\r\n{line(tag, '', '', '')}\r\n".replace(",", mark).encode()
        plain = dispatcher.post("/api/trips", params={"dry_run": "true"}, content=content, headers=CSV)
        form = dispatcher.post("/api/trips", files={"file": ("trips.csv", content, "text/csv")})
        again = dispatcher.post("/api/trips", content=content, headers=CSV)
        made = [(one.json()["created"], one.json()["unchanged"], one.json()["dry_run"]) for one in (plain, form, again)]
        assert made == [(1, 0, True), (1, 0, False), (0, 1, False)]
        assert form.json()["rejected"][0] == {"row": 2, "line": 3, "field": "start_time", "detail": "This is missing."}
        assert form.json()["repaired"] == [
            {"row": 0, "field": "start_time", "from": "local time", "to": "America/New_York"},
            {"row": 0, "field": "end_time", "from": "local time", "to": "America/New_York"},
        ]


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("/api/maintenance-records", {"performed_on": "2026-03-02", "category": "brakes", "total_cost": "250.00"}),
        ("/api/cost-entries", {"category": "tolls", "amount": "4.50", "incurred_on": "2026-03-02"}),
        (
            "/api/cost-entries",
            {"category": "insurance", "amount": 9, "period_start": "2026-01-01", "period_end": "2026-12-31"},
        ),
        ("/api/revenue-entries", {"amount": "100.00", "earned_on": "2026-03-02"}),
    ],
)
def test_every_noun_has_its_route(client: Client, tag: str, path: str, row: dict[str, Any]) -> None:
    dispatcher, whole = (
        client("dispatcher"),
        {"source": "http", "external_id": secrets.token_hex(6), "asset_tag": tag, **row},
    )
    for expected in ((1, 0), (0, 1)):
        answer = dispatcher.post(path, json={"rows": [whole]})
        assert (answer.status_code, answer.json()["created"], answer.json()["unchanged"]) == (200, *expected), (
            answer.text
        )
    names, values = ",".join(whole), ",".join(str(value) for value in whole.values())
    assert dispatcher.post(path, content=f"{names}\n{values}", headers=CSV).json()["unchanged"] == 1
    assert client("driver").post(path, json={"rows": [whole]}).status_code == 403


def test_a_request_with_a_key_is_done_once(client: Client, tag: str) -> None:
    dispatcher, key = client("dispatcher"), {"Idempotency-Key": secrets.token_hex(8)}
    sent = {"rows": [trip(tag)]}
    first, second = (dispatcher.post("/api/trips", json=sent, headers=key) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert dispatcher.post("/api/trips", json={"rows": []}, headers=key).status_code == 422


@pytest.mark.parametrize(
    ("sent", "status", "pointer"),
    [
        ({"json": {}}, 422, "/rows"),
        ({"json": {"rows": None}}, 422, "/rows"),
        ({"json": {"rows": {}}}, 422, "/rows"),
        ({"json": {"rows": [1]}}, 422, "/rows/0"),
        ({"json": {"rows": [], "csv": "x"}}, 422, "/csv"),
        ({"json": {"rows": [], "file": []}}, 422, "/file"),
        ({"json": {"rows": [], "other": 1}}, 422, "/other"),
        ({"json": [1]}, 422, ""),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400, None),
        ({"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415, None),
        ({"content": b"", "headers": CSV}, 422, "/csv"),
        ({"content": b"\xff\xfe\x00", "headers": CSV}, 422, "/csv"),
        ({"content": b"a,b\n1,2", "headers": CSV}, 422, "/csv"),
        ({"files": {"other": b"x"}}, 422, "/other"),
        ({"json": {"rows": [{}] * 50_001}}, 413, None),
        ({"json": {"rows": []}, "params": {"format": "csv"}}, 422, "/format"),
        ({"json": {"rows": []}, "params": {"columns": "{}"}}, 422, "/columns"),
        ({"content": b"x", "headers": CSV, "params": {"format": "telematics"}}, 422, "/columns"),
        ({"json": {"rows": []}, "params": {"dry_run": "perhaps"}}, 422, "/dry_run"),
        ({"content": HEADER, "headers": CSV, "params": {"time_zone": "Mars/Base"}}, 422, "/time_zone"),
        ({"content": HEADER, "headers": CSV, "params": {"time_zone": "Europe"}}, 422, "/time_zone"),
        ({"content": HEADER, "headers": CSV, "params": {"time_zone": "../../etc/passwd"}}, 422, "/time_zone"),
        ({"content": HEADER, "headers": CSV, "params": {"time_zone": "\0"}}, 422, "/time_zone"),
    ],
)
def test_what_cannot_be_read_is_refused_whole(
    client: Client, sent: dict[str, Any], status: int, pointer: str | None
) -> None:
    answer = client("dispatcher").post("/api/trips", **sent)
    assert answer.status_code == status, answer.text
    if pointer is not None:
        assert pointer in [one["pointer"] for one in answer.json()["errors"]]


def test_figures_follow_at_once(client: Client) -> None:
    manager = client("manager")
    tag = make_asset(manager, in_service_on="2026-03-01")["asset_tag"]
    client("dispatcher").post("/api/trips", json={"rows": [trip(tag, distance_miles=12.5)]})
    asked = {"date_from": "2026-03-02", "date_to": "2026-03-02", "group_by": "asset"}
    rows = manager.get("/api/assets/analytics/utilization", params=asked).json()["data"]
    (row,) = [one for one in rows if tag in one["asset_name"]]
    assert (row["trips_count"], row["total_active_minutes"], row["total_miles"]) == (1, 60, 12.5)


def test_traccars_trips_come_in(client: Client) -> None:
    name = make_asset(client("manager"))["asset_name"]
    times = "2026-03-02T08:00:00.000+00:00,2026-03-02T09:00:00.000+00:00"
    content = f"deviceName,distance,startTime,endTime\n{name},16093.44,{times}\n"
    for expected in ((1, 0), (0, 1)):
        sent = client("dispatcher").post("/api/trips", params={"format": "traccar"}, content=content, headers=CSV)
        answer = sent.json()
        assert (answer["created"], answer["unchanged"], answer["rejected"]) == (*expected, [])


def test_a_large_body_is_taken(client: Client, tag: str) -> None:
    rows = [trip(tag, driver_oid="x" * 200) for _ in range(20_000)]
    answer = client("dispatcher").post("/api/trips", json={"rows": rows}, params={"dry_run": "true"})
    assert len(answer.request.content) > 5 * 1024**2
    assert (answer.status_code, answer.json()["created"]) == (200, 20_000)
    over = client("dispatcher").post("/api/trips", content=b" " * (32 * 1024**2 + 1), headers=CSV)
    assert over.status_code == 413
