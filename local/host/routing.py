"""Which function answers a request.

The host tries routes in the order of the functions' names and takes the first that fits: there is no preference for
the more specific one. A method that a route does not serve makes it not fit, so the end is 404, never 405.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from local.host.errors import StartError
from local.host.functions import Function
from local.host.templates import Template

RESERVED = ("admin", "runtime")

_ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Route:
    """A function's template and methods; no methods means all."""

    function: Function
    template: Template
    methods: frozenset[str]

    def serves(self, method: str) -> bool:
        """Say whether the method is one of its own."""
        return not self.methods or method in self.methods


class Router:
    """Finds the function for a method and a path.

    Args:
        functions: HTTP functions in the host's order.
        prefix: host.json's routePrefix.

    Raises:
        StartError: a template that cannot be read, is reserved, or is another function's for the same method.
    """

    def __init__(self, functions: Sequence[Function], prefix: str) -> None:
        self.routes = [_route(function, prefix) for function in functions]
        for index, route in enumerate(self.routes):
            _refuse_conflict(route, self.routes[:index])
        self._by_method: dict[str, list[Route]] = {}

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Answer the first route that fits, with its parameters' values.

        Args:
            method: in capitals.
            path: decoded by `decode`, with its leading slash.
        """
        bare = path[1:]
        for route in self._candidates(method):
            values = route.template.match(bare)
            if values is not None:
                return route, values
        return None

    def _candidates(self, method: str) -> Sequence[Route]:
        found = self._by_method.get(method)
        if found is None:
            found = [route for route in self.routes if route.serves(method)]
            # a client may make up methods, the table must not grow with them
            if found and len(self._by_method) < 16:  # noqa: PLR2004
                self._by_method[method] = found
        return found


def decode(raw_path: bytes) -> str:
    """Decode an escaped path as ASP.NET does: everything but an escaped slash."""
    text = raw_path.decode("ascii", "replace")
    if "%" not in text:
        return text
    return unquote(_ENCODED_SLASH.sub(lambda found: f"%25{found[0][1:]}", text), errors="replace")


def _route(function: Function, prefix: str) -> Route:
    own = str(function.trigger.get("route") or function.name).strip("/")
    # a test of the text's beginning, as the real host makes it: "administrators" is refused too
    if own.lower().startswith(RESERVED):
        raise StartError(
            f"Function {function.name!r}: the specified route {own!r} conflicts with one or more built in routes; "
            f"no route may begin with {' or '.join(RESERVED)}."
        )
    template = f"{prefix}/{own}" if prefix else own
    methods = _methods(function.trigger)
    return Route(function, Template.compile(template), methods)


def _methods(trigger: Mapping[str, object]) -> frozenset[str]:
    methods = trigger.get("methods")
    return frozenset(str(method).upper() for method in methods) if isinstance(methods, list) else frozenset()


def _refuse_conflict(route: Route, earlier: Sequence[Route]) -> None:
    for other in earlier:
        if other.template.text.lower() == route.template.text.lower() and _share_a_method(route, other):
            raise StartError(
                f"Function {route.function.name!r}: the route specified conflicts with the route defined by "
                f"function {other.function.name!r}: {route.template.text!r}. Change the route or the methods of one."
            )


def _share_a_method(one: Route, other: Route) -> bool:
    return not one.methods or not other.methods or bool(one.methods & other.methods)
