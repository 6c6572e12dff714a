"""Says JSON schemas in words, and makes samples of them, for people who read the reference."""

import json
import re
from typing import Any

from shared.http.schemas import Schema

PREFIX = "#/components/schemas/"

_SAMPLES = {
    "date-time": "2026-01-31T09:30:00-05:00",
    "date": "2026-01-31",
    "uuid": "3f2c8a9e-5b1d-4c7e-9a6f-0d1e2f3a4b5c",
}
_NAMES = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "object"}
_FORMATS = {"date-time": "time", "date": "date", "uuid": "UUID", "binary": "file", "uri-reference": "address"}


def kind(schema: Schema, components: Schema) -> list[tuple[str, str | None]]:
    """Say what a schema lets through, as pieces of text, some of which lead to a component's name."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(PREFIX)
        target = components[name]
        return [(name, name)] if "properties" in target else kind(target, components)
    if "anyOf" in schema:
        said: list[tuple[str, str | None]] = []
        for one in schema["anyOf"]:
            said += [*([(" or ", None)] if said else []), *kind(one, components)]
        return said
    if schema.get("type") == "array":
        most = f"list of at most {schema['maxItems']}: " if "maxItems" in schema else "list of "
        return [(most, None), *kind(schema.get("items", {}), components)]
    return [(_plain(schema), None)]


def _plain(schema: Schema) -> str:
    if "const" in schema or "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema.get("enum", [schema.get("const")]))
    if isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_plain(schema['additionalProperties'])}s"
    kind_of = str(schema.get("type", "anything"))
    name = _FORMATS.get(schema.get("format", ""), _NAMES.get(kind_of, kind_of))
    return name + _bounds(schema)


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, longest = schema.get("exclusiveMinimum"), schema.get("maxLength")
    if low is not None and high is not None and high < 2**53:
        return f", {low:,} to {high:,}"
    if above is not None:
        return f", above {above:,}" + (f" to {high:,}" if high is not None else "")
    if low is not None:
        return f", {low:,} or more"
    return f", at most {longest:,} characters" if longest is not None else ""


def sample(schema: Schema, components: Schema) -> Any:
    """Make a small value that a schema lets through: an object with what it requires."""
    if "$ref" in schema:
        return sample(components[schema["$ref"].removeprefix(PREFIX)], components)
    if "anyOf" in schema:
        return sample(_narrowed(schema), components)
    if values := schema.get("examples") or schema.get("enum"):
        return values[0]
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        return {name: sample(properties[name], components) for name in schema.get("required", ())}
    if schema.get("type") == "array":
        return [sample(schema.get("items", {}), components)]
    return _sample_of_plain(schema)


def _narrowed(schema: Schema) -> Schema:
    """Answer the first of a schema's alternatives, with what the schema says of its fields whichever it is."""
    first, rest = schema["anyOf"][0], {name: one for name, one in schema.items() if name != "anyOf"}
    if "properties" not in rest:
        return dict(first)
    said = first.get("properties", {})
    fields = {name: {**one, **said.get(name, {})} for name, one in rest["properties"].items()}
    return {**rest, "properties": fields, "required": sorted({*rest.get("required", ()), *first.get("required", ())})}


def _sample_of_plain(schema: Schema) -> Any:
    if schema.get("type") == "integer":
        return max(schema.get("minimum", 1), min(17, schema.get("maximum", 17)))
    if schema.get("type") == "number":
        return min(40.7, schema.get("maximum", 40.7))
    if schema.get("type") == "boolean":
        return True
    return _SAMPLES.get(schema.get("format", ""), schema.get("const", "…"))


def paragraphs(text: str) -> list[list[tuple[str, str]]]:
    """Cut a text with **strong** and `code` into paragraphs of (element, text)."""
    return [
        [
            ("strong", piece[2:-2])
            if piece.startswith("**")
            else ("code", piece[1:-1])
            if piece[0] == "`"
            else ("", piece)
            for piece in re.split(r"(\*\*.+?\*\*|`.+?`)", paragraph)
            if piece
        ]
        for paragraph in text.strip().split("\n\n")
    ]
