"""From a request's bytes to one checked command, with everything that is wrong found at once."""

import hashlib
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
import orjson
from pydantic import BaseModel, ValidationError

from shared.domain.errors import Fault, Invalid, Malformed, NotFound, TooLarge, UnsupportedMediaType, pointer
from shared.domain.media import CSV, JSON, MULTIPART
from shared.domain.model import BIGINT_MAX
from shared.http import multipart_body
from shared.http.operation import CSV_FIELD, Operation

_SCALAR = re.compile(r"true|false|-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,30})?")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_VERSION = re.compile(r'(?:W/)?"(\d{1,18})"')
_UNKNOWN = "This field is not known here."
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e]*")|(\*)')


@dataclass(frozen=True)
class Reading:
    """A command, and a digest of the request that it was read from."""

    command: BaseModel
    fingerprint: bytes


@dataclass(frozen=True)
class _Body:
    """What a body says.

    Attributes:
        fields: by name.
        digest: of all that it says.
        is_text: its values are texts that are yet to be converted.
        kind: its content type.
    """

    fields: Mapping[str, Any]
    digest: bytes
    is_text: bool
    kind: str = JSON


def read(req: func.HttpRequest, operation: Operation) -> Reading:
    """Read a request for an operation.

    Raises:
        Malformed, UnsupportedMediaType, TooLarge: the body cannot be read.
        NotFound: a part of the path names nothing that could exist.
        Invalid: with every fault found.
    """
    path = _path(req, operation)
    query, faults = _query(req, operation)
    body = _body(req, operation) if operation.has_body else _Body({}, b"", is_text=True)
    fingerprint = hashlib.sha256(orjson.dumps([path, query], option=orjson.OPT_SORT_KEYS) + body.digest).digest()
    foreign = _foreign(body, operation)
    faults += [Fault(f"/{name}", _UNKNOWN) for name in foreign]
    fields = {name: value for name, value in body.fields.items() if name not in foreign}
    said = query if body.is_text else _as_json(query, operation)
    given = {**said, **fields, **_conditions(req, operation), **path}
    command = _validated(operation, given, faults, is_text=body.is_text)
    return Reading(command, fingerprint)


def idempotency_key(req: func.HttpRequest) -> str | None:
    """Answer the request's key, or None; raise Malformed if it is no key."""
    key: str | None = req.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Malformed("An Idempotency-Key is 1 to 255 visible ASCII characters; a UUID is a good one.")
    return key


def _path(req: func.HttpRequest, operation: Operation) -> dict[str, Any]:
    """Answer the path's values; those that the host has checked to be numbers become numbers."""
    given = req.route_params
    return {name: _number(given.get(name, "")) for name in operation.path_parameters}


def _number(text: str) -> Any:
    stripped = text.strip()
    # no id has more digits, and the rest could not be written as JSON
    return int(stripped) if re.fullmatch(r"[+-]?[0-9]{1,19}", stripped) else _shown(text)


def _query(req: func.HttpRequest, operation: Operation) -> tuple[dict[str, str], list[Fault]]:
    """Read the query from the URL itself: the host drops empty values, which are faults like others."""
    pairs = parse_qsl(urlsplit(req.url).query, keep_blank_values=True, errors="surrogateescape")
    known = operation.query_parameters
    names = [name for name, _ in pairs]
    faults = [
        Fault(f"/{_shown(name)}", "There is no such query parameter here.") for name in names if name not in known
    ]
    faults += [Fault(f"/{_shown(name)}", "This stands more than once.") for name in {*names} if names.count(name) > 1]
    faults += [Fault(f"/{_shown(name)}", "This is not UTF-8.") for name, text in pairs if _shown(text) != text]
    return {name: _shown(text) for name, text in pairs if name in known}, faults


def _shown(text: str) -> str:
    """Answer a text with a mark in place of bytes that are not UTF-8, so that it can be written."""
    return text.encode("utf-8", "replace").decode()


def _as_json(query: Mapping[str, str], operation: Operation) -> dict[str, Any]:
    """Give the query's texts the types of their fields, as a strict reading beside a JSON body wants them."""
    fields = operation.command.model_fields
    plain = {name for name in query if {bool, int, float} & {*_kinds(fields[name].annotation)}}
    return {
        name: orjson.loads(text) if name in plain and _SCALAR.fullmatch(text) else text for name, text in query.items()
    }


def _conditions(req: func.HttpRequest, operation: Operation) -> dict[str, Any]:
    """Read If-Match as versions and If-None-Match as entity tags in their quotes, where the command asks for them."""
    fields = operation.command.model_fields
    found: dict[str, Any] = {}
    wanted = req.headers.get("if-match")
    if "if_match" in fields and wanted is not None:
        # a tag that we never issued matches no version, which is what the caller is to learn; None is any version
        found["if_match"] = None if wanted.strip() == "*" else [int(version) for version in _VERSION.findall(wanted)]
    known = req.headers.get("if-none-match")
    if "if_none_match" in fields and known is not None:
        found["if_none_match"] = [tag or star for tag, star in _TAG.findall(known)]
    return found


def _body(req: func.HttpRequest, operation: Operation) -> _Body:
    body = req.get_body()
    if not body and "transfer-encoding" in req.headers:
        # the platform passes on only bodies whose length was said; what was meant must not pass for nothing said
        raise Malformed("The body did not arrive: send it with a Content-Length, not in chunks.")
    content_type = req.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    # some clients name a kind for a body that they do not send
    if not body and not (kind and operation.body_fields):
        kind = JSON if JSON in operation.reads else operation.reads[0]
    if kind not in operation.reads:
        raise UnsupportedMediaType(f"This route reads {' or '.join(operation.reads)}.")
    if kind == MULTIPART:
        fields, digest = multipart_body.read(body, content_type, _shape(operation))
        return _Body(fields, digest, is_text=True, kind=MULTIPART)
    if len(body) > operation.body_limit:
        raise TooLarge(f"A body of this route has at most {operation.body_limit // 1024} KiB.")
    if kind == CSV:
        return _Body({CSV_FIELD: body}, hashlib.sha256(body).digest(), is_text=True, kind=CSV)
    return _json(body)


def _json(body: bytes) -> _Body:
    try:
        document = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise Invalid.field("", "The body is to be a JSON object.")
    digest = hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).digest()
    return _Body(document, digest, is_text=False)


def _foreign(body: _Body, operation: Operation) -> list[str]:
    """Answer the body's fields that the command knows but that do not come by it: those of path, query and forms."""
    known = {*operation.command.model_fields} - {*operation.fields_in(body.kind)}
    return sorted(body.fields.keys() & known)


def _validated(operation: Operation, given: Mapping[str, Any], faults: list[Fault], *, is_text: bool) -> BaseModel:
    try:
        command = operation.command.model_validate(given) if is_text else _strictly(operation.command, given)
    except ValidationError as error:
        raise _refusal(operation, error, faults) from None
    if faults:
        raise Invalid(faults=faults)
    return command


def _strictly(model: type[BaseModel], given: Mapping[str, Any]) -> BaseModel:
    """Validate values of JSON, which knows no whole numbers beside the others: where 5 is wanted, 5.0 is good."""
    try:
        return model.model_validate_json(orjson.dumps(given), strict=True)
    except ValidationError as error:
        if all(fault["type"] != "int_type" for fault in error.errors(include_url=False)):
            raise
    return model.model_validate_json(orjson.dumps(_whole(given)), strict=True)


def _whole(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _whole(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= BIGINT_MAX else value


def _refusal(operation: Operation, error: ValidationError, faults: list[Fault]) -> Invalid | NotFound:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(fault["loc"] and fault["loc"][0] in operation.path_parameters for fault in found):
        return NotFound()
    return Invalid(faults=[*faults, *(Fault(_pointer(fault["loc"]), _said(fault)) for fault in found)])


def _pointer(location: tuple[int | str, ...]) -> str:
    return pointer(_shown(str(step)) for step in location)


def _said(fault: Mapping[str, Any]) -> str:
    """Answer pydantic's sentence, without its prefix for our own."""
    if fault["type"] == "extra_forbidden":
        return _UNKNOWN
    return str(fault["msg"]).removeprefix("Value error, ")


def _shape(operation: Operation) -> multipart_body.Shape:
    """Tell from the command's types which fields of a form are JSON, and which may be sent as several parts."""
    kinds = {name: set(_kinds(field.annotation)) for name, field in operation.command.model_fields.items()}
    repeated = frozenset(name for name, found in kinds.items() if tuple in found) - operation.files
    models = frozenset(name for name, found in kinds.items() if BaseModel in found) - operation.files
    return multipart_body.Shape(operation.files, repeated | models, repeated)


def _kinds(annotation: Any) -> Iterator[type]:
    """Yield the plain types, `tuple` and `BaseModel` that a field's type holds."""
    origin = typing.get_origin(annotation)
    if origin in {types.UnionType, typing.Union}:
        for one in typing.get_args(annotation):
            yield from _kinds(one)
    elif origin is typing.Annotated:
        yield from _kinds(typing.get_args(annotation)[0])
    elif origin is tuple:
        yield tuple
    elif isinstance(annotation, type):
        yield BaseModel if issubclass(annotation, BaseModel) else annotation
