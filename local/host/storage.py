"""The storage account behind the host, Azurite as a rule: the only module that uses Azure's SDK.

Its clients are synchronous and run on a few threads of their own. An outage is told once, its end too.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobClient, BlobLeaseClient, BlobProperties, BlobServiceClient, ContentSettings
from azure.storage.queue import QueueServiceClient, TextBase64EncodePolicy

# published with Azurite, opens every Azurite and nothing else
EMULATOR_ACCOUNT = "devstoreaccount1"
EMULATOR_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
HOSTS_CONTAINER = "azure-webjobs-hosts"
# the callers here come again by themselves; the SDK's own patience would only hold them up
OPTIONS: dict[str, Any] = {"retry_total": 0, "connection_timeout": 2, "read_timeout": 30}
THREADS = 8
BAD_REQUEST, NOT_FOUND, CONFLICT, SERVER_ERROR = 400, 404, 409, 500

log = logging.getLogger("host.storage")


class StorageUnavailableError(Exception):
    """The account does not answer at the moment."""


@dataclass(frozen=True, slots=True)
class BlobVersion:
    """One version of a blob: what an event is about."""

    container: str
    name: str
    etag: str


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob's content and what is known of it."""

    content: bytes
    uri: str
    properties: Mapping[str, Any]
    metadata: Mapping[str, str]


def blob_of_url(url: str) -> tuple[str, str]:
    """Answer the container and name in a blob's address."""
    client = BlobClient.from_blob_url(url)
    return client.container_name, client.blob_name


class Storage:
    """One storage account.

    Args:
        parts: `{"": connection string}`, or blobServiceUri, queueServiceUri, accountName, as
            `settings.connection` answers them.
    """

    def __init__(self, parts: Mapping[str, str]) -> None:
        self._blobs, self._queues = _clients(parts)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="storage")
        self._is_down = False
        self._turned = 0.0

    async def list_blobs(self, container: str, prefix: str) -> list[BlobVersion]:
        """List a container, which need not be there yet."""
        return await self._run(self._list, container, prefix)

    async def read_blob(self, container: str, name: str) -> Blob | None:
        """Read a blob, None when it is gone."""
        return await self._run(self._read, container, name)

    async def read_text(self, name: str) -> str | None:
        """Read a blob of the host's own."""
        blob = await self.read_blob(HOSTS_CONTAINER, name)
        return blob.content.decode() if blob else None

    async def write_text(self, name: str, text: str) -> None:
        """Write a blob of the host's own."""
        await self._run(self._write, name, text)

    async def delete(self, name: str) -> None:
        """Delete a blob of the host's own if it is there."""
        await self._run(self._delete, name)

    async def acquire_lease(self, name: str, seconds: int) -> str | None:
        """Take the lease of a blob of the host's own, None when someone else has it."""
        return await self._run(self._acquire, name, seconds)

    async def renew_lease(self, name: str, lease: str) -> bool:
        """Prolong a lease, False when it is lost."""
        return await self._run(self._renew, name, lease)

    async def release_lease(self, name: str, lease: str) -> None:
        """Give a lease back."""
        await self._run(self._release, name, lease)

    async def send(self, queue: str, text: str) -> None:
        """Put a message in a queue, which is made if missing."""
        await self._run(self._send, queue, text)

    def close(self) -> None:
        """Close connections; calls that still run are let go."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._blobs.close()
        self._queues.close()

    async def _run[**P, T](self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        began = time.monotonic()
        try:
            result = await loop.run_in_executor(self._threads, partial(work, *args, **kwargs))
        except AzureError as error:
            self._tell(error, began)
            raise StorageUnavailableError(str(error)) from error
        self._tell(None, began)
        return result

    def _tell(self, error: AzureError | None, began: float) -> None:
        """Say once that storage is down, and once that it is back."""
        # what began before the turn came to its end by how things stood before it, and says nothing of now
        if (error is not None) is self._is_down or began < self._turned:
            return
        self._is_down, self._turned = error is not None, time.monotonic()
        if error is None:
            log.warning("Storage at %s is back.", self._blobs.url)
        else:
            reason = str(error).splitlines()[0]
            log.warning("Storage at %s does not serve: %s. Trying on.", self._blobs.url, reason)

    def _own(self, name: str) -> BlobClient:
        return self._blobs.get_blob_client(HOSTS_CONTAINER, name)

    def _list(self, container: str, prefix: str) -> list[BlobVersion]:
        client = self._blobs.get_container_client(container)
        try:
            found = client.list_blobs(name_starts_with=prefix or None)
            return [BlobVersion(container, blob.name, str(blob.etag).strip('"')) for blob in found]
        except HttpResponseError as error:
            _raise_unless_absent(error)
        return []

    def _read(self, container: str, name: str) -> Blob | None:
        client = self._blobs.get_blob_client(container, name)
        try:
            download = client.download_blob()
            content = download.readall()
        except HttpResponseError as error:
            _raise_unless_absent(error)
            return None
        metadata = download.properties.metadata or {}
        return Blob(content, client.url, _properties(download.properties), metadata)

    def _write(self, name: str, text: str) -> None:
        self._upload(name, text, overwrite=True)

    def _upload(self, name: str, text: str, *, overwrite: bool) -> None:
        settings = ContentSettings(content_type="application/json")
        try:
            self._own(name).upload_blob(text, overwrite=overwrite, content_settings=settings)
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):
                self._blobs.create_container(HOSTS_CONTAINER)
            self._own(name).upload_blob(text, overwrite=overwrite, content_settings=settings)

    def _delete(self, name: str) -> None:
        with suppress(ResourceNotFoundError):
            self._own(name).delete_blob()

    def _acquire(self, name: str, seconds: int) -> str | None:
        try:
            return str(self._own(name).acquire_lease(seconds).id)
        except ResourceNotFoundError:
            # made only if it is still missing: to write over it would take the lease from whoever was quicker
            with suppress(ResourceExistsError):
                self._upload(name, "", overwrite=False)
            return self._acquire(name, seconds)
        except HttpResponseError as error:
            if error.status_code == CONFLICT:
                return None
            raise

    def _renew(self, name: str, lease: str) -> bool:
        try:
            BlobLeaseClient(self._own(name), lease).renew()
        except HttpResponseError as error:
            if error.status_code is not None and error.status_code < SERVER_ERROR:
                return False
            raise
        return True

    def _release(self, name: str, lease: str) -> None:
        # lost or gone: there is nothing to give back
        with suppress(ResourceNotFoundError, ResourceExistsError):
            BlobLeaseClient(self._own(name), lease).release()

    def _send(self, queue: str, text: str) -> None:
        client = self._queues.get_queue_client(queue, message_encode_policy=TextBase64EncodePolicy())
        with suppress(ResourceExistsError):
            client.create_queue()
        client.send_message(text)


def _raise_unless_absent(error: HttpResponseError) -> None:
    """Let pass that something is not there, or has a name that nothing can have."""
    if error.status_code not in {BAD_REQUEST, NOT_FOUND}:
        raise error


def _clients(parts: Mapping[str, str]) -> tuple[BlobServiceClient, QueueServiceClient]:
    if text := parts.get(""):
        return (
            BlobServiceClient.from_connection_string(text, **OPTIONS),
            QueueServiceClient.from_connection_string(text, **OPTIONS),
        )
    account = parts.get("accountName", "")
    blobs = parts.get("blobServiceUri") or f"https://{account}.blob.core.windows.net"
    queues = parts.get("queueServiceUri") or blobs.replace(".blob.", ".queue.")
    credential = _credential(blobs)
    return BlobServiceClient(blobs, credential, **OPTIONS), QueueServiceClient(queues, credential, **OPTIONS)


def _credential(uri: str) -> Any:
    if EMULATOR_ACCOUNT in uri:
        return {"account_name": EMULATOR_ACCOUNT, "account_key": EMULATOR_KEY}
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential()


def _properties(found: BlobProperties) -> dict[str, Any]:
    """Name a blob's properties as .NET names them."""
    content = found.content_settings
    return {
        "ContentLength": found.size,
        "ContentType": content.content_type,
        "ContentEncoding": content.content_encoding,
        "ContentLanguage": content.content_language,
        "ContentDisposition": content.content_disposition,
        "CacheControl": content.cache_control,
        "ETag": str(found.etag),
        "LastModified": found.last_modified.isoformat(),
        "CreatedOn": found.creation_time.isoformat(),
        "BlobType": str(found.blob_type).rpartition(".")[2],
        "Metadata": dict(found.metadata or {}),
    }
