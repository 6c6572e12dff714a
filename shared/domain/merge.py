"""How concurrent edits of one field become one value, whatever the order in which they arrive.

Each edit has a dot, which is the replica that made it and that replica's counter; a base, which is the vector of all
that its author had seen; a stamp, which is when it was made by the server's clock; and a value. All that follows is
computed from the set of a field's edits alone. So two servers, or one server asked in another order, settle the same
edits in the same way.

- An edit dominates another that its author had seen. Two edits of which neither dominates the other are concurrent.
- An edit counts as made when its stamp says, but after every edit that it dominates: a slow clock does not undo what
  was knowingly written over. That moment is called effective.
- The field has the value of the edit with the latest effective moment; of equal ones the greater replica wins, letter
  by letter, then the greater counter.
- An edit has lost when a concurrent one of another replica, with another value, is effective after it. What was
  knowingly written over has not lost.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from shared.domain.task import SERVER, Conflict, Winner

type Dot = tuple[str, int]
type Vector = Mapping[str, int]
type Key = tuple[datetime, str, int]

# the making of a task, as the first edit of each of its fields: before all others, whatever their clocks say
CREATION: Final[Dot] = (SERVER, 1)
# the finest difference that the database keeps
TICK: Final = timedelta(microseconds=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Authors see what was there before them, so one pass settles; only bases that were made up need more. They get as
# many, and then what they get.
_MOST_PASSES: Final = 8


@dataclass(frozen=True)
class Edit:
    """An edit of one field.

    Attributes:
        replica: that made it.
        counter: of that replica.
        base: what its author had seen: of each replica the highest counter. It may name edits that have not arrived.
        stamp: when it was made, by the server's clock.
        value: as JSON holds it.
    """

    replica: str
    counter: int
    base: Vector
    stamp: datetime
    value: Any

    @property
    def dot(self) -> Dot:
        """Answer what names this edit among all of the task."""
        return self.replica, self.counter

    def has_seen(self, other: "Edit") -> bool:
        """Tell whether the author knew of another edit."""
        return self.base.get(other.replica, 0) >= other.counter


@dataclass(frozen=True)
class Settled:
    """What a field's edits come to.

    Attributes:
        leader: the edit whose value the field has.
        effective: the moment at which each counts as made.
        lost: those that a concurrent edit has beaten.
    """

    leader: Edit
    effective: Mapping[Dot, datetime]
    lost: frozenset[Dot]


def stamp(changed_at: datetime | None, sent_at: datetime | None, received: datetime) -> datetime:
    """Answer when an edit was made by the server's clock: never later than it was received.

    A device whose clock is wrong is wrong by as much when it sends, so the time between making and sending is right
    whatever its clock says.

    Args:
        changed_at: when the edit was made, by the device's clock; at receipt unless given.
        sent_at: when it was sent, by the same clock; without it, the device's clock is taken to be right.
        received: when it arrived, by the server's clock.
    """
    if changed_at is None or (sent_at is not None and sent_at <= changed_at):
        return received
    try:
        made = changed_at if sent_at is None else received - (sent_at - changed_at)
    except OverflowError:
        made = EPOCH
    return min(max(made, EPOCH), received)


def covers(base: Vector, vector: Vector) -> bool:
    """Tell whether whoever has seen `base` has seen all of `vector`."""
    return all(base.get(replica, 0) >= counter for replica, counter in vector.items())


def joined(vector: Vector, dot: Dot) -> dict[str, int]:
    """Answer a vector that an edit was taken into."""
    replica, counter = dot
    return {**vector, replica: max(vector.get(replica, 0), counter)}


def next_counter(base: Vector, replica: str, taken: Collection[int], vector: Vector) -> int:
    """Answer the counter of a new edit: the one after its base, unless another edit of the replica has that.

    Args:
        base: that the edit was made on.
        replica: that made it.
        taken: the counters that the replica's recorded edits have.
        vector: of the task as it stands.
    """
    counter = base.get(replica, 0) + 1
    return counter if counter not in taken else vector.get(replica, 0) + 1


def dominates(later: Edit, earlier: Edit) -> bool:
    """Tell whether an edit was made in knowledge of another. Two that claim to know each other know nothing."""
    return later.has_seen(earlier) and not earlier.has_seen(later)


def concurrent(one: Edit, other: Edit) -> bool:
    """Tell whether two different edits were made without the author of either knowing of the other."""
    return one.dot != other.dot and not dominates(one, other) and not dominates(other, one)


def follow(made: datetime, before: datetime | None) -> datetime:
    """Answer the effective moment of an edit that dominates all others, of which the latest is effective `before`."""
    return made if before is None else max(made, before + TICK)


def settle(edits: Sequence[Edit]) -> Settled:
    """Answer what a field's edits come to; there is at least one, and no two have the same dot."""
    effective = _effective(edits)
    keys = {one.dot: _key(one, effective) for one in edits}
    lost = {
        one.dot for one in edits if any(_is_rival(other, one) and keys[other.dot] > keys[one.dot] for other in edits)
    }
    return Settled(max(edits, key=lambda one: keys[one.dot]), effective, frozenset(lost))


def conflict(field: str, arriving: Edit, before: Edit, after: Edit) -> Conflict | None:
    """Answer in what an arriving edit met another, or None.

    Args:
        field: that was edited.
        arriving: the edit.
        before: whose value the field had.
        after: whose value the field has now that the edit is there.
    """
    if not _is_rival(before, arriving) or after.dot not in {arriving.dot, before.dot}:
        return None
    winner = Winner.YOURS if after.dot == arriving.dot else Winner.THEIRS
    return Conflict(field=field, yours=arriving.value, theirs=before.value, winner=winner)


def _is_rival(one: Edit, other: Edit) -> bool:
    """Tell whether two people wanted different things without knowing of each other."""
    return one.replica != other.replica and one.value != other.value and concurrent(one, other)


def _key(edit: Edit, effective: Mapping[Dot, datetime]) -> Key:
    return effective[edit.dot], edit.replica, edit.counter


def _effective(edits: Sequence[Edit]) -> dict[Dot, datetime]:
    """Answer the moment at which each edit counts as made.

    Edits that dominate fewer come first, so that what an edit dominates is known when its turn comes. The order is
    one of the set, not of arrival.
    """
    under = {one.dot: [other.dot for other in edits if dominates(one, other)] for one in edits}
    stamps = {one.dot: EPOCH if one.dot == CREATION else one.stamp for one in edits}
    found = dict(stamps)
    for _ in range(_MOST_PASSES):
        before = dict(found)
        for dot in sorted(under, key=lambda dot: (len(under[dot]), dot)):
            found[dot] = max([stamps[dot], *(found[lower] + TICK for lower in under[dot])])
        if found == before:
            break
    return found
