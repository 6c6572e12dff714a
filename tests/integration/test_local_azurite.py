"""Azurite under the unmodified storage SDKs."""

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from local.azurite import Azurite, AzuriteError
from local.ports import free_port, is_listening
from local.processes import ROOT


def test_blobs_and_tables_work_and_stay(tmp_path: Path) -> None:
    azurite = Azurite(tmp_path, free_port(3))
    with azurite:
        azurite.make_containers("photos", "photos-incoming")
        azurite.make_containers("photos")
        with BlobServiceClient.from_connection_string(azurite.connection_string) as blobs:
            blobs.get_blob_client("photos", "a/b").upload_blob(b"x" * 100_000)
        with TableServiceClient.from_connection_string(azurite.connection_string) as tables:
            presence = tables.create_table_if_not_exists("presence")
            presence.upsert_entity({"PartitionKey": "p", "RowKey": "r", "n": 7})
    with azurite:
        with BlobServiceClient.from_connection_string(azurite.connection_string) as blobs:
            assert blobs.get_blob_client("photos", "a/b").download_blob().readall() == b"x" * 100_000
        with TableServiceClient.from_connection_string(azurite.connection_string) as tables:
            assert tables.get_table_client("presence").get_entity("p", "r")["n"] == 7


def test_in_memory_nothing_stays(tmp_path: Path) -> None:
    azurite = Azurite(tmp_path, free_port(3), in_memory=True)
    with azurite:
        azurite.make_containers("photos")
        first = azurite.child
        azurite.start()
        assert azurite.child is first
    with azurite, BlobServiceClient.from_connection_string(azurite.connection_string) as blobs:
        assert list(blobs.list_containers()) == []
    assert [path.name for path in tmp_path.iterdir() if "log" not in path.name] == []


def test_it_is_strict(tmp_path: Path) -> None:
    with Azurite(tmp_path, free_port(3), in_memory=True) as azurite:
        azurite.make_containers("photos")
        with BlobServiceClient.from_connection_string(azurite.connection_string) as blobs:
            blob = blobs.get_blob_client("photos", "a")
            blob.upload_blob(b"1")
            with pytest.raises(HttpResponseError):
                blob.upload_blob(b"2")
            with pytest.raises(HttpResponseError):
                blobs.create_container("Not_A_Name")


def test_it_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    port = free_port(3)
    script = f"""
        import time
        from pathlib import Path
        from local.azurite import Azurite
        Azurite(Path({str(tmp_path)!r}), {port}).start()
        print("up", flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "up\n"
        starter.kill()
    deadline = time.monotonic() + 60
    while is_listening(port):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_without_node_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AzuriteError, match=r"Node\.js 20\.19"):
        Azurite(tmp_path, free_port(3)).start()
