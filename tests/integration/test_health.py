"""Liveness and readiness over HTTP."""

from collections.abc import Callable
from dataclasses import replace

import httpx

from shared.actions import health
from shared.adapters.clamav import ClamAv
from shared.domain.health import NoQuestion, Readiness
from shared.services import Services
from tests.fixtures import clamd


def test_health_answers_without_a_token(app: str) -> None:
    answer = httpx.get(f"{app}/api/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readiness_names_every_dependency_with_its_latency(app: str) -> None:
    answer = httpx.get(f"{app}/api/health/ready")
    assert answer.status_code == 200, answer.text
    assert {one["name"] for one in answer.json()["dependencies"]} == {
        "database",
        "photo_storage",
        "presence_storage",
        "identity",
        "web_pubsub",
        "mail",
    }
    assert all(one["milliseconds"] > 0 for one in answer.json()["dependencies"])


def test_a_scanner_that_is_configured_is_asked_too(services: Services) -> None:
    with clamd.daemon() as address:
        scanned = replace(services, scanner=ClamAv(address))
        assert health.ready(scanned, NoQuestion()).status == 200
    answer = health.ready(scanned, NoQuestion())
    assert (answer.status, isinstance(answer.body, Readiness)) == (503, True)
    assert isinstance(answer.body, Readiness)
    assert [one.name for one in answer.body.dependencies if one.status == "down"] == ["malware_scanner"]


def test_protected_route_refuses_who_brings_no_token(client: Callable[..., httpx.Client]) -> None:
    manager = client("manager")
    answer = httpx.get(f"{manager.base_url}/api/custody")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/unauthenticated"
