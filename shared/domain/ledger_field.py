"""What a column of the ledger may hold: its kind, its bounds, its unit, and the other names that people give it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """How a value is written and read."""

    TEXT = "text"
    WORD = "one of a few words"
    WHOLE = "whole number"
    NUMBER = "number"
    MONEY = "amount"
    PRICE = "price, to four places"
    DAY = "date"
    INSTANT = "time"


class Unit(StrEnum):
    """What a number counts, where people write it in another measure too."""

    MILES = "miles"
    GALLONS = "US gallons"
    MINUTES = "minutes"
    HOURS = "hours"


# What is said of a column whose cells have to say their unit themselves.
WRITTEN = "written"

# One of these is so much of the unit; a lone "m" is metres to some and miles or minutes to others, so it is none.
MEASURES: Mapping[Unit, Mapping[str, float]] = MappingProxyType(
    {
        Unit.MILES: {
            **dict.fromkeys(("mi", "mile", "miles"), 1.0),
            **dict.fromkeys(("km", "kilometer", "kilometers", "kilometre", "kilometres"), 1 / 1.609344),
            **dict.fromkeys(("meter", "meters", "metre", "metres"), 1 / 1609.344),
            **dict.fromkeys(("nmi", "nautical miles"), 1.852 / 1.609344),
        },
        Unit.GALLONS: {
            **dict.fromkeys(("gal", "gallon", "gallons", "us gal"), 1.0),
            **dict.fromkeys(("l", "liter", "liters", "litre", "litres", "ltr"), 1 / 3.785411784),
        },
        Unit.MINUTES: {
            **dict.fromkeys(("min", "mins", "minute", "minutes"), 1.0),
            **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1 / 60),
            **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 60.0),
            **dict.fromkeys(("ms", "milliseconds"), 1 / 60_000),
        },
        Unit.HOURS: {
            **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 1.0),
            **dict.fromkeys(("min", "mins", "minute", "minutes"), 1 / 60),
        },
    }
)

MOST = 100_000_000


@dataclass(frozen=True)
class Field:
    """One column of a ledger.

    Attributes:
        name: as clients and the table know it.
        kind: how it is written.
        about: what the API's description says of it.
        is_required: a row without it is none.
        least: the smallest number that can be; None: any.
        most: the largest number that can be.
        longest: characters of a text.
        unit: what the number counts.
        words: those that a word may be, and what else people write for each.
        flips: a number below nothing is one whose sign was lost, not a fault.
        may_be_ahead: a time or day that may lie in the future.
        also: other names of the column, each with the measure that its numbers are in (None: the unit itself).
    """

    name: str
    kind: Kind
    about: str
    is_required: bool = False
    least: float | Decimal | None = 0
    most: float = MOST
    longest: int = 64
    unit: Unit | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    flips: bool = False
    may_be_ahead: bool = False
    also: Mapping[str, str | None] = field(default_factory=dict)


def words(*plain: str, **others: str) -> dict[str, str]:
    """Answer the words that may be, and those that mean one of them."""
    return {**{word: word for word in plain}, **others}


def named(*names: str, **measured: str) -> dict[str, str | None]:
    """Answer other names of a column, and those that say in which measure its numbers are."""
    return {**dict.fromkeys(names), **measured}
