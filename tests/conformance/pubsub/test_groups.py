"""Groups, as clients join, leave and publish to them."""

import asyncio
from typing import Any

import pytest
from azure.messaging.webpubsubclient.models import SendMessageError, WebPubSubDataType

from tests.conformance.pubsub.clients import ANYTHING, Heard, Hub, plain, until


async def test_a_client_joins_publishes_and_leaves(hub: Hub) -> None:
    async with hub.listener("ann", roles=ANYTHING) as ann, hub.listener("bob", roles=ANYTHING) as bob:
        await ann.official.join_group("a")
        await bob.official.join_group("a")
        await ann.official.send_to_group("a", "hello", WebPubSubDataType.TEXT)
        assert await ann.next() == await bob.next() == Heard("a", "text", "hello", "ann")
        await bob.official.leave_group("a")
        await ann.official.send_to_group("a", 2, WebPubSubDataType.JSON)
        await bob.official.send_to_group("a", 3, WebPubSubDataType.JSON)
        hub.service.send_to_all("fence")
        assert await ann.data(3) == [2, 3, "fence"]
        assert await bob.data() == ["fence"]


@pytest.mark.parametrize("options", [{}, plain()], ids=["reliable", "plain"])
async def test_without_echo_the_sender_hears_nothing(hub: Hub, options: dict[str, Any]) -> None:
    async with (
        hub.listener("ann", roles=ANYTHING, groups=["a"], **options) as ann,
        hub.listener("bob", groups=["a"], **options) as bob,
    ):
        await ann.official.send_to_group("a", 1, WebPubSubDataType.JSON, no_echo=True)
        await ann.official.send_to_group("a", 2, WebPubSubDataType.JSON)
        assert await ann.data() == [2]
        assert await bob.data(2) == [1, 2]


async def test_names_of_groups_keep_their_letter_case(hub: Hub) -> None:
    async with hub.listener("ann", roles=ANYTHING) as client:
        await client.official.join_group("Team")
        hub.service.send_to_group("team", "wrong")
        await client.official.send_to_group("TEAM", "wrong", WebPubSubDataType.TEXT)
        hub.service.send_to_group("Team", "right")
        assert await client.data() == ["right"]


async def test_names_of_users_keep_their_letter_case(hub: Hub) -> None:
    async with hub.listener("Ann") as client:
        hub.service.send_to_user("ann", "wrong")
        hub.service.send_to_user("Ann", "right")
        assert await client.data() == ["right"]


async def test_messages_keep_their_order(hub: Hub) -> None:
    async with (
        hub.listener("ann", roles=ANYTHING, groups=["a"]) as ann,
        hub.listener("bob", groups=["a"]) as bob,
        hub.listener("eve", groups=["a"], **plain()) as eve,
    ):
        for number in range(200):
            await ann.official.send_to_group("a", number, WebPubSubDataType.JSON, ack=False)
        assert await ann.data(200) == await bob.data(200) == await eve.data(200) == list(range(200))


async def test_many_publishers_at_once_lose_nothing(hub: Hub) -> None:
    async with hub.listener("ann", roles=ANYTHING, groups=["a"]) as ann, hub.listener(groups=["a"]) as other:
        numbers = range(50)
        await asyncio.gather(*(ann.official.send_to_group("a", n, WebPubSubDataType.JSON) for n in numbers))
        assert sorted(await ann.data(50)) == sorted(await other.data(50)) == list(numbers)


async def test_joining_twice_is_hearing_once(hub: Hub) -> None:
    async with hub.listener("ann", roles=ANYTHING, groups=["a"]) as client:
        await client.official.join_group("a")
        hub.service.add_connection_to_group("a", client.id)
        hub.service.send_to_group("a", 1)
        hub.service.send_to_group("a", 2)
        assert await client.data(2) == [1, 2]


async def test_leaving_a_group_one_is_not_in_is_no_error(hub: Hub) -> None:
    async with hub.listener("ann", roles=ANYTHING) as client:
        await client.official.leave_group("never")


async def test_tenants_do_not_hear_each_other(hub: Hub) -> None:
    tenants = ("t.1", "t.2", "t.11")
    async with (
        hub.listener("1|5", groups=["t.1"]) as one,
        hub.listener("2|5", groups=["t.2"]) as two,
        hub.listener("11|5", groups=["t.11"]) as eleven,
    ):
        for name in tenants:
            hub.service.send_to_group(name, name)
        hub.service.send_to_user("1|5", "user")
        hub.service.send_to_all("fence")
        assert await one.data(3) == ["t.1", "user", "fence"]
        assert await two.data(2) == ["t.2", "fence"]
        assert await eleven.data(2) == ["t.11", "fence"]
        with pytest.raises(SendMessageError):
            await two.official.join_group("t.1")


async def test_who_leaves_the_service_leaves_its_groups(hub: Hub) -> None:
    async with hub.listener("bob") as bob:
        async with hub.listener("ann", groups=["a"]) as client:
            gone = client.id
            assert hub.service.group_exists("a")
        await until(lambda: not hub.service.connection_exists(gone))
        assert not hub.service.group_exists("a")
        assert not hub.service.user_exists("ann")
        assert hub.service.connection_exists(bob.id)
