"""Exported files in Azure Blob Storage, or in Azurite, beside the photos in the same account."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from shared.adapters import blobs
from shared.adapters.sdk import Lazily, translated

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, BlobServiceClient

DEPENDENCY = "export storage"
EXPORTS = "exports"


class AzureExportStore:
    """Keeps files in one private container. Nothing is connected before the first use; threads may share it.

    Args:
        connect: makes the SDK's client.
    """

    def __init__(self, connect: Callable[[], "BlobServiceClient"]) -> None:
        self._lazy = Lazily(connect)
        self._signer = blobs.Signer()

    @classmethod
    def configured(cls, connection_string: str, account_url: str) -> "AzureExportStore":
        """Answer the store of a connection string, or else of an account that this app's identity may use."""
        return cls(blobs.connector(connection_string, account_url))

    def put(self, name: str, content: BinaryIO, content_type: str, beat: Callable[[], None]) -> None:
        """Write a file, in blocks that nobody sees before the last is there; raise DependencyDown."""
        from azure.storage.blob import ContentSettings

        def told(*_: Any) -> None:
            beat()

        with translated(DEPENDENCY):
            self._blob(name).upload_blob(
                content,
                overwrite=True,
                content_settings=ContentSettings(content_type=content_type, cache_control="no-store"),
                progress_hook=told,
            )

    def read_url(self, name: str, file_name: str, content_type: str, until: datetime) -> str:
        """Answer a URL that saves a file under a name; raise DependencyDown."""
        with translated(DEPENDENCY):
            return self._signer.sign(
                self._lazy.client,
                self._blob(name),
                "r",
                until,
                content_type=content_type,
                content_disposition=f'attachment; filename="{file_name}"',
            )

    def delete(self, name: str) -> None:
        """Delete a file; it is fine if it is gone; raise DependencyDown."""
        blobs.delete(self._blob(name), dependency=DEPENDENCY)

    def list_old(self, before: datetime) -> list[str]:
        """List files that were written before a moment; raise DependencyDown."""
        with translated(DEPENDENCY):
            every = self._lazy.client.get_container_client(EXPORTS).list_blobs()
            return [blob.name for blob in every if blob.last_modified < before]

    def _blob(self, name: str) -> "BlobClient":
        return self._lazy.client.get_blob_client(EXPORTS, name)
