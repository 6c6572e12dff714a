"""OData filters: whom a message reaches."""

import pytest

from tests.conformance.pubsub.clients import Hub, Listener

EVERYBODY = {"ann", "bob", "o'neil", None}
FILTERS = [
    ("userId eq 'ann'", {"ann"}),
    ("userId ne 'ann'", {"bob", "o'neil", None}),
    ("USERID eq 'ann'", {"ann"}),
    ("userId eq 'Ann'", set()),
    ("userId eq null", {None}),
    ("userId ne null", {"ann", "bob", "o'neil"}),
    ("userId eq 'o''neil'", {"o'neil"}),
    ("'red' in groups", {"ann", "bob"}),
    ("'Red' in groups", set()),
    ("not ('red' in groups)", {"o'neil", None}),
    ("userId in ('ann', 'bob')", {"ann", "bob"}),
    ("'red' in groups and userId ne 'bob'", {"ann"}),
    ("userId eq 'bob' or userId eq 'ann' and 'blue' in groups", {"bob", "ann"}),
    ("(userId eq 'bob' or userId eq 'ann') and 'blue' in groups", {"ann"}),
    ("userId gt 'ann' and userId lt 'c'", {"bob"}),
    ("userId ge 'ann' and userId le 'bob'", {"ann", "bob"}),
    ("startswith(userId, 'a')", {"ann"}),
    ("endswith(userId, 'ob')", {"bob"}),
    ("contains(userId, 'nei')", {"o'neil"}),
    ("length(groups) eq 2", {"ann"}),
    ("length(userId) gt 3", {"o'neil"}),
    ("indexof(userId, 'o') eq 1", {"bob"}),
    ("toupper(userId) eq 'ANN'", {"ann"}),
    ("tolower(concat(userId, 'X')) eq 'bobx'", {"bob"}),
    ("substring(userId, 1) eq 'nn'", {"ann"}),
    ("substring(userId, 0, 2) eq 'bo'", {"bob"}),
    ("trim(concat(' ', userId)) eq 'bob'", {"bob"}),
    ("true", EVERYBODY),
    ("false", set()),
]
GROUPS: dict[str | None, list[str]] = {"ann": ["red", "blue"], "bob": ["red"], "o'neil": ["blue"], None: []}
INVALID = [
    "userId",
    "userId eq",
    "userId eq 'ann",
    "nobody eq 'ann'",
    "userId eq 'ann' and",
    "(userId eq 'ann'",
    "userId like 'a'",
    "shout(userId) eq 'A'",
    "userId eq 'a' 'b'",
    "startswith(userId)",
]


async def _everybody(hub: Hub) -> dict[str | None, Listener]:
    return {user: await hub.listener(user, groups=groups).__aenter__() for user, groups in GROUPS.items()}


async def test_filters_choose_whom_a_message_reaches(hub: Hub) -> None:
    clients = await _everybody(hub)
    try:
        for number, (text, _) in enumerate(FILTERS):
            hub.service.send_to_all(number, filter=text)
        hub.service.send_to_all("fence")
        heard: dict[str | None, list[int]] = {}
        for user, client in clients.items():
            heard[user] = []
            while (data := (await client.next()).data) != "fence":
                heard[user].append(data)
    finally:
        for client in clients.values():
            await client.__aexit__()
    found = {text: {user for user in clients if number in heard[user]} for number, (text, _) in enumerate(FILTERS)}
    assert found == dict(FILTERS)


async def test_filters_work_within_groups_and_users_and_by_connection(hub: Hub) -> None:
    async with hub.listener("ann", groups=["red"]) as one, hub.listener("ann", groups=["red", "blue"]) as other:
        hub.service.send_to_group("red", 1, filter="'blue' in groups")
        hub.service.send_to_user("ann", 2, filter="not ('blue' in groups)")
        hub.service.send_to_all(3, filter=f"connectionId eq '{one.id}'")
        hub.service.send_to_all(4)
        assert await one.data(3) == [2, 3, 4]
        assert await other.data(2) == [1, 4]


@pytest.mark.parametrize("text", INVALID)
def test_an_invalid_filter_is_refused(hub: Hub, text: str) -> None:
    headers = {"Content-Type": "text/plain"}
    answer = hub.rest("POST", f"/:send?filter={text.replace(' ', '%20')}", content="x", headers=headers)
    assert answer.status_code == 400
