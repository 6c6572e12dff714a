"""The Web PubSub emulator as a process, under the unmodified official SDKs."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.messaging.webpubsubclient.aio import WebPubSubClient
from azure.messaging.webpubsubclient.models import CallbackType
from azure.messaging.webpubsubservice import WebPubSubServiceClient

from local.ports import free_port, is_listening
from local.processes import ROOT, ChildFailedError
from local.pubsub.server import PubSubServer
from tests.world import World

KEY = "an access key of at least thirty-two bytes"
SECONDS = 10


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PubSubServer]:
    with PubSubServer(tmp_path_factory.mktemp("pubsub"), free_port(), KEY) as running:
        yield running


def service(connection_string: str, hub: str) -> WebPubSubServiceClient:
    return WebPubSubServiceClient.from_connection_string(connection_string, hub=hub, retry_total=0)


async def heard(connection_string: str, hub: str) -> list[Any]:
    """Answer what a client hears of a message to its group, one to everybody, and one to itself."""
    with service(connection_string, hub) as sender:
        url = sender.get_client_access_token(user_id="ann", groups=["news"])["url"]
        client, said = WebPubSubClient(url), asyncio.Queue[Any]()
        # JSON like any other, though the SDK's types know of objects only
        a_list: Any = [3]
        await client.subscribe(CallbackType.GROUP_MESSAGE, lambda message: said.put(message.data))
        await client.subscribe(CallbackType.SERVER_MESSAGE, lambda message: said.put(message.data))
        async with client:
            await asyncio.to_thread(sender.send_to_group, "news", {"n": 1})
            await asyncio.to_thread(sender.send_to_all, "two", content_type="text/plain")
            await asyncio.to_thread(sender.send_to_user, "ann", a_list)
            async with asyncio.timeout(SECONDS):
                return [await said.get() for _ in range(3)]


def test_the_official_clients_talk_through_it(server: PubSubServer) -> None:
    assert asyncio.run(heard(server.connection_string, "anyhub")) == [{"n": 1}, "two", [3]]


def test_it_stands_beside_the_application(world: World) -> None:
    assert asyncio.run(heard(world.settings["WEB_PUBSUB_CONNECTION_STRING"], "beside")) == [{"n": 1}, "two", [3]]


def test_it_stops_and_starts_again(tmp_path: Path) -> None:
    port = free_port()
    server = PubSubServer(tmp_path, port, KEY)
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.child
    for _ in range(2):
        with server:
            first = server.child
            server.start()
            assert server.child is first
            assert is_listening(port)
        assert not is_listening(port)


def test_a_taken_port_is_named(server: PubSubServer, tmp_path: Path) -> None:
    port = server.endpoint.rpartition(":")[2]
    assert f"Another program uses port {port}" in refused(f"--port={port}", f"--access-key={KEY}")
    with pytest.raises(ChildFailedError, match="Another program uses port"):
        PubSubServer(tmp_path, int(port), KEY).start()


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("--access-key=short", "The key has 5 bytes; HS256 wants 32 or more"),
        ("--port=70000", "70000 is no port"),
        ("--event-handler=chat", "is no http or https address"),
        ("--event-handler=1=http://127.0.0.1/", "does not begin with a hub's name"),
        ("--retention=soon", "soon is no number of seconds above 0"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(argument: str, sentence: str) -> None:
    assert sentence in " ".join(refused(f"--access-key={KEY}", argument).split())


def test_a_hub_has_one_event_handler() -> None:
    handlers = [f"--event-handler={hub}=http://127.0.0.1:9/" for hub in ("Chat", "chat")]
    assert "A hub can have one event handler" in refused(f"--access-key={KEY}", *handlers)


def refused(*arguments: str) -> str:
    command = [sys.executable, "-m", "local.pubsub", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode in {1, 2}
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_help_says_how_to_reach_it() -> None:
    command = [sys.executable, "-m", "local.pubsub", "--help"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30).stdout
    assert "Endpoint=http://127.0.0.1:8080;AccessKey=KEY;Version=1.0;" in said
