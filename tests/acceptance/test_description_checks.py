"""What schemathesis is told of this API: each rule lets through what it is for, and nothing else."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from shared.domain import errors
from tests.acceptance import description_checks as checks
from tests.factories import make_asset

CHECK = checks.deleted_is_gone_or_retired()
NO_CONTEXT: Any = None


def answered(status: int, slug: str = "", *, body: Any = None, method: str = "GET", url: str = "") -> Any:
    """Make an answer as schemathesis has it, to a request that is JSON."""
    problem = {"type": f"/problems/{slug}", "status": status, "title": "No.", "detail": "No.", "instance": "x"}
    problem["instance"] = "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f"
    request = SimpleNamespace(
        method=method,
        url=f"http://localhost{url}",
        headers={"content-type": "application/json", "Authorization": "Bearer x"},
        body=None if body is None else json.dumps(body),
    )
    headers = {"content-type": ["application/problem+json"]}
    return SimpleNamespace(status_code=status, content=json.dumps(problem).encode(), headers=headers, request=request)


def of(method: str, path: str, **parameters: Any) -> Any:
    """Make a case of an operation."""
    return SimpleNamespace(operation=SimpleNamespace(method=method, path=path), path_parameters=parameters)


TASKS, TASK = of("post", "/api/tasks"), of("patch", "/api/tasks/{task_id}", task_id=1)


@pytest.mark.parametrize(
    ("status", "slug", "expected"),
    [
        (409, "conflict", True),
        (409, "tag-not-blank", True),
        (409, "invalid", False),
        (412, "version-mismatch", True),
        (422, "idempotency-key-reused", True),
        (428, "precondition-required", True),
        (400, "malformed", False),
        (401, "unauthenticated", False),
        (403, "forbidden", False),
        (415, "unsupported-media-type", False),
        (500, "unexpected", False),
        (503, "dependency-down", False),
    ],
)
def test_only_the_rest_of_the_world_is_beyond_schemas(status: int, slug: str, *, expected: bool) -> None:
    assert checks.is_beyond_schemas(TASKS, answered(status, slug, body={"title": "Wash it"})) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"title": "Wash it", "asset_id": 5}, True),
        ({"title": "Wash it", "asset_id": 5.0}, True),
        ({"title": " "}, False),
        ({"title": "Wash it", "asset_id": "5"}, False),
        ({"title": "Wash it", "due_at": "tomorrow"}, False),
        ({"title": "Wash it", "colour": "red"}, False),
        ({}, False),
    ],
)
def test_what_no_command_is_was_let_through_by_its_schema(body: Any, *, expected: bool) -> None:
    assert checks.is_beyond_schemas(TASKS, answered(422, "invalid", body=body, method="POST")) is expected


def test_a_rule_between_fields_is_one() -> None:
    place = {"asset_id": 1, "location": {"lat": 0, "lng": 0}}
    wrong = {"asset_id": 1, "location": {"lat": 91, "lng": 0}}
    out = of("post", "/api/assets/{asset_id}/checkout", asset_id=1)
    for body, expected in ((place["location"], True), (wrong["location"], False)):
        answer = answered(422, "invalid", body={"location": body}, method="POST")
        assert checks.is_beyond_schemas(out, answer) is expected


def test_a_wrong_method_is_told_by_a_whole_problem() -> None:
    assert checks.is_nowhere(answered(404, "not-found"))
    assert not checks.is_nowhere(answered(405, "not-found"))
    assert not checks.is_nowhere(answered(404, "conflict"))
    bare = answered(404, "not-found")
    bare.content = b"Not Found"
    assert not checks.is_nowhere(bare)


def test_families_are_closed() -> None:
    assert checks.slugs(errors.Gone) == {"gone", "events-gone"}
    assert "invalid" not in checks.slugs(errors.Conflict)


def test_what_is_found_below_what_was_deleted_is_a_finding() -> None:
    checks.GONE.add(answered(200, url="/api/tests/1").request.url)
    CHECK.after_response(NO_CONTEXT, answered(404, "not-found", url="/api/tests/1"), TASK)
    CHECK.after_response(NO_CONTEXT, answered(200, url="/api/tests/17"), TASK)
    for url in ("/api/tests/1", "/api/tests/1/history?limit=5"):
        with pytest.raises(AssertionError, match="was deleted"):
            CHECK.after_response(NO_CONTEXT, answered(200, url=url), TASK)


def test_a_deletion_is_looked_at(app: str, client: Callable[..., httpx.Client]) -> None:
    manager = client("manager")
    task = manager.post("/api/tasks", json={"title": "Wash it"}).json()["id"]
    asset = make_asset(manager)["id"]
    for path, kept in ((f"/api/tasks/{task}", checks.GONE), (f"/api/assets/{asset}", checks.RETIRED)):
        told = answered(204, method="DELETE")
        told.request.url, told.request.headers = (
            f"{app}{path}",
            dict(manager.headers) | {"Authorization": manager.headers["authorization"]},
        )
        # nothing was deleted yet, although it is said so
        with pytest.raises(AssertionError, match=r"answers|finds"):
            CHECK.after_response(NO_CONTEXT, told, TASK)
        assert manager.delete(path).status_code == 204
        CHECK.after_response(NO_CONTEXT, told, TASK)
        assert f"{app}{path}" in kept
