"""Check-out over HTTP, as clients use and misuse it: no bytes whatever bring more than a problem document."""

import base64
import json
import secrets
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.domain.custody import MOST_DAMAGES, MOST_PHOTOS
from shared.http.multipart_body import MOST_PARTS
from tests.acceptance import forms
from tests.acceptance.forms import Part
from tests.acceptance.problems import assert_faults, assert_problem
from tests.factories import make_asset
from tests.fixtures import images

type Clients = Callable[..., httpx.Client]

PLACE = {"lat": 40.7128, "lng": -74.006, "accuracy_m": 8.5}
SVG = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M1 1L8 8' stroke='#000'/></svg>"
SIGNATURE = "data:image/svg+xml;base64," + base64.b64encode(SVG.encode()).decode()
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def driver(client: Clients) -> httpx.Client:
    """Somebody new, so that no test uses up another's rate."""
    return client("driver", oid=f"driver-{secrets.token_hex(4)}")


@pytest.fixture(scope="module")
def photo() -> bytes:
    return images.encoded(images.quarters())


@pytest.fixture
def asset(client: Clients) -> int:
    return int(make_asset(client("manager"), odometer_miles=1000)["id"])


@pytest.fixture(scope="module")
def taken(client: Clients) -> int:
    """An asset that is out already: whatever gets as far as the database is refused there, and says so."""
    made = make_asset(client("manager"))
    assert client("driver", oid="holder", name="Hanna Holder").post(route(made["id"]), json={}).status_code == 201
    return int(made["id"])


def route(asset_id: int | str) -> str:
    return f"/api/assets/{asset_id}/checkout"


def parts(photo: bytes, **more: str) -> list[Part]:
    fields = {"location": json.dumps(PLACE), "signature": SIGNATURE, **more}
    return [
        Part("photo", photo, "front left.jpg", ("Content-Type: image/jpeg",)),
        *(Part(name, text) for name, text in fields.items()),
    ]


def test_a_form_as_curl_sends_it_opens_custody(driver: httpx.Client, asset: int, photo: bytes) -> None:
    damage = [{"area": "left door", "severity": "minor", "photo_index": 0}]
    said = parts(photo, odometer_miles="1000.5", condition_rating="5", damage=json.dumps(damage))
    answer = driver.post(route(asset), content=forms.body(said), headers=forms.headers())
    assert answer.status_code == 201, answer.text
    custody = answer.json()
    assert custody["checkout_location"] == PLACE
    assert (custody["asset_id"], custody["checkout_odometer_miles"], custody["condition_rating"]) == (asset, 1000.5, 5)
    assert [one["moment"] for one in custody["photos"]] == ["checkout"]
    assert custody["signature_sha256"] is not None
    (shown,) = custody["photos"]
    where = {"moment": "checkout", "photo_id": shown["photo_id"]}
    assert custody["damage"] == [{**damage[0], "notes": None, **where}]
    found = driver.get(answer.headers["location"])
    assert (found.status_code, found.headers["etag"]) == (200, answer.headers["etag"])
    assert {**found.json(), "photos": []} == {**custody, "photos": []}


def test_json_opens_and_closes_custody(driver: httpx.Client, asset: int) -> None:
    due = (datetime.now(UTC) + timedelta(hours=5)).replace(microsecond=0)
    said = {"location": PLACE, "signature": SIGNATURE, "due_at": due.isoformat(), "condition_notes": "fine ✓ 日本"}
    opened = driver.post(route(asset), json=said)
    assert opened.status_code == 201, opened.text
    assert opened.json()["due_at"] == f"{due:%Y-%m-%dT%H:%M:%SZ}"
    assert opened.json()["condition_notes"] == "fine ✓ 日本"
    closed = driver.post(f"/api/assets/{asset}/checkin", json={"condition_rating": 4, "odometer_miles": 1042})
    assert closed.status_code == 200, closed.text
    assert closed.json()["id"] == opened.json()["id"]
    (listed,) = driver.get(f"/api/assets/{asset}/history").json()["items"]
    assert listed == closed.json()


def test_an_upload_named_twice_is_one_photo(driver: httpx.Client, asset: int) -> None:
    upload = driver.post("/api/uploads", json={}).json()["upload_id"]
    damage = [{"area": "door", "severity": "minor", "photo_index": 1}]
    said = {"photo_upload_ids": [upload, upload], "damage": damage}
    assert_faults(driver.post(route(asset), json=said), "/damage/0/photo_index")
    answer = driver.post(route(asset), json={**said, "damage": [{**damage[0], "photo_index": 0}]})
    assert answer.status_code == 201, answer.text
    assert [one["photo_id"] for one in answer.json()["photos"]] == [upload]


def test_an_empty_file_input_is_no_photo(driver: httpx.Client, asset: int) -> None:
    # as browsers send one in which nothing was chosen
    form = forms.body([Part("photo", b"", ""), Part("condition_notes", "fine")])
    answer = driver.post(route(asset), content=form, headers=forms.headers())
    assert answer.status_code == 201, answer.text
    assert answer.json()["photos"] == []


def test_the_fullest_form_is_read(driver: httpx.Client, asset: int, photo: bytes) -> None:
    damages = [Part("damage", json.dumps({"area": f"part {i}", "severity": "minor"})) for i in range(MOST_DAMAGES)]
    photos = [Part("photo", photo, f"{i}.jpg") for i in range(MOST_PHOTOS - 1)]
    form = forms.body([*parts(photo, condition_rating="5", condition_notes="full"), *photos, *damages])
    answer = driver.post(route(asset), content=form, headers=forms.headers())
    assert answer.status_code == 201, answer.text
    assert len(answer.json()["photos"]) == MOST_PHOTOS


@pytest.mark.parametrize(
    ("name", "said", "pointer"),
    [
        ("location", {**PLACE, "accuracy_m": True}, "/location/accuracy_m"),
        ("location", {**PLACE, "lat": "40.7"}, "/location/lat"),
        ("location", {**PLACE, "lng": False}, "/location/lng"),
        ("damage", [{"area": "door", "severity": "minor", "photo_index": "0"}], "/damage/0/photo_index"),
        ("damage", [{"area": "door", "severity": "minor", "photo_index": False}], "/damage/0/photo_index"),
    ],
)
def test_json_in_a_form_is_as_strict_as_json(
    driver: httpx.Client, taken: int, name: str, said: object, pointer: str
) -> None:
    form = forms.body([Part(name, json.dumps(said))])
    assert_faults(driver.post(route(taken), content=form, headers=forms.headers()), pointer)
    assert_faults(driver.post(route(taken), json={name: said}), pointer)


def test_a_form_with_too_many_of_something_says_of_what(driver: httpx.Client, taken: int) -> None:
    form = forms.body([Part("photo_upload_ids", str(uuid.uuid4())) for _ in range(300)])
    assert_faults(driver.post(route(taken), content=form, headers=forms.headers()), "/photo_upload_ids")


@pytest.mark.parametrize(("content", "headers"), [(b"", {}), (b"", JSON), (b"{}", JSON), (b" {}\n", JSON)])
def test_nothing_need_be_said(driver: httpx.Client, asset: int, content: bytes, headers: dict[str, str]) -> None:
    answer = driver.post(route(asset), content=content, headers=headers)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("headers", [JSON, forms.headers()], ids=["json", "form"])
def test_a_body_in_chunks_does_not_pass_for_nothing_said(
    driver: httpx.Client, asset: int, headers: dict[str, str]
) -> None:
    """The platform hands on no body without a length: whoever sent one is to learn that it was not read."""

    def chunks() -> Iterator[bytes]:
        yield b'{"odometer_miles": '
        yield b"2000}"

    answer = driver.post(route(asset), content=chunks(), headers=headers)
    assert "Content-Length" in assert_problem(answer, 400, "malformed")["detail"]
    assert driver.post(route(asset), json={}).status_code == 201


FAULTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"location": "here"}, ["/location"]),
    ({"location": {"lat": 91, "lng": -181}}, ["/location/lat", "/location/lng"]),
    ({"location": {"lat": 0, "lng": 0}}, ["/location"]),
    ({"location": {"lat": 1e-300, "lng": -5e-324}}, ["/location"]),
    ({"location": {"lat": "1", "lng": 2}}, ["/location/lat"]),
    ({"location": {"lat": 1}}, ["/location/lng"]),
    ({"location": {**PLACE, "accuracy_m": 10_001}}, ["/location/accuracy_m"]),
    ({"location": {**PLACE, "altitude": 3}}, ["/location/altitude"]),
    (
        {"odometer_miles": -1, "engine_hours": "12", "fuel_level_percent": 100.5},
        ["/odometer_miles", "/engine_hours", "/fuel_level_percent"],
    ),
    ({"odometer_miles": True}, ["/odometer_miles"]),
    ({"odometer_miles": 10**29}, ["/odometer_miles"]),
    ({"condition_rating": 0}, ["/condition_rating"]),
    ({"condition_rating": 4.5}, ["/condition_rating"]),
    ({"condition_rating": "4"}, ["/condition_rating"]),
    ({"condition_notes": "n" * 4001}, ["/condition_notes"]),
    ({"condition_notes": "bell\x07"}, ["/condition_notes"]),
    ({"condition_notes": "nul\x00"}, ["/condition_notes"]),
    ({"device_id": "\x00"}, ["/device_id"]),
    ({"client_seq": 2**53 + 1}, ["/client_seq"]),
    ({"damage": {}}, ["/damage"]),
    ({"damage": [{"area": "door"}]}, ["/damage/0/severity"]),
    ({"damage": [{"area": " ", "severity": "odd"}]}, ["/damage/0/area", "/damage/0/severity"]),
    ({"damage": [{"area": "door", "severity": "minor", "photo_index": 0}]}, ["/damage/0/photo_index"]),
    ({"photo_upload_ids": ["nonsense", 7]}, ["/photo_upload_ids/0", "/photo_upload_ids/1"]),
    ({"photo": ["me.jpg"]}, ["/photo"]),
    ({"signature": ""}, ["/signature"]),
    ({"signature": "not base64!"}, ["/signature"]),
    ({"signature": "data:text/html;base64,PGI+"}, ["/signature"]),
    ({"signature": base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(9)).decode()}, ["/signature"]),
    ({"occurred_at": "yesterday"}, ["/occurred_at"]),
    ({"occurred_at": 1_700_000_000}, ["/occurred_at"]),
    ({"occurred_at": "2026-02-30T10:00:00Z"}, ["/occurred_at"]),
    ({"occurred_at": "2026-01-02T10:00:00"}, ["/occurred_at"]),
    ({"occurred_at": "0001-01-01T00:00:00+14:00"}, ["/occurred_at"]),
    ({"occurred_at": "9999-12-31T23:59:59Z", "due_at": "1999-12-31T23:59:59Z"}, ["/occurred_at", "/due_at"]),
    ({"asset_id": 5, "photo": [], "condition_rating": 6}, ["/asset_id", "/photo", "/condition_rating"]),
    ({"a/b~c": 1, "colour": "red"}, ["/a~1b~0c", "/colour"]),
]


@pytest.mark.parametrize(
    ("said", "pointers"), FAULTS, ids=[f"{'+'.join(said)}-{index}" for index, (said, _) in enumerate(FAULTS)]
)
def test_every_fault_is_named(driver: httpx.Client, taken: int, said: dict[str, Any], pointers: list[str]) -> None:
    assert_faults(driver.post(route(taken), json=said), *pointers)


@pytest.mark.parametrize(
    "signature",
    ["data:image/png;base64," + base64.b64encode(bytes(256 * 1024 + 1)).decode(), "A" * 400_000, "A" * 600_000],
    ids=["just", "more", "much more"],
)
def test_a_signature_over_its_limit_is_too_large(driver: httpx.Client, taken: int, signature: str) -> None:
    assert_problem(driver.post(route(taken), json={"signature": signature}), 413, "too-large")


def test_faults_are_named_all_at_once(driver: httpx.Client, taken: int) -> None:
    said = {"location": {"lat": 95, "lng": 5}, "condition_rating": 9, "due_at": "soon", "wheels": 5}
    details = assert_faults(
        driver.post(route(taken), json=said), "/location/lat", "/condition_rating", "/due_at", "/wheels"
    )
    assert details["/wheels"] == "This field is not known here."


MALFORMED = [
    b" ",
    b"{",
    b"nul",
    b'{"odometer_miles": NaN}',
    b'{"odometer_miles": Infinity}',
    b'{"odometer_miles": -Infinity}',
    b'{"odometer_miles": 1e400}',
    b'{"condition_notes": "\\ud800"}',
    b'{"condition_notes": "\\udc00\\ud800"}',
    b'{"condition_notes": "\xff\xfe"}',
    b'{"condition_notes": "\xed\xa0\x80"}',
    b'{"condition_notes": "raw \x00 nul"}',
    b"\xef\xbb\xbf{}",
    b'{"damage": ' + b"[" * 5000,
    b"{} {}",
]


@pytest.mark.parametrize(("lat", "lng"), [(5e-324, 1), (-1e-310, 90), (90, 1e-320), (-90, -180)])
def test_a_place_is_kept_however_small_its_numbers(driver: httpx.Client, asset: int, lat: float, lng: float) -> None:
    answer = driver.post(route(asset), json={"location": {"lat": lat, "lng": lng}})
    assert answer.status_code == 201, answer.text
    kept = answer.json()["checkout_location"]
    assert (kept["lat"], kept["lng"]) == pytest.approx((lat, lng), abs=1e-9)
    found = driver.get(f"/api/assets?near={lat:f},{lng:f}&radius_m=1").json()["items"]
    assert asset in [one["id"] for one in found]


@pytest.mark.parametrize("content", MALFORMED, ids=lambda content: repr(content[:40]))
def test_what_is_no_json_is_malformed(driver: httpx.Client, taken: int, content: bytes) -> None:
    assert_problem(driver.post(route(taken), content=content, headers=JSON), 400, "malformed")


@pytest.mark.parametrize("content", [b"[]", b"null", b"7", b'"text"', b"true"])
def test_json_that_is_no_object_is_invalid(driver: httpx.Client, taken: int, content: bytes) -> None:
    assert_faults(driver.post(route(taken), content=content, headers=JSON), "")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "image/jpeg",
        "multipart/mixed; boundary=x",
        "json",
        ";",
        "application/jsonx",
        "multipart/form-data",
        "multipart/form-data; boundary=",
    ],
)
def test_other_types_are_not_read(driver: httpx.Client, taken: int, content_type: str) -> None:
    assert_problem(
        driver.post(route(taken), content=b"{}", headers={"Content-Type": content_type}), 415, "unsupported-media-type"
    )


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json;"])
def test_a_type_may_be_written_in_several_ways(driver: httpx.Client, taken: int, content_type: str) -> None:
    answer = driver.post(route(taken), content=b"{}", headers={"Content-Type": content_type})
    assert_problem(answer, 409, "asset-already-checked-out")


def _form(*said: Part) -> bytes:
    return forms.body(said)


BROKEN: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "malformed"),
    "no parts": (b"hello", 400, "malformed"),
    "another boundary": (forms.body([Part("device_id", "x")], "another"), 400, "malformed"),
    "cut off in the last line": (_form(Part("device_id", "x"))[:-4], 400, "malformed"),
    "cut off in a part": (_form(Part("condition_notes", "x" * 50))[:-60], 400, "malformed"),
    "cut off in a header": (_form(Part("device_id", "x"))[:40], 400, "malformed"),
    "bare line feeds": (_form(Part("device_id", "x")).replace(b"\r\n", b"\n"), 400, "malformed"),
    "a header of 100 KiB": (_form(Part("device_id", "x", None, ("X-Long: " + "y" * 100_000,))), 413, "too-large"),
    "a part too many": (_form(*[Part(f"p{number}", "x") for number in range(MOST_PARTS + 1)]), 413, "too-large"),
    "a text of 1 MiB and more": (_form(Part("condition_notes", "x" * (1024**2 + 1))), 413, "too-large"),
    "one name twice": (_form(Part("device_id", "x"), Part("device_id", "y")), 400, "malformed"),
    "a structured field that is no JSON": (_form(Part("location", "40.7,-74")), 400, "malformed"),
    "a place that is not a number": (_form(Part("location", '{"lat": NaN, "lng": 1}')), 400, "malformed"),
    "text that is no UTF-8": (_form(Part("condition_notes", b"\xff\xfe")), 400, "malformed"),
    "a lone surrogate": (_form(Part("condition_notes", b"\xed\xa0\x80")), 400, "malformed"),
    "a name that is no UTF-8": (_form(Part("x", "y")).replace(b'"x"', b'"\xff"'), 400, "malformed"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_form_is_refused(driver: httpx.Client, taken: int, kind: str) -> None:
    content, status, slug = BROKEN[kind]
    assert_problem(driver.post(route(taken), content=content, headers=forms.headers()), status, slug)


FORM_FAULTS: list[tuple[list[Part], list[str]]] = [
    ([Part("colour", "red"), Part("wheels", "4")], ["/colour", "/wheels"]),
    ([Part("", "nameless")], ["/"]),
    ([Part("photo", b"", "empty.jpg")], ["/photo"]),
    ([Part("photo", b"x", "a.jpg")] * 13, ["/photo"]),
    ([Part("photo[]", b"\xff\xd8", "a.jpg")] * 2, ["/photo[]"]),
    ([Part("photos", bytes(2 * 1024**2), "a.jpg"), Part("colour", "red")], ["/photos", "/colour"]),
    (
        [
            Part(
                "files",
                forms.body([Part("photo", b"x", "a.jpg")], "inner"),
                None,
                ("Content-Type: multipart/mixed; boundary=inner",),
            )
        ],
        ["/files"],
    ),
    (
        [Part("odometer_miles", "NaN"), Part("engine_hours", "Infinity"), Part("fuel_level_percent", "-inf")],
        ["/odometer_miles", "/engine_hours", "/fuel_level_percent"],
    ),
    (
        [Part("odometer_miles", "1_000"), Part("engine_hours", "٣"), Part("fuel_level_percent", "")],
        ["/odometer_miles", "/engine_hours", "/fuel_level_percent"],
    ),
    ([Part("odometer_miles", "9" * 31)], ["/odometer_miles"]),
    ([Part("condition_rating", "5.0")], ["/condition_rating"]),
    ([Part("condition_rating", "9" * 5000)], ["/condition_rating"]),
    ([Part("condition_notes", "nul\0")], ["/condition_notes"]),
    ([Part("asset_id", "5")], ["/asset_id"]),
    ([Part("location", "[]")], ["/location"]),
    ([Part("location", "null"), Part("damage", "7")], ["/damage/0"]),
]


@pytest.mark.parametrize(
    ("said", "pointers"),
    FORM_FAULTS,
    ids=[f"{said[0].name or 'nameless'}-{index}" for index, (said, _) in enumerate(FORM_FAULTS)],
)
def test_every_fault_of_a_form_is_named(
    driver: httpx.Client, taken: int, said: list[Part], pointers: list[str]
) -> None:
    assert_faults(driver.post(route(taken), content=forms.body(said), headers=forms.headers()), *pointers)


def test_a_photo_over_15_mib_is_too_large(driver: httpx.Client, taken: int) -> None:
    big = forms.body([Part("photo", bytes(15 * 1024**2 + 1), "big.jpg")])
    problem = assert_problem(driver.post(route(taken), content=big, headers=forms.headers()), 413, "too-large")
    assert "15 MiB" in problem["detail"]


def test_json_over_one_mib_is_too_large(driver: httpx.Client, taken: int) -> None:
    answer = driver.post(route(taken), json={"condition_notes": "n" * 1024**2})
    assert_problem(answer, 413, "too-large")


@pytest.mark.parametrize(
    "name",
    [
        2**63 - 1,
        2**63,
        -(2**63),
        10**40,
        0,
        -1,
        "1.5",
        "1e3",
        "0x10",
        "x",
        "%00",
        "%ff",
        "%EF%BC%91",
        "a b",
        "..%2f1",
        "1%2f2",
    ],
)
def test_ids_that_name_nothing_are_not_found(driver: httpx.Client, name: int | str) -> None:
    assert_problem(driver.post(route(name), json={}), 404, "not-found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_found(driver: httpx.Client, taken: int, method: str) -> None:
    assert_problem(driver.request(method, route(taken)), 404, "not-found")


def test_a_holder_is_named_with_since_when(driver: httpx.Client, taken: int) -> None:
    problem = assert_problem(driver.post(route(taken), json={}), 409, "asset-already-checked-out")
    assert (problem["holder"]["oid"], problem["holder"]["name"]) == ("holder", "Hanna Holder")
    assert datetime.fromisoformat(problem["since"]) <= datetime.now(UTC)
    assert "Hanna Holder" in problem["detail"]


def test_another_tenants_asset_answers_like_none(client: Clients, other_tenant: Any, taken: int) -> None:
    stranger = client("admin", tenant=other_tenant)
    theirs, none = (stranger.post(route(one), json={}) for one in (taken, 2**62))
    mine, yours = (assert_problem(answer, 404, "not-found") for answer in (theirs, none))
    assert {**mine, "instance": ""} == {**yours, "instance": ""}


@pytest.mark.parametrize(
    "token", [None, "", "Bearer", "Bearer x", "Bearer a.b.c", "Basic dTpw", "Bearer " + "x" * 20_000, "Bearer \xe9"]
)
def test_nobody_is_refused_with_401(app: str, taken: int, token: str | None) -> None:
    headers = {} if token is None else {b"Authorization": token.encode("latin-1")}
    answer = httpx.post(f"{app}{route(taken)}", json={}, headers=headers)
    assert_problem(answer, 401, "unauthenticated")
    # an error is told of a token that came, and of nothing else (RFC 6750)
    came = (token or "").startswith("Bearer ")
    assert answer.headers["www-authenticate"] == 'Bearer realm="motorpool"' + ', error="invalid_token"' * came
