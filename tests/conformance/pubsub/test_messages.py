"""Frames: what clients send and get, acknowledgements, numbers, and what ends a connection."""

import json
from typing import Any

import aiohttp
import pytest
from azure.messaging.webpubsubclient.models import WebPubSubDataType

from tests.conformance.pubsub.clients import ANYTHING, Heard, Hub, plain
from tests.conformance.pubsub.sockets import PLAIN, RELIABLE

JSON = {"Content-Type": "application/json"}
VALUES: list[Any] = [
    None,
    True,
    0,
    -1.5,
    12345678901234567890,
    "",
    'quote " and \\ and \u2028',
    [],
    {"a": [1, {"b": None}]},
]


@pytest.mark.parametrize("protocol", [RELIABLE, PLAIN])
async def test_every_json_value_arrives_as_it_was(hub: Hub, protocol: str) -> None:
    async with hub.raw("ann", protocol, roles=ANYTHING, groups=["a"]) as raw:
        for value in VALUES:
            answer = hub.rest("POST", f"/connections/{raw.id}/:send", content=json.dumps(value), headers=JSON)
            assert answer.status_code == 202
            await raw.send("sendToGroup", group="a", dataType="json", data=value)
            assert (await raw.next())["data"] == value
            assert (await raw.next())["data"] == value


async def test_text_and_bytes_travel_between_clients(hub: Hub) -> None:
    async with (
        hub.listener("ann", roles=ANYTHING, groups=["a"]) as ann,
        hub.listener("bob", groups=["a"], **plain()) as bob,
    ):
        await ann.official.send_to_group("a", "grüße \U0001f697", WebPubSubDataType.TEXT)
        await ann.official.send_to_group("a", memoryview(bytes(range(256))), WebPubSubDataType.BINARY)
        await ann.official.send_to_group("a", memoryview(b"p"), WebPubSubDataType.PROTOBUF)
        for client in (ann, bob):
            assert await client.next() == Heard("a", "text", "grüße \U0001f697", "ann")
            assert await client.next() == Heard("a", "binary", bytes(range(256)), "ann")
            assert (await client.next()).data == b"p"


async def test_the_frames_of_a_message_have_exactly_their_keys(hub: Hub) -> None:
    async with hub.raw("ann", roles=ANYTHING, groups=["a"]) as raw:
        await raw.send("sendToGroup", group="a", dataType="text", data="x")
        frame = {"type": "message", "from": "group", "group": "a", "dataType": "text", "data": "x"}
        assert await raw.next() == {**frame, "fromUserId": "ann", "sequenceId": 1}
        hub.service.send_to_group("a", "x", content_type="text/plain")
        assert await raw.next() == {**frame, "sequenceId": 2}
        hub.service.send_to_all(b"\xff", content_type="application/octet-stream")
        message = await raw.next()
        assert message == {"type": "message", "from": "server", "dataType": "binary", "data": "/w==", "sequenceId": 3}


async def test_data_are_json_unless_a_frame_says_otherwise(hub: Hub) -> None:
    async with hub.raw("ann", roles=ANYTHING, groups=["a"]) as raw:
        await raw.send("sendToGroup", group="a", data={"n": 1})
        message = await raw.next()
        assert (message["dataType"], message["data"]) == ("json", {"n": 1})


async def test_without_an_ack_id_there_is_no_answer(hub: Hub) -> None:
    async with hub.raw("ann", groups=["b"]) as raw:
        await raw.send("joinGroup", group="a")
        await raw.send("sendToGroup", group="b", data=1)
        assert (await raw.ask("leaveGroup", 9, group="a"))["error"]["name"] == "Forbidden"


async def test_a_repeated_ack_id_is_a_duplicate_and_not_done_again(hub: Hub) -> None:
    async with hub.raw("ann", roles=ANYTHING) as raw, hub.listener(groups=["a"]) as other:
        assert (await raw.ask("sendToGroup", 7, group="a", data="once"))["success"]
        again = await raw.ask("sendToGroup", 7, group="a", data="twice")
        assert not again["success"]
        assert again["error"]["name"] == "Duplicate"
        assert (await raw.ask("joinGroup", 7, group="a"))["error"]["name"] == "Duplicate"
        assert (await raw.ask("sendToGroup", 2**64 - 1, group="a", data="next"))["success"]
        assert await other.data(2) == ["once", "next"]
        assert [member.connection_id for member in hub.service.list_connections(group="a")] == [other.id]


async def test_a_failed_ack_id_may_be_tried_again(hub: Hub) -> None:
    async with hub.raw("ann") as raw:
        assert (await raw.ask("joinGroup", 3, group="a"))["error"]["name"] == "Forbidden"
        hub.service.grant_permission("joinLeaveGroup", raw.id, target_name="a")
        assert (await raw.ask("joinGroup", 3, group="a"))["success"]


async def test_ack_ids_of_two_connections_do_not_meet(hub: Hub) -> None:
    async with hub.raw("ann", roles=ANYTHING) as one, hub.raw("ann", roles=ANYTHING) as other:
        assert (await one.ask("joinGroup", 1, group="a"))["success"]
        assert (await other.ask("joinGroup", 1, group="a"))["success"]


@pytest.mark.parametrize("protocol", [RELIABLE, PLAIN])
async def test_a_ping_is_answered(hub: Hub, protocol: str) -> None:
    async with hub.raw("ann", protocol) as raw:
        await raw.send("ping")
        assert await raw.next() == {"type": "pong"}


async def test_a_websocket_ping_is_answered(hub: Hub) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(hub.url("ann"), protocols=[PLAIN], autoping=False) as socket,
    ):
        await socket.receive()
        await socket.ping(b"there?")
        answer = await socket.receive(timeout=30)
        assert (answer.type, bytes(answer.data)) == (aiohttp.WSMsgType.PONG, b"there?")


async def test_numbers_count_from_one_for_each_connection(hub: Hub) -> None:
    async with hub.raw("ann", groups=["a"]) as one:
        hub.service.send_to_group("a", "first")
        async with hub.raw("bob", groups=["a"]) as other:
            hub.service.send_to_group("a", "second")
            assert [(await one.next())["sequenceId"] for _ in range(2)] == [1, 2]
            assert (await other.next())["sequenceId"] == 1


async def test_an_event_without_a_handler_fails_and_the_connection_stays(hub: Hub) -> None:
    async with hub.raw("ann") as raw:
        answer = await raw.ask("event", 1, event="hello", dataType="text", data="x")
        assert answer["error"]["name"] == "InternalServerError"
        await raw.send("ping")
        assert await raw.next() == {"type": "pong"}


MALFORMED = [
    "no json",
    "[]",
    "{}",
    '{"type":"shout"}',
    '{"type":"joinGroup"}',
    '{"type":"joinGroup","group":5}',
    '{"type":"joinGroup","group":"a","ackId":"x"}',
    '{"type":"sendToGroup","group":"a","dataType":"json"}',
    '{"type":"sendToGroup","group":"a","dataType":"text","data":5}',
    '{"type":"sendToGroup","group":"a","dataType":"binary","data":"*"}',
]


@pytest.mark.parametrize("text", MALFORMED)
async def test_a_malformed_frame_ends_the_connection(hub: Hub, text: str) -> None:
    async with hub.raw("ann", roles=ANYTHING) as raw:
        await raw.socket.send_str(text)
        code, _ = await raw.closed()
        assert code == 1007


async def test_a_binary_frame_ends_a_json_connection(hub: Hub) -> None:
    async with hub.raw("ann", roles=ANYTHING) as raw:
        await raw.socket.send_bytes(b'{"type":"ping"}')
        code, _ = await raw.closed()
        assert code == 1003
