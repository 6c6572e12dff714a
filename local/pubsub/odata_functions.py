"""The functions of filters; where an argument is null, so is a value, and a condition does not hold."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TEXT = ("text",)
TEXTS = ("text", "text")


@dataclass(frozen=True)
class Function:
    """A function of the filter language.

    Attributes:
        takes: the lists of types that its arguments may have.
        answers: the type of its value.
        call: with the arguments' values.
    """

    takes: tuple[tuple[str, ...], ...]
    answers: str
    call: Callable[..., Any]


def _condition(test: Callable[[str, str], bool]) -> Function:
    return Function((TEXTS,), "boolean", lambda one, other: None not in (one, other) and test(one, other))


def _value(takes: tuple[tuple[str, ...], ...], answers: str, make: Callable[..., Any]) -> Function:
    return Function(takes, answers, lambda *given: None if None in given else make(*given))


def _part(text: str, start: int, count: int | None = None) -> str:
    first = max(start, 0)
    return text[first:] if count is None else text[first : first + max(count, 0)]


FUNCTIONS = {
    "startswith": _condition(str.startswith),
    "endswith": _condition(str.endswith),
    "contains": _condition(str.__contains__),
    "indexof": _value((TEXTS,), "number", str.find),
    "length": _value((TEXT, ("collection",)), "number", len),
    "tolower": _value((TEXT,), "text", str.lower),
    "toupper": _value((TEXT,), "text", str.upper),
    "trim": _value((TEXT,), "text", str.strip),
    "concat": _value((TEXTS,), "text", str.__add__),
    "substring": _value((("text", "number"), ("text", "number", "number")), "text", _part),
}
