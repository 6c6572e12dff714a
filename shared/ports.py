"""What the application needs of the cloud, said without naming one: adapters answer to these."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import BinaryIO, Protocol
from uuid import UUID

from shared.domain.delivery import Proof
from shared.domain.presence import Attendance, Change, Seat
from shared.domain.principal import Identity


@dataclass(frozen=True)
class BlobName:
    """The name of a photo's blob: the tenant's folder, then the photo."""

    tenant_id: int
    photo_id: UUID

    def __str__(self) -> str:
        """Answer the name within its container."""
        return f"{self.tenant_id}/{self.photo_id}"


@dataclass(frozen=True)
class Grant:
    """A right, handed out as a URL, to do one thing with one blob until a moment."""

    url: str
    method: str
    headers: dict[str, str]
    expires_at: datetime


@dataclass(frozen=True)
class Waiting:
    """A raw photo that waits to be processed.

    Attributes:
        name: of its blob.
        since: when its bytes came.
        etag: of these bytes; that of other bytes under the same name is another one.
    """

    name: str
    since: datetime
    etag: str


class Verdict(StrEnum):
    """What a malware scan by the storage itself came to."""

    CLEAN = "clean"
    MALICIOUS = "malicious"


class PhotoStore(Protocol):
    """Where photos lie: raw ones, finished ones, and those that were refused.

    Every method raises DependencyDown when the storage does not answer.
    """

    def put_incoming(self, name: BlobName, content: BinaryIO) -> None:
        """Write raw bytes, in blocks; writing the same name again replaces them."""

    def incoming_since(self, name: BlobName) -> datetime | None:
        """Answer since when there are raw bytes, or None if there are none."""

    def read_incoming(self, name: BlobName, most: int) -> bytes | None:
        """Answer the raw bytes, at most `most` + 1 of them, or None if there are none."""

    def put_finished(self, name: BlobName, full: bytes, thumbnail: bytes) -> None:
        """Write both renditions, as WebP."""

    def delete_finished(self, name: BlobName) -> None:
        """Delete both renditions; it is fine if they are gone."""

    def find_verdict(self, name: BlobName) -> Verdict | None:
        """Answer what the storage's own scan says of the raw bytes, or None if it has not said (yet)."""

    def quarantine(self, name: BlobName, reason: str) -> None:
        """Move the raw bytes to where nobody is shown them."""

    def delete_incoming(self, name: BlobName, etag: str | None = None) -> None:
        """Delete the raw bytes, or only those of that ETag; it is fine if they are gone."""

    def list_incoming(self, before: datetime) -> Iterable[Waiting]:
        """List raw photos that have waited since before that moment."""

    def grant_upload(self, name: BlobName, content_type: str, until: datetime) -> Grant:
        """Answer the right to create that one raw blob."""

    def read_url(self, name: BlobName, rendition: str, until: datetime) -> str:
        """Answer a URL that reads one rendition, `full` or `thumbnail`."""

    def ping(self) -> None:
        """Return if the storage answers."""


class ExportStore(Protocol):
    """Where exported files lie.

    Every method raises DependencyDown when the storage does not answer.
    """

    def put(self, name: str, content: BinaryIO, content_type: str, beat: Callable[[], None]) -> None:
        """Write a file so that it is there whole or not at all; calls `beat` now and then, which may raise."""

    def read_url(self, name: str, file_name: str, content_type: str, until: datetime) -> str:
        """Answer a URL that saves a file under a name, until a moment."""

    def delete(self, name: str) -> None:
        """Delete a file; it is fine if it is gone."""

    def list_old(self, before: datetime) -> Iterable[str]:
        """List files that were written before a moment."""


class TokenVerifier(Protocol):
    """Believes tokens, or does not."""

    def verify(self, token: str) -> Identity:
        """Answer whom a token speaks for; raise Unauthenticated, or DependencyDown if keys cannot be had."""

    def ping(self) -> None:
        """Return if the issuer's keys can be had."""


@dataclass(frozen=True)
class SignInSecrets:
    """What a browser keeps while it is away at the issuer's sign-in page.

    Attributes:
        state: comes back with the answer, so that nobody else's answer is taken.
        nonce: comes back within the ID token, for the same reason.
        verifier: proves to the issuer that who redeems the code is who asked for it (PKCE).
    """

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class AccessToken:
    """An access token as the issuer gave it, and for how many seconds it is good."""

    text: str
    seconds: int


class SignIn(Protocol):
    """Signs people in at the issuer's own page: OpenID Connect, authorization code with PKCE."""

    def begin(self, hint: str | None) -> tuple[str, SignInSecrets]:
        """Answer the issuer's page to go to, and what to keep until the return; raise DependencyDown.

        Args:
            hint: the address of the person to suggest, if there is one.
        """

    def finish(self, code: str, kept: SignInSecrets) -> AccessToken:
        """Redeem the code that came back; raise Unauthenticated if it is worth nothing, or DependencyDown."""

    def find_sign_out_url(self) -> str | None:
        """Answer the issuer's page that ends its own session, if it has one and can be asked."""


class Scanner(Protocol):
    """Looks for malware."""

    def find_threat(self, content: bytes) -> str | None:
        """Answer the name of what was found, or None; raise DependencyDown if it cannot tell."""

    def ping(self) -> None:
        """Return if the scanner answers; raise DependencyDown."""


class MailRefused(Exception):
    """The mail server will never take this mail; the message says why, in its words."""


class MailPostponed(Exception):
    """The mail server does not take this mail now, but may later; the message says why, in its words."""


class MailInDoubt(Exception):
    """The mail server was handed the mail and has not said whether it took it."""


@dataclass(frozen=True)
class Enclosure:
    """A file that goes with a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """One mail to one address.

    Attributes:
        key: the same whenever the same mail is meant, so that mail programs show a second copy as the first.
        headers: beside the usual ones.
    """

    key: str
    to: str
    subject: str
    text: str
    html: str
    enclosures: tuple[Enclosure, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class Mailer(Protocol):
    """Hands mails to a mail server."""

    def send(self, letter: Letter) -> None:
        """Return when the server has taken the mail for delivery.

        Raises:
            MailRefused: it never will.
            MailPostponed: it has not, and may later, while others may go now.
            MailInDoubt: it may have; sending again may send twice.
            DependencyDown: it has not, and may later.
        """

    def ping(self) -> None:
        """Return if the server answers; raise DependencyDown."""


class FanoutRefused(Exception):
    """The fan-out will never take this message, however often it is sent."""


@dataclass(frozen=True)
class Entry:
    """A URL, with a token in it, by which one person's client connects until a moment."""

    url: str
    expires_at: datetime


class Fanout(Protocol):
    """Tells connected clients what happened. Groups and people are named by the application, tenant first.

    Every method raises DependencyDown when the service does not answer or cannot at the moment.
    """

    def grant_entry(self, person: str, groups: Sequence[str], lifetime: timedelta) -> Entry:
        """Answer the URL by which a person connects, in these groups and with no right to join or publish."""

    def send_to_group(self, group: str, message: bytes, *, without: str | None = None) -> None:
        """Send a JSON text to a group, but for those who are in the group `without`; raise FanoutRefused."""

    def send_to_connection(self, connection_id: str, message: bytes) -> None:
        """Send a JSON text to one connection; it is fine if it is gone."""

    def join(self, connection_id: str, group: str) -> None:
        """Put a connection into a group; it is fine if it is gone."""

    def leave(self, connection_id: str, group: str) -> None:
        """Take a connection out of a group; it is fine if it is gone."""

    def expel(self, person: str, group: str) -> None:
        """Take all connections of a person out of a group."""

    def is_connected(self, connection_id: str) -> bool:
        """Tell whether a connection is there."""

    def ping(self) -> None:
        """Return if the service answers."""


class PresenceStore(Protocol):
    """Where it is kept who looks at which task.

    Every method raises DependencyDown when the storage does not answer.
    """

    def read(self, tenant_id: int, task_id: int) -> Attendance:
        """Answer every seat of a task, those whose lease has run out too."""

    def write(self, change: Change) -> bool:
        """Write a change whole, or answer False if anything of what it rests on was changed meanwhile."""

    def renew(self, tenant_id: int, task_id: int, seat: Seat) -> bool:
        """Prolong the lease of a stored seat to its `last_seen`, or answer False if it is gone."""

    def list_stale(self, before: datetime) -> Iterable[tuple[int, int]]:
        """List tenant and task of seats that were last heard of before a moment; a pair may come more than once."""

    def ping(self) -> None:
        """Return if the storage answers."""


class DeliveryVerifier(Protocol):
    """Believes that a call comes from our Web PubSub, or does not."""

    def verify(self, proof: Proof) -> None:
        """Return if it does; raise Unauthenticated, or DependencyDown if keys cannot be had."""

    def knows(self, origin: str) -> bool:
        """Tell whether an origin that wants to deliver is our Web PubSub."""


class Relay(Protocol):
    """Sends what was written, once it is committed; whoever writes events wakes it."""

    def wake(self, tenant_id: int) -> None:
        """Send this tenant's new events soon; from any thread, at once back, and never an error."""

    def close(self) -> None:
        """Send nothing more; what is unsent stays for others."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Answer the present moment, in UTC."""
