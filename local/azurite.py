"""Azurite, Microsoft's stand-in for Azure Storage: blobs, queues and tables on this machine."""

import shutil
from pathlib import Path

from local.ports import LOOPBACK, is_listening
from local.processes import Child
from local.servers import Server

ACCOUNT = "devstoreaccount1"
# published with Azurite: it opens every Azurite there is, and nothing else
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
PROGRAM = Path(__file__).parents[1] / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"


class AzuriteError(RuntimeError):
    """Azurite cannot be run from here; the message says what to do about it."""


class Azurite(Server):
    """An Azurite on three successive ports of 127.0.0.1: blobs, queues, tables.

    It stops with the program that started it.

    Args:
        directory: for its data and log; made if missing.
        port: of the blob service; queues and tables take the next two.
        in_memory: keep nothing on disk but the log, as tests like it.
    """

    NAME = "Azurite"
    READY_SECONDS = 60

    def __init__(self, directory: Path, port: int, *, in_memory: bool = False) -> None:
        super().__init__()
        self.directory = directory.absolute()
        self.port = port
        self.log = self.directory / "azurite.log"
        self._in_memory = in_memory

    @property
    def connection_string(self) -> str:
        """Answer what the storage SDKs are made from."""
        services = enumerate(("Blob", "Queue", "Table"))
        endpoints = [f"{name}Endpoint=http://{LOOPBACK}:{self.port + i}/{ACCOUNT}" for i, name in services]
        account = ["DefaultEndpointsProtocol=http", f"AccountName={ACCOUNT}", f"AccountKey={ACCOUNT_KEY}"]
        return ";".join([*account, *endpoints])

    def make_containers(self, *names: str) -> None:
        """Make blob containers that are not there yet, as infrastructure does in Azure."""
        from azure.core.exceptions import ResourceExistsError
        from azure.storage.blob import BlobServiceClient

        with BlobServiceClient.from_connection_string(self.connection_string) as service:
            for name in names:
                try:
                    service.create_container(name)
                except ResourceExistsError:
                    continue

    def make_tables(self, *names: str) -> None:
        """Make tables that are not there yet, as infrastructure does in Azure."""
        from azure.data.tables import TableServiceClient

        with TableServiceClient.from_connection_string(self.connection_string) as service:
            for name in names:
                service.create_table_if_not_exists(name)

    def allow_origins(self, *origins: str) -> None:
        """Let pages of these origins put and get blobs by the links that they are given, as infrastructure does."""
        from azure.storage.blob import BlobServiceClient, CorsRule

        rule = CorsRule(
            list(origins),
            ["GET", "HEAD", "PUT"],
            allowed_headers=["content-type", "x-ms-blob-type", "x-ms-version", "x-ms-date", "if-none-match"],
            exposed_headers=["etag", "x-ms-error-code", "x-ms-request-id"],
            max_age_in_seconds=3600,
        )
        with BlobServiceClient.from_connection_string(self.connection_string) as service:
            service.set_service_properties(cors=[rule])

    def _launch(self) -> Child:
        self.directory.mkdir(parents=True, exist_ok=True)
        return Child(self.NAME, self._command(), self.log)

    def _command(self) -> list[str]:
        node = shutil.which("node")
        if node is None or not PROGRAM.exists():
            raise AzuriteError("Azurite needs Node.js 20.19 or newer and `npm ci`: run `make run`, which does both.")
        services = enumerate(("blob", "queue", "table"))
        listen = [word for i, name in services for word in self._listen(name, self.port + i)]
        storage = ["--inMemoryPersistence"] if self._in_memory else ["--location", str(self.directory)]
        # strict, so that what is not allowed in Azure fails here too (no --loose); but the SDKs name newer
        # versions of the protocol than Azurite knows of, with the same operations
        return [
            node,
            str(PROGRAM),
            *listen,
            *storage,
            "--silent",
            "--disableTelemetry",
            "--skipApiVersionCheck",
        ]

    @staticmethod
    def _listen(service: str, port: int) -> list[str]:
        # Azurite's five seconds of keep-alive reset connections that the SDKs' pools still count on
        return [
            f"--{service}Host",
            LOOPBACK,
            f"--{service}Port",
            str(port),
            f"--{service}KeepAliveTimeout",
            "75",
        ]

    def _answers(self) -> bool:
        return all(is_listening(self.port + i) for i in range(3))
