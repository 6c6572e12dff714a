"""Events as clients get them: batches, and a large one also packed for those who read that."""

import base64
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import orjson

from shared.domain import realtime
from shared.domain.event import Envelope, find_reader
from shared.domain.principal import Role

BATCH_MAX_EVENTS = 100
# a message of Web PubSub may have 1 MiB, and a phone wants to show something before all of it is there
BATCH_MAX_BYTES = 256 * 1024
# below that, base64 takes back most of what packing has saved; it is also the size that is billed as one message
PACKED_ABOVE_BYTES = 2048


@dataclass(frozen=True)
class Message:
    """A JSON text for a group, but for those who are in the group `without`."""

    group: str
    content: bytes
    without: str | None = None


@dataclass(frozen=True)
class Batch:
    """What goes out at once.

    Attributes:
        messages: in the order in which they are to be sent.
        first_seq: the first event of the batch.
        last_seq: the last one; those that nobody is told are within.
        count: how many events there are.
    """

    messages: Sequence[Message]
    first_seq: int
    last_seq: int
    count: int


def make_batch(tenant_id: int, waiting: Sequence[Envelope]) -> Batch:
    """Answer the batch of as many of the waiting events as go at once, of which there is at least one."""
    events, texts = _gathered(waiting)
    messages: list[Message] = []
    pairs = zip(events, texts, strict=True)
    for group, run in groupby(pairs, lambda pair: _group(tenant_id, pair[0].type)):
        if group is not None:
            messages += _messages(tenant_id, group, [text for _, text in run])
    return Batch(messages, events[0].seq, events[-1].seq, len(events))


def _gathered(waiting: Sequence[Envelope]) -> tuple[Sequence[Envelope], Sequence[bytes]]:
    texts: list[bytes] = []
    size = 0
    for event in waiting[:BATCH_MAX_EVENTS]:
        text = orjson.dumps(event.model_dump(), option=orjson.OPT_UTC_Z)
        size += len(text)
        if texts and size > BATCH_MAX_BYTES:
            break
        texts.append(text)
    return waiting[: len(texts)], texts


def _group(tenant_id: int, kind: str) -> str | None:
    """Answer who is told of events of a type; None for what no group as a whole may read."""
    reader = find_reader(kind)
    if reader is Role.DRIVER:
        return realtime.everybody(tenant_id)
    # a dispatcher who may read it too asks for it: no group is of dispatchers only
    return realtime.managers(tenant_id) if reader in {Role.DISPATCHER, Role.MANAGER} else None


def _messages(tenant_id: int, group: str, texts: Sequence[bytes]) -> Iterator[Message]:
    content = b'{"events":[' + b",".join(texts) + b"]}"
    packed = realtime.compressed(tenant_id)
    # the group of those who read packed batches is not one of managers
    if len(content) <= PACKED_ABOVE_BYTES or group != realtime.everybody(tenant_id):
        yield Message(group, content)
        return
    yield Message(packed, b'{"z":"' + base64.b64encode(zlib.compress(content)) + b'"}')
    yield Message(group, content, without=packed)
