"""Mail through Azure Communication Services.

With a connection string its key signs; with an endpoint everything rests on the identity of this app.
"""

import base64
import logging
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.adapters.sdk import Lazily, translated, transport
from shared.domain.errors import DependencyDown
from shared.ports import Letter, MailInDoubt, MailRefused

if TYPE_CHECKING:
    from azure.communication.email import EmailClient

log = logging.getLogger("motorpool.mail")

DEPENDENCY = "mail service"

API_VERSION = "2025-09-01"
# what is said of a mail that the service took but did not deliver to itself within that time stands in its own log
WAIT_SECONDS = 20
POLL_SECONDS = 1
_NOT_TAKEN = {408, 429, 503}
_NOT_OURS = {401, 403, 404}
_FAULTY = 500
_NAMES = uuid.UUID("6a0a7b0e-5b0f-4f6e-9b5c-0d6f5b1c7d11")


class AzureMailer:
    """Hands mails to the service. Nothing is connected before the first use; threads may share it.

    Args:
        sender: an address of a domain that is linked to the service.
        connect: makes the SDK's client.
    """

    def __init__(self, sender: str, connect: Callable[[], "EmailClient"]) -> None:
        self._sender = sender
        self._lazy = Lazily(connect)

    @classmethod
    def configured(cls, connection_string: str, endpoint: str, sender: str) -> "AzureMailer":
        """Answer the mailer of a connection string, or else of an endpoint that this app's identity may use."""
        if connection_string:
            return cls(sender, lambda: _by_key(connection_string))
        return cls(sender, lambda: _by_identity(endpoint))

    def send(self, letter: Letter) -> None:
        """Hand over a mail; raise MailRefused, MailInDoubt or DependencyDown."""
        from azure.core.exceptions import AzureError

        poller = self._begun(letter)
        try:
            poller.wait(WAIT_SECONDS)
        except AzureError as error:
            # it has the mail: what keeps us from asking for more changes nothing of that
            log.warning("what became of a mail was not learnt", extra={"fault": type(error).__name__})
        if poller.status() in {"Failed", "Canceled"}:
            raise MailRefused(f"the mail service says {poller.status()}")

    def ping(self) -> None:
        """Return if the service answers; raise DependencyDown."""
        from azure.core.rest import HttpRequest

        asked = HttpRequest("GET", f"/emails/operations/{uuid.UUID(int=0)}", params={"api-version": API_VERSION})
        with translated(DEPENDENCY):
            answer = self._lazy.client.send_request(asked)
        # there is no such mail, which only a service says that believes us
        if answer.status_code >= _FAULTY or answer.status_code in {401, 403}:
            raise DependencyDown(DEPENDENCY)

    def _begun(self, letter: Letter) -> Any:
        from azure.core.exceptions import HttpResponseError, ServiceResponseError

        named = str(uuid.uuid5(_NAMES, letter.key))
        with translated(DEPENDENCY):
            try:
                return self._lazy.client.begin_send(
                    _message(letter, self._sender), operation_id=named, polling_interval=POLL_SECONDS
                )
            except HttpResponseError as error:
                raise _meant(error.status_code or _FAULTY, error) from error
            except ServiceResponseError as error:
                raise MailInDoubt("the mail service broke off before it said whether it took the mail") from error


def _meant(status: int, error: Exception) -> Exception:
    """Say what an answer means for the mail; one that says that we may not come in is no fault of the mail."""
    if status in _NOT_TAKEN or status in _NOT_OURS:
        return error
    if status >= _FAULTY:
        return MailInDoubt(f"the mail service answered {status}")
    return MailRefused(f"the mail service answered {status}")


def _message(letter: Letter, sender: str) -> dict[str, Any]:
    return {
        "senderAddress": sender,
        "recipients": {"to": [{"address": letter.to}]},
        "content": {"subject": letter.subject, "plainText": letter.text, "html": letter.html},
        "headers": dict(letter.headers),
        # it would put links of its own in place of ours
        "userEngagementTrackingDisabled": True,
        "attachments": [
            {
                "name": enclosure.name,
                "contentType": enclosure.content_type.partition(";")[0],
                "contentInBase64": base64.b64encode(enclosure.content).decode(),
            }
            for enclosure in letter.enclosures
        ],
    }


def _by_key(connection_string: str) -> "EmailClient":
    from azure.communication.email import EmailClient

    return EmailClient.from_connection_string(connection_string, **_patience())


def _by_identity(endpoint: str) -> "EmailClient":
    from azure.communication.email import EmailClient
    from azure.identity import DefaultAzureCredential

    return EmailClient(endpoint, DefaultAzureCredential(), **_patience())


def _patience() -> dict[str, Any]:
    """Answer how the SDK's client is to be made: it asks once, because asking again might send twice."""
    return {"transport": transport(), "retry_total": 0, "api_version": API_VERSION}
