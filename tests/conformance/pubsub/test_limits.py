"""Sizes and counts: what still goes through, and what does not."""

import pytest

from tests.conformance.pubsub.clients import ANYTHING, Hub

MIB = 1024 * 1024
BINARY = {"Content-Type": "application/octet-stream"}


async def test_a_frame_of_nearly_a_megabyte_goes_through(hub: Hub) -> None:
    text = "x" * 1_000_000
    async with hub.raw("ann", roles=ANYTHING) as raw, hub.listener(groups=["a"]) as other:
        assert (await raw.ask("sendToGroup", 1, group="a", dataType="text", data=text))["success"]
        assert (await other.next()).data == text


async def test_a_frame_over_a_megabyte_ends_the_connection_and_is_not_delivered(hub: Hub) -> None:
    async with hub.raw("ann", roles=ANYTHING) as raw, hub.listener(groups=["a"]) as other:
        await raw.send("sendToGroup", group="a", dataType="text", data="x" * MIB)
        code, _ = await raw.closed()
        assert code == 1009
        hub.service.send_to_group("a", "fence")
        assert await other.data() == ["fence"]


async def test_a_body_of_a_megabyte_goes_through_and_no_more(hub: Hub) -> None:
    async with hub.listener() as client:
        body = bytes(range(256)) * (MIB // 256)
        assert hub.rest("POST", "/:send", content=body, headers=BINARY).status_code == 202
        assert (await client.next()).data == body
        assert hub.rest("POST", "/:send", content=body + b"x", headers=BINARY).status_code == 413
        hub.service.send_to_all("fence")
        assert await client.data() == ["fence"]


async def test_the_longest_name_of_a_group(hub: Hub) -> None:
    async with hub.raw("ann", roles=ANYTHING) as raw:
        assert (await raw.ask("joinGroup", 1, group="g" * 1024))["success"]
        hub.service.send_to_group("g" * 1024, 1)
        assert (await raw.next())["data"] == 1
        assert hub.rest("POST", f"/groups/{'g' * 1025}/:send", content=b"x", headers=BINARY).status_code == 400


async def test_many_groups_for_one_connection(hub: Hub) -> None:
    async with hub.raw("ann", roles=ANYTHING) as raw:
        for number in range(500):
            await raw.send("joinGroup", group=f"g{number}")
        assert (await raw.ask("joinGroup", 1, group="last"))["success"]
        for number in (0, 250, 499):
            hub.service.send_to_group(f"g{number}", number)
        assert [(await raw.next())["data"] for _ in range(3)] == [0, 250, 499]


@pytest.mark.parametrize("size", [1, 125, 126, 65535, 65536, 70000])
async def test_payloads_of_every_frame_length(hub: Hub, size: int) -> None:
    async with hub.raw("ann", None) as raw, hub.listener() as client:
        hub.service.send_to_all("y" * size, content_type="text/plain")
        assert (await raw.socket.receive(timeout=30)).data == "y" * size
        assert await client.data() == ["y" * size]
