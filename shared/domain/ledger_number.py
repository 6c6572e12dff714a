"""Reads numbers and amounts as people write them, where they can only mean one thing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

PLAIN: Final = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?", re.ASCII)

_SPACES = "\u00a0\u2009\u202f"
_NUMERAL = re.compile(
    r"(?P<open>\()?\s*(?P<before>[^\d.,+\-\u2212()]{0,24}?)\s*(?P<sign>[+\-\u2212])?\s*(?P<inner>[$€£¥]?)\s*"
    r"(?P<digits>\d[\d.,' \u00a0\u2009\u202f\u2019]*|[.,]\d+)\s*(?P<after>[^\d]{0,24}?)\s*(?P<close>\))?",
    re.ASCII,
)
_GROUPED = {mark: re.compile(rf"[1-9]\d{{0,2}}(?:\{mark}\d{{3}})+", re.ASCII) for mark in ",. '"}
_CENTS = Decimal("0.01")
_FOUR_PLACES = Decimal("0.0001")
_DUST = Decimal("0.000001")
_MOST_DIGITS = 40
_LONGEST = 100
# what decimals are reckoned with without losing cents
_MOST = 10**15
_SIGNS = {"$": {"USD", "CAD", "AUD", "NZD", "MXN", "SGD", "HKD"}, "€": {"EUR"}, "£": {"GBP"}, "¥": {"JPY", "CNY"}}
_CODE = re.compile(r"[A-Za-z]{3}")


@dataclass(frozen=True)
class Numeral:
    """A number with what stands around it: a unit, a sign of a currency, or nothing."""

    value: Decimal
    beside: str


def mark_of(cells: Iterable[str]) -> str | None:
    """Find the decimal mark that a column proves, or None if it proves none or both."""
    written = list(cells)
    if not any("," in cell for cell in written):
        return None
    found = {mark for cell in written if cell and (mark := _proven(cell))}
    return found.pop() if len(found) == 1 else None


def _proven(cell: str) -> str | None:
    """Answer the decimal mark that a cell shows beyond doubt."""
    commas, dots = cell.count(","), cell.count(".")
    if commas and dots:
        return "," if cell.rfind(",") > cell.rfind(".") else "."
    mark, other = (",", ".") if commas else (".", ",")
    if commas + dots > 1:
        return other
    before, found, after = cell.partition(mark)
    digits = len(after) - len(after.lstrip("0123456789"))
    is_group = digits == len("000") and before.strip("+-$€£¥ (") not in {"", "0"}
    return mark if found and digits and not is_group else None


def numeral(text: str, mark: str | None) -> Numeral:
    """Take a text apart; raise ValueError if it is no number, or could be two.

    Args:
        text: what was written.
        mark: the decimal mark of the column, if that is proven.
    """
    found = _NUMERAL.fullmatch(text) if len(text) <= _LONGEST else None
    if not found or bool(found["open"]) != bool(found["close"]):
        raise ValueError("this is no number; write it as 1234.5")
    beside = [part for part in (found["before"], found["inner"], found["after"]) if part]
    if len(beside) > 1:
        raise ValueError("this is no number; write it as 1234.5")
    value = Decimal(_digits(found["digits"].strip(), mark))
    # accountants write what is below nothing in brackets
    is_below = found["sign"] in {"-", "\u2212"} or bool(found["open"])
    return Numeral(-value if is_below else value, beside[0].strip() if beside else "")


def _digits(text: str, mark: str | None) -> str:
    if len(text) > _MOST_DIGITS:
        raise ValueError("this number has too many digits")
    for space in _SPACES:
        text = text.replace(space, " ")
    text = text.replace("\u2019", "'")
    for blank in " '":
        if blank in text:
            whole, point, rest = _split_at_mark(text)
            if not _GROUPED[blank].fullmatch(whole) or blank in rest:
                raise ValueError("this is no number; write it as 1234.5")
            text = whole.replace(blank, "") + point + rest
    return _with_point(text, mark)


def _split_at_mark(text: str) -> tuple[str, str, str]:
    at = max(text.rfind(","), text.rfind("."))
    return (text, "", "") if at < 0 else (text[:at], text[at], text[at + 1 :])


def _with_point(text: str, mark: str | None) -> str:
    """Answer digits with a point for whatever marks the decimals, and nothing between thousands."""
    whole, last, rest = _split_at_mark(text)
    if not last:
        return text
    other = "." if last == "," else ","
    if other in whole:
        if not _GROUPED[other].fullmatch(whole):
            raise ValueError("the marks in this number contradict each other; write it as 1234.5")
        return f"{whole.replace(other, '')}.{rest}"
    if last in whole:
        if not _GROUPED[last].fullmatch(text):
            raise ValueError("the marks in this number contradict each other; write it as 1234.5")
        return text.replace(last, "")
    return f"{whole}{rest}" if _is_thousands(text, last, mark) else f"{whole or 0}.{rest or 0}"


def _is_thousands(text: str, last: str, mark: str | None) -> bool:
    """Tell whether the only mark of a number stands between thousands: a comma, where nothing says otherwise."""
    if not _GROUPED[last].fullmatch(text):
        if mark not in {None, last}:
            raise ValueError("other numbers of this column have another decimal mark; write it as 1234.5")
        return False
    return last != mark if mark else last == ","


def money(found: Decimal) -> Decimal:
    """Answer an amount with its two places; raise ValueError if it has more that are not a computer's dust."""
    if abs(found) > _MOST:
        raise ValueError(f"this is above {_MOST:,}")
    amount = found.quantize(_CENTS, ROUND_HALF_UP)
    if abs(found - amount) > _DUST:
        raise ValueError("an amount has at most two places")
    return amount


def price(found: Decimal) -> Decimal:
    """Answer a price with four places, which is what pumps and lists show, or rounded to them."""
    if abs(found) > _MOST:
        raise ValueError(f"this is above {_MOST:,}")
    return found.quantize(_FOUR_PLACES, ROUND_HALF_UP)


def check_currency(beside: str, currency: str) -> None:
    """Raise ValueError if what stands beside an amount is no sign of the tenant's currency."""
    if not beside or currency in _SIGNS.get(beside, ()):
        return
    if _CODE.fullmatch(beside) and beside.upper() == currency:
        return
    raise ValueError(f"amounts are in {currency}; this says {beside!r}")
