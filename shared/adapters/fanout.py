"""Telling connected clients, through Azure Web PubSub or its local stand-in, which the same SDK talks to.

With a connection string the access key signs; with an endpoint everything rests on the identity of this app.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared.adapters.sdk import Lazily, translated, transport
from shared.ports import Entry, FanoutRefused

if TYPE_CHECKING:
    from azure.messaging.webpubsubservice import WebPubSubServiceClient

DEPENDENCY = "Web PubSub"

_API_VERSION = "2024-12-01"
_NEVER = {400, 413}
_MINUTE = timedelta(minutes=1)
# a name that no connection has: asking for it proves that the service answers and knows our key
_NOBODY = "nobody"


class AzureFanout:
    """Speaks to one hub. Nothing is connected before the first use; threads may share it.

    Args:
        hub: that all connections are in.
        connect: makes the SDK's client.
    """

    def __init__(self, hub: str, connect: Callable[[], "WebPubSubServiceClient"]) -> None:
        self._hub = hub
        self._lazy = Lazily(connect)

    @classmethod
    def configured(cls, connection_string: str, endpoint: str, hub: str) -> "AzureFanout":
        """Answer the fan-out of a connection string, or else of an endpoint that this app's identity may use."""
        if connection_string:
            return cls(hub, lambda: _by_key(connection_string, hub))
        return cls(hub, lambda: _by_identity(endpoint, hub))

    def grant_entry(self, person: str, groups: Sequence[str], lifetime: timedelta) -> Entry:
        """Answer the URL by which a person connects, in these groups and without any role; raise DependencyDown.

        With an access key the token is signed here; with an identity the service is asked for it.
        """
        until = datetime.now(UTC) + lifetime
        with _translated():
            granted = self._client.get_client_access_token(
                user_id=person, groups=list(groups), minutes_to_expire=lifetime // _MINUTE
            )
        return Entry(str(granted["url"]), until)

    def send_to_group(self, group: str, message: bytes, *, without: str | None = None) -> None:
        """Send a JSON text to a group, but for those in the group `without`; raise FanoutRefused or DependencyDown."""
        outside = {"filter": f"not ('{without}' in groups)"} if without else {}
        self._send(f"groups/{quote(group, safe='')}", message, outside)

    def send_to_connection(self, connection_id: str, message: bytes) -> None:
        """Send a JSON text to a connection; it is fine if it is gone; raise FanoutRefused or DependencyDown."""
        self._send(f"connections/{quote(connection_id, safe='')}", message, {})

    def join(self, connection_id: str, group: str) -> None:
        """Put a connection into a group; it is fine if it is gone; raise DependencyDown."""
        with _translated(), _gone_is_fine():
            self._client.add_connection_to_group(group, connection_id)

    def leave(self, connection_id: str, group: str) -> None:
        """Take a connection out of a group; it is fine if it is gone; raise DependencyDown."""
        with _translated(), _gone_is_fine():
            self._client.remove_connection_from_group(group, connection_id)

    def expel(self, person: str, group: str) -> None:
        """Take all connections of a person out of a group; raise DependencyDown."""
        with _translated(), _gone_is_fine():
            self._client.remove_user_from_group(group, person)

    def is_connected(self, connection_id: str) -> bool:
        """Tell whether a connection is there; raise DependencyDown."""
        with _translated():
            return bool(self._client.connection_exists(connection_id))

    def ping(self) -> None:
        """Return if the service answers and knows us; raise DependencyDown."""
        self.is_connected(_NOBODY)

    def _send(self, target: str, message: bytes, outside: dict[str, str]) -> None:
        # the SDK's own methods read a JSON text in order to write it anew
        from azure.core.rest import HttpRequest

        request = HttpRequest(
            "POST",
            f"/api/hubs/{quote(self._hub, safe='')}/{target}/:send",
            params={"api-version": _API_VERSION, **outside},
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            content=message,
        )
        with _translated():
            self._client.send_request(request).raise_for_status()

    @property
    def _client(self) -> "WebPubSubServiceClient":
        return self._lazy.client


def _by_key(connection_string: str, hub: str) -> "WebPubSubServiceClient":
    from azure.messaging.webpubsubservice import WebPubSubServiceClient

    return WebPubSubServiceClient.from_connection_string(connection_string, hub, **_patience())


def _by_identity(endpoint: str, hub: str) -> "WebPubSubServiceClient":
    from azure.identity import DefaultAzureCredential
    from azure.messaging.webpubsubservice import WebPubSubServiceClient

    return WebPubSubServiceClient(endpoint, hub, DefaultAzureCredential(), **_patience())


def _patience() -> dict[str, Any]:
    """Answer how the SDK's client is to be made: it asks once, because whoever sends knows when to try again."""
    return {"transport": transport(), "retry_total": 0}


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    from azure.core.exceptions import ResourceNotFoundError

    try:
        yield
    except ResourceNotFoundError:
        return


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the SDK raises into what the application understands: what is refused for good, and what is not."""
    from azure.core.exceptions import HttpResponseError

    with translated(DEPENDENCY):
        try:
            yield
        except HttpResponseError as error:
            if error.status_code in _NEVER:
                raise FanoutRefused(f"Web PubSub answered {error.status_code}") from error
            raise
