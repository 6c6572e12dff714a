"""The API's reference as one page that needs no script: the OpenAPI document, laid out for people."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from shared.actions.answer import Answer
from shared.domain.media import JSON, MULTIPART, PROBLEM
from shared.http import html, openapi
from shared.http.openapi import IfChanged, unless_known
from shared.http.schema_words import kind, paragraphs, sample
from shared.http.schemas import Schema

_TABLES = {"path": "In the path", "query": "In the query", "header": "In headers"}


def get_docs(command: IfChanged) -> Answer:
    """Answer the reference."""
    page = _page()
    answer = unless_known(command, page.content, html.HTML)
    policy = page.headers["Content-Security-Policy"]
    return Answer(answer.body, answer.status, html.HTML, {**answer.headers, "Content-Security-Policy": policy})


@cache
def _page() -> Answer:
    document = openapi.present()
    view = View(document)
    return html.page(
        "reference.html",
        visitor=None,
        introduction=paragraphs(document["info"]["description"]),
        groups=list(view.groups()),
        components=list(view.components()),
    )


@dataclass(frozen=True)
class Field:
    """One row of a table of fields."""

    name: str
    kind: list[tuple[str, str | None]]
    required: bool
    about: list[list[tuple[str, str]]]


class View:
    """What the page shows, taken from an OpenAPI document.

    Args:
        document: as `openapi.document` makes it.
    """

    def __init__(self, document: Schema) -> None:
        self._document = document
        self._schemas = document["components"]["schemas"]

    def groups(self) -> Iterator[Schema]:
        """Yield each noun with its operations."""
        for tag in self._document["tags"]:
            found = [
                self._operation(path, method, one)
                for path, methods in self._document["paths"].items()
                for method, one in methods.items()
                if tag["name"] in one["tags"]
            ]
            yield {**tag, "operations": found}

    def components(self) -> Iterator[Schema]:
        """Yield each object that operations share, with its fields."""
        for name, schema in sorted(self._schemas.items()):
            if "properties" in schema:
                yield {"name": name, "about": paragraphs(schema.get("description", "")), "fields": self._fields(schema)}

    def _operation(self, path: str, method: str, one: Schema) -> Schema:
        return {
            "id": one["operationId"],
            "method": method.upper(),
            "path": path,
            "summary": one["summary"],
            "about": paragraphs(one["description"]),
            "tables": [table for place in _TABLES if (table := self._parameters(one, place))["fields"]],
            "bodies": self._bodies(one),
            "answers": self._answers(one),
            "problems": self._problems(one),
            "curl": self._curl(path, method, one),
        }

    def _parameters(self, one: Schema, place: str) -> Schema:
        found = [self._resolved(parameter) for parameter in one["parameters"]]
        fields = [
            self._field(
                each["name"], each["schema"], required=each.get("required", False), said=each.get("description")
            )
            for each in found
            if each["in"] == place
        ]
        return {"title": _TABLES[place], "fields": fields}

    def _bodies(self, one: Schema) -> list[Schema]:
        content = one.get("requestBody", {}).get("content", {})
        return [
            {"type": media, "fields": self._fields(self._target(each["schema"]))} for media, each in content.items()
        ]

    def _answers(self, one: Schema) -> list[Schema]:
        found = []
        for status, response in one["responses"].items():
            content = response.get("content", {})
            if "$ref" not in response:
                kinds = [
                    (media, kind(each["schema"], self._schemas)) for media, each in content.items() if media != PROBLEM
                ]
                headers = list(response.get("headers", {}))
                found.append(
                    {"status": _status(status), "about": response["description"], "kinds": kinds, "headers": headers}
                )
        return found

    def _problems(self, one: Schema) -> list[Schema]:
        found = []
        for status, response in one["responses"].items():
            schema = self._resolved(response).get("content", {}).get(PROBLEM, {}).get("schema")
            if schema:
                types = schema["allOf"][1]["properties"]["type"]["enum"]
                found.append({"status": _status(status), "types": types})
        return found

    def _fields(self, schema: Schema) -> list[Field]:
        required = schema.get("required", ())
        return [
            self._field(name, each, required=name in required, said=each.get("description"))
            for name, each in schema.get("properties", {}).items()
        ]

    def _field(self, name: str, schema: Schema, *, required: bool, said: str | None) -> Field:
        text = said or ""
        if schema.get("default") not in (None, []):
            text += f"{'; ' if text else ''}`{_written(schema['default'])}` unless given"
        return Field(name, kind(schema, self._schemas), required, paragraphs(text) if text else [])

    def _target(self, schema: Schema) -> Schema:
        return self._resolved(schema) if "$ref" in schema else schema

    def _resolved(self, one: Schema) -> Schema:
        target: Any = self._document
        if "$ref" not in one:
            return one
        for step in one["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return dict(target)

    def _curl(self, path: str, method: str, one: Schema) -> str:
        parameters = [self._resolved(parameter) for parameter in one["parameters"]]
        for each in parameters:
            if each["in"] == "path":
                path = path.replace(f"{{{each['name']}}}", str(sample(each["schema"], self._schemas)))
        needed = [each for each in parameters if each["in"] == "query" and each["required"]]
        query = "&".join(f"{each['name']}={sample(each['schema'], self._schemas)}" for each in needed)
        words = ["curl", *(["-X", method.upper()] if method not in {"get", "post"} else [])]
        if one.get("security") != []:
            words += ["-H", '"Authorization: Bearer $JWT_TOKEN"']
        if any(each["name"] == "Idempotency-Key" for each in parameters):
            words += ["-H", '"Idempotency-Key: $(uuidgen)"']
        words += self._curl_body(one)
        return " ".join([*words, f'"$MOTORPOOL{path}{"?" + query if query else ""}"'])

    def _curl_body(self, one: Schema) -> list[str]:
        content = one.get("requestBody", {}).get("content", {})
        if MULTIPART in content:
            schema = self._target(content[MULTIPART]["schema"])
            return [
                word for name, value in self._form_sample(schema) for word in ("-F", shlex.quote(f"{name}={value}"))
            ]
        if JSON in content:
            value = json.dumps(sample(content[JSON]["schema"], self._schemas), ensure_ascii=False)
            return ["-H", "'Content-Type: application/json'", "-d", shlex.quote(value)]
        return [word for media in content for word in ("-H", f"'Content-Type: {media}'", "--data-binary", "@file")]

    def _form_sample(self, schema: Schema) -> Iterator[tuple[str, str]]:
        for name, each in schema["properties"].items():
            is_file = "binary" in {each.get("format"), each.get("items", {}).get("format")}
            if is_file:
                yield name, "@photo.jpg" if name == "photo" else "@file"
            elif name in schema.get("required", ()) or "$ref" in each:
                yield name, _written(sample(each, self._schemas))


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _status(code: str) -> str:
    return f"{code} {HTTPStatus(int(code)).phrase}"
