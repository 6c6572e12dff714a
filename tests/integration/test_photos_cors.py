"""What a browser asks the storage before a page of the app may use the links that it was given."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from shared.actions.call import Call
from shared.ports import BlobName, Grant
from tests.world import World

# what an upload's own headers and the SDKs of browsers ask for
HEADERS = "content-type,if-none-match,x-ms-blob-type,x-ms-date,x-ms-version"


@pytest.fixture
def name(call: Callable[..., Call]) -> BlobName:
    return BlobName(call("driver").principal.tenant.id, uuid4())


@pytest.fixture
def grant(call: Callable[..., Call], name: BlobName) -> Grant:
    return call("driver").services.photos.grant_upload(name, "image/jpeg", datetime.now(UTC) + timedelta(minutes=5))


def origins(world: World) -> list[str]:
    of_app = world.settings["PUBLIC_BASE_URL"]
    return [of_app, of_app.replace("localhost", "127.0.0.1")]


def preflight(url: str, origin: str, method: str, headers: str = HEADERS) -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return httpx.options(url, headers=asked)


def test_a_page_of_the_app_may_upload_and_show(world: World, grant: Grant) -> None:
    for origin in origins(world):
        for method in ("PUT", "GET", "HEAD"):
            answer = preflight(grant.url, origin, method)
            assert answer.status_code == 200, answer.text
            assert answer.headers["access-control-allow-origin"] == origin
            assert answer.headers["access-control-allow-methods"] == method
            assert answer.headers["access-control-allow-headers"] == HEADERS


def test_the_upload_itself_and_its_picture_may_be_read(
    world: World, grant: Grant, name: BlobName, call: Callable[..., Call]
) -> None:
    origin = {"Origin": origins(world)[0]}
    sent = httpx.put(grant.url, headers={**grant.headers, **origin}, content=b"pixels")
    assert (sent.status_code, sent.headers["access-control-allow-origin"]) == (201, origin["Origin"])
    photos = call("driver").services.photos
    assert photos.read_incoming(name, 100) == b"pixels"
    photos.put_finished(name, b"full", b"few")
    shown = httpx.get(photos.read_url(name, "full", datetime.now(UTC) + timedelta(minutes=5)), headers=origin)
    assert (shown.content, shown.headers["access-control-allow-origin"]) == (b"full", origin["Origin"])


def test_a_page_from_elsewhere_may_not(world: World, grant: Grant) -> None:
    app = origins(world)[0]
    for origin in ("https://example.org", app.replace("http:", "https:"), f"{app}1", "null"):
        answer = preflight(grant.url, origin, "PUT")
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


def test_nothing_else_may_be_done(world: World, grant: Grant) -> None:
    origin = origins(world)[0]
    assert preflight(grant.url, origin, "DELETE").status_code == 403
    assert preflight(grant.url, origin, "PUT", "x-ms-tags").status_code == 403
