"""Parts die and come back: nothing that was acknowledged is lost, nothing is done twice, nobody sees a 500."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance import forms
from tests.acceptance.forms import Part
from tests.acceptance.island import Island, until
from tests.acceptance.onslaught import Onslaught, Wish, figures, wishes
from tests.acceptance.problems import assert_problem
from tests.fixtures import images

ASSETS = 150
DRIVERS = 40  # each wants less than ten, which a person may have a minute
CRASHES = 3
BEFORE_A_CRASH = 40


@pytest.fixture(scope="module")
def island(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Island]:
    folder = tmp_path_factory.mktemp("island")
    # PostgreSQL under another user has to get through
    for path in (folder, *list(folder.parents)[:2]):
        path.chmod(0o755)
    with Island(Path(folder)).running() as running:
        yield running


@pytest.fixture
def driver(island: Island, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    with island.client(f"driver-of-{request.node.name[:40]}") as client:
        yield client


def check_out(driver: httpx.Client, asset: int, key: str) -> httpx.Response:
    return driver.post(f"/api/assets/{asset}/checkout", json={}, headers={"Idempotency-Key": key})


def check_out_with_photo(driver: httpx.Client, asset: int, key: str) -> httpx.Response:
    form = forms.body([Part("photo", images.encoded(images.quarters()), "a.jpg")])
    headers = forms.headers(Idempotency_Key=key)
    return driver.post(f"/api/assets/{asset}/checkout", content=form, headers=headers)


def history(driver: httpx.Client, asset: int) -> list[dict[str, Any]]:
    return list(driver.get(f"/api/assets/{asset}/history").json()["items"])


def readiness(driver: httpx.Client) -> dict[str, str]:
    """Answer which part is up, and check that the status says the same."""
    answer = driver.get("/api/health/ready")
    found = {one["name"]: one["status"] for one in answer.json()["dependencies"]}
    down = "down" in found.values()
    assert (answer.status_code, answer.json()["status"]) == ((503, "down") if down else (200, "ok"))
    assert ("retry-after" in answer.headers) == down
    assert driver.get("/api/health").status_code == 200
    return found


def test_without_its_database_it_says_so_and_comes_back_by_itself(island: Island, driver: httpx.Client) -> None:
    first, second = island.make_assets(2)
    assert check_out(driver, first, "before").status_code == 201
    process = island.application()
    island.stack._postgres.stop()
    try:
        for answer in (check_out(driver, second, "meanwhile"), driver.get(f"/api/assets/{first}")):
            assert_problem(answer, 503, "dependency-down")
        assert {name for name, status in readiness(driver).items() if status == "down"} == {"database"}
    finally:
        island.start_database()
    assert until(lambda: check_out(driver, second, "meanwhile"), 201).status_code == 201
    assert [len(history(driver, asset)) for asset in (first, second)] == [1, 1]
    assert set(readiness(driver).values()) == {"ok"}
    assert island.application() == process


def test_without_storage_what_needs_no_photo_goes_on(island: Island, driver: httpx.Client) -> None:
    with_photo, without = island.make_assets(2)
    azurite = island.stack._azurite
    azurite.stop()
    try:
        assert_problem(check_out_with_photo(driver, with_photo, "photo"), 503, "dependency-down")
        assert history(driver, with_photo) == []
        assert driver.get(f"/api/assets/{with_photo}").json()["status"] == "available"
        assert island.ask("SELECT id FROM photos WHERE tenant_id = %(tenant)s") == []
        assert check_out(driver, without, "no-photo").status_code == 201
        down = {name for name, status in readiness(driver).items() if status == "down"}
        assert down == {"photo_storage", "presence_storage"}
    finally:
        azurite.start()
    answer = until(lambda: check_out_with_photo(driver, with_photo, "photo"), 201)
    assert answer.status_code == 201, answer.text
    (photo,) = answer.json()["photos"]
    assert until(lambda: driver.get(f"/api/photos/{photo['photo_id']}"), 302).status_code == 302
    assert len(history(driver, with_photo)) == 1


def test_without_the_issuers_keys_nobody_is_turned_away_for_good(island: Island, driver: httpx.Client) -> None:
    (asset,) = island.make_assets(1)
    island.stop_application()
    island.stack.identity.stop()
    try:
        island.start_application()
        assert_problem(check_out(driver, asset, "early"), 503, "dependency-down")
        assert readiness(driver)["identity"] == "down"
    finally:
        island.stack.identity.start()
    assert until(lambda: check_out(driver, asset, "early"), 201).status_code == 201


def onslaught(island: Island, crash: Callable[[], None], recover: Callable[[], None]) -> tuple[list[Wish], int]:
    """Let phones ask, crash in the midst and recover a few times, then let them insist.

    Returns:
        What became of the wishes, and how many were answered before the last crash.
    """
    with ThreadPoolExecutor(4) as pool:
        tokens = list(pool.map(island.token, [f"{crash.__name__}-{number}" for number in range(DRIVERS)]))
    wanted = wishes(island.make_assets(ASSETS), tokens)
    for _ in range(CRASHES):
        phones, crashed = Onslaught(island.port), threading.Event()
        left = [wish for wish in wanted if wish.final is None]
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(phones.send, left, crashed.is_set)
            phones.wait_for_answers(BEFORE_A_CRASH)
            crash()
            crashed.set()
            sending.result()
        acknowledged = sum(wish.final is not None for wish in wanted)
        recover()
    phones.insist(wanted, seconds=60)
    return wanted, acknowledged


def assert_nothing_lost_or_doubled(island: Island, wanted: list[Wish]) -> None:
    assert all(wish.final for wish in wanted), Counter(wish.answers[-1][:1] for wish in wanted if not wish.final)
    kept = island.ask("SELECT asset_id, id FROM asset_checkout_history WHERE tenant_id = %(tenant)s")
    rows = Counter(asset for asset, _ in kept)
    custody = dict(kept)
    for wish in wanted:
        assert wish.final is not None
        status, body, _ = wish.final
        assert rows[wish.asset] == 1
        said = json.loads(body)
        assert (said["id"] if status == 201 else said["custody_id"]) == custody[wish.asset]
    winners = Counter(wish.asset for wish in wanted if wish.final and wish.final[0] == 201)
    assert winners == dict.fromkeys({wish.asset for wish in wanted}, 1)


def assert_every_answer_is_given_again(island: Island, wanted: list[Wish]) -> None:
    firsts = [wish.final for wish in wanted]
    for wish in wanted:
        wish.answers.clear()
    Onslaught(island.port).send(wanted, lambda: False)
    for wish, first in zip(wanted, firsts, strict=True):
        assert first is not None
        assert wish.answers == [(first[0], first[1], True)]


def assert_record_is_whole(island: Island) -> None:
    """Check that each custody has its event, its audit row and its number, and that no number is missing."""
    numbers = [row[0] for row in island.ask("SELECT seq FROM websocket_events WHERE tenant_id = %(tenant)s ORDER BY 1")]
    assert numbers == list(range(1, len(numbers) + 1))
    counts = island.ask(
        "SELECT (SELECT count(*) FROM asset_checkout_history WHERE tenant_id = %(tenant)s),"
        " (SELECT count(*) FROM custody_events WHERE tenant_id = %(tenant)s AND kind = 'checkout'),"
        " (SELECT count(*) FROM audit_log WHERE tenant_id = %(tenant)s AND action = 'custody.checkout'),"
        " (SELECT count(*) FROM websocket_events WHERE tenant_id = %(tenant)s AND event_type = 'ASSET_CHECKED_OUT')"
    )
    assert len({*counts[0]}) == 1, counts


def application(island: Island) -> tuple[Callable[[], None], Callable[[], None]]:
    return island.kill_application, island.start_application


def database(island: Island) -> tuple[Callable[[], None], Callable[[], None]]:
    return island.kill_database, island.start_database


@pytest.mark.parametrize("part", [application, database], ids=lambda part: part.__name__)
def test_killed_under_load_it_loses_and_doubles_nothing(
    island: Island, part: Callable[[Island], Any], record_property: Callable[[str, object], None]
) -> None:
    wanted, acknowledged = onslaught(island, *part(island))
    assert_nothing_lost_or_doubled(island, wanted)
    record_property("figures", said := figures(wanted, acknowledged))
    print(said)  # noqa: T201 - the figures are the point; pytest shows them with -s
    assert_every_answer_is_given_again(island, wanted)
    assert_record_is_whole(island)
    assert acknowledged >= CRASHES * BEFORE_A_CRASH
