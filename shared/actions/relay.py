"""Sends what happened, after the commit that made it true: each tenant's events in order, none left out.

An event may be sent twice, when a crash comes between the sending and its record; clients know it by its number.
"""

import logging
import random
import threading
import time
from dataclasses import dataclass
from enum import Enum

from shared.domain.errors import DependencyDown
from shared.ports import Fanout, FanoutRefused
from shared.render.events import BATCH_MAX_EVENTS, make_batch
from shared.store import events
from shared.store.database import Database

log = logging.getLogger("motorpool.relay")

# While the fan-out is silent each thread holds a connection of the pool, which requests need too.
THREADS_MAX = 3
THREAD_IDLE_SECONDS = 30
# A tenant's first event goes at once; those that follow soon go together. The more there were, the longer the next
# wait for company: one event now and then is hardly held up, and many make few messages.
GATHER_SECONDS = 0.015
GATHER_MAX_SECONDS = 0.05
# Who finds the outbox taken looks again: its holder may have read before our event was there.
TAKEN_SECONDS = 0.02
RETRY_SECONDS = 0.5
RETRY_MAX_SECONDS = 10


class State(Enum):
    """How an outbox was left."""

    EMPTY = "empty"
    MORE = "more"
    TAKEN = "taken"


@dataclass(frozen=True)
class Step:
    """What one step of sending came to."""

    state: State
    sent: int = 0


def send_batch(database: Database, fanout: Fanout, tenant_id: int) -> Step:
    """Send a tenant's first unsent events and record it, unless somebody else is about to; raise DependencyDown."""
    with database.transaction(tenant_id, events.take_outbox(BATCH_MAX_EVENTS)) as (tx, answers):
        waiting = events.read_outbox(answers)
        if not waiting:
            return Step(State.EMPTY if waiting is not None else State.TAKEN)
        batch = make_batch(tenant_id, waiting)
        try:
            for message in batch.messages:
                fanout.send_to_group(message.group, message.content, without=message.without)
        except FanoutRefused:
            # those behind it are not to wait for ever; clients see that numbers are missing, and ask for them
            log.exception("events are not sent", extra={"tenant_id": tenant_id, "seq": batch.first_seq})
        except DependencyDown:
            events.mark_failed(tx, batch.first_seq)
            raise
        events.mark_sent(tx, batch.last_seq)
    is_all = batch.count == len(waiting) < BATCH_MAX_EVENTS
    return Step(State.EMPTY if is_all else State.MORE, batch.count)


def gather_seconds(sent: int) -> float:
    """Answer for how long from the beginning of a batch of so many events on those that follow are gathered."""
    return min(GATHER_MAX_SECONDS, GATHER_SECONDS * max(1, sent))


def retry_seconds(failures: int, chance: float) -> float:
    """Answer how long to wait after so many failures in a row: twice as long each time, never all at one moment.

    Args:
        failures: one or more.
        chance: from 0 to 1.
    """
    longest: float = min(RETRY_MAX_SECONDS, RETRY_SECONDS * 2 ** min(failures - 1, 10))
    return longest * (0.5 + chance / 2)


class OutboxRelay:
    """Threads of this worker that send; they begin with the first event, and end when there is nothing to do.

    Args:
        database: where the outboxes are.
        fanout: what tells the clients.
    """

    def __init__(self, database: Database, fanout: Fanout) -> None:
        self._database = database
        self._fanout = fanout
        self._changed = threading.Condition()
        self._threads = self._idle = 0
        self._closed = False
        # by tenant: when it is due, the moment before which followers are gathered, and failures in a row
        self._due: dict[int, float] = {}
        self._gathering: dict[int, float] = {}
        self._failures: dict[int, int] = {}
        self._at_work: set[int] = set()
        self._woken_at_work: set[int] = set()

    def wake(self, tenant_id: int) -> None:
        """Send this tenant's new events soon; from any thread, at once back, and never an error."""
        with self._changed:
            if tenant_id in self._at_work:
                self._woken_at_work.add(tenant_id)
            elif tenant_id not in self._due and not self._closed:
                self._due[tenant_id] = max(time.monotonic(), self._gathering.get(tenant_id, 0))
                self._call_thread()

    def close(self) -> None:
        """Send nothing more; what is unsent stays for others. Answer when the last thread has ended."""
        with self._changed:
            self._closed = True
            self._due.clear()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._threads == 0)

    def _call_thread(self) -> None:
        if self._idle:
            self._changed.notify()
        elif self._threads < THREADS_MAX:
            try:
                threading.Thread(target=self._run, name="relay", daemon=True).start()
            except RuntimeError:
                # this worker ends, or has too many threads: the sweep sends it
                log.warning("no thread to send events", exc_info=True)
            else:
                self._threads += 1

    def _run(self) -> None:
        while (tenant_id := self._next()) is not None:
            began = time.monotonic()
            pause, sent = self._send(tenant_id)
            self._put_back(tenant_id, pause, began + gather_seconds(sent))

    def _next(self) -> int | None:
        """Wait for a tenant that is due; answer None if there was none for long."""
        with self._changed:
            while not self._closed:
                tenant_id = min(self._due, key=self._due.__getitem__, default=None)
                wait = THREAD_IDLE_SECONDS if tenant_id is None else self._due[tenant_id] - time.monotonic()
                if tenant_id is not None and wait <= 0:
                    del self._due[tenant_id]
                    self._at_work.add(tenant_id)
                    if self._due:
                        self._call_thread()
                    return tenant_id
                self._idle += 1
                called = self._changed.wait(wait)
                self._idle -= 1
                if tenant_id is None and not called and not self._due:
                    break
            self._threads -= 1
            self._changed.notify_all()
            return None

    def _send(self, tenant_id: int) -> tuple[float | None, int]:
        """Take one step; answer after how many seconds the next is due, if there is one, and how many were sent."""
        try:
            step = send_batch(self._database, self._fanout, tenant_id)
        except DependencyDown as down:
            log.warning("events wait", extra={"tenant_id": tenant_id, "dependency": down.dependency})
        except Exception:
            log.exception("events could not be sent", extra={"tenant_id": tenant_id})
        else:
            self._failures.pop(tenant_id, None)
            chance = 0.5 + random.random()  # noqa: S311 - so that two do not meet again and again
            pause = {State.EMPTY: None, State.MORE: 0, State.TAKEN: TAKEN_SECONDS * chance}[step.state]
            return pause, step.sent
        failures = self._failures[tenant_id] = self._failures.get(tenant_id, 0) + 1
        return retry_seconds(failures, random.random()), 0  # noqa: S311 - as above

    def _put_back(self, tenant_id: int, pause: float | None, gather_until: float) -> None:
        now = time.monotonic()
        with self._changed:
            self._at_work.discard(tenant_id)
            self._gathering = {one: until for one, until in self._gathering.items() if until > now}
            self._gathering[tenant_id] = gather_until
            woken = tenant_id in self._woken_at_work
            self._woken_at_work.discard(tenant_id)
            if self._closed or (pause is None and not woken):
                return
            self._due[tenant_id] = now + pause if pause is not None else max(now, gather_until)
            self._call_thread()
