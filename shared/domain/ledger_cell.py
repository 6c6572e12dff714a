"""Reads one value of a column: as it is where it is written as it should be, else repaired, else refused.

A reader answers the value to keep, `Repaired` with it where something had to be understood, and raises ValueError with
a sentence where it could mean nothing, or two things.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.domain import ledger_number, ledger_time
from shared.domain.ledger_field import MEASURES, WRITTEN, Field, Kind
from shared.domain.ledger_number import Numeral
from shared.domain.ledger_time import EARLIEST, Order
from shared.domain.model import printable

NOTHING: Final = frozenset({"", "null", "none", "nil", "n/a", "na", "nan", "#n/a", "-", "--", "\u2013", "\u2014"})

_WHOLE = re.compile(r"\d{1,19}", re.ASCII)
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PLACES = 6

type Reader = Callable[[Any], Any]


@dataclass(frozen=True)
class Repaired:
    """A value that was written otherwise."""

    value: Any


@dataclass(frozen=True)
class Style:
    """How the cells of one column are written.

    Attributes:
        latest: no time or day is after this moment.
        currency: the tenant's.
        is_text: the cells are those of a file, where everything is text and times are those of a place.
        zone: that of local times, or None where every time is to have its offset.
        order: of day and month, as far as the column proves it.
        mark: the decimal mark, as far as the column proves it.
        measure: what the column's name says that its numbers are in.
    """

    latest: datetime
    currency: str
    is_text: bool = False
    zone: ZoneInfo | None = None
    order: Order = Order.UNKNOWN
    mark: str | None = None
    measure: str | None = None


def reader(column: Field, style: Style) -> Reader:
    """Answer what reads the cells of a column that are not empty."""
    read = _KINDS[column.kind](column, style)

    def either(given: Any) -> Any:
        if isinstance(given, str) and given.strip().lower() in NOTHING:
            return Repaired(None)
        return read(given)

    return either


def _text(column: Field, _style: Style) -> Reader:
    def read(given: Any) -> Any:
        if not isinstance(given, str):
            raise ValueError("this is to be a text")  # noqa: TRY004 - one kind of refusal
        text = given.strip()
        if len(text) > column.longest:
            raise ValueError(f"this has more than {column.longest} characters")
        if not text.isprintable():
            printable(text)
        return text if text == given else Repaired(text)

    return read


def _word(column: Field, _style: Style) -> Reader:
    def read(given: Any) -> Any:
        if not isinstance(given, str):
            raise ValueError("this is to be a word")  # noqa: TRY004 - one kind of refusal
        word = column.words.get(given)
        if word is None:
            word = column.words.get("_".join(given.lower().replace("-", " ").replace("_", " ").split()))
        if word is None:
            raise ValueError(f"this is one of {', '.join(dict.fromkeys(column.words.values()))}")
        return word if word == given else Repaired(word)

    return read


def _whole(column: Field, _style: Style) -> Reader:
    def read(given: Any) -> Any:
        if isinstance(given, bool) or not isinstance(given, int | str):
            raise ValueError("this is to be a whole number")  # noqa: TRY004 - one kind of refusal
        if isinstance(given, int):
            return _bounded(given, column)
        text = given.strip()
        if not _WHOLE.fullmatch(text):
            raise ValueError("this is to be a whole number")
        return _bounded(int(text), column)

    return read


def _bounded[Number: (int, float, Decimal)](number: Number, column: Field) -> Number:
    if column.least is not None and number < column.least:
        raise ValueError("this is below nothing" if column.least == 0 else f"this is below {column.least:,}")
    if number > column.most:
        raise ValueError(f"this is above {column.most:,.0f}")
    return number


def _number(column: Field, style: Style) -> Reader:
    factor = _factor(column, style.measure) if style.measure else 1.0
    is_plain = factor == 1.0 and style.mark != "," and style.measure != WRITTEN

    def read(given: Any) -> Any:
        if isinstance(given, bool) or not isinstance(given, int | float | str):
            raise ValueError("this is to be a number")  # noqa: TRY004 - one kind of refusal
        if not isinstance(given, str):
            return _signed(float(given), column, was_plain=True)
        if is_plain and ledger_number.PLAIN.fullmatch(given):
            return _signed(float(given), column, was_plain=style.is_text)
        return _understood(given, column, style, factor)

    return read


def _signed(number: float, column: Field, *, was_plain: bool) -> Any:
    if not math.isfinite(number):
        raise ValueError("this is to be a finite number")
    if number < 0 and column.flips:
        return Repaired(_bounded(-number, column))
    _bounded(number, column)
    return number if was_plain else Repaired(number)


def _understood(given: str, column: Field, style: Style, factor: float) -> Any:
    text = given.strip()
    plain = ledger_number.PLAIN.fullmatch(text) if style.mark != "," else None
    found = Numeral(Decimal(text), "") if plain else ledger_number.numeral(text, style.mark)
    number = float(found.value)
    if found.beside:
        factor = _factor(column, found.beside)
    elif style.measure == WRITTEN:
        raise ValueError(f"say the unit, as 12.5 {next(iter(_measures(column)), '')}")
    number = round(number * factor, _PLACES)
    # a whole column in another measure was converted by its name, which is listed once
    return _signed(number, column, was_plain=bool(plain) and not found.beside and given == text)


def _measures(column: Field) -> dict[str, float]:
    return dict(MEASURES[column.unit]) if column.unit else {}


def _factor(column: Field, measure: str) -> float:
    """Answer how much of the column's unit one of a measure is."""
    if measure == WRITTEN:
        return 1.0
    factor = _measures(column).get(" ".join(measure.lower().rstrip(".").split()))
    if factor is None:
        known = f"; it is in {column.unit}" if column.unit else ""
        raise ValueError(f"{measure!r} is no unit of this{known}")
    return factor


def _money(column: Field, style: Style) -> Reader:
    return _exact(column, style, ledger_number.money)


def _price(column: Field, style: Style) -> Reader:
    return _exact(column, style, ledger_number.price)


def _exact(column: Field, style: Style, placed: Callable[[Decimal], Decimal]) -> Reader:
    """Read what is written as a decimal string: a plain one is as it should be, whatever zeros it ends with."""

    def read(given: Any) -> Any:
        if isinstance(given, bool) or not isinstance(given, int | float | str):
            raise ValueError('an amount is a decimal string as "12345.60"')  # noqa: TRY004 - one kind of refusal
        text = given.strip() if isinstance(given, str) else repr(given)
        is_plain = ledger_number.PLAIN.fullmatch(text) is not None and style.mark != ","
        if not is_plain and not isinstance(given, str):
            raise ValueError("an amount is a finite number")
        found = Numeral(Decimal(text), "") if is_plain else ledger_number.numeral(text, style.mark)
        ledger_number.check_currency(found.beside, style.currency)
        amount = _bounded(placed(found.value), column)
        as_it_is = is_plain and found.value == amount and (text == given or not isinstance(given, str))
        return str(amount) if as_it_is else Repaired(str(amount))

    return read


def _day(column: Field, style: Style) -> Reader:
    latest = style.latest.date()

    def read(given: Any) -> Any:
        if not isinstance(given, str):
            raise ValueError("a date is a string as 2026-01-31")  # noqa: TRY004 - one kind of refusal
        was_iso = _ISO_DAY.fullmatch(given) is not None
        found = ledger_time.day(given.strip(), style.order)
        if found > latest and not column.may_be_ahead:
            raise ValueError(ledger_time.ahead(style.latest))
        if found < EARLIEST:
            raise ValueError(f"this is before {EARLIEST.year}")
        return found if was_iso else Repaired(found)

    return read


def _instant(column: Field, style: Style) -> Reader:
    def read(given: Any) -> Any:
        if not isinstance(given, str):
            raise ValueError("a time is a string as 2026-01-31T09:30:00-05:00")  # noqa: TRY004 - one kind of refusal
        found = ledger_time.instant(given)
        if found is not None:
            return _timely(found, column, style)
        text = given.strip()
        found = ledger_time.instant(text)
        if found is None:
            if not style.is_text:
                raise ValueError("a time is written as RFC 3339 with an offset, as 2026-01-31T09:30:00-05:00")
            found = ledger_time.moment(text, style.order, style.zone)
        return _timely(found, column, style) if _is_local_iso(given) else Repaired(_timely(found, column, style))

    return read


# the tenant's own times, written as they should be but for the offset, are listed once for their column
_LOCAL_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)

_OFFSET = re.compile(r"(?:[Zz]|UTC|GMT|[+-]\d\d:?\d\d)$", re.ASCII)


def _is_local_iso(text: str) -> bool:
    return _LOCAL_ISO.fullmatch(text) is not None


def is_without_offset(text: str) -> bool:
    """Tell whether a cell holds a time of the place instead of a moment."""
    return bool(text) and text[-1] != "Z" and not _OFFSET.search(text.strip())


def _timely(found: datetime, column: Field, style: Style) -> datetime:
    if found > style.latest and not column.may_be_ahead:
        raise ValueError(ledger_time.ahead(style.latest))
    if found.date() < EARLIEST:
        raise ValueError(f"this is before {EARLIEST.year}")
    return found


_KINDS: Final[dict[Kind, Callable[[Field, Style], Reader]]] = {
    Kind.TEXT: _text,
    Kind.WORD: _word,
    Kind.WHOLE: _whole,
    Kind.NUMBER: _number,
    Kind.MONEY: _money,
    Kind.PRICE: _price,
    Kind.DAY: _day,
    Kind.INSTANT: _instant,
}
