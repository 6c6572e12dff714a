"""The functions of the application, as the host is told of them."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import function_app
from local.host.constraints import compile_constraint

_PARAMETER = re.compile(r"\{(?P<star>\**)(?P<name>\w+)(?::(?P<constraint>[^}]+))?\}")


@dataclass(frozen=True)
class Triggered:
    """A function with its trigger.

    Attributes:
        name: by which the host sorts.
        handler: the Python function's name.
        module: where that stands.
        trigger: the binding, as the host reads it.
    """

    name: str
    handler: str
    module: str
    trigger: dict[str, Any]

    @property
    def methods(self) -> set[str]:
        """Answer the methods of a route; none named means all."""
        every = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
        return {str(method).upper() for method in self.trigger.get("methods", ())} or every

    @property
    def segments(self) -> list[str]:
        """Answer the route's parts between slashes."""
        return str(self.trigger["route"]).strip("/").split("/")


@cache
def functions() -> list[Triggered]:
    """Answer every function in the host's order."""
    found = []
    for function in function_app.app.get_functions():
        bound = function.get_trigger()
        assert bound is not None
        trigger = json.loads(json.dumps(bound.get_dict_repr(), default=str))
        handler = function.get_user_function()
        found.append(Triggered(str(function.get_function_name()), handler.__name__, handler.__module__, trigger))
    return sorted(found, key=lambda one: one.name.upper())


def of_kind(kind: str) -> list[Triggered]:
    """Answer the functions with a kind of trigger."""
    return [one for one in functions() if one.trigger["type"] == kind]


def overlap(one: list[str], other: list[str]) -> bool:
    """Tell whether some path fits both templates."""
    for index in range(max(len(one), len(other))):
        first, second = _at(one, index), _at(other, index)
        if first is None or second is None:
            return _is_catch_all(first or second or "")
        if _is_catch_all(first) or _is_catch_all(second):
            return True
        if not _may_be_equal(first, second):
            return False
    return True


def _at(segments: list[str], index: int) -> str | None:
    return segments[index] if index < len(segments) else None


def _is_catch_all(segment: str) -> bool:
    return segment.startswith("{*")


def _may_be_equal(first: str, second: str) -> bool:
    one, two = _PARAMETER.fullmatch(first), _PARAMETER.fullmatch(second)
    if one is None and two is None:
        return first.lower() == second.lower()
    if one is not None and two is not None:
        # a UUID is no whole number that fits 64 bits
        return {one["constraint"], two["constraint"]} != {"long", "guid"}
    parameter, literal = (one, second) if one is not None else (two, first)
    assert parameter is not None
    return not parameter["constraint"] or compile_constraint(parameter["constraint"])(literal)
