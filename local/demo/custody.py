"""Custody: who had which asset when, so that it fits the trips and nobody drives two things at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from local.demo.acts import Acts
from local.demo.catalogue import Unit
from local.demo.chance import seeded
from local.demo.meters import Meters
from local.demo.period import Period
from local.demo.rows import Custody, Trip

_DRIVEN = {"car", "van", "truck"}
# a check-out some minutes before the first trip, a check-in some minutes after the last
_LEAD_MINUTES = (3, 14)
_LAG_MINUTES = (3, 22)
_OUT_FOR_DAYS = (2, 5)
_OUT_UNTIL_DAYS = (4, 21)


@dataclass(frozen=True)
class Block:
    """A stretch of use of one asset that one person answers for; `end` is None if it has not ended."""

    unit: Unit
    start: datetime
    end: datetime | None
    due_at: datetime


@dataclass(frozen=True)
class Use:
    """An asset with its trips, in order, and its instruments."""

    unit: Unit
    trips: list[Trip]
    meters: Meters


def custodies(uses: list[Use], people: list[str], period: Period) -> list[Custody]:
    """Answer the custodies of a fleet; what nobody was free for was used without one.

    Args:
        uses: assets with their trips.
        people: oids of those who may hold assets.
        period: the days covered.
    """
    meters = {use.unit.tag: use.meters for use in uses}
    blocks = [block for use in uses if use.unit.custody for block in _blocks(use, period)]
    writer = Acts(people, period)
    return [
        writer.custody(block.unit, oid, (block.start, block.end, block.due_at), meters[block.unit.tag])
        for block, oid in _shared_out(blocks, people)
    ]


def with_drivers(trips: list[Trip], held: Iterable[Custody]) -> list[Trip]:
    """Name the driver of each trip of an asset that began while somebody had it."""
    spans = [(one.checkout.occurred_at, one.checkin.occurred_at if one.checkin else None, one.user_oid) for one in held]
    return [
        replace(trip, user_oid=next((oid for start, end, oid in spans if _within(trip, start, end)), None))
        for trip in trips
    ]


def _within(trip: Trip, start: datetime, end: datetime | None) -> bool:
    return start <= trip.start_time and (end is None or trip.start_time < end)


def _blocks(use: Use, period: Period) -> Iterator[Block]:
    closed = list(_closed_blocks(use, period))
    if not use.unit.out:
        yield from closed
        return
    # custody that is still open swallows all use since it was opened
    rng = seeded(use.unit.tag, "out")
    day = period.ago(rng.randint(*_OUT_FOR_DAYS))
    earlier = [block for block in closed if block.start < period.at(day, 0)]
    later = [block for block in closed if block.start >= period.at(day, 0)]
    start = later[0].start if later else period.at(day, 8.25)
    due = period.at(period.end + timedelta(days=rng.randint(*_OUT_UNTIL_DAYS)), 18)
    if use.unit.out == "overdue":
        due = min(start + timedelta(days=1), period.closes - timedelta(minutes=30))
    yield from earlier
    yield Block(use.unit, start, None, due)


def _closed_blocks(use: Use, period: Period) -> Iterator[Block]:
    rng = seeded(use.unit.tag, "custody")
    weekly = use.unit.custody == "week"
    due_after = timedelta(days=6 if weekly else 1)
    previous: Block | None = None
    for _, group in groupby(use.trips, key=lambda trip: _turn(period.day_of(trip.start_time), weekly=weekly)):
        trips = list(group)
        start = trips[0].start_time - timedelta(minutes=rng.randint(*_LEAD_MINUTES))
        end = period.until_now(trips[-1].end_time + timedelta(minutes=rng.randint(*_LAG_MINUTES)))
        if previous and previous.end and start <= previous.end:
            # a turn that runs into the next one is the same hand's
            previous = replace(previous, end=end)
            continue
        if previous:
            yield previous
        previous = Block(use.unit, start, end, start + due_after)
    if previous:
        yield previous


def _turn(day: date, *, weekly: bool) -> tuple[int, ...]:
    calendar = day.isocalendar()
    return (calendar.year, calendar.week) if weekly else (calendar.year, calendar.week, calendar.weekday)


def _shared_out(blocks: list[Block], people: list[str]) -> Iterator[tuple[Block, str]]:
    """Give each block to a person: vehicles to who is free, the rest, kept beside a vehicle, to anybody."""
    free_from: dict[str, datetime] = {}
    reserved = _reserved(blocks, people)
    for block in sorted(blocks, key=lambda block: (block.start, block.unit.tag)):
        rng = seeded(block.unit.tag, "holder", block.start.isoformat())
        oid: str | None = rng.choice(_drivers(people))
        if block.end is None:
            oid = reserved[block.unit.tag][0]
        elif _is_exclusive(block):
            taken = {holder for holder, since in reserved.values() if since < block.end}
            candidates = _candidates(block, people)
            free = [one for one in candidates if one not in taken and free_from.get(one, block.start) <= block.start]
            oid = rng.choice(free) if free else None
            if oid:
                free_from[oid] = block.end
        if oid:
            yield block, oid


def _reserved(blocks: list[Block], people: list[str]) -> dict[str, tuple[str, datetime]]:
    """Answer who has what has not come back, and since when."""
    out = sorted((block for block in blocks if block.end is None), key=lambda block: block.unit.tag)
    drivers = _drivers(people)
    return {block.unit.tag: (drivers[number % len(drivers)], block.start) for number, block in enumerate(out)}


def _drivers(people: list[str]) -> list[str]:
    return [oid for oid in people if oid.startswith("driver")]


def _candidates(block: Block, people: list[str]) -> list[str]:
    """Answer who may drive: everybody in the house a car, drivers the rest."""
    return people if block.unit.kind.asset_type == "car" else _drivers(people)


def _is_exclusive(block: Block) -> bool:
    return block.unit.kind.asset_type in _DRIVEN and block.unit.custody == "day"
