"""The adapter of Web PubSub on the real emulator: who is told, who is not, and what its failures come to."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from azure.messaging.webpubsubclient import WebPubSubClient
from azure.messaging.webpubsubclient.models import CallbackType

from local.ports import free_port
from shared.adapters.fanout import AzureFanout
from shared.domain.errors import DependencyDown
from shared.ports import FanoutRefused
from tests.world import World

HUB = "fanout_adapter"
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def fanout(world: World) -> AzureFanout:
    return AzureFanout.configured(world.settings["WEB_PUBSUB_CONNECTION_STRING"], "", HUB)


class Client:
    """One connection and the data it was sent."""

    def __init__(self) -> None:
        self.data: list[object] = []
        self.id = ""


@contextmanager
def connected(fanout: AzureFanout, person: str, *groups: str) -> Iterator[Client]:
    one = Client()
    client = WebPubSubClient(fanout.grant_entry(person, groups, AN_HOUR).url)
    client.subscribe(CallbackType.CONNECTED, lambda event: setattr(one, "id", event.connection_id))
    for kind in (CallbackType.GROUP_MESSAGE, CallbackType.SERVER_MESSAGE):
        client.subscribe(kind, lambda event: one.data.append(event.data))
    with client:
        until(lambda: bool(one.id))
        yield one


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_entry_is_for_one_person_in_groups_and_without_roles(fanout: AzureFanout) -> None:
    entry = fanout.grant_entry("5|17", ["t.5", "t.5.z"], AN_HOUR)
    (token,) = parse_qs(urlsplit(entry.url).query)["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["webpubsub.group"], "role" in claims) == ("5|17", ["t.5", "t.5.z"], False)
    assert abs(claims["exp"] - entry.expires_at.timestamp()) < 60
    assert abs(entry.expires_at - datetime.now(UTC) - AN_HOUR) < timedelta(minutes=1)


def test_a_group_is_told_but_for_those_of_another(fanout: AzureFanout) -> None:
    with connected(fanout, "5|1", "t.5") as plain, connected(fanout, "5|2", "t.5", "t.5.z") as packed:
        fanout.send_to_group("t.5", b'{"n":1}', without="t.5.z")
        fanout.send_to_group("t.5.z", b'{"n":2}')
        fanout.send_to_group("t.5", '{"n":"ü"}'.encode())
        for one in (plain, packed):
            until(lambda one=one: len(one.data) >= 2)  # type: ignore[misc]
    assert plain.data == [{"n": 1}, {"n": "ü"}]
    assert packed.data == [{"n": 2}, {"n": "ü"}]


def test_connections_are_told_and_moved_one_by_one(fanout: AzureFanout) -> None:
    with connected(fanout, "5|1") as first, connected(fanout, "5|2") as second:
        fanout.join(first.id, "t.5.task.9")
        fanout.join(second.id, "t.5.task.9")
        fanout.leave(second.id, "t.5.task.9")
        fanout.send_to_group("t.5.task.9", b"1")
        fanout.expel("5|1", "t.5.task.9")
        fanout.send_to_group("t.5.task.9", b"2")
        for one in (first, second):
            fanout.send_to_connection(one.id, b"3")
            until(lambda one=one: 3 in one.data)  # type: ignore[misc]
        assert (first.data, second.data) == ([1, 3], [3])
        assert fanout.is_connected(first.id)
        gone = first.id
    until(lambda: not fanout.is_connected(gone))
    # all of this is fine with one that is gone
    fanout.join(gone, "t.5.task.9")
    fanout.leave(gone, "t.5.task.9")
    fanout.send_to_connection(gone, b"4")
    fanout.expel("5|1", "t.5.task.9")


def test_it_answers(fanout: AzureFanout) -> None:
    fanout.ping()


@pytest.mark.parametrize("ask", [AzureFanout.ping, lambda one: one.send_to_group("t.5", b"1")], ids=["ping", "send"])
def test_a_wrong_key_and_silence_are_a_dependency_that_is_down(
    world: World, ask: Callable[[AzureFanout], None]
) -> None:
    endpoint = world.settings["WEB_PUBSUB_CONNECTION_STRING"].partition("AccessKey")[0]
    for wrong in (f"{endpoint}AccessKey={'k' * 48};", f"Endpoint=http://127.0.0.1:{free_port()};AccessKey={'k' * 48};"):
        with pytest.raises(DependencyDown) as down:
            ask(AzureFanout.configured(wrong, "", HUB))
        assert down.value.dependency == "Web PubSub"


def test_what_is_never_taken_is_refused(fanout: AzureFanout) -> None:
    for message in (b'"' + b"x" * 1_500_000 + b'"', b"no json"):
        with pytest.raises(FanoutRefused):
            fanout.send_to_group("t.5", message)
