"""Reports kept for a while by one worker: bounded by their bytes, and the longest unused go first."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Final

from pydantic import Field

from shared.domain.model import Command

KEPT_FOR: Final = timedelta(minutes=5)
KEPT_BYTES_MAX: Final = 48 * 1024 * 1024
# what is large takes the place of many that are asked for more often; money by asset of a large fleet is 5 MiB
ONE_BYTES_MAX: Final = KEPT_BYTES_MAX // 4


class Report(Command):
    """What asks for a report; whoever has it already says which they have."""

    if_none_match: Annotated[tuple[str, ...], Field(description="entity tags that the caller has")] = ()


@dataclass(frozen=True)
class Mark:
    """What a report was made from; where any of it differs, the report is another one.

    Attributes:
        tenant_id: whose figures they are.
        version: of what the figures follow from.
        last_event: the tenant's newest event, for reports that follow who holds what; else 0.
        today: the tenant's local day, as text.
        with_costs: made for somebody who may see costs.
        asked: the kind of report, and all that was asked of it.
    """

    tenant_id: int
    version: int
    last_event: int
    today: str
    with_costs: bool
    asked: str


@dataclass(frozen=True)
class KeptReport:
    """A report's bytes, and when they were made."""

    content: bytes
    made_at: datetime

    @cached_property
    def tag(self) -> str:
        """Answer the entity tag: another one for other bytes."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'


class KeptReports:
    """The reports of one worker; from any thread.

    Args:
        most: bytes that are kept at most.
    """

    def __init__(self, most: int = KEPT_BYTES_MAX) -> None:
        self._most = most
        self._bytes = 0
        self._kept: OrderedDict[Mark, KeptReport] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, mark: Mark, now: datetime) -> KeptReport | None:
        """Answer the report of that mark unless it is too old, or was never there."""
        with self._lock:
            found = self._kept.get(mark)
            if found is None:
                return None
            if not found.made_at <= now < found.made_at + KEPT_FOR:
                self._drop(mark)
                return None
            self._kept.move_to_end(mark)
            return found

    def keep(self, mark: Mark, report: KeptReport) -> None:
        """Keep a report, in the place of those that were not asked for the longest."""
        if len(report.content) > min(self._most, ONE_BYTES_MAX):
            return
        with self._lock:
            self._drop(mark)
            self._kept[mark] = report
            self._bytes += len(report.content)
            while self._bytes > self._most:
                self._drop(next(iter(self._kept)))

    def _drop(self, mark: Mark) -> None:
        gone = self._kept.pop(mark, None)
        self._bytes -= len(gone.content) if gone else 0
