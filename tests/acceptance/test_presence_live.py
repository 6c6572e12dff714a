"""Presence as browsers see it: official clients, the emulator, the application under its host."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx
import jwt
import pytest
from azure.messaging.webpubsubclient.models import SendMessageError

from local.ports import free_port
from local.pubsub.server import PubSubServer
from shared.adapters.fanout import AzureFanout
from shared.services import Services
from tests.factories import TenantMade, insert_task
from tests.fixtures.deliveries import EVENTS, key_of, minted
from tests.fixtures.visitors import Visitor
from tests.world import Clone, World, application

VANISHING = """
import asyncio, sys
from azure.messaging.webpubsubclient.aio import WebPubSubClient
from azure.messaging.webpubsubclient.models import WebPubSubDataType

async def stay(url, task):
    async with WebPubSubClient(url) as client:
        await client.send_event("presence", {"task_id": task, "state": "join"}, WebPubSubDataType.JSON)
        print("joined", flush=True)
        await asyncio.sleep(600)

asyncio.run(stay(sys.argv[1], int(sys.argv[2])))
"""


@dataclass(frozen=True)
class Place:
    """An application with an emulator of its own that tells it everything."""

    app: str
    world: World
    hub: str
    connection_string: str
    clients: Callable[..., httpx.Client]

    def visitor(self, oid: str, role: str = "driver") -> Visitor:
        return Visitor(self.clients(role, oid))

    def minted(self, person: str, groups: list[str], **more: Any) -> str:
        return minted(self.connection_string, self.hub, person, groups, **more)


@pytest.fixture(scope="module")
def place(world: World, clone: Clone, tenant: TenantMade, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    port, key = free_port(), key_of(world)
    connection = f"Endpoint=http://127.0.0.1:{port};AccessKey={key};Version=1.0;"
    opened: list[httpx.Client] = []
    with application(world, clone, WEB_PUBSUB_CONNECTION_STRING=connection) as app:

        def clients(role: str, oid: str) -> httpx.Client:
            headers = {"Authorization": f"Bearer {world.token(tenant.tid, oid, [role])}"}
            opened.append(httpx.Client(base_url=app, headers=headers, timeout=60))
            return opened[-1]

        folder = tmp_path_factory.mktemp("pubsub")
        with PubSubServer(folder, port, key, {clone.name: f"{app}{EVENTS}"}, ["--retry-delays=0.2"]):
            yield Place(app, world, clone.name, connection, clients)
        for one in opened:
            one.close()


@pytest.fixture
def task(services: Services, tenant: TenantMade) -> int:
    return insert_task(services, tenant)


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 120))


async def handshake(url: str) -> int:
    """Answer the status of a handshake: 101 if the client is let in."""
    async with aiohttp.ClientSession() as session:
        try:
            async with session.ws_connect(url, protocols=["json.webpubsub.azure.v1"]) as socket:
                await socket.receive()
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status
    return 101


def vanishing(url: str, task: int) -> subprocess.Popen[bytes]:
    """Start a client that stays until it is killed."""
    return subprocess.Popen([sys.executable, "-c", VANISHING, url, str(task)], stdout=subprocess.PIPE)


def shown(place: Place, task: int) -> tuple[list[str], int]:
    body = place.clients("driver", "looker").get(f"/api/tasks/{task}/presence").json()
    return [item["name"] for item in body["items"]], body["number"]


def test_two_see_each_other_come_and_go(place: Place, task: int) -> None:
    async def story() -> None:
        async with place.visitor("ann") as ann:
            assert ann.entry["protocol"] == "json.reliable.webpubsub.azure.v1"
            await ann.say(task, "join")
            await ann.hears_presence("JOIN", task, ["ann"])
            async with place.visitor("ben") as ben:
                await ben.say(task, "heartbeat")
                told = await ann.hears_presence("JOIN", task, ["ann", "ben"])
                assert "seq" not in told
                assert await ben.hears_presence("JOIN", task, ["ann", "ben"])
                assert shown(place, task) == (["ann", "ben"], 2)
            gone = await ann.hears_presence("LEAVE", task, ["ann"], seconds=5)
            assert gone["data"]["number"] == 3
            await ann.say(task, "leave")
            await ann.hears_presence("LEAVE", task, [])
            assert shown(place, task) == ([], 4)

    run(story)


def test_a_second_tab_is_the_same_person(place: Place, task: int) -> None:
    async def story() -> None:
        async with place.visitor("ben") as ben:
            async with place.visitor("ann") as first:
                await first.say(task, "join")
                async with place.visitor("ann") as second:
                    await second.say(task, "join")
                await first.say(task, "heartbeat")
                assert shown(place, task) == (["ann"], 1)
            await ben.hears_presence("LEAVE", task, [], seconds=5)
            assert [one["type"] for one in ben.heard if one["data"]["task_id"] == task] == [
                "PRESENCE_JOIN",
                "PRESENCE_LEAVE",
            ]

    run(story)


def test_whose_browser_is_killed_is_gone_within_a_minute(place: Place, task: int) -> None:
    async def story() -> None:
        async with place.visitor("ben") as ben:
            url = place.clients("driver", "ann").post("/api/realtime/negotiate").json()["url"]
            ann = await asyncio.to_thread(vanishing, url, task)
            try:
                await ben.hears_presence("JOIN", task, ["ann"], seconds=30)
            finally:
                ann.send_signal(signal.SIGKILL)
                ann.communicate()
            killed = time.monotonic()
            await ben.hears_presence("LEAVE", task, [], seconds=60)
            assert time.monotonic() - killed < 60
            assert shown(place, task) == ([], 2)

    run(story)


def test_what_is_refused_is_a_failed_ack_and_the_client_stays(place: Place, task: int) -> None:
    async def story() -> None:
        async with place.visitor("ann") as ann:
            for number, state, event in (
                (987654321, "join", "presence"),
                (task, "stay", "presence"),
                (task, "join", "x"),
            ):
                with pytest.raises(SendMessageError):
                    await ann.say(number, state, event)
            await ann.say(task, "join")
            assert shown(place, task) == (["ann"], 1)

    run(story)


def test_a_flood_is_stopped_and_others_go_on(place: Place, task: int) -> None:
    async def story() -> None:
        async with place.visitor("flood") as flood, place.visitor("calm") as calm:
            taken = refused = 0
            for turn in range(120):
                try:
                    await flood.say(task, "heartbeat")
                    taken += 1
                except SendMessageError:
                    refused += 1
                if turn % 20 == 0:
                    await calm.say(task, "heartbeat")
            assert (taken, refused) == (100, 20)
            problem = (await flood.hears(lambda one: "error" in one))["error"]
            assert (problem["type"], problem["status"]) == ("/problems/too-many-requests", 429)
            assert 1 <= problem["retry_after"] <= 60
            assert len([one for one in flood.heard if "error" in one]) == 1
            await calm.say(task, "leave")
            assert shown(place, task)[0] == ["flood"]

    run(story)


def test_tokens_that_negotiate_did_not_make_let_nobody_in(place: Place, tenant: TenantMade) -> None:
    entry = place.clients("driver", "ann").post("/api/realtime/negotiate").json()
    base, token = entry["url"].split("?access_token=")
    claims = jwt.decode(token, options={"verify_signature": False})
    person, groups, key = claims["sub"], entry["groups"], key_of(place.world)
    forged = jwt.encode(claims, "k" * 48, "HS256")
    expired = jwt.encode(claims | {"exp": int(time.time()) - 600}, key, "HS256")
    other_hub = minted(place.connection_string, f"{place.hub}x", person, groups).split("?access_token=")[1]
    with_role = place.minted(person, groups, roles=["webpubsub.sendToGroup"])
    wanted = {
        entry["url"]: 101,
        place.minted(person, groups): 101,
        f"{base}?access_token={forged}": 401,
        f"{base}?access_token={expired}": 401,
        f"{base}?access_token={other_hub}": 401,
        with_role: 403,
        place.minted(person, [*groups, f"t.{tenant.id}.managers"]): 403,
        place.minted(person, [*groups, "t.1"]): 403,
        place.minted(f"{tenant.id}|987654321", groups): 403,
        place.minted("somebody", groups): 403,
    }

    async def story() -> None:
        assert {url: await handshake(url) for url in wanted} == wanted

    run(story)


def test_a_lost_role_ends_what_went_with_it(place: Place, tenant: TenantMade) -> None:
    fanout = AzureFanout.configured(place.connection_string, "", place.hub)
    managers = f"t.{tenant.id}.managers"

    async def story() -> None:
        async with place.visitor("mia", "manager") as mia, place.visitor("max", "manager") as other:
            assert managers in mia.entry["groups"]
            await asyncio.to_thread(fanout.send_to_group, managers, b'{"note": 1}')
            await mia.hears(lambda one: one.get("note") == 1)
            assert (await asyncio.to_thread(place.clients("driver", "mia").get, "/api/events")).status_code == 200
            await asyncio.to_thread(fanout.send_to_group, managers, b'{"note": 2}')
            await other.hears(lambda one: one.get("note") == 2)
            await asyncio.to_thread(fanout.send_to_group, f"t.{tenant.id}", b'{"note": 3}')
            await mia.hears(lambda one: one.get("note") == 3)
            assert [one["note"] for one in mia.heard if "note" in one] == [1, 3]
            assert await handshake(mia.entry["url"]) == 403
            assert await handshake(other.entry["url"]) == 101

    run(story)
