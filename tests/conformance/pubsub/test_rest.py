"""The data plane: who may call it, what it answers, and whom it reaches."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.conformance.pubsub.clients import API_VERSION, Heard, Hub
from tests.conformance.pubsub.test_tokens import FOREIGN_KEY

SEND = "/:send"
TEXT = {"Content-Type": "text/plain"}


def soon() -> int:
    return int(time.time()) + 60


def url(hub: Hub, path: str = SEND, query: str = f"?api-version={API_VERSION}") -> str:
    return f"{hub.target.endpoint}/api/hubs/{hub.name}{path}{query}"


REFUSED: dict[str, Callable[[Hub], str]] = {
    "garbage": lambda _: "garbage",
    "expired": lambda hub: hub.signed({"aud": url(hub), "exp": int(time.time()) - 600}),
    "another key": lambda hub: hub.signed({"aud": url(hub), "exp": soon()}, key=FOREIGN_KEY),
    "no algorithm": lambda hub: jwt.encode({"aud": url(hub), "exp": soon()}, "", "none"),
    "no expiry": lambda hub: hub.signed({"aud": url(hub)}),
    "no audience": lambda hub: hub.signed({"exp": soon()}),
    "another path": lambda hub: hub.signed({"aud": url(hub, "/groups/a/:send"), "exp": soon()}),
    "of a client": lambda hub: hub.token(),
    "another hub": lambda hub: hub.signed({"aud": url(hub).replace(hub.name, "other"), "exp": soon()}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_token_is_refused(hub: Hub, name: str) -> None:
    assert hub.rest("POST", SEND, token=REFUSED[name](hub), content="x", headers=TEXT).status_code == 401


def test_no_token_is_refused(hub: Hub) -> None:
    assert httpx.post(url(hub), content="x", headers=TEXT, trust_env=False).status_code == 401


@pytest.mark.parametrize(
    "audience",
    [
        lambda hub: url(hub, query=""),
        lambda hub: url(hub, query="/"),
        lambda hub: url(hub, query="").replace("http", "HTTP", 1),
        lambda hub: url(hub).replace(":send", "%3Asend"),
    ],
    ids=["no query", "slash", "letter case", "escaped"],
)
def test_the_audience_is_read_with_tolerance(hub: Hub, audience: Callable[[Hub], str]) -> None:
    token = hub.signed({"aud": audience(hub), "exp": soon()})
    assert hub.rest("POST", SEND, token=token, content="x", headers=TEXT).status_code == 202


def test_health_needs_no_token(hub: Hub) -> None:
    address = f"{hub.target.endpoint}/api/health?api-version={API_VERSION}"
    assert httpx.head(address, trust_env=False).status_code == 200


async def test_sending_to_all_reaches_all(hub: Hub) -> None:
    async with hub.listener("ann") as one, hub.listener("bob") as other, hub.listener() as nobody:
        hub.service.send_to_all({"n": 1})
        assert [await client.next() for client in (one, other, nobody)] == [Heard(None, "json", {"n": 1})] * 3


async def test_sending_to_a_group_reaches_its_members(hub: Hub) -> None:
    async with hub.listener("ann", groups=["a"]) as member, hub.listener("bob") as other:
        hub.service.send_to_group("a", "hello", content_type="text/plain")
        hub.service.send_to_all("fence")
        assert await member.next() == Heard("a", "text", "hello")
        assert await other.data() == ["fence"]


async def test_sending_to_a_user_reaches_all_its_connections(hub: Hub) -> None:
    async with hub.listener("ann") as one, hub.listener("ann") as two, hub.listener("bob") as other:
        hub.service.send_to_user("ann", b"\x00\xff", content_type="application/octet-stream")
        hub.service.send_to_all("fence")
        assert await one.next() == await two.next() == Heard(None, "binary", b"\x00\xff")
        assert await other.data() == ["fence"]


async def test_sending_to_a_connection_reaches_it_alone(hub: Hub) -> None:
    async with hub.listener("ann") as one, hub.listener("ann") as other:
        hub.service.send_to_connection(one.id, "only you")
        hub.service.send_to_all("fence")
        assert await one.data(2) == ["only you", "fence"]
        assert await other.data() == ["fence"]


@pytest.mark.parametrize("way", ["all", "group"])
async def test_excluded_connections_get_nothing(hub: Hub, way: str) -> None:
    async with hub.listener(groups=["a"]) as one, hub.listener(groups=["a"]) as two, hub.listener(groups=["a"]) as rest:
        send = (
            hub.service.send_to_all
            if way == "all"
            else lambda *args, **more: hub.service.send_to_group("a", *args, **more)
        )
        send("most", excluded=[one.id, two.id])
        hub.service.send_to_all("fence")
        assert await one.data() == await two.data() == ["fence"]
        assert await rest.data(2) == ["most", "fence"]


async def test_what_exists_is_told(hub: Hub) -> None:
    service = hub.service
    assert not service.connection_exists("none")
    assert not service.user_exists("ann")
    assert not service.group_exists("a")
    async with hub.listener("ann", groups=["a"]) as client:
        assert service.connection_exists(client.id)
        assert service.user_exists("ann")
        assert service.group_exists("a")
        assert not service.user_exists("Ann")
        assert not service.group_exists("A")
        service.remove_user_from_group("a", "ann")
        assert not service.group_exists("a")


async def test_connections_are_put_into_groups_and_taken_out(hub: Hub) -> None:
    service = hub.service
    async with hub.listener("ann") as one, hub.listener("ann") as other:
        service.add_connection_to_group("a", one.id)
        service.add_connection_to_group("b", one.id)
        service.add_connection_to_group("a", other.id)
        service.send_to_group("a", 1)
        service.remove_connection_from_group("a", one.id)
        service.send_to_group("a", 2)
        service.send_to_group("b", 3)
        service.remove_connection_from_all_groups(one.id)
        service.send_to_group("b", 4)
        service.send_to_all(5)
        assert await one.data(3) == [1, 3, 5]
        assert await other.data(3) == [1, 2, 5]


async def test_users_are_put_into_groups_and_taken_out(hub: Hub) -> None:
    service = hub.service
    async with hub.listener("ann") as one, hub.listener("ann") as two, hub.listener("bob") as other:
        service.add_user_to_group("a", "ann")
        service.add_user_to_group("b", "ann")
        service.send_to_group("a", 1)
        service.remove_user_from_group("a", "ann")
        service.send_to_group("a", 2)
        service.send_to_group("b", 3)
        service.remove_user_from_all_groups("ann")
        service.send_to_group("b", 4)
        service.send_to_all(5)
        assert await one.data(3) == await two.data(3) == [1, 3, 5]
        assert await other.data() == [5]


def test_putting_what_is_not_there_into_a_group_is_an_error(hub: Hub) -> None:
    with pytest.raises(ResourceNotFoundError):
        hub.service.add_connection_to_group("a", "none")
    assert hub.rest("PUT", "/users/nobody/groups/a").status_code == 404


async def test_many_are_put_into_groups_by_filter(hub: Hub) -> None:
    async with hub.listener("ann") as one, hub.listener("bob") as other:
        order = {"groups": ["a", "b"], "filter": "userId eq 'ann'"}
        assert hub.rest("POST", "/:addToGroups", json=order).status_code == 200
        hub.service.send_to_group("a", 1)
        hub.service.send_to_group("b", 2)
        assert hub.rest("POST", "/:removeFromGroups", json={**order, "groups": ["a"]}).status_code == 200
        hub.service.send_to_group("a", 3)
        hub.service.send_to_group("b", 4)
        hub.service.send_to_all(5)
        assert await one.data(4) == [1, 2, 4, 5]
        assert await other.data() == [5]


CODES = [
    ("POST", SEND, 202),
    ("POST", "/groups/a/:send", 202),
    ("POST", "/users/ann/:send", 202),
    ("POST", "/connections/none/:send", 202),
    ("HEAD", "/connections/none", 404),
    ("HEAD", "/users/none", 404),
    ("HEAD", "/groups/none", 404),
    ("DELETE", "/connections/none", 204),
    ("POST", "/:closeConnections", 204),
    ("POST", "/groups/a/:closeConnections", 204),
    ("POST", "/users/ann/:closeConnections", 204),
    ("DELETE", "/groups/a/connections/none", 204),
    ("DELETE", "/connections/none/groups", 204),
    ("DELETE", "/users/none/groups/a", 204),
    ("DELETE", "/users/none/groups", 204),
    ("PUT", "/groups/a/connections/none", 404),
    ("GET", "/groups/a/connections", 200),
    ("PUT", "/permissions/sendToGroup/connections/none?targetName=a", 404),
    ("DELETE", "/permissions/sendToGroup/connections/none?targetName=a", 204),
    ("HEAD", "/permissions/sendToGroup/connections/none?targetName=a", 404),
    ("POST", "/users/ann/:send?unknown=1", 202),
]


@pytest.mark.parametrize(("method", "path", "status"), CODES)
def test_each_call_has_its_status(hub: Hub, method: str, path: str, status: int) -> None:
    more: dict[str, Any] = {"content": "x", "headers": TEXT} if ":send" in path else {}
    assert hub.rest(method, path, **more).status_code == status


BAD = [
    ({"content": b"x", "headers": {"Content-Type": "image/png"}}, SEND, 415),
    ({"content": b"", "headers": TEXT}, SEND, 400),
    ({"content": b"{", "headers": {"Content-Type": "application/json"}}, SEND, 400),
    ({"content": "x", "headers": TEXT}, "/:send?messageTtlSeconds=301", 400),
    ({"content": "x", "headers": TEXT}, "/:send?messageTtlSeconds=-1", 400),
    ({"content": "x", "headers": TEXT}, "/:send?messageTtlSeconds=soon", 400),
    ({"content": "x", "headers": TEXT}, "/:send?filter=userId%20eq", 400),
    ({"content": "x", "headers": TEXT}, "/groups/%20/:send", 400),
    ({}, "/groups/a/connections?maxpagesize=201", 400),
    ({}, "/groups/a/connections?maxpagesize=0", 400),
]


@pytest.mark.parametrize(("more", "path", "status"), BAD)
def test_bad_requests_are_refused(hub: Hub, more: dict[str, Any], path: str, status: int) -> None:
    answer = hub.rest("POST" if "send" in path else "GET", path, **more)
    assert answer.status_code == status
    assert {"code", "message"} <= set(answer.json())


def test_unknown_calls_are_not_found(hub: Hub) -> None:
    assert hub.rest("POST", "/nothing").status_code == 404


async def test_parameters_of_a_content_type_are_read_over(hub: Hub) -> None:
    async with hub.listener() as client:
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        assert hub.rest("POST", SEND, content="grüße".encode(), headers=headers).status_code == 202
        assert await client.next() == Heard(None, "text", "grüße")


async def test_a_body_may_come_in_pieces(hub: Hub) -> None:
    async with hub.listener() as client:
        pieces = iter([b"a" * 1000, b"b" * 1000])
        headers = {"Content-Type": "application/octet-stream"}
        assert hub.rest("POST", SEND, content=pieces, headers=headers).status_code == 202
        assert await client.next() == Heard(None, "binary", b"a" * 1000 + b"b" * 1000)


async def test_members_are_listed_by_pages(hub: Hub) -> None:
    clients = [hub.listener(f"user{number}", groups=["a b"]) for number in range(5)]
    for client in clients:
        await client.__aenter__()
    try:
        expected = sorted((client.id, client.user) for client in clients)
        listed = list(hub.service.list_connections(group="a b"))
        assert [(member.connection_id, member.user_id) for member in listed] == expected
        pages = hub.service.list_connections(group="a b", maxpagesize=2).by_page()
        assert [[member.connection_id for member in page] for page in pages] == [
            [id_ for id_, _ in expected[start : start + 2]] for start in (0, 2, 4)
        ]
        most = list(hub.service.list_connections(group="a b", maxpagesize=2, top=3))
        assert [member.connection_id for member in most] == [id_ for id_, _ in expected[:3]]
        assert list(hub.service.list_connections(group="none")) == []
    finally:
        for client in clients:
            await client.__aexit__()


ODD = ["a b", "ä/ö", "50%", "a:b", "a%41b", "x?y#z", "'quoted'", "a+b&c=d", "日本", "a.b.*"]


@pytest.mark.parametrize("name", ODD)
async def test_odd_names_are_taken_literally(hub: Hub, name: str) -> None:
    async with hub.listener(name, groups=[name]) as client, hub.listener(name + "x", groups=[name + "x"]) as other:
        assert client.user == name
        if "/" not in name:
            # the SDK escapes a slash, and the service leaves it escaped
            hub.service.send_to_group(name, 1)
            hub.service.send_to_user(name, 2)
            assert hub.service.user_exists(name)
            assert await client.next() == Heard(name, "json", 1)
            assert await client.data() == [2]
        hub.service.send_to_all("fence")
        assert await client.data() == await other.data() == ["fence"]


async def test_hubs_are_apart_and_their_letter_case_is_no_matter(hub: Hub) -> None:
    async with hub.listener("ann", groups=["a"]) as client:
        with Hub(hub.target, f"{hub.name}x") as other, Hub(hub.target, hub.name.upper()) as same:
            other.service.send_to_all(1)
            other.service.send_to_group("a", 2)
            other.service.send_to_user("ann", 3)
            other.service.send_to_connection(client.id, 4)
            assert not other.service.connection_exists(client.id)
            assert not other.service.user_exists("ann")
            assert not other.service.group_exists("a")
            other.service.close_all_connections()
            same.service.send_to_all(5)
            assert await client.data() == [5]


async def test_a_message_in_its_time_arrives(hub: Hub) -> None:
    async with hub.listener("ann") as client:
        # the SDK's own argument of this name does not work
        hub.service.send_to_all(1, params={"messageTtlSeconds": 60})
        hub.service.send_to_all(2, params={"messageTtlSeconds": 0})
        assert await client.data(2) == [1, 2]


def test_a_bad_filter_is_told_by_the_sdk(hub: Hub) -> None:
    with pytest.raises(HttpResponseError) as caught:
        hub.service.send_to_all("x", filter="nonsense eq 'a'")
    assert caught.value.status_code == 400
