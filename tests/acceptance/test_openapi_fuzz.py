"""Every operation of the description, on a fleet with a history: generated requests find no 500 and no half problem.

MOTORPOOL_FUZZ_EXAMPLES=500 makes a long night of it.
"""

import itertools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from local.processes import ROOT
from shared.services import Services
from tests.acceptance import description_checks, forms
from tests.acceptance.forms import Part
from tests.acceptance.problems import assert_problem
from tests.factories import BENCHMARK, SCHEDULE, TenantMade, make_asset
from tests.fixtures import images
from tests.world import World

type Clients = Callable[..., httpx.Client]

EXAMPLES = int(os.environ.get("MOTORPOOL_FUZZ_EXAMPLES", "25"))
# more people than check-outs can be refused for being too many; none may be refused for who they are
ADMINS = 25
PROBLEMS = {400: "malformed", 401: "unauthenticated", 415: "unsupported-media-type", 429: "too-many-requests"}

PATHS = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))["paths"]
ROUTES = [(path, method) for path, methods in PATHS.items() for method in methods]
# with these words alone, a schema lets through every text
ANY_TEXT = {"type": "string"}


@dataclass(frozen=True)
class Known:
    """Names that mean something in this fleet, by path parameter."""

    values: dict[str, list[Any]]

    def put(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Answer path parameters of which three in four name something that is there."""
        return {name: self._chosen(name, value) for name, value in parameters.items()}

    def _chosen(self, name: str, value: Any) -> Any:
        known, number = self.values.get(name, []), sum(str(value).encode())
        return known[number // 4 % len(known)] if known and number % 4 else value


@pytest.fixture(scope="module")
def known(client: Clients) -> Known:
    """Make a fleet in every state: free, out, back, in maintenance, retired, with photos and tags."""
    manager = client("manager")
    assets = [make_asset(manager, odometer_miles=100)["id"] for _ in range(8)]
    taken = [_check_out(client("driver", oid=f"fuzz-{asset}"), asset) for asset in assets[:4]]
    for asset in assets[:2]:
        assert manager.post(f"/api/assets/{asset}/checkin", json={"condition_rating": 4}).status_code == 200
    manager.patch(f"/api/assets/{assets[6]}", json={"status": "in_maintenance"})
    manager.delete(f"/api/assets/{assets[7]}")
    tags = manager.post("/api/tags", json={"count": 3}).json()["items"]
    upload = manager.post("/api/uploads", json={}).json()
    tasks = [manager.post("/api/tasks", json={"title": f"Task {number}"}).json()["id"] for number in range(3)]
    changes = manager.get(f"/api/tasks/{tasks[0]}/history").json()["items"]
    schedule = manager.post("/api/reports/schedules", json=SCHEDULE).json()
    benchmark = manager.post("/api/benchmarks", json=BENCHMARK).json()
    photos = [photo["photo_id"] for custody in taken for photo in custody["photos"]]
    asked = {"report": "trips", "background": "true"}
    export = manager.get("/api/assets/analytics/export", params=asked).json()
    return Known(
        {
            "asset_id": assets,
            "custody_id": [custody["id"] for custody in taken],
            "tag_id": [tag["id"] for tag in tags],
            "code": [tag["code"] for tag in tags],
            "photo_id": [*photos, upload["upload_id"]],
            "task_id": tasks,
            "change_id": [change["id"] for change in changes],
            "schedule_id": [schedule["id"]],
            "benchmark_id": [benchmark["id"]],
            "export_id": [export["id"]],
        }
    )


def _check_out(driver: httpx.Client, asset: int) -> dict[str, Any]:
    form = forms.body([Part("photo", images.encoded(images.quarters()), "a.jpg")])
    answer = driver.post(f"/api/assets/{asset}/checkout", content=form, headers=forms.headers())
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.fixture(scope="module")
def admins(world: World, tenant: TenantMade) -> Iterator[str]:
    return itertools.cycle([world.token(tenant.tid, f"admin-{number}", ["admin"]) for number in range(ADMINS)])


@pytest.fixture(scope="module")
def described(app: str) -> Any:
    config = SchemathesisConfig.from_path(description_checks.CONFIG)
    return schemathesis.openapi.from_url(f"{app}/api/openapi.json", config=config)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        yield opened


@dataclass(frozen=True)
class Fuzz:
    """What requests are made of and how they are sent."""

    described: Any
    known: Known
    admins: Iterator[str]
    session: requests.Session

    def send(self, path: str, method: str, mode: GenerationMode) -> None:
        """Send generated requests of one operation and check every answer."""
        # who asks is said below; a token that were generated would be believed to be what was wrong
        token = {"Authorization": "of somebody"}
        cases = self.described[path][method].as_strategy(generation_mode=mode, headers=token)

        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=cases)
        def each(case: Any) -> None:
            if mode.is_positive and case.path_parameters:
                case.path_parameters = self.known.put(case.path_parameters)
            self._check(case)

        each()

    def _check(self, case: Any) -> None:
        headers = {"Authorization": f"Bearer {next(self.admins)}"}
        answer = case.call_and_validate(headers=headers, session=self.session, timeout=30, allow_redirects=False)
        if answer.status_code >= 400 and case.path != "/api/health/ready":
            assert_any_problem(answer)


@pytest.fixture(scope="module")
def fuzz(described: Any, known: Known, admins: Iterator[str], session: requests.Session) -> Fuzz:
    return Fuzz(described, known, admins, session)


@pytest.mark.parametrize(("path", "method"), ROUTES, ids=[f"{method} {path}" for path, method in ROUTES])
def test_an_operation_does_what_its_description_says(fuzz: Fuzz, path: str, method: str) -> None:
    fuzz.send(path, method, GenerationMode.POSITIVE)
    if can_be_wrong(PATHS[path][method]):
        fuzz.send(path, method, GenerationMode.NEGATIVE)


def can_be_wrong(operation: dict[str, Any]) -> bool:
    """Tell whether anything is asked that not every text is; headers are optional, or of another specification."""
    asked = [one["schema"] for one in operation["parameters"] if one.get("in") in {"path", "query"}]
    return "requestBody" in operation or any(schema != ANY_TEXT for schema in asked)


def test_what_can_be_wrong_is_told_from_the_description() -> None:
    wrong = {path for path, method in ROUTES if can_be_wrong(PATHS[path][method])}
    assert {"/api/assets", "/api/assets/{asset_id}", "/api/tasks", "/api/uploads"} <= wrong
    assert wrong.isdisjoint({"/api/config", "/api/health", "/api/openapi.json", "/api/scan/{code}"})


def test_what_is_served_is_what_was_tested(described: Any) -> None:
    served = {(path, method) for path, methods in described.raw_schema["paths"].items() for method in methods}
    assert served == set(ROUTES)


def assert_any_problem(answer: Any) -> None:
    """Check a refusal of whatever kind as a client reads it."""
    kept = {name: values[0] for name, values in answer.headers.items() if name != "content-length"}
    read = httpx.Response(answer.status_code, headers=kept, content=answer.content)
    slug = read.json()["type"].removeprefix("/problems/")
    assert slug == PROBLEMS.get(answer.status_code, slug)
    problem = assert_problem(read, answer.status_code, slug)
    assert (slug == "invalid") <= bool(problem.get("errors")), problem


def test_afterwards_the_record_is_whole(services: Services, tenant: TenantMade, client: Clients, known: Known) -> None:
    with services.database.read(tenant.id) as tx:
        events = tx.all("SELECT seq FROM websocket_events WHERE tenant_id = %(tenant_id)s ORDER BY seq")
        torn = tx.all(
            "SELECT a.id FROM assets AS a LEFT JOIN asset_checkout_history AS h"
            " ON h.tenant_id = a.tenant_id AND h.asset_id = a.id AND h.checkin_time IS NULL"
            " WHERE a.tenant_id = %(tenant_id)s AND (a.status = 'checked_out') <> (h.id IS NOT NULL)"
        )
    assert [row["seq"] for row in events] == list(range(1, len(events) + 1))
    assert torn == []
    assert client("manager").get("/api/health/ready").json()["status"] == "ok"
    assert known.values["asset_id"]
