"""The proof of a tenant's sequence: each event once, in order, none missing."""

import base64
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

type Told = Mapping[str, Any]


def unpacked(message: Any) -> Sequence[Told]:
    """Answer the events of a message as it came: a batch, or a batch packed by zlib."""
    if "z" in message:
        message = json.loads(zlib.decompress(base64.b64decode(message["z"])))
    return tuple(message.get("events", ()))


@dataclass
class Proof:
    """What came of a sequence so far.

    Attributes:
        last: the newest event up to which nothing is missing.
        delivered: events that came in order, each once.
        duplicates: events that came again.
        gaps: how often one was missing before the next.
        caught_up: events that were asked for because they had not come by themselves.
        held: events that came before others that are missing still.
    """

    last: int
    delivered: int = 0
    duplicates: int = 0
    gaps: int = 0
    caught_up: int = 0
    held: dict[int, Told] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Tell whether nothing is missing before what has come."""
        return not self.held

    def take(self, event: Told, *, asked: bool = False) -> Iterator[Told]:
        """Yield the event, and those that waited for it, once nothing is missing before them.

        Args:
            event: with its `seq`.
            asked: it did not come by itself.
        """
        seq = int(event["seq"])
        if seq <= self.last or seq in self.held:
            # what is asked for may come by itself meanwhile; that is no fault of anybody's
            self.duplicates += not asked
            return
        if seq > self.last + 1 and not self.held:
            self.gaps += 1
        self.held[seq] = event
        self.caught_up += asked
        yield from self._ready()

    def skip_to(self, seq: int) -> Iterator[Told]:
        """Yield what waited, now that it is known that nothing up to `seq` is to be seen by this reader."""
        for early in sorted(one for one in self.held if one <= seq):
            self.delivered += 1
            yield self.held.pop(early)
        self.last = max(self.last, seq)
        yield from self._ready()

    def _ready(self) -> Iterator[Told]:
        while (event := self.held.pop(self.last + 1, None)) is not None:
            self.last += 1
            self.delivered += 1
            yield event

    def __str__(self) -> str:
        """Say it in a line."""
        missing = "" if self.is_complete else f", MISSING from {self.last + 1} to {min(self.held) - 1}"
        return (
            f"{self.delivered} events up to {self.last}: {self.gaps} gaps, {self.caught_up} events asked for, "
            f"{self.duplicates} duplicates{missing}"
        )
