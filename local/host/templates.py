"""Route templates: `assets/{id:int}/{file}.{ext?}`, `{*rest}`, `{page=1}`, compiled to one regular expression each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from local.host.constraints import Check, compile_constraint
from local.host.errors import StartError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One `{…}` of a template."""

    name: str
    checks: Sequence[Check]
    optional: bool = False
    default: str | None = None
    catch_all: bool = False

    @property
    def can_be_absent(self) -> bool:
        """Say whether a path may end before it."""
        return self.optional or self.default is not None or self.catch_all


Part = str | Parameter


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template."""

    text: str
    pattern: re.Pattern[str]
    parameters: Sequence[Parameter]

    @classmethod
    def compile(cls, text: str) -> Self:
        """Compile a template without leading slash.

        Raises:
            StartError: it is not well formed, or a constraint is unknown.
        """
        segments = [_parts(text, segment) for segment in _segments(text)]
        parameters = [part for segment in segments for part in segment if isinstance(part, Parameter)]
        names = [parameter.name.lower() for parameter in parameters]
        if len(set(names)) != len(names):
            raise StartError(f"The route {text!r} names a parameter twice.")
        return cls(text, re.compile(_expression(text, segments), re.IGNORECASE | re.DOTALL), parameters)

    def match(self, path: str) -> dict[str, str] | None:
        """Answer the parameters' values when a path without leading slash fits, else None.

        A parameter that is absent and has no default is left out, as the real host leaves it out.
        """
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        values: dict[str, str] = {}
        for parameter, captured in zip(self.parameters, found.groups(), strict=True):
            value = captured or parameter.default
            if value is None:
                continue
            if not all(check(value) for check in parameter.checks):
                return None
            values[parameter.name] = value
        return values


def _segments(text: str) -> list[str]:
    """Split at slashes, though not at those inside of braces (a regex constraint may hold one)."""
    segments, depth = [""], 0
    for character in text.strip("/"):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "/" and depth == 0:
            segments.append("")
        else:
            segments[-1] += character
    return segments


def _parts(text: str, segment: str) -> list[Part]:
    parts: list[Part] = []
    position = 0
    while position < len(segment):
        if segment[position] == "{" and segment[position : position + 2] != "{{":
            end = _closing(text, segment, position + 1)
            parts.append(_parameter(text, segment[position + 1 : end]))
            position = end + 1
        else:
            position = _literal(parts, segment, position)
    return parts


def _literal(parts: list[Part], segment: str, position: int) -> int:
    """Append one literal character, where doubled braces stand for one; answer the position behind it."""
    doubled = segment[position : position + 2] in {"{{", "}}"}
    last = parts.pop() if parts and isinstance(parts[-1], str) else ""
    parts.append(f"{last}{segment[position]}")
    return position + (2 if doubled else 1)


def _closing(text: str, segment: str, position: int) -> int:
    while position < len(segment):
        if segment[position : position + 2] in {"{{", "}}"}:
            position += 2
        elif segment[position] == "}":
            return position
        else:
            position += 1
    raise StartError(f"The route {text!r} has an opening brace without a closing one.")


def _parameter(text: str, content: str) -> Parameter:
    stars = len(content) - len(content.lstrip("*"))
    name = _NAME.match(content, stars)
    if name is None or stars > 2:  # noqa: PLR2004  `*` and `**` are the two forms
        raise StartError(f"The route {text!r} has a parameter without a proper name: {{{content}}}.")
    rest = content[name.end() :].replace("{{", "{").replace("}}", "}")
    constraints, rest = _constraints(rest)
    if rest not in {"", "?"} and not rest.startswith("="):
        raise StartError(f"The route {text!r} has a parameter that cannot be read: {{{content}}}.")
    return Parameter(
        name=name[0],
        checks=[compile_constraint(constraint) for constraint in constraints],
        optional=rest == "?",
        default=rest[1:] if rest.startswith("=") else None,
        catch_all=stars > 0,
    )


def _constraints(rest: str) -> tuple[list[str], str]:
    """Split `:int:min(1)=5` into its constraints and what follows them."""
    found: list[str] = []
    while rest.startswith(":"):
        end = _end_of_constraint(rest)
        found.append(rest[1:end])
        rest = rest[end:]
    return found, rest


def _end_of_constraint(rest: str) -> int:
    depth = 0
    for position, character in enumerate(rest[1:], start=1):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 and character in ":=?":
            return position
    return len(rest)


def _expression(text: str, segments: Sequence[Sequence[Part]]) -> str:
    expression, closing = "", ""
    for index, segment in enumerate(segments):
        slash = "/" if index else ""
        body = _segment_expression(segment)
        if _may_be_missing(segments[index:]):
            expression += f"(?:{slash}{body}"
            closing += ")?"
        else:
            expression += f"{slash}{body}"
        if any(isinstance(part, Parameter) and part.catch_all for part in segment) and index < len(segments) - 1:
            raise StartError(f"The route {text!r} goes on behind a catch-all parameter.")
        if _is_optional_without_dot(segment):
            raise StartError(f"The route {text!r} has an optional parameter that no dot sets off.")
    # one trailing slash is as good as none
    return f"{expression}{closing}/?"


def _is_optional_without_dot(segment: Sequence[Part]) -> bool:
    *before, last = segment or [""]
    return bool(before) and isinstance(last, Parameter) and last.optional and before[-1] != "."


def _may_be_missing(segments: Sequence[Sequence[Part]]) -> bool:
    return all(
        len(segment) == 1 and isinstance(segment[0], Parameter) and segment[0].can_be_absent for segment in segments
    )


def _segment_expression(segment: Sequence[Part]) -> str:
    last = segment[-1] if segment else ""
    if len(segment) > 1 and isinstance(last, Parameter) and last.optional:
        # `{file}.{ext?}`: the dot goes with the extension, which begins at the last dot
        *before, separator, _ = segment
        stem = _segment_expression(before).replace("+)", "+?)")
        return f"{stem}(?:{re.escape(str(separator))}([^/.]+))?"
    return "".join(_part_expression(part) for part in segment)


def _part_expression(part: Part) -> str:
    if isinstance(part, str):
        return re.escape(part)
    return "(.*)" if part.catch_all else "([^/]+)"
