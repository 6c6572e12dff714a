"""Clients without a subprotocol: bare payloads in, bare payloads out."""

import aiohttp
import pytest

from tests.conformance.pubsub.clients import Heard, Hub
from tests.conformance.pubsub.sockets import Raw, refusal

MODE = "&webpubsub_mode=sendToGroup&group=a"


async def test_payloads_come_bare(hub: Hub) -> None:
    async with hub.raw("ann", None, groups=["a"]) as raw:
        # there is no first frame that would say the connection is there
        hub.service.send_to_user("ann", "text", content_type="text/plain")
        hub.service.send_to_group("a", {"n": 1})
        hub.service.send_to_all(b"\x00\x01", content_type="application/octet-stream")
        text, json, binary = [await raw.socket.receive(timeout=30) for _ in range(3)]
        assert (text.type, text.data) == (aiohttp.WSMsgType.TEXT, "text")
        assert (json.type, json.data.replace(" ", "")) == (aiohttp.WSMsgType.TEXT, '{"n":1}')
        assert (binary.type, binary.data) == (aiohttp.WSMsgType.BINARY, b"\x00\x01")


async def test_frames_are_published_in_the_group_s_mode(hub: Hub) -> None:
    url = hub.url("ann", ["webpubsub.sendToGroup.a"]) + MODE
    async with Raw(url, None) as raw, hub.listener(groups=["a"]) as member:
        await raw.socket.send_str('{"type":"ping"}')
        await raw.socket.send_bytes(b"\xff")
        assert await member.next() == Heard("a", "text", '{"type":"ping"}', "ann")
        assert await member.next() == Heard("a", "binary", b"\xff", "ann")


async def test_the_group_s_mode_needs_the_role(hub: Hub) -> None:
    url = hub.url("ann", ["webpubsub.sendToGroup.b", "webpubsub.joinLeaveGroup"]) + MODE
    async with hub.listener(groups=["a"]) as member:
        if await refusal(url, None) == 101:
            async with Raw(url, None) as raw:
                await raw.socket.send_str("no")
                await raw.closed()
        hub.service.send_to_all("fence")
        assert await member.data() == ["fence"]


async def test_a_frame_that_no_handler_takes_ends_the_connection(hub: Hub) -> None:
    async with hub.raw("ann", None) as raw:
        await raw.socket.send_str("hello")
        code, _ = await raw.closed()
        assert code == 1011


async def test_a_closed_one_gets_the_reason_and_no_frame(hub: Hub) -> None:
    async with hub.raw("ann", None) as raw:
        hub.service.close_user_connections("ann", reason="enough")
        message = await raw.socket.receive(timeout=30)
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert (message.data, message.extra) == (1000, "enough")


@pytest.mark.parametrize("kind", ["text", "binary"])
async def test_order_is_kept(hub: Hub, kind: str) -> None:
    url = hub.url("ann", ["webpubsub.sendToGroup.a"], ["a"]) + MODE
    async with Raw(url, None) as raw:
        for number in range(50):
            await (raw.socket.send_str(str(number)) if kind == "text" else raw.socket.send_bytes(b"%d" % number))
        assert [int((await raw.socket.receive(timeout=30)).data) for _ in range(50)] == list(range(50))
