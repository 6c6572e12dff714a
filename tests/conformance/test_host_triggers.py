"""Timers and blob events of a running host, on Azurite."""

import contextlib
import itertools
import json
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.storage.blob import BlobServiceClient, ContentSettings
from azure.storage.queue import QueueServiceClient, TextBase64DecodePolicy

from local.azurite import Azurite
from local.host import leases
from local.ports import free_port
from tests.fixtures.host_apps.runner import WAIT, HostProcess, wait_until

_NOW = datetime.now(UTC)
# a month begins once a year, and this one in half a year
NEXT = datetime(_NOW.year + _NOW.month // 7, (_NOW.month + 5) % 12 + 1, 1, tzinfo=UTC)
YEARLY = f"0 0 0 1 {NEXT.month} *"
POISON = "webjobs-blobtrigger-poison"


class Bench:
    """One app's storage, settings and records."""

    def __init__(self, folder: Path, storage: str) -> None:
        self.folder = folder
        self.incoming = f"in-{uuid.uuid4().hex[:12]}"
        self.blobs = BlobServiceClient.from_connection_string(storage)
        self.queues = QueueServiceClient.from_connection_string(storage)
        self.record = folder / "record.jsonl"
        self.record.touch()
        self.blobs.create_container(self.incoming)
        self.host_id = f"test-{uuid.uuid4().hex[:12]}"
        self.env = {
            "AzureWebJobsStorage": storage,
            "PHOTOS": storage,
            "INCOMING": self.incoming,
            "TICK": YEARLY,
            "YEARLY": YEARLY,
            "RECORD": str(self.record),
            "AzureFunctionsWebHost__hostid": self.host_id,
        }

    def host(self, *arguments: str, **env: str) -> HostProcess:
        """Start a host."""
        return HostProcess("triggers", self.folder / "host.log", ["--poll-seconds", "0.3", *arguments], self.env | env)

    def log(self) -> str:
        """Answer what all its hosts have written so far."""
        return (self.folder / "host.log").read_text()

    def calls(self, name: str) -> list[dict[str, Any]]:
        """Answer what a function wrote down."""
        lines = [json.loads(line) for line in self.record.read_text().splitlines()]
        return [line for line in lines if line["name"] == name]

    def wait_for(self, name: str, count: int = 1, seconds: float = WAIT) -> list[dict[str, Any]]:
        """Wait for so many calls."""
        wait_until(lambda: len(self.calls(name)) >= count, seconds, lambda: f"{name}: {self.calls(name)}\n{self.log()}")
        return self.calls(name)

    def upload(self, name: str, content: bytes) -> None:
        """Write a blob that the trigger looks for."""
        settings = ContentSettings(content_type="image/png")
        self.blobs.get_blob_client(self.incoming, name).upload_blob(
            content, overwrite=True, metadata={"by": "test"}, content_settings=settings
        )

    def own(self, prefix: str) -> list[str]:
        """List what the host keeps."""
        return [blob.name for blob in self.blobs.get_container_client("azure-webjobs-hosts").list_blobs(prefix)]

    def receipts(self) -> list[str]:
        """List the receipts of delivered events."""
        return self.own(f"blobreceipts/{self.host_id}/Host.Functions.received/")

    def status_blob(self, timer: str) -> Any:
        """Answer the client of a timer's status."""
        return self.blobs.get_blob_client("azure-webjobs-hosts", f"timers/{self.host_id}/Host.Functions.{timer}/status")

    def write_status(self, timer: str, last: datetime, following: datetime) -> None:
        """Pretend an earlier run of a timer."""
        with contextlib.suppress(Exception):
            self.blobs.create_container("azure-webjobs-hosts")
        members = {"Last": last.isoformat(), "Next": following.isoformat(), "LastUpdated": last.isoformat()}
        self.status_blob(timer).upload_blob(json.dumps(members), overwrite=True)

    def poison(self) -> list[dict[str, Any]]:
        """Answer this bench's poison messages."""
        queue = self.queues.get_queue_client(POISON, message_decode_policy=TextBase64DecodePolicy())
        messages = [json.loads(message.content) for message in queue.peek_messages(max_messages=32)]
        return [message for message in messages if message["ContainerName"] == self.incoming]

    def close(self) -> None:
        """Close the clients."""
        self.blobs.close()
        self.queues.close()


@pytest.fixture
def bench(tmp_path: Path, azurite: str) -> Iterator[Bench]:
    made = Bench(tmp_path, azurite)
    yield made
    made.close()


def test_a_frequent_timer_ticks_on_time_unmonitored(bench: Bench) -> None:
    with bench.host(TICK="*/2 * * * * *"):
        calls = bench.wait_for("tick", 3)
    times = [datetime.fromisoformat(call["began"]) for call in calls]
    assert all(time.second % 2 == 0 and time.microsecond < 900_000 for time in times)
    assert len({time.replace(microsecond=0) for time in times}) == len(times)
    # more than once a minute is not monitored
    assert calls[0]["status"] == {}


def test_a_slow_timer_skips_and_never_overlaps(bench: Bench) -> None:
    with bench.host(TICK="* * * * * *", TICK_SECONDS="1.5") as host:
        bench.wait_for("tick", 2)
        assert host.post("/admin/functions/tick", {"input": None}).status_code == 202
        calls = bench.wait_for("tick", 4)
    spans = sorted((datetime.fromisoformat(call["began"]), datetime.fromisoformat(call["at"])) for call in calls)
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(spans))


def test_two_hosts_fire_a_timer_once_and_the_second_takes_over(bench: Bench) -> None:
    ticking = {"TICK": "*/2 * * * * *"}
    with bench.host(**ticking) as first:
        # who ticks holds the lease: of hosts that start at once, any may be the one
        bench.wait_for("tick")
        with bench.host(**ticking) as second:
            with bench.host(**ticking) as third:
                third.wait_for("Another host holds", 2)
                began = time.monotonic()
                assert third.stop() == 0
                assert time.monotonic() - began < leases.SECONDS
            bench.wait_for("tick", len(bench.calls("tick")) + 2)
            assert {call["pid"] for call in bench.calls("tick")} == {first.process.pid}
            assert first.stop() == 0
            wait_until(lambda: second.process.pid in {call["pid"] for call in bench.calls("tick")}, WAIT, second.output)
    ticks = [datetime.fromisoformat(call["began"]).replace(microsecond=0) for call in bench.calls("tick")]
    assert len(ticks) == len(set(ticks))


def test_a_missed_timer_runs_once_when_the_host_is_back(bench: Bench) -> None:
    last, missed = (NEXT.replace(year=NEXT.year - ago) for ago in (2, 1))
    bench.write_status("yearly", last, missed)
    with bench.host():
        (call,) = bench.wait_for("yearly")
        wait_until(lambda: "0001" not in bench.status_blob("yearly").download_blob().readall().decode(), 60, str)
        wait_until(lambda: status_of(bench, "yearly")["Next"].startswith(f"{NEXT:%Y-%m-%dT%H:%M:%S}"), 60, str)
        # a host that is stopped need not have come to its other timer
        bench.wait_for("retried", 3)
    assert call["past_due"] is True
    assert call["status"]["Next"] == missed.isoformat()
    assert call["schedule"] == {"AdjustForDST": True}
    with bench.host() as again:
        # both write into one log
        again.wait_for("Listening", 2)
        bench.wait_for("retried", 6)
    assert len(bench.calls("yearly")) == 1


def status_of(bench: Bench, timer: str) -> dict[str, str]:
    content: dict[str, str] = json.loads(bench.status_blob(timer).download_blob().readall())
    return content


def test_a_changed_schedule_is_not_past_due(bench: Bench) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    bench.write_status("yearly", yesterday, yesterday + timedelta(hours=1))
    with bench.host():
        bench.wait_for("retried", 3)
        assert status_of(bench, "yearly")["Last"] == "0001-01-01T00:00:00"
    assert bench.calls("yearly") == []


def test_a_failing_timer_is_retried_as_its_policy_says(bench: Bench) -> None:
    with bench.host():
        calls = bench.wait_for("retried", 3)
    assert [(call["attempt"], call["most"]) for call in calls] == [(0, 2), (1, 2), (2, 2)]
    times = [datetime.fromisoformat(call["at"]) for call in calls]
    assert times[1] - times[0] >= timedelta(seconds=1)


def test_an_operator_runs_a_timer(bench: Bench) -> None:
    with bench.host() as host:
        assert host.post("/admin/functions/yearly", {"input": "ignored"}).status_code == 202
        (call,) = bench.wait_for("yearly")
    assert call["past_due"] is False


def test_a_new_blob_arrives_whole(bench: Bench) -> None:
    with bench.host() as host:
        host.wait_for("Listening")
        bench.upload("acme/a.b.png", b"\x00\xff\x89PNG")
        began = datetime.now(UTC)
        (call,) = bench.wait_for("received")
    assert call["blob"] == f"{bench.incoming}/acme/a.b.png"
    assert (call["length"], call["content"], call["type"]) == (6, "\x00\xff\x89PNG", "image/png")
    assert call["uri"].endswith("/acme/a.b.png")
    assert call["metadata"] == {"by": "test"}
    assert datetime.fromisoformat(call["at"]) - began < timedelta(seconds=30)


def test_what_came_while_the_host_was_off_is_delivered_once(bench: Bench) -> None:
    bench.upload("acme/early.png", b"1")
    with bench.host() as host:
        bench.wait_for("received")
        wait_until(lambda: len(bench.receipts()) == 1, 60, lambda: str(bench.receipts()))
        assert host.stop() == 0
    bench.upload("acme/late.png", b"2")
    with bench.host():
        bench.wait_for("received", 2)
    assert [call["content"] for call in bench.calls("received")] == ["1", "2"]


def test_an_overwritten_blob_comes_again(bench: Bench) -> None:
    with bench.host():
        bench.upload("acme/x.png", b"1")
        bench.wait_for("received")
        bench.upload("acme/x.png", b"2")
        bench.wait_for("received", 2)
    assert [call["content"] for call in bench.calls("received")] == ["1", "2"]


def test_names_that_do_not_fit_the_pattern_come_too(bench: Bench) -> None:
    with bench.host():
        bench.upload("stray", b"1")
        (call,) = bench.wait_for("received")
    assert call["blob"] == f"{bench.incoming}/stray"


def test_nothing_is_remembered_of_a_blob_that_is_gone(bench: Bench) -> None:
    with bench.host():
        bench.upload("acme/x.png", b"1")
        wait_until(lambda: len(bench.receipts()) == 1, 60, lambda: str(bench.receipts()))
        bench.blobs.get_blob_client(bench.incoming, "acme/x.png").delete_blob()
        wait_until(lambda: bench.receipts() == [], 60, lambda: str(bench.receipts()))


def test_a_poisoned_blob_is_given_up_after_five_tries(bench: Bench) -> None:
    with bench.host():
        bench.upload("acme/bad.png", b"poison")
        wait_until(lambda: len(bench.receipts()) == 1, 60, lambda: str(bench.calls("received")))
        bench.upload("acme/good.png", b"fine")
        bench.wait_for("received", 6)
    assert [call["content"] for call in bench.calls("received")] == ["poison"] * 5 + ["fine"]
    (message,) = bench.poison()
    assert message["FunctionId"] == "Host.Functions.received"
    assert (message["Type"], message["BlobName"]) == ("BlobTrigger", "acme/bad.png")


def test_a_killed_host_delivers_again(bench: Bench) -> None:
    bench.upload("acme/x.png", b"1")
    with bench.host(BLOB_SECONDS="3") as host:
        host.wait_for("Listening")
        host.stop(signal.SIGKILL)
    assert bench.receipts() == []
    with bench.host():
        bench.wait_for("received")


def test_stopping_finishes_what_has_begun(bench: Bench) -> None:
    bench.upload("acme/x.png", b"1")
    with bench.host(BLOB_SECONDS="2") as host:
        # the first look follows at once
        host.wait_for("Listening")
        bench.wait_for("retried")
        assert host.stop() == 0
    assert len(bench.calls("received")) == 1
    assert len(bench.receipts()) == 1


@pytest.mark.parametrize(
    ("arguments", "env"),
    [(["--duplicate-blob-events"], {}), ([], {"MOTORPOOL_DUPLICATE_BLOB_EVENTS": "1"})],
)
def test_events_can_come_twice(bench: Bench, arguments: list[str], env: dict[str, str]) -> None:
    with bench.host(*arguments, **env):
        for number in range(4):
            bench.upload(f"acme/{number}.png", str(number).encode())
        bench.wait_for("received", 6)
        wait_until(lambda: len(bench.receipts()) == 4, 60, lambda: str(bench.receipts()))
    contents = [call["content"] for call in bench.calls("received")]
    assert sorted(contents.count(str(number)) for number in range(4)) == [1, 1, 2, 2]


def test_deliveries_run_side_by_side_up_to_the_limit(bench: Bench) -> None:
    with bench.host(BLOB_SECONDS="4", PYTHON_THREADPOOL_THREAD_COUNT="16"):
        for number in range(8):
            bench.upload(f"acme/{number}.png", b"x")
        calls = bench.wait_for("received", 8)
    times = sorted(datetime.fromisoformat(call["at"]) for call in calls)
    assert times[-1] - times[0] >= timedelta(seconds=3)
    # one after the other they would take 28 seconds
    assert times[-1] - times[0] < timedelta(seconds=20)


def test_event_grid_posts_events(bench: Bench) -> None:
    hook = "/runtime/webhooks/blobs?functionName=Host.Functions.received"
    with bench.host("--poll-seconds", "3600") as host:
        validation = {
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "data": {"validationCode": "512d38b6"},
        }
        assert host.post(hook, [validation]).json() == {"validationResponse": "512d38b6"}
        host.wait_for("Listening")
        bench.wait_for("retried")
        bench.upload("acme/a b.png", b"1")
        url = bench.blobs.get_blob_client(bench.incoming, "acme/a b.png").url
        event = {"eventType": "Microsoft.Storage.BlobCreated", "data": {"url": url, "eTag": "0x1"}}
        assert host.post(hook, [event, event]).status_code == 202
        calls = bench.wait_for("received", 2)
        assert {call["blob"] for call in calls} == {f"{bench.incoming}/acme/a b.png"}
        gone = event | {"data": {"url": f"{url}.gone"}}
        assert host.post(hook, [gone]).status_code == 202
        assert host.post(hook, [{"no": "event"}]).status_code == 400
        assert host.post("/runtime/webhooks/blobs?functionName=Host.Functions.none", [event]).status_code == 404


def test_an_operator_runs_a_blob_function(bench: Bench) -> None:
    with bench.host("--poll-seconds", "3600") as host:
        host.wait_for("Listening")
        bench.wait_for("retried")
        bench.upload("acme/x.png", b"1")
        path = {"input": f"{bench.incoming}/acme/x.png"}
        assert host.post("/admin/functions/received", path).status_code == 202
        bench.wait_for("received")
        assert host.post("/admin/functions/received", {"input": "nonsense"}).status_code == 400
        assert host.post("/admin/functions/received", {"input": f"{bench.incoming}/gone"}).status_code == 202
        host.wait_for(f"There is no blob {bench.incoming}/gone.")
        assert host.post("/admin/functions/received", {"input": "No Name!/x"}).status_code == 202
        host.wait_for("There is no blob No Name!/x.")


def test_an_outage_of_storage_is_told_once_and_survived(tmp_path: Path) -> None:
    azurite = Azurite(tmp_path / "azurite", free_port(3))
    azurite.start()
    try:
        _survive(azurite, Bench(tmp_path, azurite.connection_string))
    finally:
        azurite.stop()


def _survive(azurite: Azurite, bench: Bench) -> None:
    with contextlib.closing(bench), bench.host() as host:
        bench.upload("acme/1.png", b"1")
        bench.wait_for("received")
        azurite.stop()
        host.wait_for("does not serve")
        assert httpx.get(f"{host.url}/admin/host/ping").status_code == 200
        azurite.start()
        bench.upload("acme/2.png", b"2")
        bench.wait_for("received", 2)
        host.wait_for("is back")
        assert len(host.lines("does not serve")) == 1


@pytest.mark.slow
def test_a_host_starts_without_storage_and_waits_for_it(tmp_path: Path) -> None:
    azurite = Azurite(tmp_path / "azurite", free_port(3))
    azurite.start()
    bench = Bench(tmp_path, azurite.connection_string)
    azurite.stop()
    try:
        with contextlib.closing(bench):
            _wait_for_storage(azurite, bench)
    finally:
        azurite.stop()


def _wait_for_storage(azurite: Azurite, bench: Bench) -> None:
    with bench.host() as host:
        host.wait_for("does not serve")
        began = time.monotonic()
        assert host.stop() == 0
        assert time.monotonic() - began < 30
    with bench.host() as host:
        host.wait_for("does not serve", 2)
        azurite.start()
        bench.upload("acme/1.png", b"1")
        bench.wait_for("received", seconds=30)


@pytest.mark.parametrize("form", ["uris", "account"])
def test_a_connection_may_be_given_in_parts(bench: Bench, azurite: str, form: str) -> None:
    parts = dict(part.split("=", 1) for part in azurite.split(";") if part)
    settings: dict[str, Callable[[], dict[str, str]]] = {
        "uris": lambda: {
            "PHOTOS__blobServiceUri": parts["BlobEndpoint"],
            "PHOTOS__queueServiceUri": parts["QueueEndpoint"],
        },
        "account": lambda: {"AzureWebJobsPHOTOS": azurite},
    }
    del bench.env["PHOTOS"]
    with bench.host(**settings[form]()):
        bench.upload("acme/1.png", b"1")
        bench.wait_for("received")
