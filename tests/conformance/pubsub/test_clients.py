"""The other official clients: the asynchronous one of the service, and the synchronous one for clients."""

import queue
import threading
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, ResourceNotFoundError
from azure.messaging.webpubsubclient import WebPubSubClient, WebPubSubClientCredential
from azure.messaging.webpubsubclient.models import CallbackType, SendMessageError, WebPubSubProtocolType
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncServiceClient

from tests.conformance.pubsub.clients import ANYTHING, Heard, Hub
from tests.conformance.pubsub.sockets import PATIENCE


async def test_the_asynchronous_service_client(hub: Hub) -> None:
    made: Any = AsyncServiceClient.from_connection_string(hub.target.connection_string, hub.name, retry_total=0)
    async with made as service:
        token = await service.get_client_access_token(user_id="ann", groups=["a"])
        assert token["url"].startswith(token["baseUrl"])
        async with hub.listener("ann", groups=["a"]) as client:
            await service.send_to_all({"n": 1})
            await service.send_to_group("a", "two", content_type="text/plain")
            await service.send_to_user("ann", b"3", content_type="application/octet-stream")
            await service.send_to_connection(client.id, [4])
            assert await client.data(4) == [{"n": 1}, "two", b"3", [4]]
            assert await service.connection_exists(client.id)
            assert await service.user_exists("ann")
            assert not await service.group_exists("b")
            await service.add_connection_to_group("b", client.id)
            assert await service.group_exists("b")
            members = [member.user_id async for member in service.list_connections(group="b")]
            assert members == ["ann"]
            await service.grant_permission("sendToGroup", client.id, target_name="b")
            assert await service.has_permission("sendToGroup", client.id, target_name="b")
            await service.close_connection(client.id, reason="done")
            with pytest.raises(ResourceNotFoundError):
                await service.add_connection_to_group("b", "none")


def test_a_wrong_key_is_told_by_the_sdk(hub: Hub) -> None:
    wrong = hub.target.connection_string.replace(hub.target.key, "x" * 40)
    service: Any = WebPubSubServiceClient.from_connection_string(wrong, hub.name, retry_total=0)
    with service, pytest.raises(ClientAuthenticationError):
        service.send_to_all("x")


def test_a_connection_string_may_name_the_port_apart(hub: Hub) -> None:
    endpoint = hub.target.endpoint.rsplit(":", 1)[0]
    text = f"Endpoint={endpoint};Port={hub.target.port};AccessKey={hub.target.key};Version=1.0;"
    service: Any = WebPubSubServiceClient.from_connection_string(text, hub.name, retry_total=0)
    with service:
        service.send_to_all("x")


@pytest.mark.parametrize("protocol", [WebPubSubProtocolType.JSON, WebPubSubProtocolType.JSON_RELIABLE])
def test_the_synchronous_client(hub: Hub, protocol: WebPubSubProtocolType) -> None:
    heard: queue.Queue[Heard] = queue.Queue()
    connected = threading.Event()
    client: Any = WebPubSubClient(
        WebPubSubClientCredential(lambda: hub.url("ann", ANYTHING)),
        protocol_type=protocol,
        message_retry_total=0,
        ack_timeout=30,
        start_timeout=30,
    )
    client.subscribe(CallbackType.CONNECTED, lambda _: connected.set())
    client.subscribe(
        CallbackType.GROUP_MESSAGE,
        lambda args: heard.put(Heard(args.group, str(args.data_type), args.data, args.from_user_id)),
    )
    client.subscribe(CallbackType.SERVER_MESSAGE, lambda args: heard.put(Heard(None, str(args.data_type), args.data)))
    with client:
        assert connected.wait(PATIENCE)
        _until_acknowledged(lambda: client.join_group("a"))
        client.send_to_group("a", "hello", "text", ack=False)
        assert heard.get(timeout=PATIENCE) == Heard("a", "text", "hello", "ann")
        hub.service.send_to_user("ann", {"n": 1})
        assert heard.get(timeout=PATIENCE) == Heard(None, "json", {"n": 1})
        _until_acknowledged(lambda: client.leave_group("a"))
        hub.service.send_to_group("a", "no member")
        hub.service.send_to_all("fence")
        assert heard.get(timeout=PATIENCE).data == "fence"


def _until_acknowledged(act: Any) -> None:
    """Act again where the client missed the answer, as it does when that comes very fast."""
    for _ in range(3):
        try:
            act()
        except SendMessageError as error:
            if "Timeout" not in str(error.error_detail):
                raise
        else:
            return
    pytest.fail("The client was never answered.")
