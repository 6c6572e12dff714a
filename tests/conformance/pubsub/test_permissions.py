"""What clients may do: by roles of their token, and by grants and revocations of the service."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.messaging.webpubsubclient.models import SendMessageError

from tests.conformance.pubsub.clients import ANYTHING, Hub
from tests.conformance.pubsub.sockets import Raw

JOIN = "webpubsub.joinLeaveGroup"
SEND = "webpubsub.sendToGroup"


async def may(raw: Raw, kind: str, group: str, ack_id: list[int]) -> bool:
    """Try, and say whether it was allowed."""
    ack_id[0] += 1
    data = {"data": 1, "dataType": "json", "noEcho": True} if kind == "sendToGroup" else {}
    answer = await raw.ask(kind, ack_id[0], group=group, **data)
    if not answer["success"]:
        assert answer["error"]["name"] == "Forbidden"
        assert answer["error"]["message"]
    return bool(answer["success"])


ROLES = [
    ([], "", ""),
    ([JOIN], "a a.b A x*", ""),
    ([SEND], "", "a a.b A x*"),
    ([f"{JOIN}.a"], "a", ""),
    ([f"{SEND}.a.b"], "", "a.b"),
    ([f"{JOIN}.x*"], "x*", ""),
    (["webpubsub.joinLeaveGroups.a"], "a", ""),
    (["webpubsub.joinLeaveGroups.*"], "a A x*", ""),
    (["webpubsub.sendToGroups.**"], "", "a a.b A x*"),
    (["webpubsub.sendToGroups.a.?"], "", "a.b"),
    ([r"webpubsub.joinLeaveGroups.x\*"], "x*", ""),
    (["webpubsub.joinleavegroupx", "other.joinLeaveGroup"], "", ""),
]


@pytest.mark.parametrize(("roles", "join", "send"), ROLES, ids=[" ".join(roles) or "none" for roles, _, _ in ROLES])
async def test_roles_allow_what_they_name(hub: Hub, roles: list[str], join: str, send: str) -> None:
    names, count = ("a", "a.b", "A", "x*"), [0]
    async with hub.raw("ann", roles=roles) as raw:
        assert {name for name in names if await may(raw, "joinGroup", name, count)} == set(join.split())
        assert {name for name in names if await may(raw, "leaveGroup", name, count)} == set(join.split())
        assert {name for name in names if await may(raw, "sendToGroup", name, count)} == set(send.split())


async def test_the_sdk_tells_what_is_forbidden(hub: Hub) -> None:
    async with hub.listener("ann", groups=["a"]) as client, hub.listener(groups=["a"]) as other:
        with pytest.raises(SendMessageError) as caught:
            await client.official.join_group("b")
        assert caught.value.error_detail is not None
        assert caught.value.error_detail.name == "Forbidden"
        with pytest.raises(SendMessageError):
            await client.official.send_to_group("a", "no", "text")
        hub.service.send_to_group("b", "no member")
        hub.service.send_to_all("fence")
        assert await client.data() == await other.data() == ["fence"]


async def test_publishing_needs_no_membership(hub: Hub) -> None:
    async with hub.listener(roles=[f"{SEND}.a"]) as client, hub.listener(groups=["a"]) as member:
        await client.official.send_to_group("a", "hello", "text")
        hub.service.send_to_all("fence")
        assert await client.data() == ["fence"]
        assert await member.data(2) == ["hello", "fence"]


@pytest.mark.parametrize(("permission", "kind"), [("joinLeaveGroup", "joinGroup"), ("sendToGroup", "sendToGroup")])
async def test_the_service_grants_and_revokes(hub: Hub, permission: str, kind: str) -> None:
    count = [0]
    async with hub.raw("ann") as raw, hub.raw("bob") as other:

        def check(group: str) -> bool:
            return bool(hub.service.has_permission(permission, raw.id, target_name=group))

        assert not check("a")
        hub.service.grant_permission(permission, raw.id, target_name="a")
        assert check("a")
        assert not check("A")
        assert await may(raw, kind, "a", count)
        assert not await may(raw, kind, "A", count)
        assert not await may(other, kind, "a", [0])
        hub.service.revoke_permission(permission, raw.id, target_name="a")
        assert not check("a")
        assert not await may(raw, kind, "a", count)


@pytest.mark.parametrize("role", [SEND, f"{SEND}.a", "webpubsub.sendToGroups.*"])
async def test_a_revocation_beats_roles_until_granted_again(hub: Hub, role: str) -> None:
    count = [0]
    async with hub.raw("ann", roles=[role]) as raw:
        assert hub.service.has_permission("sendToGroup", raw.id, target_name="a")
        hub.service.revoke_permission("sendToGroup", raw.id, target_name="a")
        assert not hub.service.has_permission("sendToGroup", raw.id, target_name="a")
        assert not await may(raw, "sendToGroup", "a", count)
        hub.service.grant_permission("sendToGroup", raw.id, target_name="a")
        assert await may(raw, "sendToGroup", "a", count)


async def test_a_revocation_touches_only_its_group_and_permission(hub: Hub) -> None:
    count = [0]
    async with hub.raw("ann", roles=ANYTHING) as raw:
        hub.service.revoke_permission("sendToGroup", raw.id, target_name="a")
        assert await may(raw, "joinGroup", "a", count)
        assert await may(raw, "sendToGroup", "b", count)
        hub.service.revoke_permission("joinLeaveGroup", raw.id, target_name="a")
        hub.service.send_to_group("a", "still a member")
        assert (await raw.next())["data"] == "still a member"
        assert not await may(raw, "leaveGroup", "a", count)


def test_who_is_not_there_can_be_granted_nothing(hub: Hub) -> None:
    with pytest.raises(ResourceNotFoundError):
        hub.service.grant_permission("sendToGroup", "none", target_name="a")
    assert not hub.service.has_permission("sendToGroup", "none", target_name="a")
    hub.service.revoke_permission("sendToGroup", "none", target_name="a")


async def test_a_permission_has_a_known_name_and_a_group(hub: Hub) -> None:
    async with hub.raw("ann") as raw:
        with pytest.raises(HttpResponseError) as caught:
            hub.service.grant_permission("sendToGroup", raw.id)
        assert caught.value.status_code == 400
        assert hub.rest("PUT", f"/permissions/shout/connections/{raw.id}?targetName=a").status_code == 400
