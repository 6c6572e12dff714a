"""What cases hold in their hands: a hub of their own, and official clients that remember."""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx
import jwt
from azure.messaging.webpubsubclient.aio import WebPubSubClient, WebPubSubClientCredential
from azure.messaging.webpubsubclient.models import CallbackType, WebPubSubProtocolType
from azure.messaging.webpubsubservice import WebPubSubServiceClient

from tests.conformance.pubsub.sockets import PATIENCE, RELIABLE, Raw
from tests.conformance.pubsub.target import Target

API_VERSION = "2024-12-01"
ANYTHING = ("webpubsub.joinLeaveGroup", "webpubsub.sendToGroup")


@dataclass(frozen=True)
class Heard:
    """A message that an official client was given.

    Attributes:
        group: it was sent to; None for one from the server.
        kind: its data type.
        data: of it; bytes if it is binary.
        user: who published it, if a client did.
    """

    group: str | None
    kind: str
    data: Any
    user: str | None = None


class Hub:
    """A hub of a case's own, on the server under test.

    Args:
        target: the server.
        name: the hub; a random one if not given.
    """

    def __init__(self, target: Target, name: str | None = None) -> None:
        self.target = target
        self.name = name or f"hub_{secrets.token_hex(6)}"
        self.service: Any = WebPubSubServiceClient.from_connection_string(
            target.connection_string, self.name, retry_total=0
        )

    def url(
        self,
        user: str | None = None,
        roles: Sequence[str] = (),
        groups: Sequence[str] = (),
        minutes: int = 60,
        *,
        through: int | None = None,
    ) -> str:
        """Answer a client's URL with a token, through a proxy's port if one is given."""
        made = self.service.get_client_access_token(
            user_id=user, roles=list(roles), groups=list(groups), minutes_to_expire=minutes
        )
        url = str(made["url"])
        return url if through is None else url.replace(f":{self.target.port}/", f":{through}/", 1)

    def listener(self, user: str | None = None, *, through: int | None = None, **more: Any) -> "Listener":
        """Answer an official client, to be entered."""
        token = {name: more.pop(name) for name in ("roles", "groups", "minutes") if name in more}

        async def url() -> str:
            return self.url(user, **token, through=through)

        return Listener(url, **more)

    def raw(self, user: str | None = None, protocol: str | None = RELIABLE, **more: Any) -> "Raw":
        """Answer a bare socket, to be entered."""
        return Raw(self.url(user, **more), protocol)

    def token(self, claims: dict[str, Any] | None = None, *, key: str | None = None, **header: Any) -> str:
        """Sign a client token by hand; a claim that is None is left out."""
        full = {"aud": self.audience, "exp": int(time.time()) + 600, **(claims or {})}
        return self.signed(full, key=key, **header)

    def signed(self, claims: dict[str, Any], *, key: str | None = None, algorithm: str | None = "HS256") -> str:
        """Sign claims as they are; one that is None is left out."""
        given = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(given, self.target.key if key is None else key, algorithm)

    @property
    def audience(self) -> str:
        """Answer for whom client tokens of this hub are."""
        return f"{self.target.endpoint}/client/hubs/{self.name}"

    def client_url(self, token: str | None = None, hub: str | None = None) -> str:
        """Answer a client's URL with a token of the case's own."""
        endpoint = self.target.endpoint.replace("http", "ws", 1)
        return f"{endpoint}/client/hubs/{hub or self.name}" + (f"?access_token={token}" if token else "")

    def rest(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Call the data plane by hand: `path` is what follows the hub and may hold a query.

        A token is made unless `headers` hold one or `token` is one.
        """
        url = f"{self.target.endpoint}/api/hubs/{self.name}{path}"
        url += f"{'&' if '?' in path else '?'}api-version={API_VERSION}"
        token = more.pop("token", None) or self.signed({"aud": url, "exp": int(time.time()) + 60})
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return httpx.request(method, url, headers=headers, timeout=PATIENCE, trust_env=False, **more)

    def close(self) -> None:
        """Give back what the service client holds."""
        self.service.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Listener:
    """An official client that keeps what it hears.

    Args:
        url: answers the access URL each time it is wanted.
        more: of the client's own options; sending is not repeated unless they say so.

    Attributes:
        official: the client itself.
        identities: of its connections, in turn: connection id and user id.
        lost: why connections ended, as it was told.
    """

    def __init__(self, url: Callable[[], Any], **more: Any) -> None:
        options = {"message_retry_total": 0, "reconnect_retry_total": 3, "ack_timeout": PATIENCE, **more}
        self.official: Any = WebPubSubClient(WebPubSubClientCredential(url), **options)
        self.identities: list[tuple[str, str | None]] = []
        self.lost: list[str | None] = []
        self.stopped = asyncio.Event()
        self.failed_groups: list[str] = []
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._connected: asyncio.Queue[str] = asyncio.Queue()

    @property
    def id(self) -> str:
        """Answer the id of its present connection."""
        return self.identities[-1][0]

    @property
    def user(self) -> str | None:
        """Answer as whom it is connected."""
        return self.identities[-1][1]

    async def next(self) -> Heard:
        """Answer the next message."""
        return await asyncio.wait_for(self._heard.get(), PATIENCE)

    async def data(self, count: int = 1) -> list[Any]:
        """Answer the data of the next messages."""
        return [(await self.next()).data for _ in range(count)]

    async def connected(self) -> str:
        """Wait for a further connection and answer its id."""
        return await asyncio.wait_for(self._connected.get(), PATIENCE)

    async def recovered(self, proxy_accepted: Callable[[], int], before: int) -> None:
        """Wait until it has come back through a proxy."""
        await until(lambda: proxy_accepted() > before and self.official.is_connected())

    async def _on_connected(self, args: Any) -> None:
        self.identities.append((args.connection_id, args.user_id))
        self._connected.put_nowait(args.connection_id)

    async def _on_group(self, args: Any) -> None:
        self._heard.put_nowait(Heard(args.group, str(args.data_type), _plain(args.data), args.from_user_id))

    async def _on_server(self, args: Any) -> None:
        self._heard.put_nowait(Heard(None, str(args.data_type), _plain(args.data)))

    async def _on_lost(self, args: Any) -> None:
        self.lost.append(args.message)

    async def _on_stopped(self) -> None:
        self.stopped.set()

    async def _on_rejoin_failed(self, args: Any) -> None:
        self.failed_groups.append(args.group)

    async def __aenter__(self) -> Self:
        told = {
            CallbackType.CONNECTED: self._on_connected,
            CallbackType.DISCONNECTED: self._on_lost,
            CallbackType.STOPPED: self._on_stopped,
            CallbackType.GROUP_MESSAGE: self._on_group,
            CallbackType.SERVER_MESSAGE: self._on_server,
            CallbackType.REJOIN_GROUP_FAILED: self._on_rejoin_failed,
        }
        for event, listener in told.items():
            await self.official.subscribe(event, listener)
        await self.official.open()
        await self.connected()
        return self

    async def __aexit__(self, *_: object) -> None:
        # it sleeps a second between acknowledgements, which closing would wait for
        sleeper = self.official._task_seq_ack
        if sleeper is not None:
            sleeper.cancel()
            await asyncio.gather(sleeper, return_exceptions=True)
        await self.official.close()


async def until(ready: Callable[[], bool]) -> None:
    """Wait until something is so that nobody tells us about."""
    async with asyncio.timeout(PATIENCE):
        while not ready():  # noqa: ASYNC110  the server can only be asked again
            await asyncio.sleep(0.02)


def plain(**more: Any) -> dict[str, Any]:
    """Answer the options of an official client that cannot recover."""
    return {"protocol_type": WebPubSubProtocolType.JSON, **more}


def _plain(data: Any) -> Any:
    return bytes(data) if isinstance(data, memoryview) else data
