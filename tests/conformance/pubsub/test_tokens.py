"""Who is let in as a client, and as whom."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from tests.conformance.pubsub.clients import ANYTHING, Hub
from tests.conformance.pubsub.sockets import PLAIN, RELIABLE, Raw, refusal

FOREIGN_KEY = "another key, which is long enough but not the one"


async def test_the_sdk_s_url_leads_in_with_its_claims(hub: Hub) -> None:
    url = hub.url("7|42", ["webpubsub.joinLeaveGroup.a"], ["a"])
    claims = jwt.decode(parse_qs(urlsplit(url).query)["access_token"][0], options={"verify_signature": False})
    assert claims["sub"] == "7|42"
    assert claims["role"] == ["webpubsub.joinLeaveGroup.a"]
    assert claims["webpubsub.group"] == ["a"]
    async with Raw(url, RELIABLE) as raw:
        assert raw.greeting["userId"] == "7|42"
        assert raw.greeting["reconnectionToken"]
        assert raw.socket.protocol == RELIABLE
        assert hub.service.connection_exists(raw.id)
        assert hub.service.group_exists("a")


async def test_the_plain_protocol_has_neither_reconnection_nor_numbers(hub: Hub) -> None:
    async with hub.raw("ann", PLAIN) as raw:
        assert raw.socket.protocol == PLAIN
        assert "reconnectionToken" not in raw.greeting
        hub.service.send_to_connection(raw.id, {"a": 1})
        message = await raw.next()
        assert message == {"type": "message", "from": "server", "dataType": "json", "data": {"a": 1}}


async def test_a_connection_without_a_user_is_anonymous(hub: Hub) -> None:
    async with hub.listener() as client:
        assert client.user is None
        hub.service.send_to_all("hello", content_type="text/plain")
        assert await client.data() == ["hello"]


async def test_connection_ids_differ_and_are_fit_for_urls(hub: Hub) -> None:
    async with hub.raw("ann") as one, hub.raw("ann") as other:
        assert one.id != other.id
        assert all(part.isalnum() or part in "-_." for part in one.id)


async def test_a_token_may_come_in_the_header(hub: Hub) -> None:
    headers = {"Authorization": f"Bearer {hub.token({'sub': 'ann'})}"}
    async with Raw(hub.client_url(), PLAIN, headers) as raw:
        assert raw.greeting["userId"] == "ann"


async def test_the_hub_may_stand_in_the_query(hub: Hub) -> None:
    base = hub.target.endpoint.replace("http", "ws", 1)
    async with Raw(f"{base}/client/?hub={hub.name}&access_token={hub.token({'sub': 'ann'})}", PLAIN) as raw:
        assert hub.service.connection_exists(raw.id)


async def test_claims_may_be_single_texts(hub: Hub) -> None:
    token = hub.token({"sub": "ann", "role": "webpubsub.joinLeaveGroup", "webpubsub.group": "a"})
    async with Raw(hub.client_url(token), RELIABLE) as raw:
        assert (await raw.ask("joinGroup", 1, group="b"))["success"]
        hub.service.send_to_group("a", 1)
        hub.service.send_to_group("b", 2)
        assert [(await raw.next())["data"] for _ in range(2)] == [1, 2]


async def test_groups_of_the_token_are_joined_without_any_role(hub: Hub) -> None:
    async with hub.listener("ann", groups=["a", "b.c"]) as client:
        hub.service.send_to_group("b.c", "one")
        hub.service.send_to_group("c", "no member")
        hub.service.send_to_group("a", "two")
        assert await client.data(2) == ["one", "two"]


AUDIENCES: dict[str, Callable[[Hub], Any]] = {
    "scheme": lambda hub: hub.audience.replace("http", "ws", 1),
    "letter case": lambda hub: hub.audience.replace("http", "HTTP", 1),
    "hub's letter case": lambda hub: hub.audience.replace(hub.name, hub.name.upper()),
    "query": lambda hub: f"{hub.audience}?a=b",
    "list": lambda hub: [hub.audience],
    "one of a list": lambda hub: ["http://elsewhere.example/client/hubs/h", hub.audience],
}


@pytest.mark.parametrize("name", AUDIENCES)
async def test_the_audience_is_read_with_tolerance(hub: Hub, name: str) -> None:
    assert await refusal(hub.client_url(hub.token({"aud": AUDIENCES[name](hub)}))) == 101


async def test_clocks_may_differ_by_minutes(hub: Hub) -> None:
    assert await refusal(hub.client_url(hub.token({"exp": int(time.time()) - 120}))) == 101


def _tampered(hub: Hub) -> str:
    head, _, sign = hub.token({"sub": "ann"}).split(".")
    body = hub.token({"sub": "eve"}).split(".")[1]
    return f"{head}.{body}.{sign}"


REFUSED: dict[str, Callable[[Hub], str | None]] = {
    "missing": lambda _: None,
    "garbage": lambda _: "no.token.atall",
    "expired": lambda hub: hub.token({"exp": int(time.time()) - 600}),
    "another key": lambda hub: hub.token(key=FOREIGN_KEY),
    "no algorithm": lambda hub: jwt.encode({"aud": hub.audience, "exp": int(time.time()) + 60}, "", "none"),
    "another algorithm": lambda hub: jwt.encode(
        {"aud": hub.audience, "exp": int(time.time()) + 60}, hub.target.key + "." * 32, "HS512"
    ),
    "tampered": _tampered,
    "no expiry": lambda hub: hub.token({"exp": None}),
    "no audience": lambda hub: hub.token({"aud": None}),
    "another hub": lambda hub: hub.token({"aud": hub.audience + "x"}),
    "longer path": lambda hub: hub.token({"aud": hub.audience + "/x"}),
    "of the data plane": lambda hub: hub.token({"aud": f"{hub.target.endpoint}/api/hubs/{hub.name}/:send"}),
    "another server": lambda hub: hub.token({"aud": f"http://elsewhere.example/client/hubs/{hub.name}"}),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_bad_token_is_refused(hub: Hub, name: str) -> None:
    assert await refusal(hub.client_url(REFUSED[name](hub))) == 401


async def test_a_token_opens_its_own_hub_only(hub: Hub) -> None:
    assert await refusal(hub.client_url(hub.token(), hub=f"{hub.name}2")) == 401


async def test_a_hub_s_name_is_checked(hub: Hub) -> None:
    token = hub.token({"aud": f"{hub.target.endpoint}/client/hubs/1st-hub!"})
    assert await refusal(hub.client_url(token, hub="1st-hub!")) == 400


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [([PLAIN], PLAIN), ([RELIABLE], RELIABLE), (["x.y", PLAIN], PLAIN), (["x.y"], None), ([], None)],
)
async def test_a_known_subprotocol_is_chosen(hub: Hub, offered: list[str], chosen: str | None) -> None:
    raw = await Raw(hub.url("ann"), offered).open()
    try:
        assert raw.socket.protocol == chosen
    finally:
        await raw.close()


async def test_the_service_makes_tokens_too(hub: Hub) -> None:
    path = (
        "/:generateToken?userId=ann&role=webpubsub.sendToGroup&role=webpubsub.joinLeaveGroup&group=a&minutesToExpire=5"
    )
    answer = hub.rest("POST", path)
    assert answer.status_code == 200
    claims = jwt.decode(answer.json()["token"], options={"verify_signature": False})
    assert claims["role"] == list(reversed(ANYTHING))
    assert 240 < claims["exp"] - time.time() < 360
    async with Raw(hub.client_url(answer.json()["token"]), RELIABLE) as raw:
        assert raw.greeting["userId"] == "ann"
        assert (await raw.ask("joinGroup", 1, group="b"))["success"]
        hub.service.send_to_group("a", 1)
        assert (await raw.next())["data"] == 1
