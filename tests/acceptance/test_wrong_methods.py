"""A method that a path does not serve: nowhere, whatever the path, as the contract has it (decision 0007)."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest

from local.processes import ROOT
from shared.http import schema_words
from tests.acceptance.problems import assert_problem

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "PROPFIND")
DOCUMENT: Mapping[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
WRONG = [
    (path, method) for path, methods in DOCUMENT["paths"].items() for method in METHODS if method.lower() not in methods
]


def address(path: str) -> str:
    """Answer a path with values that fit it, of its first operation's description."""
    (first, *_) = DOCUMENT["paths"][path].values()
    schemas = {one["name"]: one["schema"] for one in first["parameters"] if one.get("in") == "path"}
    return path.format(**{name: _sample(schema) for name, schema in schemas.items()})


def _sample(schema: Mapping[str, Any]) -> str:
    value = schema_words.sample(dict(schema), DOCUMENT["components"]["schemas"])
    return str(UUID(value)) if schema.get("format") == "uuid" else str(value).replace("…", "A" * 32)


@pytest.mark.parametrize(("path", "method"), WRONG, ids=[f"{method} {path}" for path, method in WRONG])
def test_a_wrong_method_is_nowhere(client: Callable[..., httpx.Client], path: str, method: str) -> None:
    answer = client("admin").request(method, address(path))
    if method == "HEAD":
        # whose answers have no body; what stands in its headers is what GET would say
        assert (answer.status_code, answer.content) == (404, b"")
        assert answer.headers["content-type"].startswith("application/problem+json")
        return
    problem = assert_problem(answer, 404, "not-found")
    assert problem["detail"] == "There is nothing at this address, or not by this method."


def test_strangers_learn_no_more_of_it(app: str) -> None:
    with httpx.Client(base_url=app, timeout=30) as stranger:
        assert_problem(stranger.put(address(WRONG[0][0])), 404, "not-found")
