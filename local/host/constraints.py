"""Inline route constraints as ASP.NET Core reads them: `{id:int:min(1)}`."""

import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal

from local.host.errors import StartError

Check = Callable[[str], bool]

INT32, INT64 = 2**31, 2**63
# decimal's largest value in .NET
DECIMAL_MAX = Decimal(2**96 - 1)

_WHOLE = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_DECIMAL = re.compile(r"\s*(?:[+-]?\s*(?:\d[\d,]*\.?\d*|\.\d+)|(?:\d[\d,]*\.?\d*|\.\d+)\s*[+-])\s*", re.ASCII)
_FLOAT = re.compile(r"\s*[+-]?(?:(?:\d[\d,]*\.?\d*|\.\d+)(?:e[+-]?\d+)?|nan|infinity|∞)\s*", re.ASCII | re.IGNORECASE)
_HEX = "[0-9a-f]"
_DASHED = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_GUID = re.compile(
    rf"\s*(?:{_HEX}{{32}}|{_DASHED}|\{{{_DASHED}\}}|\({_DASHED}\))\s*",
    re.IGNORECASE,
)
_ALPHA = re.compile(r"[a-z]*", re.IGNORECASE | re.ASCII)
# what .NET's invariant culture reads most often: month first, and ISO 8601 by fromisoformat
_DATES = ("%m/%d/%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%Y/%m/%d")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")

_CALL = re.compile(r"(?P<name>[A-Za-z]+)(?:\((?P<arguments>.*)\))?", re.DOTALL)


def compile_constraint(text: str) -> Check:
    """Make the check that an inline constraint such as `int` or `length(2,5)` stands for.

    Raises:
        StartError: no such constraint, or its arguments cannot be read.
    """
    call = _CALL.fullmatch(text)
    name = call["name"].lower() if call else ""
    arguments = call["arguments"] if call else None
    try:
        if arguments is None:
            return PLAIN[name]
        return WITH_ARGUMENTS[name](arguments)
    except (KeyError, ValueError, re.error) as error:
        known = ", ".join([*PLAIN, *(f"{name}(…)" for name in WITH_ARGUMENTS)])
        raise StartError(f"The route constraint {text!r} cannot be resolved. Known are {known}.") from error


def _whole_number(bound: int) -> Check:
    return lambda text: _WHOLE.fullmatch(text) is not None and -bound <= int(text) < bound


def _decimal(text: str) -> bool:
    if _DECIMAL.fullmatch(text) is None:
        return False
    return Decimal(re.sub(r"[\s,+-]", "", text)) <= DECIMAL_MAX


def _guid(text: str) -> bool:
    return _GUID.fullmatch(text) is not None and bool(uuid.UUID(re.sub(r"[\s()]", "", text)))


def _date(text: str) -> bool:
    with suppress(ValueError):
        return bool(datetime.fromisoformat(text.strip()))  # any zone: only whether it is a date matters
    return any(_has_form(text.strip(), date + clock) for date in _DATES for clock in _CLOCKS)


def _has_form(text: str, form: str) -> bool:
    with suppress(ValueError):
        return bool(datetime.strptime(text, form))  # noqa: DTZ007  only whether it is a date matters
    return False


def _long(text: str) -> int | None:
    return int(text) if _whole_number(INT64)(text) else None


def _minimum(arguments: str) -> Check:
    low = int(arguments)
    return lambda text: (number := _long(text)) is not None and number >= low


def _maximum(arguments: str) -> Check:
    high = int(arguments)
    return lambda text: (number := _long(text)) is not None and number <= high


def _range(arguments: str) -> Check:
    low, high = (int(part) for part in arguments.split(","))
    return lambda text: (number := _long(text)) is not None and low <= number <= high


def _length(arguments: str) -> Check:
    bounds = [int(part) for part in arguments.split(",")]
    low, high = bounds if len(bounds) > 1 else bounds * 2
    return lambda text: low <= len(text) <= high


def _shortest(arguments: str) -> Check:
    low = int(arguments)
    return lambda text: len(text) >= low


def _longest(arguments: str) -> Check:
    high = int(arguments)
    return lambda text: len(text) <= high


def _regex(arguments: str) -> Check:
    pattern = re.compile(arguments, re.IGNORECASE)
    return lambda text: pattern.search(text) is not None


PLAIN: dict[str, Check] = {
    "int": _whole_number(INT32),
    "long": _whole_number(INT64),
    "bool": lambda text: text.strip().lower() in {"true", "false"},
    "datetime": _date,
    "decimal": _decimal,
    "double": lambda text: _FLOAT.fullmatch(text) is not None,
    "float": lambda text: _FLOAT.fullmatch(text) is not None,
    "guid": _guid,
    "alpha": lambda text: _ALPHA.fullmatch(text) is not None,
    "required": bool,
}
WITH_ARGUMENTS: dict[str, Callable[[str], Check]] = {
    "minlength": _shortest,
    "maxlength": _longest,
    "length": _length,
    "min": _minimum,
    "max": _maximum,
    "range": _range,
    "regex": _regex,
}
