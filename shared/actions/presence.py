"""Presence: connections take and leave their seats at a task, and everybody is told who sits there.

The table decides; what is told afterwards carries the whole list and its number, so that a message that is lost or
late does no harm. Seats whose lease has run out are given up by whoever comes by.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import orjson

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain import event, realtime
from shared.domain.errors import DependencyDown, NotFound
from shared.domain.event import Event
from shared.domain.model import UserRef
from shared.domain.presence import LEASE, Attendance, Change, Presence, Seat, change
from shared.domain.task import TaskById
from shared.ports import FanoutRefused
from shared.services import Services
from shared.store import realtime as store

log = logging.getLogger("motorpool.presence")

# of many who change one list at once, one is through with each turn
ATTEMPTS = 30
PAUSE_SECONDS = 0.01
PAUSE_MOST_SECONDS = 0.5


def show_presence(call: Call, asked: TaskById) -> Answer[Presence]:
    """Answer who looks at a task."""
    with call.read() as tx:
        if not store.has_task(tx, asked.task_id):
            raise NotFound
    attendance = end_stale(call.services, call.principal.tenant.id, asked.task_id)
    return Answer(attendance.presence(), headers={"Cache-Control": "no-store"})


def attend(services: Services, tenant_id: int, task_id: int, connection_id: str, person: UserRef) -> bool:
    """Take a seat, or prolong the lease of the one that is taken; answer whether it is a new one."""
    for before in _turns(services, tenant_id, task_id):
        now = services.clock.now()
        seat = before.find(connection_id)
        stale = [one for one in before.list_stale(now) if one.connection_id != connection_id]
        if seat is not None and not stale:
            if services.presence.renew(tenant_id, task_id, replace(seat, last_seen=now)):
                return False
            continue
        made = change(before, take=Seat(connection_id, person, seat.since if seat else now, now), leave=stale)
        if services.presence.write(made):
            _follow(services, made, connection_id if seat is None else None)
            return seat is None
    raise DependencyDown("presence storage", retry_after=1)


def leave(services: Services, tenant_id: int, task_id: int, connection_id: str, *, is_open: bool = True) -> None:
    """Leave a seat, which may be none any more; a connection that is open is taken out of the task's group too."""
    for before in _turns(services, tenant_id, task_id):
        seat = before.find(connection_id)
        stale = before.list_stale(services.clock.now())
        gone = [*stale, *([seat] if seat is not None and seat not in stale else [])]
        if gone and not services.presence.write(made := change(before, leave=gone)):
            continue
        if gone:
            _follow(services, made)
        if is_open:
            _try(lambda: services.fanout.leave(connection_id, realtime.task(tenant_id, task_id)))
        return
    raise DependencyDown("presence storage", retry_after=1)


def end_stale(services: Services, tenant_id: int, task_id: int) -> Attendance:
    """Give up the seats whose lease has run out; answer what remains."""
    for before in _turns(services, tenant_id, task_id):
        stale = before.list_stale(services.clock.now())
        if not stale:
            return before
        made = change(before, leave=stale)
        if services.presence.write(made):
            _follow(services, made)
    raise DependencyDown("presence storage", retry_after=1)


def end_all_stale(services: Services, enough: float) -> int:
    """Give up every seat whose lease has run out, until a moment of the monotonic clock; answer at how many tasks."""
    done: set[tuple[int, int]] = set()
    for place in services.presence.list_stale(services.clock.now() - LEASE):
        if place not in done:
            done.add(place)
            end_stale(services, *place)
        if time.monotonic() > enough:
            break
    return len(done)


def _turns(services: Services, tenant_id: int, task_id: int) -> Iterator[Attendance]:
    """Read again and again, with pauses of random length between, until the caller is through."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, min(PAUSE_MOST_SECONDS, PAUSE_SECONDS * 2**attempt)))  # noqa: S311 - no secret
        yield services.presence.read(tenant_id, task_id)


def _follow(services: Services, made: Change, joined: str | None = None) -> None:
    """Tell what a change has made of the list, and put a connection that has come into the task's group."""
    after, at = made.after, services.clock.now()
    presence = after.presence()
    told = [(event.presence_leave(after.task_id, user, presence), user) for user in made.went]
    told += [(event.presence_join(after.task_id, user, presence), user) for user in made.came]

    def follow() -> None:
        if told:
            message = {"events": [_envelope(one, user, at) for one, user in told]}
            content = orjson.dumps(message, option=orjson.OPT_UTC_Z)
            services.fanout.send_to_group(realtime.everybody(after.tenant_id), content)
        if joined is not None:
            services.fanout.join(joined, realtime.task(after.tenant_id, after.task_id))

    _try(follow)


def _envelope(one: Event, user: UserRef, at: datetime) -> dict[str, object]:
    """Answer the message's form of an event without a number."""
    return {
        "type": one.type.value,
        "resource_type": one.resource_type,
        "resource_id": one.resource_id,
        "user_id": user.id,
        "at": at,
        "data": dict(one.data),
    }


def _try(told: Callable[[], None]) -> None:
    """Tell others if they can be told: the table has it already, and the next list says it too."""
    try:
        told()
    except (DependencyDown, FanoutRefused) as error:
        log.warning("presence could not be told", extra={"fault": type(error).__name__})
