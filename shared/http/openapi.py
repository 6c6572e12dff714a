"""The OpenAPI 3.1 document, made from the operations themselves, so that it cannot say anything else than they do."""

import hashlib
import sys
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import BaseModel

from shared.actions.answer import Answer
from shared.domain.errors import (
    DependencyDown,
    Forbidden,
    IdempotencyInFlight,
    IdempotencyKeyReused,
    Invalid,
    Malformed,
    NotFound,
    Refusal,
    TenantUnknown,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
    VersionMismatch,
)
from shared.domain.media import CSV, JSON, MULTIPART, PROBLEM
from shared.domain.model import Command
from shared.http.openapi_parts import HEADERS, INTRODUCTION, PARAMETERS, PROBLEM_SCHEMA, SECURITY_SCHEMES
from shared.http.operation import BODY_LIMIT, CATALOGUE, Operation
from shared.http.schemas import Schema, Schemas, description

_BASES = {"get": 0, "post": 1, "put": 2, "patch": 3, "delete": 4, "options": 5}


class IfChanged(Command):
    """Ask for a document unless the copy at hand is the present one."""

    if_none_match: tuple[str, ...] | None = None


def get_openapi(command: IfChanged) -> Answer:
    """Answer this application's OpenAPI document."""
    return unless_known(command, rendered(), JSON)


def unless_known(command: IfChanged, content: bytes, content_type: str) -> Answer:
    """Answer a document with its entity tag, or 304 to whoever has it already."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": "public, no-cache"}
    if {tag, "*"} & {*(command.if_none_match or ())}:
        return Answer(b"", 304, content_type, headers)
    return Answer(content, 200, content_type, headers)


@cache
def rendered() -> bytes:
    """Answer the document's bytes; made once per worker."""
    return orjson.dumps(present(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


@cache
def present() -> Schema:
    """Answer the document of all operations of the API."""
    return document(one for one in CATALOGUE.values() if one.path.startswith("/api/"))


def document(operations: Iterable[Operation]) -> Schema:
    """Answer the OpenAPI document of operations."""
    known = sorted(operations, key=lambda one: (one.plain_path, _BASES[one.method.lower()]))
    schemas = Schemas(known)
    responses: Schema = {}
    paths: Schema = {}
    for one in known:
        paths.setdefault(one.plain_path, {})[one.method.lower()] = _operation(one, schemas, responses)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Motorpool", "version": "1", "description": INTRODUCTION},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": _tags(known),
        "paths": paths,
        "components": {
            "schemas": {**schemas.components(paths), "Problem": PROBLEM_SCHEMA},
            "responses": dict(sorted(responses.items())),
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _tags(operations: Iterable[Operation]) -> list[Schema]:
    """Name each noun, with what the first of its actions' files says of itself."""
    modules: dict[str, str] = {}
    for one in sorted(operations, key=lambda one: one.noun):
        modules.setdefault(one.group, sys.modules[one.action.__module__].__doc__ or "")
    return [{"name": name, "description": said.partition("\n")[0]} for name, said in sorted(modules.items())]


def _operation(one: Operation, schemas: Schemas, responses: Schema) -> Schema:
    found: Schema = {
        "operationId": one.name,
        "tags": [one.group],
        "summary": one.summary,
        "description": _said(one, schemas),
        "parameters": _parameters(one, schemas),
        "responses": _responses(one, schemas, responses),
    }
    if one.has_body and one.body_fields:
        found["requestBody"] = _body(one, schemas)
    if one.role is None:
        found["security"] = []
    return found


def _said(one: Operation, schemas: Schemas) -> str:
    if one.role is None:
        return "Needs no token."
    highest = one.role.name == "ADMIN"
    said = [f"Takes the role `{one.role.word}`{'' if highest else ' or one above it'}."]
    if one.answer is not None and any("WithCosts" in name for name in schemas.components(schemas.answer(one))):
        said.append("Fields about costs stand only in answers to managers.")
    if one.body_limit != BODY_LIMIT:
        said.append(f"A body, or the file of a form, has at most {one.body_limit // 1024**2} MiB.")
    return " ".join([*said, one.note]).strip()


def _parameters(one: Operation, schemas: Schemas) -> list[Schema]:
    found = [_parameter(one, schemas, "path", name) for name in one.path_parameters]
    found += [_parameter(one, schemas, "query", name) for name in one.query_parameters]
    names = {
        "IdempotencyKey": one.method == "POST" and one.role is not None,
        "IfMatch": one.is_conditional,
        "IfNoneMatch": "if_none_match" in one.command.model_fields,
    }
    shared = [name for name, wanted in names.items() if wanted] + [*one.headers]
    return found + [{"$ref": f"#/components/parameters/{name}"} for name in shared]


def _parameter(one: Operation, schemas: Schemas, place: str, name: str) -> Schema:
    said = description(one.command.model_fields[name])
    return {
        "name": name,
        "in": place,
        "required": place == "path" or schemas.is_required(one, name),
        **({"description": said} if said else {}),
        "schema": schemas.parameter(one, name),
    }


def _body(one: Operation, schemas: Schemas) -> Schema:
    content: Schema = {}
    for kind in one.reads:
        if kind == MULTIPART:
            content[kind] = {"schema": schemas.form(one)}
            if fields := schemas.structured(one):
                content[kind]["encoding"] = {name: {"contentType": JSON} for name in fields}
        elif kind == CSV:
            content[kind] = {"schema": {"type": "string", "minLength": 1}}
        else:
            content[kind] = {"schema": schemas.body(one)}
    required = CSV in one.reads or any(schemas.is_required(one, name) for name in one.body_fields)
    return {"required": required, "content": content}


def _responses(one: Operation, schemas: Schemas, shared: Schema) -> Schema:
    found: Schema = {str(one.status): _success(one, schemas)}
    for status, said in (one.answers or {}).items():
        found[str(status)] = _further(one, schemas, status, said)
    if "if_none_match" in one.command.model_fields:
        kept = [name for name in one.sends if name == "Cache-Control"]
        found["304"] = {"description": "The copy at hand is the present one.", "headers": _headers("ETag", *kept)}
    for status, kinds in sorted(_problems(one).items()):
        if str(status) in found:
            found[str(status)].setdefault("content", {})[PROBLEM] = {"schema": _problem_schema(kinds)}
        else:
            found[str(status)] = _problem(status, kinds, shared)
    return dict(sorted(found.items()))


def _success(one: Operation, schemas: Schemas) -> Schema:
    names = {
        "ETag": _has_version(one) or "if_none_match" in one.command.model_fields,
        "Idempotency-Replayed": one.method == "POST" and one.role is not None,
    }
    found: Schema = {"description": one.summary + "."}
    if headers := _headers(*(name for name, wanted in names.items() if wanted), *one.sends):
        found["headers"] = headers
    if one.status != HTTPStatus.NO_CONTENT:
        found["content"] = {kind: {"schema": _content(one, schemas, kind)} for kind in one.media}
    return found


def _content(one: Operation, schemas: Schemas, kind: str) -> Schema:
    if kind == JSON:
        return schemas.answer(one) if one.answer is not None else {"type": "object"}
    is_text = kind.startswith("text/") or kind.endswith("+xml")
    return {"type": "string"} if is_text else {"type": "string", "format": "binary"}


def _further(one: Operation, schemas: Schemas, status: int, said: str) -> Schema:
    found: Schema = {"description": said}
    if HTTPStatus(status).is_redirection:
        found["headers"] = _headers("Location")
    elif one.answer is not None:
        found["content"] = {JSON: {"schema": schemas.answer(one)}}
    if status == HTTPStatus.ACCEPTED:
        found["headers"] = _headers("Location", "Retry-After")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        found["headers"] = _headers("Retry-After")
    return found


def _has_version(one: Operation) -> bool:
    kinds = getattr(one.answer, "__args__", (one.answer,))
    return any(isinstance(k, type) and issubclass(k, BaseModel) and "version" in k.model_fields for k in kinds)


def _headers(*names: str) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _problems(one: Operation) -> dict[int, list[type[Refusal]]]:
    """Gather what an operation may refuse, by status: what all of its kind may, and what it says itself."""
    # a query parameter that nobody knows is a fault everywhere
    kinds: list[type[Refusal]] = [Invalid]
    if one.role is not None:
        kinds += [Unauthenticated, Forbidden, TenantUnknown, DependencyDown]
    if one.path_parameters:
        kinds.append(NotFound)
    if one.has_body:
        kinds += [Malformed, UnsupportedMediaType, TooLarge]
    if one.method == "POST" and one.role is not None:
        kinds += [IdempotencyInFlight, IdempotencyKeyReused]
    if one.is_conditional:
        kinds.append(VersionMismatch)
    by_status: dict[int, list[type[Refusal]]] = {}
    for kind in dict.fromkeys([*kinds, *one.problems]):
        by_status.setdefault(kind.status, []).append(kind)
    return by_status


def _problem(status: int, kinds: list[type[Refusal]], shared: Schema) -> Schema:
    """Answer a reference to the response of these problems, which many operations share."""
    name = "-".join([str(status), *sorted(kind.slug for kind in kinds)])
    response: Schema = {
        "description": " ".join(kind.title() for kind in kinds),
        "content": {PROBLEM: {"schema": _problem_schema(kinds)}},
    }
    if any(kind.status in {429, 503} or kind is IdempotencyInFlight for kind in kinds):
        response["headers"] = _headers("Retry-After")
    if status == Unauthenticated.status:
        response["headers"] = _headers("WWW-Authenticate")
    shared[name] = response
    return {"$ref": f"#/components/responses/{name}"}


def _problem_schema(kinds: list[type[Refusal]]) -> Any:
    types = sorted(f"/problems/{kind.slug}" for kind in kinds)
    return {
        "allOf": [
            {"$ref": "#/components/schemas/Problem"},
            {"type": "object", "properties": {"type": {"type": "string", "enum": types}}},
        ]
    }
