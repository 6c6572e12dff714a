"""What every refusal looks like from outside: RFC 9457, complete, and without a word of the insides."""

import re
from typing import Any
from urllib.parse import urlsplit

import httpx

PROBLEM = "application/problem+json"
_INSTANCE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# words that only the insides would say: of Python, of SQL, of this machine, of secrets
_INSIDES = re.compile(
    r"Traceback|File \\?\"|psycopg|pydantic|orjson|azure\.|SELECT |INSERT |UPDATE |relation \\?\"|site-packages"
    r"|/site-packages/|/tmp/|/home/|\.py\b|AccountKey|postgresql:",
)


def assert_problem(response: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """Check a problem document as a client relies on it, and answer it."""
    assert response.status_code == status, f"{response.status_code}: {response.text[:500]}"
    assert response.headers["content-type"].partition(";")[0] == PROBLEM
    problem: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail", "instance"} <= problem.keys()
    assert (problem["type"], problem["status"]) == (f"/problems/{slug}", status)
    assert urlsplit(problem["type"]).path == problem["type"]
    assert _INSTANCE.fullmatch(problem["instance"]), problem["instance"]
    assert all(isinstance(problem[name], str) and problem[name].strip() for name in ("title", "detail"))
    # pointers are the client's own words
    said = [problem["title"], problem["detail"], *(error["detail"] for error in problem.get("errors", []))]
    assert not _INSIDES.search("\n".join(said)), said
    for error in problem.get("errors", []):
        assert error["pointer"] == "" or error["pointer"].startswith("/")
        assert error["detail"].strip()
    if status in {429, 503}:
        assert int(response.headers["retry-after"]) >= 1
    if status == httpx.codes.UNAUTHORIZED:
        assert response.headers["www-authenticate"].startswith("Bearer")
    return problem


def assert_faults(response: httpx.Response, *pointers: str) -> dict[str, str]:
    """Check that exactly these fields are named, each once, and answer what is said of each."""
    problem = assert_problem(response, 422, "invalid")
    assert sorted(error["pointer"] for error in problem["errors"]) == sorted(pointers), problem
    return {error["pointer"]: error["detail"] for error in problem["errors"]}
