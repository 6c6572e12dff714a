"""The JSON schemas of commands and answers, as the components of an OpenAPI document."""

import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from shared.domain.media import CSV, JSON, MULTIPART
from shared.http.operation import Operation

type Schema = dict[str, Any]

_PREFIX = "#/components/schemas/"
# pydantic leaves a bound under its own name where it stands outside of another check
_BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
# what holds values instead of schemas
_VALUES = {"const", "default", "enum", "example", "examples"}


class Schemas:
    """Schemas of all operations, with what they share under one name each.

    Args:
        operations: whose commands and answers are described.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        known = list(operations)
        commands = [(one.name, "validation", TypeAdapter(one.command)) for one in known]
        answers = [(one.name, "serialization", TypeAdapter(one.answer)) for one in known if one.answer is not None]
        found, definitions = TypeAdapter.json_schemas(
            [*commands, *answers],  # type: ignore[list-item]  # the keys' type is not inferred
            ref_template=_PREFIX + "{model}",
            schema_generator=_Generator,
        )
        defined = definitions.get("$defs", {})
        names = {name: _plain(name, str(schema.get("title", ""))) for name, schema in defined.items()}
        self._definitions = {names[name]: _tidied(schema, names) for name, schema in defined.items()}
        self._found: dict[Any, Schema] = {key: _tidied(schema, names) for key, schema in found.items()}
        self._bodies: dict[str, Schema] = {}

    def answer(self, operation: Operation) -> Schema:
        """Answer the schema of what an operation answers."""
        return self._found[operation.name, "serialization"]

    def parameter(self, operation: Operation, name: str) -> Schema:
        """Answer the schema of a field that comes by path or query, where nothing is null."""
        schema = _never_null(self._command(operation)["properties"][name])
        schema.pop("description", None)
        return schema

    def is_required(self, operation: Operation, name: str) -> bool:
        """Tell whether a field must be given."""
        return name in self._command(operation).get("required", ())

    def body(self, operation: Operation) -> Schema:
        """Answer the schema of an operation's JSON body, by reference."""
        return self._kept(operation, "", self._part(operation, operation.fields_in(JSON)))

    def form(self, operation: Operation) -> Schema:
        """Answer the schema of an operation's multipart body, by reference; nothing in a form is null."""
        part = self._part(operation, operation.fields_in(MULTIPART))
        part["properties"] = {name: _never_null(schema) for name, schema in part["properties"].items()}
        for name in operation.files:
            part["properties"][name]["items"] = {"type": "string", "format": "binary"}
        if CSV in operation.reads:
            # the form is another way to send the file, so it has one
            part["properties"] |= {name: {**part["properties"][name], "minItems": 1} for name in operation.files}
            part["required"] = sorted({*part.get("required", ()), *operation.files})
        return self._kept(operation, "Form", part)

    def structured(self, operation: Operation) -> list[str]:
        """Answer the names of the fields that stand as JSON in a form."""
        properties = self._part(operation, operation.fields_in(MULTIPART))["properties"]
        return [name for name, schema in properties.items() if self._is_structured(_never_null(schema))]

    def _is_structured(self, schema: Schema) -> bool:
        target: Schema = schema.get("items") or schema
        name = str(target.get("$ref", "")).removeprefix(_PREFIX)
        return bool(self._definitions.get(name, target).get("type") == "object")

    def components(self, used: Any) -> Schema:
        """Answer every component that is referred to, directly or not, by name."""
        every = {**self._definitions, **self._bodies}
        reached: set[str] = set()
        waiting = set(_references(used))
        while waiting:
            name = waiting.pop()
            reached.add(name)
            waiting |= set(_references(every[name])) - reached
        return {name: every[name] for name in sorted(reached)}

    def _command(self, operation: Operation) -> Schema:
        schema = self._found[operation.name, "validation"]
        target = self._definitions[schema["$ref"].removeprefix(_PREFIX)] if "$ref" in schema else schema
        return _described(target, operation.command)

    def _part(self, operation: Operation, names: Iterable[str]) -> Schema:
        whole, wanted = self._command(operation), list(names)
        required = [name for name in whole.get("required", ()) if name in wanted]
        part = {**whole, "properties": {name: dict(whole["properties"][name]) for name in wanted}}
        part.pop("required", None)
        return part | ({"required": required} if required else {})

    def _kept(self, operation: Operation, suffix: str, schema: Schema) -> Schema:
        name = operation.command.__name__ + suffix
        if self._bodies.setdefault(name, schema) != schema:
            name = operation.name.title().replace("_", "") + suffix
            self._bodies[name] = schema
        return {"$ref": _PREFIX + name}


class _Generator(GenerateJsonSchema):
    """Leaves out titles, which would only repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Answer that no field needs a title."""
        del schema
        return False


def _plain(name: str, title: str) -> str:
    """Answer a component's name: what is answered has the plain one, what differs when asked ends in `Input`.

    The title is the name of a generic class as it says it itself.
    """
    plain = name.removesuffix("-Output").replace("-", "")
    return title if "_" in plain and title.isidentifier() else plain


def _tidied(schema: Any, names: Mapping[str, str]) -> Any:
    """Put a schema of pydantic's into the words of JSON Schema, without what says nothing."""
    if isinstance(schema, list):
        return [_tidied(one, names) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found: Schema = {}
    for key, value in schema.items():
        if key == "$ref":
            found[key] = _PREFIX + names[value.removeprefix(_PREFIX)]
        elif key in _VALUES:
            found |= {} if key == "default" and value in (None, []) else {key: value}
        elif not (key == "title" and isinstance(value, str)):
            # a tuple: in a map of fields, one called "type" has a schema for its value
            is_number = schema.get("type") in ("integer", "number")
            found[str(_BOUNDS.get(key, key) if is_number else key)] = _tidied(value, names)
    return found


def _never_null(schema: Schema) -> Schema:
    options = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    if len(options) == 1:
        return {**options[0], **rest}
    return {**rest, "anyOf": options} if options else rest


def _described(schema: Schema, model: type[BaseModel]) -> Schema:
    """Bring the descriptions of optional fields from within their types to where readers look for them."""
    properties = {
        name: one | ({"description": said} if (said := description(model.model_fields[name])) else {})
        for name, one in schema.get("properties", {}).items()
    }
    return {**schema, "properties": properties}


def description(field: FieldInfo) -> str | None:
    """Answer what a field's type says of it, or None."""
    return field.description or next(_said(field.annotation), None)


def _said(annotation: Any) -> Iterator[str]:
    for one in getattr(annotation, "__metadata__", ()):
        if isinstance(one, FieldInfo) and one.description:
            yield one.description
    for inner in typing.get_args(annotation):
        yield from _said(inner)


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith(_PREFIX):
            yield reference.removeprefix(_PREFIX)
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list | tuple):
        for value in schema:
            yield from _references(value)
