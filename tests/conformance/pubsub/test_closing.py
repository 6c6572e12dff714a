"""Connections that the service is told to close."""

import asyncio

from tests.conformance.pubsub.clients import Hub, plain
from tests.conformance.pubsub.sockets import PLAIN, refused_recovery


async def test_a_closed_client_is_told_why(hub: Hub) -> None:
    async with hub.raw("ann") as raw, hub.raw("ann") as other:
        hub.service.close_connection(raw.id, reason="Goodbye & thanks")
        code, frames = await raw.closed()
        assert frames == [{"type": "system", "event": "disconnected", "message": "Goodbye & thanks"}]
        assert code == 1000
        assert not hub.service.connection_exists(raw.id)
        assert hub.service.connection_exists(other.id)


async def test_a_plain_client_is_told_why(hub: Hub) -> None:
    async with hub.raw("ann", PLAIN) as raw:
        hub.service.close_connection(raw.id, reason="bye")
        code, frames = await raw.closed()
        assert frames == [{"type": "system", "event": "disconnected", "message": "bye"}]
        assert code == 1000


async def test_a_closed_client_cannot_come_back(hub: Hub) -> None:
    async with hub.raw("ann") as raw:
        hub.service.close_connection(raw.id)
        await raw.closed()
        assert await refused_recovery(raw.recovery()) == 1008


async def test_an_absent_client_can_be_closed(hub: Hub) -> None:
    async with hub.raw("ann") as raw:
        raw.break_off()
        hub.service.close_connection(raw.id)
        assert not hub.service.connection_exists(raw.id)
        assert await refused_recovery(raw.recovery()) == 1008


async def test_what_was_sent_before_the_close_arrives(hub: Hub) -> None:
    async with hub.raw("ann", PLAIN) as raw:
        for number in range(20):
            hub.service.send_to_user("ann", number)
        hub.service.close_user_connections("ann")
        _, frames = await raw.closed()
        assert [frame["data"] for frame in frames[:-1]] == list(range(20))
        assert frames[-1]["event"] == "disconnected"


async def test_all_connections_of_a_user_are_closed(hub: Hub) -> None:
    async with hub.raw("ann") as one, hub.raw("ann") as two, hub.raw("ann") as spared, hub.listener("bob") as bob:
        hub.service.close_user_connections("ann", reason="user", excluded=[spared.id])
        for raw in (one, two):
            code, frames = await raw.closed()
            assert (code, frames[0]["message"]) == (1000, "user")
        hub.service.send_to_user("ann", "spared")
        assert (await spared.next())["data"] == "spared"
        hub.service.send_to_all("fence")
        assert await bob.data() == ["fence"]


async def test_all_connections_of_a_group_are_closed(hub: Hub) -> None:
    async with hub.raw(groups=["a"]) as one, hub.raw(groups=["a"]) as spared, hub.raw(groups=["A"]) as other:
        hub.service.close_group_connections("a", reason="group", excluded=[spared.id])
        code, frames = await one.closed()
        assert (code, frames[0]["message"]) == (1000, "group")
        hub.service.send_to_all("fence")
        assert (await spared.next())["data"] == (await other.next())["data"] == "fence"
        assert [member.connection_id for member in hub.service.list_connections(group="a")] == [spared.id]


async def test_all_connections_of_the_hub_are_closed(hub: Hub) -> None:
    async with hub.raw("ann") as one, hub.raw("bob", None) as simple, hub.raw("eve") as spared:
        hub.service.close_all_connections(reason="all", excluded=[spared.id])
        assert (await one.closed())[0] == 1000
        assert (await simple.closed())[0] == 1000
        hub.service.send_to_all("fence")
        assert (await spared.next())["data"] == "fence"
        assert not hub.service.user_exists("bob")


async def test_an_official_client_hears_the_reason_and_stops(hub: Hub) -> None:
    async with hub.listener("ann", **plain(reconnect_retry_total=0)) as client:
        hub.service.close_connection(client.id, reason="enough")
        await asyncio.wait_for(client.stopped.wait(), 5)
        assert client.lost == ["enough"]


async def test_an_official_reliable_client_connects_as_a_new_one(hub: Hub) -> None:
    async with hub.listener("ann", groups=["a"]) as client:
        first = client.id
        hub.service.close_connection(first, reason="again, please")
        assert await client.connected() != first
        hub.service.send_to_group("a", 1)
        assert await client.data() == [1]
        assert not hub.service.connection_exists(first)
