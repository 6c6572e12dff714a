"""Races and repeats over HTTP: one winner, one custody a key, ten check-outs a minute."""

import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.acceptance import forms
from tests.acceptance.forms import Part
from tests.acceptance.problems import assert_faults, assert_problem
from tests.factories import make_asset
from tests.fixtures import images

type Clients = Callable[..., httpx.Client]


@pytest.fixture
def driver(client: Clients) -> httpx.Client:
    """Somebody new, so that no test uses up another's rate."""
    return client("driver", oid=f"driver-{secrets.token_hex(4)}")


@pytest.fixture
def asset(client: Clients) -> int:
    return int(make_asset(client("manager"))["id"])


@pytest.fixture
def key() -> str:
    return secrets.token_urlsafe(24)


def check_out(driver: httpx.Client, asset_id: int, key: str | None = None, **said: Any) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return driver.post(f"/api/assets/{asset_id}/checkout", json=said, headers=headers)


def history(driver: httpx.Client, asset_id: int) -> list[dict[str, Any]]:
    return list(driver.get(f"/api/assets/{asset_id}/history").json()["items"])


def assert_replay(answer: httpx.Response, first: httpx.Response) -> None:
    """Check that an answer is the first one again, and says so."""
    assert answer.headers["idempotency-replayed"] == "true"
    assert (answer.status_code, answer.content) == (first.status_code, first.content)
    assert [answer.headers.get(name) for name in ("etag", "location", "content-type")] == [
        first.headers.get(name) for name in ("etag", "location", "content-type")
    ]


def test_one_of_fifty_wins_and_the_others_learn_who(client: Clients, asset: int) -> None:
    drivers = [client("driver", oid=f"racer-{number}") for number in range(50)]
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda driver: check_out(driver, asset), drivers))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}
    (won,) = [answer.json() for answer in answers if answer.status_code == 201]
    for lost in (answer for answer in answers if answer.status_code == 409):
        problem = assert_problem(lost, 409, "asset-already-checked-out")
        assert problem["holder"] == won["user"]
        assert problem["since"] == won["checkout_time"]
    assert [one["id"] for one in history(drivers[0], asset)] == [won["id"]]


def test_one_key_twenty_times_at_once_is_one_custody(client: Clients, asset: int, key: str) -> None:
    driver = client("driver", oid="twenty-times")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: check_out(driver, asset, key), range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Counter(answer.headers.get("idempotency-replayed") for answer in answers) == {None: 1, "true": 19}
    assert len(history(driver, asset)) == 1


def test_a_refusal_is_replayed_too(client: Clients, driver: httpx.Client, asset: int, key: str) -> None:
    holder = client("driver", oid=f"holder-{key}")
    check_out(holder, asset)
    lost = check_out(driver, asset, key)
    assert_problem(lost, 409, "asset-already-checked-out")
    holder.post(f"/api/assets/{asset}/checkin", json={"condition_rating": 3})
    assert_replay(check_out(driver, asset, key), lost)
    assert check_out(driver, asset, key + "-2").status_code == 201


def test_a_fault_is_not_kept(driver: httpx.Client, asset: int, key: str) -> None:
    assert_faults(check_out(driver, asset, key, odometer_miles=-1), "/odometer_miles")
    mended = check_out(driver, asset, key, odometer_miles=1)
    assert mended.status_code == 201
    assert "idempotency-replayed" not in mended.headers


def test_a_key_is_for_one_request_only(client: Clients, driver: httpx.Client, asset: int, key: str) -> None:
    first = check_out(driver, asset, key, condition_notes="first")
    other_asset = make_asset(client("manager"))["id"]
    for answer in (
        check_out(driver, asset, key, condition_notes="second"),
        check_out(driver, other_asset, key, condition_notes="first"),
    ):
        assert_problem(answer, 422, "idempotency-key-reused")
    assert history(driver, other_asset) == []
    assert_replay(check_out(driver, asset, key, condition_notes="first"), first)


def test_a_key_belongs_to_one_person_and_one_route(client: Clients, driver: httpx.Client, asset: int, key: str) -> None:
    first = check_out(driver, asset, key)
    rival = check_out(client("driver", oid=f"rival-{key}"), asset, key)
    assert_problem(rival, 409, "asset-already-checked-out")
    closing = {"condition_rating": 5}
    closed = driver.post(f"/api/assets/{asset}/checkin", json=closing, headers={"Idempotency-Key": key})
    assert (closed.status_code, closed.json()["id"]) == (200, first.json()["id"])
    assert "idempotency-replayed" not in closed.headers
    assert_replay(check_out(driver, asset, key), first)


def test_order_and_spelling_of_json_do_not_matter_to_a_key(driver: httpx.Client, asset: int, key: str) -> None:
    def send(text: str) -> httpx.Response:
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        return driver.post(f"/api/assets/{asset}/checkout", content=text.encode(), headers=headers)

    first = send('{"device_id": "tablet-é", "client_seq": 7}')
    assert first.status_code == 201
    assert_replay(send('{ "client_seq":7,\n"device_id":"tablet-\\u00e9" }'), first)


def test_a_form_is_replayed_whatever_its_boundary(driver: httpx.Client, asset: int, key: str) -> None:
    photo = images.encoded(images.quarters())

    def send(boundary: str, note: str, content: bytes = photo) -> httpx.Response:
        parts = [Part("photo", content, "a.jpg", ("Content-Type: image/jpeg",)), Part("condition_notes", note)]
        headers = forms.headers(boundary, Idempotency_Key=key)
        return driver.post(f"/api/assets/{asset}/checkout", content=forms.body(parts, boundary), headers=headers)

    first = send("one", "fine")
    assert first.status_code == 201, first.text
    assert_replay(send("another-one", "fine"), first)
    assert_problem(send("one", "not fine"), 422, "idempotency-key-reused")
    assert_problem(send("one", "fine", photo + b"."), 422, "idempotency-key-reused")
    (kept,) = history(driver, asset)
    assert len(kept["photos"]) == 1


@pytest.mark.parametrize("wrong", [b"", b"k" * 256, b"two words", b"tab\tbed", "ключ".encode(), b"caf\xe9"], ids=repr)
def test_what_is_no_key_is_malformed(driver: httpx.Client, asset: int, wrong: bytes) -> None:
    answer = driver.post(f"/api/assets/{asset}/checkout", json={}, headers={b"Idempotency-Key": wrong})
    assert_problem(answer, 400, "malformed")
    assert history(driver, asset) == []


@pytest.mark.parametrize("good", ["!", "k" * 255, '"quoted"', "{}~|`;,"])
def test_every_visible_ascii_character_makes_a_key(driver: httpx.Client, asset: int, good: str) -> None:
    first = check_out(driver, asset, good)
    assert first.status_code == 201, first.text
    assert_replay(check_out(driver, asset, good), first)


def test_without_a_key_a_repeat_is_another_request(driver: httpx.Client, asset: int) -> None:
    assert check_out(driver, asset).status_code == 201
    problem = assert_problem(check_out(driver, asset), 409, "asset-already-checked-out")
    assert problem["holder"]["oid"] == history(driver, asset)[0]["user"]["oid"]


def test_the_eleventh_check_out_of_a_minute_waits(client: Clients, driver: httpx.Client, key: str) -> None:
    manager = client("manager")
    assets = [make_asset(manager)["id"] for _ in range(12)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda asset: check_out(driver, asset, f"{key}-{asset}"), assets))
    waiting = [answer for answer in answers if answer.status_code == 429]
    assert Counter(answer.status_code for answer in answers) == {201: 10, 429: 2}
    for answer in waiting:
        assert_problem(answer, 429, "too-many-requests")
        assert 30 < int(answer.headers["retry-after"]) <= 60
    refused = assets[answers.index(waiting[0])]
    # a later try with the same key is a fresh one, and another driver is not held up
    assert "idempotency-replayed" not in check_out(driver, refused, f"{key}-{refused}").headers
    assert check_out(client("driver", oid=f"fresh-{key}"), refused).status_code == 201
    done = next(asset for asset, answer in zip(assets, answers, strict=True) if answer.status_code == 201)
    assert check_out(driver, done, f"{key}-{done}").headers["idempotency-replayed"] == "true"
