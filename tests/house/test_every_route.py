"""Every route of the API, from its own description: who is kept out, and what another organisation's ids answer."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.domain.media import MULTIPART
from shared.domain.principal import Role
from shared.http import schema_words
from tests import factories
from tests.house import tree

DOCUMENT: dict[str, Any] = json.loads((tree.ROOT / "docs" / "openapi.json").read_text())
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = [
    (method.upper(), path, one) for path, methods in DOCUMENT["paths"].items() for method, one in methods.items()
]
GUARDED = [one for one in OPERATIONS if one[2].get("security") != []]
OF_ONE = [one for one in GUARDED if "{" in one[1]]
UNKNOWN_ID = 987_654_321
EVENT_HANDLER = "/api/realtime/events"

Client = Callable[..., httpx.Client]


def named(one: tuple[str, str, dict[str, Any]]) -> str:
    """Answer an operation's name."""
    return str(one[2]["operationId"])


def ask(client: httpx.Client, one: tuple[str, str, dict[str, Any]], ids: dict[str, Any]) -> httpx.Response:
    """Ask for an operation with the least that it requires."""
    method, path, operation = one
    content = operation.get("requestBody", {}).get("content", {})
    more: dict[str, Any] = {}
    if "application/json" in content:
        more["json"] = schema_words.sample(content["application/json"]["schema"], SCHEMAS)
    elif MULTIPART in content:
        more["files"] = {"file": ("file.csv", b"asset_tag\n")}
    return client.request(method, path.format(**ids), follow_redirects=False, **more)


def least_role(operation: dict[str, Any]) -> Role:
    """Read the role out of the description, as a person would."""
    found = [role for role in Role if f"`{role.word}`" in operation["description"]]
    assert len(found) == 1
    return found[0]


@pytest.fixture(scope="module")
def theirs(client: Client, other_tenant: factories.TenantMade) -> dict[str, Any]:
    """Make one of everything in another organisation, by the name that paths give its id."""
    manager = client("manager", tenant=other_tenant)
    asset = factories.make_asset(manager)
    custody = manager.post(f"/api/assets/{asset['id']}/checkout", json={})
    upload = manager.post("/api/uploads", json={})
    tag = manager.post("/api/tags", json={"count": 1})
    task = manager.post("/api/tasks", json={"title": "Wash it"})
    schedule = manager.post("/api/reports/schedules", json=factories.SCHEDULE)
    benchmark = manager.post("/api/benchmarks", json=factories.BENCHMARK)
    made = [custody, upload, tag, task, schedule, benchmark]
    assert [answer.status_code for answer in made] == [201] * 6, [answer.text for answer in made]
    made = [custody, upload, tag, task, schedule]
    assert [answer.status_code for answer in made] == [201] * 5, [answer.text for answer in made]
    # an export is its owner's alone
    asked = {"report": "trips", "background": "true"}
    export = client("admin", tenant=other_tenant).get("/api/assets/analytics/export", params=asked)
    assert export.status_code == 202, export.text
    blank = tag.json()["items"][0]
    return {
        "asset_id": asset["id"],
        "custody_id": custody.json()["id"],
        "photo_id": upload.json()["upload_id"],
        "tag_id": blank["id"],
        "code": blank["code"],
        "task_id": task.json()["id"],
        "change_id": manager.get(f"/api/tasks/{task.json()['id']}/history").json()["items"][0]["id"],
        "schedule_id": schedule.json()["id"],
        "benchmark_id": benchmark.json()["id"],
        "export_id": export.json()["id"],
    }


def unknown(name: str, theirs: dict[str, Any]) -> object:
    """Answer an id of the same kind that nobody has."""
    if name in {"photo_id", "export_id"}:
        return str(uuid4())
    if name == "code":
        code = str(theirs["code"])
        return code[:-4] + ("AAAA" if code[-4:] != "AAAA" else "BBBB")
    return UNKNOWN_ID


@pytest.mark.parametrize("one", OF_ONE, ids=named)
def test_ids_of_another_organisation_are_ids_of_nothing(
    one: tuple[str, str, dict[str, Any]], client: Client, theirs: dict[str, Any]
) -> None:
    names = [parameter["name"] for parameter in one[2]["parameters"] if parameter.get("in") == "path"]
    assert set(names) <= set(theirs), "a new kind of id: make one in `theirs`"
    admin = client("admin")
    foreign = ask(admin, one, theirs)
    nothing = ask(admin, one, {name: unknown(name, theirs) for name in names})
    assert foreign.status_code == nothing.status_code == 404, foreign.text
    assert told(foreign) == told(nothing)


def told(answer: httpx.Response) -> tuple[dict[str, Any], dict[str, str]]:
    """Answer all that an answer tells, but what is different every time."""
    body = answer.json()
    assert body.pop("instance")
    return body, {name: value for name, value in answer.headers.items() if name != "date"}


# headers that clients go by: what is sent is described, and what is described is sent
TOLD = {"etag", "location", "retry-after", "content-disposition", "www-authenticate"}


def assert_headers(answer: httpx.Response, one: tuple[str, str, dict[str, Any]]) -> None:
    """Hold an answer's headers to its description; only a repeated request is told that it is one."""
    described = one[2]["responses"][str(answer.status_code)]
    if "$ref" in described:
        described = DOCUMENT["components"]["responses"][described["$ref"].rpartition("/")[2]]
    promised = {name.lower() for name in described.get("headers", ())}
    # of conflicts, only one with what is still under way says when to come again
    at_times = {"idempotency-replayed"} | ({"retry-after"} if answer.status_code == 409 else set())
    assert promised - at_times <= answer.headers.keys()
    assert TOLD & answer.headers.keys() <= promised


# what one deletes is gone for the others, in whatever order they come
@pytest.mark.parametrize("one", [one for one in OF_ONE if one[0] != "DELETE"], ids=named)
def test_they_themselves_find_it(
    one: tuple[str, str, dict[str, Any]], client: Client, theirs: dict[str, Any], other_tenant: factories.TenantMade
) -> None:
    """Without this, a route that finds nothing for anybody would pass the test above."""
    answer = ask(client("admin", tenant=other_tenant), one, theirs)
    assert answer.status_code != 404, answer.text
    assert_headers(answer, one)


@pytest.mark.parametrize("one", [one for one in OPERATIONS if "201" in one[2]["responses"]], ids=named)
def test_what_is_made_is_where_its_answer_says(one: tuple[str, str, dict[str, Any]], client: Client) -> None:
    admin = client("admin")
    ids = {
        "asset_id": factories.make_asset(admin)["id"],
        "task_id": admin.post("/api/tasks", json={"title": "Wash it"}).json()["id"],
    }
    answer = ask(admin, one, ids)
    assert answer.status_code == 201, answer.text
    assert_headers(answer, one)
    if "location" in answer.headers:
        assert admin.get(answer.headers["location"], follow_redirects=False).status_code in {200, 202}


@pytest.mark.parametrize("one", GUARDED, ids=named)
def test_nobody_comes_in_without_a_token(one: tuple[str, str, dict[str, Any]], app: str) -> None:
    ids = {
        "asset_id": 1,
        "custody_id": 1,
        "tag_id": 1,
        "photo_id": uuid4(),
        "code": "A" * 32,
        "task_id": 1,
        "change_id": 1,
        "benchmark_id": 1,
        "schedule_id": 1,
        "export_id": uuid4(),
    }
    with httpx.Client(base_url=app, timeout=30) as stranger:
        answer = ask(stranger, one, ids)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert_headers(answer, one)
    assert answer.json()["type"] == "/problems/unauthenticated"


@pytest.mark.parametrize("one", GUARDED, ids=named)
def test_nobody_does_what_their_role_does_not_allow(
    one: tuple[str, str, dict[str, Any]], client: Client, world: Any, app: str, tenant: factories.TenantMade
) -> None:
    ids = {
        "asset_id": 1,
        "custody_id": 1,
        "tag_id": 1,
        "photo_id": uuid4(),
        "code": "A" * 32,
        "task_id": 1,
        "change_id": 1,
        "benchmark_id": 1,
        "schedule_id": 1,
        "export_id": uuid4(),
    }
    least = least_role(one[2])
    if least is Role.DRIVER:
        token = world.token(tenant.tid, "visitor-1", [])
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=app, headers=headers, timeout=30) as visitor:
            answer = ask(visitor, one, ids)
    else:
        answer = ask(client(Role(least - 1).word), one, ids)
    assert answer.status_code == 403, answer.text
    assert answer.json()["type"] == "/problems/forbidden"


def test_every_public_route_answers_anybody(app: str) -> None:
    # who delivers there proves itself otherwise
    public = [one for one in OPERATIONS if one not in GUARDED and one[1] != EVENT_HANDLER]
    with httpx.Client(base_url=app, timeout=30) as stranger:
        answers = {one[1]: ask(stranger, one, {}).status_code for one in public}
    assert set(answers.values()) == {200}
    assert set(answers) == {
        "/api/config",
        "/api/docs",
        "/api/health",
        "/api/health/ready",
        "/api/openapi.json",
    }


def test_the_event_handler_believes_nobody_without_proof(app: str) -> None:
    handler = [one for one in OPERATIONS if one[1] == EVENT_HANDLER]
    with httpx.Client(base_url=app, timeout=30) as stranger:
        answers = {one[0]: ask(stranger, one, {}).status_code for one in handler}
    assert answers == {"OPTIONS": 400, "POST": 401}
