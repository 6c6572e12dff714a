"""The relay on a real database and the real emulator: in order, none lost, nobody else's, whatever happens between."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared import settings, wiring
from shared.actions import relay, sweeps
from shared.actions.call import Call
from shared.domain import realtime
from shared.domain.event import Event, EventType
from shared.services import Services
from tests.factories import TenantMade, make_call, make_tenant
from tests.fixtures.gate import Gate, gate_to
from tests.fixtures.listening import listening
from tests.world import Clone, World


@pytest.fixture
def own(clone: Clone) -> TenantMade:
    """Answer a tenant of this test's own, whose numbers begin at one."""
    return make_tenant(clone.owner_url)


@pytest.fixture
def gate(world: World) -> Iterator[Gate]:
    endpoint = dict(part.split("=", 1) for part in world.settings["WEB_PUBSUB_CONNECTION_STRING"].split(";") if part)
    port = urlsplit(endpoint["Endpoint"]).port
    assert port
    with gate_to(port) as opened:
        yield opened


@contextmanager
def another_worker(world: World, clone: Clone, gate: Gate | None = None) -> Iterator[Services]:
    """Run what another instance of the application would: services of its own on the same database."""
    environment = world.environment(clone, 7071)
    if gate is not None:
        text = environment["WEB_PUBSUB_CONNECTION_STRING"]
        port = urlsplit(text.partition("Endpoint=")[2].partition(";")[0]).port
        environment["WEB_PUBSUB_CONNECTION_STRING"] = text.replace(f":{port};", f":{gate.port};")
    built = wiring.build(settings.read(environment))
    yield built
    built.relay.close()
    built.database.close()


def tell(call: Call, count: int = 1, **data: Any) -> None:
    """Tell events, each in a transaction of its own."""
    for _ in range(count):
        with call.transaction() as work:
            work.emit(Event(EventType.PHOTO_READY, "photo", "p", data))


def rows(services: Services, tenant: TenantMade) -> list[dict[str, Any]]:
    with services.database.read(tenant.id) as tx:
        found = tx.all(
            "SELECT seq, published_at, attempts, attempted_at FROM websocket_events"
            " WHERE tenant_id = %(tenant_id)s ORDER BY seq"
        )
    return [dict(row) for row in found]


def wait_until_sent(services: Services, tenant: TenantMade, seconds: float = 20) -> list[dict[str, Any]]:
    deadline = time.monotonic() + seconds
    while True:
        found = rows(services, tenant)
        if all(row["published_at"] for row in found):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def test_the_first_goes_at_once_and_followers_go_together(services: Services, own: TenantMade) -> None:
    call = make_call(services, own, "driver")
    with listening(services.fanout, own.id) as heard:
        tell(call)
        heard.wait_for(1)
        tell(call, 9)
        heard.wait_for(10)
    assert [event["seq"] for event in heard.batches[0]] == [1]
    assert heard.seqs == list(range(1, 11))
    assert len(heard.messages) < 10
    found = wait_until_sent(services, own)
    assert {row["attempts"] for row in found} == {1}


def test_an_event_says_who_what_and_when(services: Services, own: TenantMade) -> None:
    call = make_call(services, own, "driver")
    with listening(services.fanout, own.id) as heard:
        tell(call, asset_id=5)
        heard.wait_for(1)
    ((event,),) = heard.batches
    assert event.pop("at").endswith("Z")
    assert event == {
        "seq": 1,
        "type": "PHOTO_READY",
        "resource_type": "photo",
        "resource_id": "p",
        "user_id": call.principal.user_id,
        "data": {"asset_id": 5},
    }


def test_large_batches_come_packed_to_those_who_read_that(services: Services, own: TenantMade) -> None:
    call = make_call(services, own, "driver")
    packed = [realtime.compressed(own.id)]
    with listening(services.fanout, own.id) as plain, listening(services.fanout, own.id, more=packed) as reader:
        tell(call, note="x" * 3000)
        for heard in (plain, reader):
            heard.wait_for(1)
    assert [list(message) for message in plain.messages] == [["events"]]
    assert [list(message) for message in reader.messages] == [["z"]]
    assert plain.batches == reader.batches


def test_small_batches_come_once_and_plain_to_everybody(services: Services, own: TenantMade) -> None:
    packed = [realtime.compressed(own.id)]
    with listening(services.fanout, own.id) as plain, listening(services.fanout, own.id, more=packed) as reader:
        tell(make_call(services, own, "driver"))
        for heard in (plain, reader):
            heard.wait_for(1)
    assert plain.messages == reader.messages
    assert [list(message) for message in plain.messages] == [["events"]]


def test_another_tenant_hears_nothing(services: Services, own: TenantMade, other_tenant: TenantMade) -> None:
    everywhere = [realtime.managers(other_tenant.id), realtime.compressed(other_tenant.id)]
    with listening(services.fanout, own.id) as heard:
        with listening(services.fanout, other_tenant.id, more=everywhere) as stranger:
            tell(make_call(services, own, "driver"), 3, note="x" * 3000)
            heard.wait_for(3)
            tell(make_call(services, other_tenant, "driver"), note="ours")
            stranger.wait_for(1)
        assert [event["data"] for batch in stranger.batches for event in batch] == [{"note": "ours"}]
    assert {event["data"]["note"] for batch in heard.batches for event in batch} == {"x" * 3000}


def test_without_the_fan_out_writing_goes_on_and_all_is_sent_in_order_after(
    world: World, clone: Clone, own: TenantMade, gate: Gate
) -> None:
    with another_worker(world, clone, gate) as cut_off, another_worker(world, clone) as near:
        call = make_call(cut_off, own, "driver")
        with listening(near.fanout, own.id) as heard:
            gate.shut()
            began = time.monotonic()
            tell(call, 150, note="x" * 100)
            # a write never waits for the fan-out
            assert time.monotonic() - began < 60
            time.sleep(1)
            found = rows(near, own)
            assert {row["published_at"] for row in found} == {None}
            assert found[0]["attempts"] >= 1
            assert found[0]["attempted_at"] is not None
            assert {row["attempts"] for row in found[1:]} == {0}
            gate.open()
            heard.wait_for(150)
        assert heard.seqs == list(range(1, 151))
        # in batches, not one by one
        assert len(heard.messages) == 2
        wait_until_sent(near, own)


def test_an_outbox_that_waits_holds_no_other_up(
    world: World, clone: Clone, own: TenantMade, other_tenant: TenantMade, gate: Gate
) -> None:
    with another_worker(world, clone, gate) as worker:
        gate.shut()
        tell(make_call(worker, own, "driver"))
        deadline = time.monotonic() + 60
        while rows(worker, own)[0]["attempts"] < 3:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        gate.open()
        # the first waits at least half of two seconds more
        tell(make_call(worker, other_tenant, "driver"))
        wait_until_sent(worker, other_tenant, seconds=0.5)
        assert rows(worker, own)[0]["published_at"] is None
        wait_until_sent(worker, own)


def test_two_workers_neither_reorder_nor_lose(world: World, clone: Clone, own: TenantMade) -> None:
    """Many write at once through two workers, some of them in vain: numbers have no gap and come in order."""
    with another_worker(world, clone) as first, another_worker(world, clone) as second:
        calls = [make_call(worker, own, "driver") for worker in (first, second)]

        def write(number: int) -> None:
            if number % 10:
                tell(calls[number % 2])
            else:
                number_in_vain(calls[number % 2])

        with listening(first.fanout, own.id) as heard:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(write, range(300)))
            heard.wait_for(270)
        found = wait_until_sent(first, own)
        assert [row["seq"] for row in found] == list(range(1, 271))
        assert heard.seqs == list(range(1, 271))


class InVainError(Exception):
    """Something went wrong before the commit."""


def number_in_vain(call: Call) -> None:
    """Number an event and roll back, after a moment in which others would like a number."""
    with suppress(InVainError), call.services.database.transaction(call.principal.tenant.id) as (tx, _):
        tx.one("SELECT emit_event(%(tenant_id)s, 'PHOTO_READY', 'photo', 'vain', NULL, '{}') AS seq")
        time.sleep(0.002)
        raise InVainError


def test_what_the_service_never_takes_stands_in_nobodys_way(
    services: Services, own: TenantMade, caplog: pytest.LogCaptureFixture
) -> None:
    call = make_call(services, own, "driver")
    with listening(services.fanout, own.id) as heard:
        tell(call, note="x" * 1_500_000)
        wait_until_sent(services, own)
        tell(call, note="small")
        heard.wait_for(2)
    assert heard.seqs == [2]
    assert [record.levelname for record in caplog.records if record.name == "motorpool.relay"] == ["ERROR"]


def test_a_batch_is_not_too_large_for_the_service(services: Services, own: TenantMade) -> None:
    call = make_call(services, own, "driver")
    asleep = replace(call, services=replace(services, relay=Asleep()))
    tell(asleep, 30, note="x" * 100_000)
    with listening(services.fanout, own.id) as heard:
        assert sweeps.send_unsent_events(services) == 30
        heard.wait_for(30)
    assert heard.seqs == list(range(1, 31))
    assert {len(batch) for batch in heard.batches} == {2}


class Asleep:
    """What a relay comes to whose process ends right after the commit."""

    def wake(self, tenant_id: int) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def test_what_nobody_was_woken_for_is_swept(services: Services, own: TenantMade) -> None:
    asleep = replace(services, relay=Asleep())
    tell(make_call(asleep, own, "driver"), 3)
    assert sweeps.send_unsent_events(services) == 3
    assert sweeps.send_unsent_events(services) == 0
    assert all(row["published_at"] for row in rows(services, own))


def test_the_sweep_says_that_the_fan_out_is_away(
    world: World, clone: Clone, own: TenantMade, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    with another_worker(world, clone, gate) as worker:
        gate.shut()
        tell(make_call(replace(worker, relay=Asleep()), own, "driver"))
        assert "send_unsent_events" not in sweeps.run_due(worker)
        assert "sweep postponed" in [record.getMessage() for record in caplog.records]
        gate.open()
        assert sweeps.send_unsent_events(worker) == 1


def test_an_outbox_in_somebody_elses_hands_is_left_to_them(services: Services, own: TenantMade) -> None:
    tell(make_call(replace(services, relay=Asleep()), own, "driver"))
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with services.database.transaction(own.id) as (tx, _):
            tx.one("SELECT pg_try_advisory_xact_lock(hashtextextended('motorpool.outbox', %(tenant_id)s)) AS taken")
            taken.set()
            done.wait(60)

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert taken.wait(60)
        assert relay.send_batch(services.database, services.fanout, own.id).state is relay.State.TAKEN
        services.relay.wake(own.id)
        time.sleep(0.2)
        assert rows(services, own)[0]["published_at"] is None
        done.set()
        holding.result()
    # the relay has looked again and again
    wait_until_sent(services, own, seconds=1)


def test_threads_end_with_the_relay(world: World, clone: Clone, own: TenantMade) -> None:
    before = {thread.ident for thread in threading.enumerate()}
    with another_worker(world, clone) as worker:
        assert not [one for one in threading.enumerate() if one.name == "relay" and one.ident not in before]
        tell(make_call(worker, own, "driver"))
        wait_until_sent(worker, own)
        assert [one for one in threading.enumerate() if one.name == "relay" and one.ident not in before]
    assert not [one for one in threading.enumerate() if one.name == "relay" and one.ident not in before]
