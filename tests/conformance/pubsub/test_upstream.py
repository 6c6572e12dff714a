"""Event handlers: what they are told, what their answers do, and how often they are asked."""

import asyncio
import base64
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web

from tests.conformance.pubsub.clients import Heard, Hub
from tests.conformance.pubsub.handler import Handler, Told, says
from tests.conformance.pubsub.sockets import PATIENCE, PLAIN, RELIABLE, Raw, refusal
from tests.conformance.pubsub.test_recovery import gone

TEXT = {"dataType": "text", "data": "x"}


async def test_a_handler_is_asked_for_its_consent_first_and_once(own_hub: Hub, handler: Handler) -> None:
    async with handler:
        for _ in range(2):
            async with own_hub.raw("ann", PLAIN) as raw:
                await raw.ask("event", 1, event="hello", **TEXT)
        assert len(handler.validations) == 1
        asked = handler.validations[0]
        assert asked.event == "validate"
        assert asked.headers["WebHook-Request-Origin"]
        assert asked.headers["ce-awpsversion"] == "1.0"
        assert handler.told[0].event == "connect"


async def test_consent_may_name_the_asking_host(own_hub: Hub, handler: Handler) -> None:
    async with handler:
        handler.consent = f"elsewhere.example, 127.0.0.1:{own_hub.target.port}, 127.0.0.1, localhost"
        assert await refusal(own_hub.url("ann")) == 101


async def test_without_consent_nothing_is_delivered(own_hub: Hub, handler: Handler) -> None:
    async with handler:
        handler.consent = "elsewhere.example"
        assert await refusal(own_hub.url("ann")) >= 400
        assert handler.validations
        assert handler.told == []


async def test_nobody_gets_in_where_the_handler_cannot_be_reached(own_hub: Hub) -> None:
    assert await refusal(own_hub.url("ann")) == 500


async def test_connect_tells_who_comes_and_how(own_hub: Hub, handler: Handler) -> None:
    roles, groups = ["webpubsub.sendToGroup.a"], ["a"]
    async with (
        handler,
        Raw(own_hub.url("ann", roles, groups) + "&page=1&page=2", [RELIABLE, PLAIN], {"X-Own": "y"}) as raw,
    ):
        told = await handler.event("connect")
        assert told.method == "POST"
        assert told.headers["Content-Type"].startswith("application/json")
        assert told.headers["ce-specversion"] == "1.0"
        assert told.headers["ce-awpsversion"] == "1.0"
        assert told.headers["ce-type"] == "azure.webpubsub.sys.connect"
        assert told.headers["ce-source"] == f"/hubs/{own_hub.name}/client/{raw.id}"
        assert told.headers["ce-id"] == "0"
        assert datetime.fromisoformat(told.headers["ce-time"]).tzinfo
        assert told.headers["ce-connectionId"] == raw.id
        assert told.headers["ce-hub"] == own_hub.name
        assert told.headers["ce-eventName"] == "connect"
        assert told.headers["ce-userId"] == "ann"
        assert told.headers["WebHook-Request-Origin"]
        assert told.signed_by(own_hub.target.key)
        body = told.json
        assert body["claims"]["sub"] == ["ann"]
        assert body["claims"]["role"] == roles
        assert body["query"] == {"page": ["1", "2"]}
        assert {name.lower(): value for name, value in body["headers"].items()}["x-own"] == ["y"]
        assert body["subprotocols"] == [RELIABLE, PLAIN]
        assert "authorization" not in {name.lower() for name in body["headers"]}


async def test_an_anonymous_connection_is_told_without_a_user(own_hub: Hub, handler: Handler) -> None:
    async with handler, own_hub.raw(None, PLAIN):
        assert "ce-userId" not in (await handler.event("connect")).headers


async def test_the_answer_to_connect_says_who_it_is(own_hub: Hub, handler: Handler) -> None:
    async with handler:
        answer = {"userId": "bob", "groups": ["b"], "roles": ["webpubsub.joinLeaveGroup.c"], "subprotocol": RELIABLE}
        handler.answers["connect"] = says(200, answer)
        async with own_hub.raw("ann", roles=["webpubsub.joinLeaveGroup.a"], groups=["a"]) as raw:
            assert raw.greeting["userId"] == "bob"
            assert (await raw.ask("joinGroup", 1, group="a"))["error"]["name"] == "Forbidden"
            assert (await raw.ask("joinGroup", 2, group="c"))["success"]
            own_hub.service.send_to_user("ann", "nobody")
            own_hub.service.send_to_group("a", "replaced")
            own_hub.service.send_to_group("b", 1)
            own_hub.service.send_to_user("bob", 2)
            assert [(await raw.next())["data"] for _ in range(2)] == [1, 2]
            assert (await handler.event("connected")).headers["ce-userId"] == "bob"


async def test_an_answer_without_words_leaves_the_token_s(own_hub: Hub, handler: Handler) -> None:
    async with handler:
        handler.answers["connect"] = says(200, {})
        async with own_hub.raw("ann", roles=["webpubsub.joinLeaveGroup.a"], groups=["b"]) as raw:
            assert raw.greeting["userId"] == "ann"
            assert (await raw.ask("joinGroup", 1, group="a"))["success"]
            assert own_hub.service.group_exists("b")


async def test_an_empty_list_of_roles_takes_all_away(own_hub: Hub, handler: Handler) -> None:
    async with handler:
        handler.answers["connect"] = says(200, {"roles": []})
        async with own_hub.raw("ann", roles=["webpubsub.joinLeaveGroup"]) as raw:
            assert (await raw.ask("joinGroup", 1, group="a"))["error"]["name"] == "Forbidden"


async def test_the_handler_chooses_the_subprotocol(own_hub: Hub, handler: Handler) -> None:
    async with handler:
        handler.answers["connect"] = says(200, {"subprotocol": PLAIN})
        async with Raw(own_hub.url("ann"), [RELIABLE, PLAIN]) as raw:
            assert raw.socket.protocol == PLAIN
            assert "reconnectionToken" not in raw.greeting
            assert (await handler.event("connected")).headers["ce-subprotocol"] == PLAIN


@pytest.mark.parametrize("status", [400, 401, 403, 429])
async def test_a_refusal_is_the_client_s(own_hub: Hub, handler: Handler, status: int) -> None:
    async with handler:
        handler.answers["connect"] = says(status)
        assert await refusal(own_hub.url("ann")) == status
        assert not own_hub.service.user_exists("ann")
        handler.answers.clear()
        assert await refusal(own_hub.url("ann")) == 101
        assert len(handler.of("connect")) == 2


async def test_a_bad_token_never_reaches_the_handler(own_hub: Hub, handler: Handler) -> None:
    async with handler:
        assert await refusal(own_hub.client_url("garbage")) == 401
        assert handler.told == []
        assert handler.validations == []


async def test_coming_and_going_is_told(own_hub: Hub, handler: Handler) -> None:
    async with handler:
        async with own_hub.raw("ann", PLAIN) as raw:
            came = await handler.event("connected")
            assert came.headers["ce-type"] == "azure.webpubsub.sys.connected"
            assert came.headers["ce-subprotocol"] == PLAIN
            assert came.json == {}
            assert came.signed_by(own_hub.target.key)
        went = await handler.event("disconnected")
        assert went.headers["ce-type"] == "azure.webpubsub.sys.disconnected"
        assert went.headers["ce-connectionId"] == raw.id
        assert isinstance(went.json.get("reason", ""), str)
        assert [told.event for told in handler.told] == ["connect", "connected", "disconnected"]
        assert [int(told.headers["ce-id"]) for told in handler.told] == [0, 1, 2]


async def test_the_reason_of_a_close_is_told(own_hub: Hub, handler: Handler) -> None:
    async with handler, own_hub.raw("ann") as raw:
        own_hub.service.close_connection(raw.id, reason="enough")
        assert (await handler.event("disconnected")).json == {"reason": "enough"}


async def test_a_recovered_drop_is_not_told_and_a_lost_one_once(own_hub: Hub, handler: Handler) -> None:
    async with handler, own_hub.raw("ann") as raw:
        raw.break_off()
        async with Raw(raw.recovery(), RELIABLE) as back:
            assert (await back.ask("event", 1, event="hello", **TEXT))["success"]
            back.break_off()
        await gone(own_hub, raw.id)
        await handler.event("disconnected")
        assert [told.event for told in handler.told] == ["connect", "connected", "hello", "disconnected"]


EVENTS = [
    ({"dataType": "text", "data": "grüße"}, "text/plain", "grüße".encode()),
    ({"dataType": "json", "data": {"n": [1, None]}}, "application/json", b'{"n":[1,null]}'),
    ({"dataType": "binary", "data": base64.b64encode(b"\x00\xff").decode()}, "application/octet-stream", b"\x00\xff"),
]


@pytest.mark.parametrize(("frame", "kind", "body"), EVENTS, ids=["text", "json", "binary"])
async def test_an_event_reaches_the_handler_as_it_is(
    own_hub: Hub, handler: Handler, frame: dict[str, Any], kind: str, body: bytes
) -> None:
    async with handler, own_hub.raw("ann") as raw:
        assert (await raw.ask("event", 1, event="say.it-1", **frame))["success"]
        told = await handler.event("say.it-1")
        assert told.headers["ce-type"] == "azure.webpubsub.user.say.it-1"
        assert told.headers["ce-eventName"] == "say.it-1"
        assert told.headers["ce-connectionId"] == raw.id
        assert told.headers["ce-userId"] == "ann"
        assert told.headers["Content-Type"].split(";")[0] == kind
        assert told.body.replace(b" ", b"") == body
        assert told.signed_by(own_hub.target.key)


ANSWERS = [
    (b"hello", "text/plain; charset=utf-8", Heard(None, "text", "hello")),
    (b'{"a":1}', "application/json", Heard(None, "json", {"a": 1})),
    (b"\x01\x02", "application/octet-stream", Heard(None, "binary", b"\x01\x02")),
]


@pytest.mark.parametrize(("body", "kind", "heard"), ANSWERS, ids=["text", "json", "binary"])
async def test_the_answer_goes_to_the_caller_alone(
    own_hub: Hub, handler: Handler, body: bytes, kind: str, heard: Heard
) -> None:
    async with handler, own_hub.listener("ann") as client, own_hub.listener("ann") as other:
        handler.answers["ask"] = says(200, body, kind)
        await client.official.send_event("ask", "x", "text")
        assert await client.next() == heard
        own_hub.service.send_to_all("fence")
        assert await client.data() == await other.data() == ["fence"]


async def test_the_answer_comes_before_the_acknowledgement(own_hub: Hub, handler: Handler) -> None:
    async with handler, own_hub.raw("ann") as raw:
        handler.answers["ask"] = says(200, b"hello", "text/plain")
        await raw.send("event", event="ask", ackId=1, **TEXT)
        message = {"type": "message", "from": "server", "dataType": "text", "data": "hello", "sequenceId": 1}
        assert [await raw.next() for _ in range(2)] == [message, {"type": "ack", "ackId": 1, "success": True}]
        handler.answers["ask"] = says(200)
        assert (await raw.ask("event", 2, event="ask", **TEXT))["success"]


@pytest.mark.parametrize(("status", "times"), [(400, 1), (429, 1), (500, 3), (408, 3)])
async def test_a_failed_event_fails_its_acknowledgement_only(
    own_hub: Hub, handler: Handler, status: int, times: int
) -> None:
    async with handler, own_hub.raw("ann") as raw:
        handler.answers["ask"] = says(status, b"no", "text/plain")
        answer = await raw.ask("event", 1, event="ask", **TEXT)
        assert answer["error"]["name"] == "InternalServerError"
        assert len(handler.of("ask")) == times
        handler.answers.clear()
        assert (await raw.ask("event", 1, event="ask", **TEXT))["success"]


async def test_an_event_is_delivered_again_under_its_number(own_hub: Hub, handler: Handler) -> None:
    async with handler, own_hub.raw("ann") as raw:
        handler.answers["ask"] = lambda _: web.Response(status=503 if len(handler.of("ask")) == 1 else 204)
        assert (await raw.ask("event", 1, event="ask", **TEXT))["success"]
        first, second = handler.of("ask")
        assert first.headers["ce-id"] == second.headers["ce-id"]
        assert (await raw.ask("event", 1, event="ask", **TEXT))["error"]["name"] == "Duplicate"
        assert len(handler.of("ask")) == 2


async def test_events_of_a_connection_keep_their_order(own_hub: Hub, handler: Handler) -> None:
    async def slowly(told: Told) -> web.Response:
        await asyncio.sleep(0.05 if told.body == b"1" else 0)
        return web.Response(body=told.body, content_type="application/json")

    async with handler, own_hub.raw("ann") as raw, own_hub.raw("bob") as other:
        handler.answers["ask"] = slowly
        for number in (1, 2, 3):
            await raw.send("event", event="ask", ackId=number, data=number)
        assert (await other.ask("event", 1, event="hello", **TEXT))["success"]
        frames = [await raw.next() for _ in range(6)]
        assert [frame.get("data", frame.get("ackId")) for frame in frames] == [1, 1, 2, 2, 3, 3]
        assert [told.body for told in handler.of("ask")] == [b"1", b"2", b"3"]


async def test_events_keep_their_order_across_a_recovery(own_hub: Hub, handler: Handler) -> None:
    async def slowly(told: Told) -> web.Response:
        await asyncio.sleep(0.3 if told.body == b"1" else 0)
        return web.Response(body=told.body, content_type="application/json")

    async with handler, own_hub.raw("ann") as raw:
        handler.answers["ask"] = slowly
        await raw.send("event", event="ask", ackId=1, data=1)
        await handler.event("ask")
        raw.break_off()
        async with Raw(raw.recovery(), RELIABLE) as back:
            await back.send("event", event="ask", ackId=2, data=2)
            frames = [await back.next()]
            while frames[-1].get("ackId") != 2:
                frames.append(await back.next())
            assert [frame["data"] for frame in frames if frame["type"] == "message"] == [1, 2]


async def test_the_state_of_a_connection_is_remembered(own_hub: Hub, handler: Handler) -> None:
    async with handler:
        handler.answers["connect"] = says(200, {}, ce_connectionState="one")
        handler.answers["change"] = says(204, ce_connectionState="two")
        async with own_hub.raw("ann") as raw:
            assert (await handler.event("connected")).headers["ce-connectionState"] == "one"
            await raw.ask("event", 1, event="change", **TEXT)
            await raw.ask("event", 2, event="look", **TEXT)
            assert (await handler.event("change")).headers["ce-connectionState"] == "one"
            assert (await handler.event("look")).headers["ce-connectionState"] == "two"
            async with own_hub.raw("ann") as other:
                handler.answers.clear()
                await other.ask("event", 1, event="other", **TEXT)
                assert (await handler.event("other")).headers["ce-connectionState"] == "one"
        assert (await handler.event("disconnected")).headers["ce-connectionState"]


async def test_a_simple_client_speaks_with_its_handler(own_hub: Hub, handler: Handler) -> None:
    async with handler, own_hub.raw("ann", None) as raw:
        handler.answers["message"] = lambda told: web.Response(body=told.body + b"!", content_type="text/plain")
        await raw.socket.send_str("hello")
        assert (await raw.socket.receive(timeout=PATIENCE)).data == "hello!"
        await raw.socket.send_bytes(b"\x01")
        assert (await raw.socket.receive(timeout=PATIENCE)).data == "\x01!"
        first, second = handler.of("message")
        assert first.headers["Content-Type"].startswith("text/plain")
        assert second.headers["Content-Type"] == "application/octet-stream"
        assert "ce-subprotocol" not in first.headers
        handler.answers["message"] = says(400)
        await raw.socket.send_str("hello")
        assert (await raw.closed())[0] == 1011
