"""What the host is told of the functions, held against what the operations say."""

import itertools
import subprocess
import sys

import pytest

from shared.http.operation import CATALOGUE
from tests.house import routes, tree
from tests.house.routes import overlap

HTTP = routes.of_kind("httpTrigger")
# the one catch-all: it may overlap with everything, because the host comes to it last
LAST = "zz_web"


def test_every_route_of_the_api_has_an_operation_and_back() -> None:
    # tests may add operations of their own to the catalogue, so those count that handlers name
    handlers = {one.name for one in HTTP if one.segments[0] == "api"}
    described = {name for name, one in CATALOGUE.items() if one.action.__module__.startswith("shared.")}
    assert handlers == described


@pytest.mark.parametrize("one", [one for one in HTTP if one.segments[0] == "api"], ids=lambda one: one.name)
def test_handler_is_called_like_its_operation(one: routes.Triggered) -> None:
    operation = CATALOGUE[one.name]
    assert one.handler == one.name == operation.name
    assert (one.trigger["route"], one.methods) == (operation.path.removeprefix("/"), {operation.method})


@pytest.mark.parametrize("one", HTTP, ids=lambda one: one.name)
def test_no_route_asks_for_a_key_of_the_platform(one: routes.Triggered) -> None:
    assert one.trigger["authLevel"].upper() == "ANONYMOUS"


def test_no_two_routes_fit_one_request() -> None:
    clashes = [
        (one.trigger["route"], other.trigger["route"])
        for one, other in itertools.combinations(HTTP, 2)
        if LAST not in {one.name, other.name} and one.methods & other.methods and overlap(one.segments, other.segments)
    ]
    assert clashes == []


def test_the_catch_all_comes_last() -> None:
    catch_alls = [one.name for one in HTTP if any(part.startswith("{*") for part in one.segments)]
    assert catch_alls == [LAST]
    assert HTTP[-1].name == LAST


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("api/assets/{asset_id:long}", "api/assets/labels.pdf", False),
        ("api/assets/{asset_id}", "api/assets/labels.pdf", True),
        ("api/assets/{asset_id:long}", "api/assets/17", True),
        ("api/assets/{asset_id:long}/tags", "api/assets/{asset_id:long}", False),
        ("api/photos/{photo_id:guid}", "api/photos/{number:long}", False),
        ("api/{noun}/{number:long}", "api/assets/{asset_id:long}", True),
        ("API/Assets", "api/assets", True),
        ("{*path}", "api/assets", True),
        ("a/{*path}", "b/c", False),
        ("a/{*path}", "a", True),
    ],
)
def test_overlap_is_seen(one: str, other: str, *, expected: bool) -> None:
    assert overlap(one.split("/"), other.split("/")) is expected
    assert overlap(other.split("/"), one.split("/")) is expected


def test_function_names_differ_by_more_than_case() -> None:
    names = [one.name.upper() for one in routes.functions()]
    assert len(names) == len(set(names))


def test_blob_triggers_wait_for_event_grid() -> None:
    blobs = routes.of_kind("blobTrigger")
    assert blobs, "photos are processed by a blob trigger"
    for one in blobs:
        assert one.trigger["source"] == "EventGrid"
        assert one.trigger["connection"] == "PHOTO_STORAGE"
        assert one.trigger["dataType"].upper() == "BINARY"


def test_timers_do_not_run_at_every_start() -> None:
    timers = routes.of_kind("timerTrigger")
    assert timers, "sweeps run by a timer"
    for one in timers:
        assert not one.trigger.get("runOnStartup")
        assert len(one.trigger["schedule"].split()) == 6


def test_written_document_is_the_present_one() -> None:
    check = [sys.executable, "-m", "tools.openapi", "--check"]
    run = subprocess.run(check, cwd=tree.ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
