"""Timer triggers: each runs at the times of its schedule, on one host, never beside itself."""

import asyncio
import json
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from local.host import leases, retries
from local.host.errors import StartError
from local.host.functions import Function
from local.host.ncrontab import Schedule, ScheduleError
from local.host.protos import TypedData
from local.host.settings import resolve_lookups
from local.host.storage import Storage, StorageUnavailableError
from local.host.timerstatus import TimerStatus
from local.host.worker import Call, Retries, Worker

# wake at least so often: a laptop that slept, or a clock that was set, is noticed
LONGEST_SLEEP = 30.0
STORAGE_RETRY = 1.0

log = logging.getLogger("host.timers")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Timer:
    """One timer function.

    Args:
        function: with a timer trigger.
        schedule: when it runs.
        storage: where its status and its lock are.
        worker: what calls it.
        host_id: the name of this app's hosts in storage.
    """

    function: Function
    schedule: Schedule
    storage: Storage
    worker: Worker
    host_id: str
    status: TimerStatus | None = None
    _running: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def of(cls, function: Function, storage: Storage, worker: Worker, host_id: str) -> "Timer":
        """Make the timer of a function.

        Raises:
            StartError: its schedule cannot be read, or names a setting that is not there.
        """
        text = resolve_lookups(str(function.trigger["schedule"]), f"Function {function.name!r}")
        try:
            schedule = Schedule.parse(text)
        except ScheduleError as error:
            raise StartError(f"Function {function.name!r}: the schedule {error}.") from error
        return cls(function, schedule, storage, worker, host_id)

    @property
    def is_monitored(self) -> bool:
        """Say whether its status is kept; never for one that comes more than once a minute."""
        return bool(self.function.trigger.get("useMonitor", True)) and not self.schedule.is_frequent()

    async def run_until(self, over: asyncio.Event) -> None:
        """Run at the schedule's times until the event; a run that has begun is finished."""
        self.status = await self._recall(over)
        if self.is_monitored and _now() > self.status.next:
            log.warning("%s is past due since %s.", self.function.name, self.status.next.isoformat())
            self.status = await self._run_for(_now(), self.status, over, past_due=True)
        elif self.function.trigger.get("runOnStartup"):
            self.status = await self._run_for(_now(), self.status, over)
        while await self._wait(self.status.next, over):
            self.status = await self._run_for(self.status.next, self.status, over)

    async def run_now(self) -> None:
        """Run outside of the schedule, though never beside a run of the schedule."""
        await self._run(asyncio.Event(), past_due=False)

    async def _run_for(
        self, occurrence: datetime, status: TimerStatus, over: asyncio.Event, *, past_due: bool = False
    ) -> TimerStatus:
        """Run for a time of the schedule, answer the status afterwards."""
        if not await self._run(over, past_due=past_due):
            return status
        after = status.after_run(self.schedule, occurrence, _now())
        await self._remember(after)
        return after

    async def _run(self, over: asyncio.Event, *, past_due: bool) -> bool:
        """Run once, with the retries of its policy; False when it was over before it could begin."""
        lock = f"locks/{self.host_id}/{self.function.listener_id}"
        async with self._running, leases.hold(self.storage, lock, over) as lost:
            # while it waited for the lock, another host may have become the one that runs timers
            if lost.is_set() or over.is_set():
                return False
            payload = TypedData(json=self._payload(past_due=past_due))
            await retries.invoke(self.worker, lambda tries: self._call(payload, tries), self.function.retry)
        return True

    def _call(self, payload: TypedData, tries: Retries) -> Call:
        return Call(self.function, payload, retries=tries)

    def _payload(self, *, past_due: bool) -> str:
        status = self.status.to_members() if self.status and self.is_monitored else None
        return json.dumps({"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due})

    @property
    def _blob(self) -> str:
        return f"timers/{self.host_id}/{self.function.listener_id}/status"

    async def _recall(self, over: asyncio.Event) -> TimerStatus:
        first = TimerStatus.first(self.schedule, _now())
        if not self.is_monitored:
            return first
        stored = await self._stored(over)
        if over.is_set():
            return first
        status = stored.under(self.schedule, _now()) if stored else first
        if status != stored:
            await self._remember(status)
        return status

    async def _stored(self, over: asyncio.Event) -> TimerStatus | None:
        while not over.is_set():
            try:
                text = await self.storage.read_text(self._blob)
                return TimerStatus.from_json(text) if text else None
            except StorageUnavailableError:
                await asyncio.sleep(STORAGE_RETRY)
            except ValueError as error:
                log.warning("The status of %s cannot be read and starts anew: %s", self.function.name, error)
                return None
        return None

    async def _remember(self, status: TimerStatus) -> None:
        if self.is_monitored:
            with suppress(StorageUnavailableError):
                await self.storage.write_text(self._blob, json.dumps(status.to_members()))

    @staticmethod
    async def _wait(time: datetime, over: asyncio.Event) -> bool:
        """Wait for a time by the wall clock; False when it is over before."""
        while not over.is_set():
            left = (time - _now()).total_seconds()
            if left <= 0:
                return True
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), min(left, LONGEST_SLEEP))
        return False


class Timers:
    """All timers of an app, run by whichever host holds the lease."""

    def __init__(self, timers: Sequence[Timer], storage: Storage, host_id: str) -> None:
        self._timers = timers
        self._storage = storage
        self._lease = f"locks/{host_id}/Host.Functions.Listener"
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Run the timers whenever this host holds the lease, until stopped."""
        while not self._stopping.is_set():
            async with leases.hold(self._storage, self._lease, self._stopping) as lost:
                await self._run_until_lost(lost)

    def stop(self) -> None:
        """Start no more runs; `run` returns when those that have begun are finished."""
        self._stopping.set()

    async def _run_until_lost(self, lost: asyncio.Event) -> None:
        over = asyncio.Event()
        watch = asyncio.create_task(self._end(over, lost))
        try:
            async with asyncio.TaskGroup() as group:
                for timer in self._timers:
                    group.create_task(timer.run_until(over))
        finally:
            watch.cancel()

    async def _end(self, over: asyncio.Event, lost: asyncio.Event) -> None:
        waits = [asyncio.create_task(event.wait()) for event in (lost, self._stopping)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        over.set()
