"""Batches as clients get them: what is in one, to whom it goes, and when it is packed."""

import base64
import json
import zlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.actions.relay import GATHER_MAX_SECONDS, RETRY_MAX_SECONDS, RETRY_SECONDS, gather_seconds, retry_seconds
from shared.domain import event
from shared.domain.event import Envelope, EventType
from shared.domain.principal import Role
from shared.render.events import BATCH_MAX_BYTES, BATCH_MAX_EVENTS, PACKED_ABOVE_BYTES, Message, make_batch

TENANT = 5


def envelope(seq: int, kind: str = "PHOTO_READY", **data: Any) -> Envelope:
    at = datetime(2026, 1, 31, 9, 30, tzinfo=timezone(timedelta(hours=-5)))
    return Envelope(seq=seq, type=kind, resource_type="photo", resource_id="p", user_id=None, at=at, data=data)


def seqs(message: Message) -> list[int]:
    return [one["seq"] for one in json.loads(message.content)["events"]]


def padded_to(size: int) -> Envelope:
    """Answer an event whose batch of one is exactly so large."""
    (message,) = make_batch(TENANT, [envelope(1, note="")]).messages
    return envelope(1, note="x" * (size - len(message.content)))


def test_a_batch_is_read_as_it_was_told() -> None:
    batch = make_batch(TENANT, [envelope(7, asset_id=3), envelope(8)])
    (message,) = batch.messages
    assert (batch.first_seq, batch.last_seq, batch.count) == (7, 8, 2)
    assert (message.group, message.without) == ("t.5", None)
    assert json.loads(message.content)["events"][0] == {
        "seq": 7,
        "type": "PHOTO_READY",
        "resource_type": "photo",
        "resource_id": "p",
        "user_id": None,
        "at": "2026-01-31T14:30:00Z",
        "data": {"asset_id": 3},
    }


def test_a_moment_is_written_as_elsewhere() -> None:
    at = datetime(2026, 1, 31, 9, 30, 0, 120, tzinfo=UTC)
    one = envelope(1).model_copy(update={"at": at})
    (message,) = make_batch(TENANT, [one]).messages
    assert json.loads(message.content)["events"] == [json.loads(one.model_dump_json())]


def test_two_kib_are_not_packed_and_a_byte_more_is() -> None:
    (plain,) = make_batch(TENANT, [padded_to(PACKED_ABOVE_BYTES)]).messages
    assert len(plain.content) == PACKED_ABOVE_BYTES
    packed, rest = make_batch(TENANT, [padded_to(PACKED_ABOVE_BYTES + 1)]).messages
    assert (packed.group, packed.without) == ("t.5.z", None)
    assert (rest.group, rest.without) == ("t.5", "t.5.z")
    document = json.loads(packed.content)
    assert list(document) == ["z"]
    assert zlib.decompress(base64.b64decode(document["z"], validate=True)) == rest.content


def test_a_batch_ends_at_a_hundred_events() -> None:
    batch = make_batch(TENANT, [envelope(seq) for seq in range(1, BATCH_MAX_EVENTS + 50)])
    assert (batch.first_seq, batch.last_seq, batch.count) == (1, BATCH_MAX_EVENTS, BATCH_MAX_EVENTS)


def test_a_batch_ends_before_it_is_too_large() -> None:
    waiting = [envelope(seq, note="x" * (BATCH_MAX_BYTES // 3)) for seq in range(1, 6)]
    batch = make_batch(TENANT, waiting)
    assert batch.count == 2
    assert all(len(message.content) <= BATCH_MAX_BYTES + 100 for message in batch.messages)


def test_an_event_that_is_too_large_goes_alone() -> None:
    waiting = [envelope(1, note="x" * 2 * BATCH_MAX_BYTES), envelope(2)]
    assert make_batch(TENANT, waiting).count == 1


def test_what_is_not_for_drivers_goes_to_managers_and_all_stays_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event, "READERS", {**event.READERS, EventType.PHOTO_READY: Role.MANAGER})
    for_all = "ASSET_CHECKED_OUT"
    waiting = [envelope(1, for_all), envelope(2), envelope(3, note="x" * 3000), envelope(4, for_all)]
    batch = make_batch(TENANT, waiting)
    assert [(message.group, seqs(message)) for message in batch.messages] == [
        ("t.5", [1]),
        ("t.5.managers", [2, 3]),
        ("t.5", [4]),
    ]
    every = {kind.value for kind in EventType}
    assert set(event.readable(Role.DISPATCHER)) == every - {"PHOTO_READY"}
    assert set(event.readable(Role.MANAGER)) == every


def test_what_only_admins_may_read_and_what_nobody_knows_goes_to_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event, "READERS", {**event.READERS, EventType.PHOTO_READY: Role.ADMIN})
    batch = make_batch(TENANT, [envelope(1), envelope(2, "OF_A_NEWER_VERSION")])
    assert (list(batch.messages), batch.last_seq, batch.count) == ([], 2, 2)


def test_every_type_has_a_reader() -> None:
    assert set(event.READERS) == set(EventType)


def test_a_lone_event_hardly_holds_the_next_up_and_many_wait_for_company() -> None:
    assert [gather_seconds(sent) for sent in (0, 1, 2, 3, 4, 100)] == [0.015, 0.015, 0.03, 0.045, 0.05, 0.05]
    assert GATHER_MAX_SECONDS == 0.05


def test_retries_come_later_and_later_but_not_too_late() -> None:
    longest = [retry_seconds(failures, 1) for failures in range(1, 9)]
    assert longest == [0.5, 1, 2, 4, 8, 10, 10, 10]
    assert retry_seconds(10_000, 1) == RETRY_MAX_SECONDS
    assert [retry_seconds(1, chance) for chance in (0, 0.5, 1)] == [RETRY_SECONDS / 2, 0.375, RETRY_SECONDS]
