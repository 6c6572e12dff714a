"""Reliable connections: what a client finds when it comes back after its connection broke."""

import asyncio
import time
from urllib.parse import quote

import pytest
from azure.messaging.webpubsubclient.models import WebPubSubDataType

from tests.conformance.pubsub.clients import ANYTHING, Hub, plain, until
from tests.conformance.pubsub.handler import Handler
from tests.conformance.pubsub.proxy import ChaosProxy
from tests.conformance.pubsub.sockets import PLAIN, RELIABLE, Raw, refused_recovery

MOST_UNACKNOWLEDGED = 1000


async def gone(hub: Hub, connection_id: str) -> None:
    """Wait until the service has forgotten a connection."""
    await until(lambda: not hub.service.connection_exists(connection_id))


async def broken(hub: Hub, raw: Raw) -> None:
    """Break a connection off, and see that the service keeps it."""
    raw.break_off()
    await asyncio.sleep(0)
    assert hub.service.connection_exists(raw.id)


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
async def test_nothing_is_lost_when_a_connection_is_cut(hub: Hub, *, reset: bool) -> None:
    async with (
        ChaosProxy(hub.target.port) as proxy,
        hub.listener("ann", groups=["a"], through=proxy.port) as client,
    ):
        hub.service.send_to_group("a", 1)
        assert await client.data() == [1]
        first = client.id
        proxy.refuses = True
        proxy.cut(reset=reset)
        for number in (2, 3):
            hub.service.send_to_group("a", number)
        hub.service.send_to_user("ann", 4)
        hub.service.send_to_connection(first, 5)
        assert hub.service.user_exists("ann")
        assert hub.service.connection_exists(first)
        assert [member.connection_id for member in hub.service.list_connections(group="a")] == [first]
        proxy.refuses = False
        assert await client.data(4) == [2, 3, 4, 5]
        hub.service.send_to_all(6)
        assert await client.data() == [6]
        assert [identity[0] for identity in client.identities] == [first]


async def test_messages_lost_in_flight_come_again_and_once(hub: Hub) -> None:
    async with (
        ChaosProxy(hub.target.port) as proxy,
        hub.listener("ann", groups=["a"], through=proxy.port) as client,
    ):
        hub.service.send_to_group("a", 0)
        assert await client.data() == [0]
        proxy.swallow(to_client=True)
        for number in range(1, 6):
            hub.service.send_to_group("a", number)
        proxy.cut()
        proxy.swallow()
        hub.service.send_to_group("a", 6)
        assert await client.data(6) == list(range(1, 7))
        hub.service.send_to_group("a", "fence")
        assert await client.data() == ["fence"]


async def test_what_a_client_publishes_into_the_void_is_sent_again(hub: Hub) -> None:
    async with (
        ChaosProxy(hub.target.port) as proxy,
        hub.listener(
            "ann", roles=ANYTHING, through=proxy.port, message_retry_total=5, message_retry_backoff_factor=0.1
        ) as client,
        hub.listener("bob", groups=["a"]) as other,
    ):
        proxy.swallow(to_server=True)
        sending = asyncio.create_task(client.official.send_to_group("a", "once", WebPubSubDataType.TEXT))
        await asyncio.sleep(0.1)
        proxy.cut(reset=True)
        proxy.swallow()
        await sending
        await client.official.send_to_group("a", "fence", WebPubSubDataType.TEXT)
        assert await other.data(2) == ["once", "fence"]


async def test_a_connection_survives_one_cut_after_another(hub: Hub) -> None:
    async with (
        ChaosProxy(hub.target.port) as proxy,
        hub.listener("ann", roles=ANYTHING, groups=["a"], through=proxy.port) as client,
    ):
        for round_ in range(5):
            accepted = proxy.accepted
            proxy.cut(reset=bool(round_ % 2))
            hub.service.send_to_group("a", round_)
            assert await client.data() == [round_]
            await client.recovered(lambda: proxy.accepted, accepted)
        await client.official.send_to_group("a", "own", WebPubSubDataType.TEXT)
        assert await client.data() == ["own"]
        assert len(client.identities) == 1


async def test_a_client_comes_back_while_its_old_connection_still_seems_open(hub: Hub) -> None:
    async with ChaosProxy(hub.target.port) as proxy, hub.raw("ann", groups=["a"], through=proxy.port) as old:
        hub.service.send_to_group("a", 1)
        assert (await old.next())["sequenceId"] == 1
        proxy.freeze()
        hub.service.send_to_group("a", 2)
        url = old.recovery().replace(f":{proxy.port}/", f":{hub.target.port}/")
        async with Raw(url, RELIABLE) as new:
            assert new.id == old.id
            assert [(await new.next())["sequenceId"] for _ in range(2)] == [1, 2]
            proxy.cut(reset=True)
            hub.service.send_to_group("a", 3)
            assert (await new.next())["data"] == 3
            assert hub.service.connection_exists(new.id)
            assert len(list(hub.service.list_connections(group="a"))) == 1


async def test_the_old_connection_is_ended_by_a_takeover(hub: Hub) -> None:
    async with hub.raw("ann", groups=["a"]) as old, Raw(old.recovery(), RELIABLE) as new:
        hub.service.send_to_group("a", 1)
        assert (await new.next())["data"] == 1
        _, frames = await old.closed()
        assert frames == []
        hub.service.send_to_group("a", 2)
        assert (await new.next())["data"] == 2


async def test_only_what_is_not_acknowledged_comes_again_under_its_old_number(hub: Hub) -> None:
    async with hub.raw("ann", groups=["a"]) as raw:
        for number in range(1, 6):
            hub.service.send_to_group("a", f"m{number}")
            assert (await raw.next())["sequenceId"] == number
        await raw.send("sequenceAck", sequenceId=3)
        await raw.send("ping")
        assert await raw.next() == {"type": "pong"}
        await broken(hub, raw)
        hub.service.send_to_group("a", "m6")
        async with Raw(raw.recovery(), RELIABLE) as back:
            assert (back.id, back.greeting["userId"]) == (raw.id, "ann")
            again = [await back.next() for _ in range(3)]
            assert [(frame["sequenceId"], frame["data"]) for frame in again] == [(4, "m4"), (5, "m5"), (6, "m6")]
            hub.service.send_to_group("a", "m7")
            assert (await back.next())["sequenceId"] == 7


async def test_a_recovered_connection_can_be_recovered_again(hub: Hub) -> None:
    async with hub.raw("ann") as raw:
        await broken(hub, raw)
        async with Raw(raw.recovery(), RELIABLE) as second:
            assert second.greeting["reconnectionToken"]
            await broken(hub, second)
            hub.service.send_to_user("ann", 1)
            async with Raw(second.recovery(), RELIABLE) as third:
                assert (await third.next())["data"] == 1
                assert third.id == raw.id


async def test_an_expired_access_token_does_not_hinder_recovery(hub: Hub) -> None:
    async with hub.raw("ann") as raw:
        await broken(hub, raw)
        expired = hub.token({"exp": int(time.time()) - 3600})
        async with Raw(f"{raw.recovery()}&access_token={expired}", RELIABLE) as back:
            assert back.id == raw.id


async def test_permissions_groups_and_ack_ids_survive(hub: Hub) -> None:
    async with hub.raw("ann", roles=["webpubsub.joinLeaveGroup.a"]) as raw:
        assert (await raw.ask("joinGroup", 1, group="a"))["success"]
        hub.service.grant_permission("sendToGroup", raw.id, target_name="a")
        hub.service.revoke_permission("joinLeaveGroup", raw.id, target_name="a")
        await broken(hub, raw)
        async with Raw(raw.recovery(), RELIABLE) as back:
            assert (await back.ask("joinGroup", 1, group="a"))["error"]["name"] == "Duplicate"
            assert (await back.ask("sendToGroup", 2, group="a", data="x", noEcho=True))["success"]
            assert (await back.ask("leaveGroup", 3, group="a"))["error"]["name"] == "Forbidden"
            hub.service.send_to_group("a", 1)
            assert (await back.next())["data"] == 1


async def test_changes_made_meanwhile_count(hub: Hub) -> None:
    async with hub.raw("ann", groups=["a"]) as raw:
        await broken(hub, raw)
        hub.service.remove_connection_from_group("a", raw.id)
        hub.service.add_connection_to_group("b", raw.id)
        hub.service.send_to_group("a", 1)
        hub.service.send_to_group("b", 2)
        async with Raw(raw.recovery(), RELIABLE) as back:
            assert (await back.next())["data"] == 2


async def test_a_foreign_or_broken_token_is_refused_after_the_upgrade(hub: Hub) -> None:
    async with hub.raw("ann") as raw, hub.raw("eve") as eve:
        foreign = str(eve.greeting["reconnectionToken"])
        assert await refused_recovery(raw.recovery(awps_reconnection_token=foreign)) == 1008
        assert await refused_recovery(raw.recovery(awps_reconnection_token="garbage")) == 1008
        assert await refused_recovery(raw.recovery(awps_reconnection_token="")) == 1008
        assert await refused_recovery(raw.recovery(awps_connection_id="0" * 32)) == 1008
        access = quote(hub.token({"aud": raw.id}, key="another key, which is long enough"))
        assert await refused_recovery(raw.recovery(awps_reconnection_token=access)) == 1008
        await raw.send("ping")
        assert await raw.next() == {"type": "pong"}


async def test_another_hub_knows_nothing_of_it(hub: Hub) -> None:
    async with hub.raw("ann") as raw:
        assert await refused_recovery(raw.recovery().replace(hub.name, f"{hub.name}x")) == 1008
        assert hub.service.connection_exists(raw.id)


async def test_a_plain_connection_cannot_be_recovered(hub: Hub) -> None:
    async with hub.raw("ann", PLAIN) as raw, hub.raw("eve") as eve:
        raw.break_off()
        await gone(hub, raw.id)
        raw.greeting["reconnectionToken"] = eve.greeting["reconnectionToken"]
        assert await refused_recovery(raw.recovery()) == 1008


async def test_a_clean_end_is_final(hub: Hub) -> None:
    async with hub.raw("ann") as raw:
        await raw.close()
        await gone(hub, raw.id)
        assert not hub.service.user_exists("ann")
        assert await refused_recovery(raw.recovery()) == 1008


async def test_too_many_unacknowledged_messages_end_the_connection(hub: Hub) -> None:
    async with hub.raw("ann", roles=ANYTHING) as sender, hub.raw("bob", groups=["a"]) as raw:
        for number in range(MOST_UNACKNOWLEDGED):
            await sender.send("sendToGroup", group="a", data=number)
        assert (await sender.ask("joinGroup", 1, group="b"))["success"]
        assert [(await raw.next())["data"] for _ in range(MOST_UNACKNOWLEDGED)] == list(range(MOST_UNACKNOWLEDGED))
        assert hub.service.connection_exists(raw.id)
        await sender.send("sendToGroup", group="a", data="one more")
        code, _ = await raw.closed()
        assert code == 1008
        assert not hub.service.connection_exists(raw.id)
        assert await refused_recovery(raw.recovery()) == 1008


async def test_acknowledged_messages_do_not_count(hub: Hub) -> None:
    async with hub.raw("ann", roles=ANYTHING) as sender, hub.raw("bob", groups=["a"]) as raw:
        for round_ in (1, 2, 3):
            for number in range(600):
                await sender.send("sendToGroup", group="a", data=number)
            assert (await sender.ask("joinGroup", round_, group="b"))["success"]
            for _ in range(600):
                last = (await raw.next())["sequenceId"]
            await raw.send("sequenceAck", sequenceId=last)
            await raw.send("ping")
            assert await raw.next() == {"type": "pong"}
        assert last == 1800


async def test_too_many_waiting_messages_end_an_absent_connection(hub: Hub) -> None:
    async with hub.raw("ann", roles=ANYTHING) as sender, hub.raw("bob", groups=["a"]) as raw:
        await broken(hub, raw)
        for number in range(MOST_UNACKNOWLEDGED + 1):
            await sender.send("sendToGroup", group="a", data=number)
        assert (await sender.ask("joinGroup", 1, group="b"))["success"]
        assert not hub.service.connection_exists(raw.id)
        assert await refused_recovery(raw.recovery()) == 1008


async def test_a_message_past_its_time_is_not_delivered_late(hub: Hub) -> None:
    async with hub.raw("ann") as raw:
        await broken(hub, raw)
        hub.service.send_to_user("ann", "late", params={"messageTtlSeconds": 1})
        hub.service.send_to_user("ann", "in time", params={"messageTtlSeconds": 60})
        hub.service.send_to_user("ann", "always")
        await asyncio.sleep(1.1)
        async with Raw(raw.recovery(), RELIABLE) as back:
            assert [(await back.next())["data"] for _ in range(2)] == ["in time", "always"]


async def test_a_plain_client_reconnects_and_rejoins(hub: Hub) -> None:
    async with (
        ChaosProxy(hub.target.port) as proxy,
        hub.listener("ann", roles=ANYTHING, groups=["token"], through=proxy.port, **plain()) as client,
    ):
        await client.official.join_group("joined")
        first = client.id
        proxy.cut()
        second = await client.connected()
        assert second != first
        group = hub.service.list_connections
        await until(lambda: second in {member.connection_id for member in group(group="joined")})
        assert client.failed_groups == []
        hub.service.send_to_group("joined", 1)
        hub.service.send_to_group("token", 2)
        assert await client.data(2) == [1, 2]


async def test_a_client_that_stays_away_is_forgotten(own_hub: Hub, handler: Handler) -> None:
    async with handler, own_hub.raw("ann", groups=["a"]) as raw:
        broke = time.monotonic()
        raw.break_off()
        await asyncio.sleep(0.5)
        assert own_hub.service.user_exists("ann")
        assert own_hub.service.group_exists("a")
        await gone(own_hub, raw.id)
        assert 1.8 < time.monotonic() - broke < 30
        assert not own_hub.service.user_exists("ann")
        assert not own_hub.service.group_exists("a")
        assert await refused_recovery(raw.recovery()) == 1008


async def test_a_client_that_comes_back_is_not_forgotten_later(own_hub: Hub, handler: Handler) -> None:
    async with handler, own_hub.raw("ann") as raw:
        raw.break_off()
        async with Raw(raw.recovery(), RELIABLE) as back:
            await asyncio.sleep(2.3)
            own_hub.service.send_to_connection(raw.id, 1)
            assert (await back.next())["data"] == 1


async def test_a_forgotten_client_connects_as_a_new_one(own_hub: Hub, handler: Handler) -> None:
    async with (
        handler,
        ChaosProxy(own_hub.target.port) as proxy,
        own_hub.listener("ann", roles=ANYTHING, through=proxy.port) as client,
    ):
        await client.official.join_group("a")
        first = client.id
        proxy.refuses = True
        proxy.cut()
        await gone(own_hub, first)
        own_hub.service.send_to_user("ann", "lost")
        proxy.refuses = False
        second = await client.connected()
        assert second != first
        await until(lambda: own_hub.service.group_exists("a"))
        own_hub.service.send_to_group("a", "again")
        assert await client.data() == ["again"]
