"""Parts of the host that a running one shows badly: limits, delays, durations, levels, patterns."""

import asyncio
import base64
import contextlib
import logging
import time
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError

from local.host import hostjson
from local.host.blobs import PathPattern
from local.host.console import LineFormatter, Marker
from local.host.errors import StartError
from local.host.protos import RpcRetryOptions
from local.host.retries import delay_seconds
from local.host.storage import Storage
from local.host.throttle import Throttle, ThrottledError


async def _crowd(throttle: Throttle, count: int) -> tuple[int, int]:
    """Send so many requests at once; answer how many ran side by side at most, and how many were turned away."""
    running, most, refused = 0, 0, 0

    async def request() -> None:
        nonlocal running, most, refused
        try:
            async with throttle:
                running += 1
                most = max(most, running)
                await asyncio.sleep(0.01)
                running -= 1
        except ThrottledError:
            refused += 1

    await asyncio.gather(*(request() for _ in range(count)))
    return most, refused


@pytest.mark.parametrize(
    ("outstanding", "concurrent", "expected"),
    [(-1, -1, (10, 0)), (4, -1, (4, 6)), (-1, 3, (3, 0)), (6, 2, (2, 4))],
)
def test_requests_run_wait_or_are_turned_away(outstanding: int, concurrent: int, expected: tuple[int, int]) -> None:
    assert asyncio.run(_crowd(Throttle(outstanding, concurrent), 10)) == expected


def test_a_request_that_gives_up_waiting_makes_room() -> None:
    async def scene() -> tuple[int, int]:
        throttle = Throttle(2, 1)
        async with throttle:
            waiting = asyncio.create_task(_crowd(throttle, 1))
            await asyncio.sleep(0.01)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        return await _crowd(throttle, 3)

    assert asyncio.run(scene()) == (1, 1)


def test_a_fixed_delay_stays() -> None:
    policy = RpcRetryOptions(3, "fixed_delay", delay_interval=timedelta(seconds=5))
    assert [delay_seconds(policy, made) for made in range(3)] == [5, 5, 5]


def test_an_exponential_delay_doubles_up_to_its_limit() -> None:
    policy = RpcRetryOptions(
        9, "exponential_backoff", minimum_interval=timedelta(seconds=2), maximum_interval=timedelta(seconds=30)
    )
    for made, low in enumerate([2, 4, 8, 16]):
        assert low <= delay_seconds(policy, made) <= low * 1.2
    assert [delay_seconds(policy, made) for made in (4, 9, 2000)] == [30, 30, 30]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:10:00", timedelta(minutes=10)),
        ("1.00:00:00", timedelta(days=1)),
        ("00:00:01.5", timedelta(seconds=1.5)),
        ("-1", None),
    ],
)
def test_durations(text: str, expected: timedelta | None) -> None:
    assert hostjson.read({"functionTimeout": text}).timeout == expected


def test_host_json_without_anything_has_the_real_defaults() -> None:
    read = hostjson.read({})
    assert (read.route_prefix, read.max_dequeue_count, read.timeout) == ("api", 5, timedelta(minutes=30))
    assert (read.max_outstanding, read.max_concurrent, read.hsts, read.allowed) == (-1, -1, None, None)


@pytest.mark.parametrize(
    "content",
    [
        {"logging": {"logLevel": {"default": "Loud"}}},
        {"extensions": {"http": {"maxOutstandingRequests": "many"}}},
        {"extensions": {"http": {"hsts": {"isEnabled": True, "maxAge": "soon"}}}},
    ],
)
def test_host_json_that_cannot_be_read_is_told(content: dict[str, Any]) -> None:
    with pytest.raises(StartError, match=r"host\.json"):
        hostjson.read(content)


LEVELS = {"default": logging.WARNING, "Function": logging.ERROR, "Function.a.User": logging.DEBUG}


@pytest.mark.parametrize(
    ("logger", "function", "level", "shown"),
    [
        ("app", "a", logging.DEBUG, True),
        ("app", "b", logging.WARNING, False),
        ("app", "b", logging.ERROR, True),
        ("host.http", "a", logging.WARNING, False),
        ("host.start", None, logging.INFO, False),
        ("host.start", None, logging.WARNING, True),
    ],
)
def test_the_most_particular_level_counts(logger: str, function: str | None, level: int, shown: bool) -> None:  # noqa: FBT001  a table's column
    record = logging.makeLogRecord({"name": logger, "levelno": level, "function": function})
    assert Marker(LEVELS).filter(record) is shown


def test_a_message_with_line_breaks_stays_one_line() -> None:
    record = logging.makeLogRecord({"name": "app", "msg": 'a\n2026-01-01 ERROR "forged"', "levelname": "INFO"})
    assert "\n" not in LineFormatter().format(record)


@pytest.mark.parametrize(
    ("path", "container", "prefix"),
    [
        ("photos", "photos", ""),
        ("photos/{a}", "photos", ""),
        ("photos/in/{a}.{b}", "photos", "in/"),
        ("p/x", "p", "x"),
        ("p/{{x}}/{y}", "p", "{x}/"),
    ],
)
def test_what_to_list(path: str, container: str, prefix: str) -> None:
    pattern = PathPattern.parse(path)
    assert (pattern.container, pattern.prefix) == (container, prefix)


@pytest.mark.parametrize(
    ("path", "blob", "tokens"),
    [
        ("in/{event}/{name}.{ext}", "wed/a.b.jpg", {"event": "wed", "name": "a.b", "ext": "jpg"}),
        ("in/{rest}", "a/b/c", {"rest": "a/b/c"}),
        ("in/{name}.jpg", "a.JPG", {}),
        ("in/{{x}}/{y}", "{x}/z", {"y": "z"}),
        ("in", "anything", {}),
    ],
)
def test_tokens_take_as_much_as_they_can(path: str, blob: str, tokens: dict[str, str]) -> None:
    assert PathPattern.parse(path).tokens(blob) == tokens


def test_an_outage_of_storage_is_told_once_although_an_earlier_call_ends_well_after_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    key = base64.b64encode(b"key").decode()
    storage = Storage({"": f"DefaultEndpointsProtocol=http;AccountName=a;AccountKey={key};BlobEndpoint=http://h/a;"})
    refused = ServiceRequestError("connection refused")
    with caplog.at_level(logging.WARNING), contextlib.closing(storage):
        before = time.monotonic()
        storage._tell(refused, before)
        storage._tell(None, before)
        storage._tell(refused, before)
        storage._tell(refused, time.monotonic())
        storage._tell(None, time.monotonic())
        storage._tell(refused, before)
    told = [record.getMessage().partition(" at ")[0::2] for record in caplog.records]
    assert [("does not serve" in rest, "is back" in rest) for _, rest in told] == [(True, False), (False, True)]
