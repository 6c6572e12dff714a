"""Photos in Azure Blob Storage, or in Azurite, which the same SDK talks to.

With a connection string links are signed with the account's key; with an account's URL everything rests on the
identity of this app, and links are signed with a user delegation key.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

from shared.adapters.sdk import Lazily, translated, transport
from shared.domain.errors import DependencyDown
from shared.ports import BlobName, Grant, Verdict, Waiting

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, BlobServiceClient, ContentSettings, UserDelegationKey

log = logging.getLogger("motorpool.photo_storage")

DEPENDENCY = "photo storage"

INCOMING, FINISHED, QUARANTINE = "photos-incoming", "photos", "photos-quarantine"
WEBP = "image/webp"

BLOCK_BYTES = 4 * 1024 * 1024
COPY_SECONDS = 8
KEY_LIFETIME = timedelta(hours=6)
KEY_MARGIN = timedelta(hours=1)
SKEW = timedelta(minutes=5)

# index tag that Defender for Storage puts on every blob that it has scanned
SCAN_TAG = "Malware Scanning scan result"
_VERDICTS = {"No threats found": Verdict.CLEAN, "Malicious": Verdict.MALICIOUS}
_GONE = {"BlobNotFound", "CannotVerifyCopySource"}


class AzurePhotoStore:
    """Keeps photos in three private containers. Nothing is connected before the first use; threads may share it.

    Args:
        connect: makes the SDK's client.
    """

    def __init__(self, connect: Callable[[], "BlobServiceClient"]) -> None:
        self._lazy = Lazily(connect)
        self._signer = Signer()

    @classmethod
    def configured(cls, connection_string: str, account_url: str) -> "AzurePhotoStore":
        """Answer the store of a connection string, or else of an account that this app's identity may use."""
        return cls(connector(connection_string, account_url))

    def put_incoming(self, name: BlobName, content: BinaryIO) -> None:
        """Write raw bytes, in blocks; raise DependencyDown."""
        with translated(DEPENDENCY):
            self._blob(INCOMING, name).upload_blob(content, overwrite=True)

    def incoming_since(self, name: BlobName) -> datetime | None:
        """Answer since when there are raw bytes, or None if there are none; raise DependencyDown."""
        from azure.core.exceptions import ResourceNotFoundError

        with translated(DEPENDENCY):
            try:
                since: datetime = self._blob(INCOMING, name).get_blob_properties().last_modified
            except ResourceNotFoundError as error:
                _require_gone(error)
                return None
        return since

    def read_incoming(self, name: BlobName, most: int) -> bytes | None:
        """Answer the raw bytes, at most `most` + 1 of them, or None if there are none; raise DependencyDown."""
        from azure.core.exceptions import ResourceNotFoundError

        with translated(DEPENDENCY):
            try:
                return self._blob(INCOMING, name).download_blob().read(most + 1)
            except ResourceNotFoundError as error:
                _require_gone(error)
                return None

    def put_finished(self, name: BlobName, full: bytes, thumbnail: bytes) -> None:
        """Write both renditions, as WebP; raise DependencyDown."""
        with translated(DEPENDENCY):
            for rendition, content in (("full", full), ("thumbnail", thumbnail)):
                blob = self._blob(FINISHED, f"{name}/{rendition}.webp")
                blob.upload_blob(content, overwrite=True, content_settings=_kept_for_ever())

    def delete_finished(self, name: BlobName) -> None:
        """Delete both renditions; it is fine if they are gone; raise DependencyDown."""
        for rendition in ("full", "thumbnail"):
            delete(self._blob(FINISHED, f"{name}/{rendition}.webp"))

    def find_verdict(self, name: BlobName) -> Verdict | None:
        """Answer what Defender says of the raw bytes, or None if there is no verdict (yet); raise DependencyDown."""
        from azure.core.exceptions import ResourceNotFoundError

        with translated(DEPENDENCY):
            try:
                result = self._blob(INCOMING, name).get_blob_tags().get(SCAN_TAG)
            except ResourceNotFoundError as error:
                _require_gone(error)
                return None
        if result is not None and result not in _VERDICTS:
            log.warning("a malware scan came to no verdict", extra={"photo_id": str(name.photo_id), "result": result})
        return _VERDICTS.get(result or "")

    def quarantine(self, name: BlobName, reason: str) -> None:
        """Move the raw bytes to where nobody is shown them; it is fine if that is done; raise DependencyDown."""
        from azure.core.exceptions import ResourceNotFoundError

        source, target = self._blob(INCOMING, name), self._blob(QUARANTINE, name)
        with translated(DEPENDENCY):
            try:
                # the storage copies by itself: what was refused may be larger than this worker's memory
                target.start_copy_from_url(source.url, metadata={"reason": _header_text(reason)})
            except ResourceNotFoundError as error:
                _require_gone(error)
                return
            _await_copy(target)
        self.delete_incoming(name)

    def delete_incoming(self, name: BlobName, etag: str | None = None) -> None:
        """Delete the raw bytes, or only those of that ETag; it is fine if they are gone; raise DependencyDown."""
        delete(self._blob(INCOMING, name), etag)

    def list_incoming(self, before: datetime) -> Iterator[Waiting]:
        """List raw photos that have waited since before that moment; raise DependencyDown."""
        with translated(DEPENDENCY):
            for blob in self._client.get_container_client(INCOMING).list_blobs():
                if blob.last_modified < before:
                    # lists show ETags without the quotes that conditions want
                    yield Waiting(blob.name, blob.last_modified, f'"{blob.etag.strip('"')}"')

    def grant_upload(self, name: BlobName, content_type: str, until: datetime) -> Grant:
        """Answer the right to create that one raw blob, never to overwrite it; raise DependencyDown."""
        with translated(DEPENDENCY):
            url = self._signer.sign(self._client, self._blob(INCOMING, name), "c", until)
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": content_type}
        return Grant(url, "PUT", headers, until)

    def read_url(self, name: BlobName, rendition: str, until: datetime) -> str:
        """Answer a URL that shows one rendition, `full` or `thumbnail`; raise DependencyDown."""
        blob = self._blob(FINISHED, f"{name}/{rendition}.webp")
        with translated(DEPENDENCY):
            return self._signer.sign(self._client, blob, "r", until, content_type=WEBP, content_disposition="inline")

    def ping(self) -> None:
        """Return if the storage answers; raise DependencyDown."""
        with translated(DEPENDENCY):
            self._client.get_container_client(INCOMING).get_container_properties()

    @property
    def _client(self) -> "BlobServiceClient":
        return self._lazy.client

    def _blob(self, container: str, name: BlobName | str) -> "BlobClient":
        return self._client.get_blob_client(container, str(name))


class Signer:
    """Signs links with the account's key, or with a user delegation key that is renewed well before it ends."""

    def __init__(self) -> None:
        self._key: UserDelegationKey | None = None
        self._ends = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def sign(
        self, client: "BlobServiceClient", blob: "BlobClient", permission: str, until: datetime, **response: Any
    ) -> str:
        """Answer the URL of one blob with one permission until a moment."""
        from azure.storage.blob import generate_blob_sas

        account_key = getattr(client.credential, "account_key", None)
        signature = generate_blob_sas(
            str(blob.account_name),
            blob.container_name,
            blob.blob_name,
            account_key=account_key,
            user_delegation_key=None if account_key else self._delegation_key(client),
            permission=permission,
            expiry=until,
            protocol="https" if blob.url.startswith("https:") else "https,http",
            **response,
        )
        return f"{blob.url}?{signature}"

    def _delegation_key(self, client: "BlobServiceClient") -> "UserDelegationKey":
        now = datetime.now(UTC)
        with self._lock:
            if self._key is None or self._ends - now < KEY_MARGIN:
                ends = now + KEY_LIFETIME
                self._key = client.get_user_delegation_key(now - SKEW, ends)
                self._ends = ends
            return self._key


def connector(connection_string: str, account_url: str) -> Callable[[], "BlobServiceClient"]:
    """Answer what makes the SDK's client, from a connection string or else for an account and this app's identity."""
    if connection_string:
        return lambda: _by_key(connection_string)
    return lambda: _by_identity(account_url)


def _by_key(connection_string: str) -> "BlobServiceClient":
    from azure.storage.blob import BlobServiceClient

    return BlobServiceClient.from_connection_string(connection_string, **patience())


def _by_identity(account_url: str) -> "BlobServiceClient":
    from azure.identity import DefaultAzureCredential
    from azure.storage.blob import BlobServiceClient

    return BlobServiceClient(account_url, DefaultAzureCredential(), **patience())


def patience() -> dict[str, Any]:
    """Answer how the SDK's client is to be made: in small blocks, soon at its end when the storage is silent."""
    from azure.storage.blob import LinearRetry

    return {
        "transport": transport(),
        "retry_policy": LinearRetry(backoff=0, retry_total=1, random_jitter_range=1),
        "max_block_size": BLOCK_BYTES,
        "max_single_put_size": BLOCK_BYTES,
        "max_single_get_size": BLOCK_BYTES,
        "max_chunk_get_size": BLOCK_BYTES,
    }


def _kept_for_ever() -> "ContentSettings":
    from azure.storage.blob import ContentSettings

    # a photo's id never gets other pixels
    return ContentSettings(content_type=WEBP, cache_control="private, max-age=31536000, immutable")


def _await_copy(target: "BlobClient") -> None:
    """Wait for a copy within the account, which the storage mostly has done before it answers."""
    deadline = time.monotonic() + COPY_SECONDS
    while (status := target.get_blob_properties().copy.status) == "pending" and time.monotonic() < deadline:
        time.sleep(0.1)
    if status != "success":
        raise DependencyDown(DEPENDENCY)


def delete(blob: "BlobClient", etag: str | None = None, dependency: str = DEPENDENCY) -> None:
    """Delete a blob, or only what has that ETag; it is fine if it is gone; raise DependencyDown."""
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

    condition: dict[str, Any] = {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
    with translated(dependency):
        try:
            blob.delete_blob(**condition)
        except ResourceModifiedError:
            return
        except ResourceNotFoundError as error:
            _require_gone(error)


def _require_gone(error: Exception) -> None:
    """Raise the error unless it says that the blob is gone: a container that is missing is a fault to be seen."""
    if getattr(error, "error_code", None) not in _GONE:
        raise error


def _header_text(text: str) -> str:
    """Answer a text as a header can carry it: metadata travels as headers."""
    return "".join(character if " " <= character <= "~" else "?" for character in text)[:500].strip()
