"""Who looks at a task: seats are taken by connections, and a list is made of the people who sit there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import ValidationError

from shared.domain.errors import Fault, Invalid, Malformed, pointer
from shared.domain.model import Command, Identifier, Model, UserRef

# a client says every 20 seconds that it is there; two of these may be lost or late
LEASE = timedelta(seconds=45)
# what a storage transaction of a hundred rows has room for
STALE_AT_ONCE = 90


class PresenceState(StrEnum):
    """What a client says of itself."""

    JOIN = "join"
    LEAVE = "leave"
    HEARTBEAT = "heartbeat"


class PresenceSignal(Command):
    """The user event `presence`."""

    task_id: Identifier
    state: PresenceState


class Watcher(Model):
    """A person who looks at a task, in however many tabs."""

    user_id: int
    oid: str
    name: str
    since: datetime
    last_seen: datetime


class Presence(Model):
    """Who looks at a task; of two lists, the one with the higher number is the newer."""

    items: list[Watcher]
    number: int


@dataclass(frozen=True)
class Seat:
    """A connection that is present at a task.

    Attributes:
        version: of the stored row; "" of one that is not stored yet.
    """

    connection_id: str
    person: UserRef
    since: datetime
    last_seen: datetime
    version: str = ""


@dataclass(frozen=True)
class Attendance:
    """All seats of a task, as they are stored under one number.

    Attributes:
        number: rises whenever somebody comes or the last seat of somebody goes.
        version: of the number's row; "" while there is none.
    """

    tenant_id: int
    task_id: int
    number: int
    seats: tuple[Seat, ...]
    version: str = ""

    def find(self, connection_id: str) -> Seat | None:
        """Answer the seat of a connection, or None."""
        return next((seat for seat in self.seats if seat.connection_id == connection_id), None)

    def list_stale(self, now: datetime) -> list[Seat]:
        """Answer seats whose lease has run out, no more than go at once."""
        return [seat for seat in self.seats if seat.last_seen + LEASE < now][:STALE_AT_ONCE]

    def presence(self) -> Presence:
        """Answer the people, who came first standing first."""
        return Presence(items=sorted(_people(self.seats), key=lambda one: (one.since, one.user_id)), number=self.number)


@dataclass(frozen=True)
class Change:
    """What is to be written so that some come and others go, and who thereby comes and goes.

    Attributes:
        before: as it was read.
        after: as it will be.
        taken: the seat that is taken or taken again.
        left: the seats that are given up.
    """

    before: Attendance
    after: Attendance
    taken: Seat | None
    left: tuple[Seat, ...]

    @property
    def came(self) -> list[UserRef]:
        """Answer the people who were not there before."""
        return _without(self.after.seats, self.before.seats)

    @property
    def went(self) -> list[UserRef]:
        """Answer the people who are not there any more."""
        return _without(self.before.seats, self.after.seats)


def change(before: Attendance, *, take: Seat | None = None, leave: Sequence[Seat] = ()) -> Change:
    """Answer what comes of one connection's taking a seat and of others' leaving theirs.

    A person's second seat counts from when they took the first: they are there since then, whichever they leave first.
    """
    gone = {seat.connection_id for seat in leave} - ({take.connection_id} if take else set())
    kept = [seat for seat in before.seats if seat.connection_id not in gone]
    if take is not None:
        since = min([take.since, *(seat.since for seat in kept if seat.person.id == take.person.id)])
        take = replace(take, since=since)
        kept = [*(seat for seat in kept if seat.connection_id != take.connection_id), take]
    after = replace(before, seats=tuple(kept))
    made = Change(before, after, take, tuple(seat for seat in before.seats if seat.connection_id in gone))
    number = before.number + bool(made.came or made.went)
    return replace(made, after=replace(after, number=number))


def read_signal(content: bytes) -> PresenceSignal:
    """Read the user event's body; raise Malformed, or Invalid with every fault found."""
    try:
        return PresenceSignal.model_validate_json(content, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(fault["type"] == "json_invalid" for fault in found):
        raise Malformed("The event is not JSON.")
    raise Invalid(faults=[Fault(pointer(map(str, fault["loc"])), fault["msg"]) for fault in found])


def _people(seats: Iterable[Seat]) -> list[Watcher]:
    people: dict[int, Watcher] = {}
    for seat in sorted(seats, key=lambda one: one.last_seen):
        person = seat.person
        known = people.get(person.id)
        people[person.id] = Watcher(
            user_id=person.id,
            oid=person.oid,
            name=person.name,
            since=min(seat.since, known.since) if known else seat.since,
            last_seen=seat.last_seen,
        )
    return list(people.values())


def _without(seats: Iterable[Seat], others: Iterable[Seat]) -> list[UserRef]:
    there = {seat.person.id for seat in others}
    return list({seat.person.id: seat.person for seat in seats if seat.person.id not in there}.values())
