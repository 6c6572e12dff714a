"""One route as a value: what the endpoint runs and what the OpenAPI document says of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import azure.functions as func

from shared.domain.errors import Refusal
from shared.domain.media import CSV, JSON, MULTIPART
from shared.domain.principal import Role

if TYPE_CHECKING:
    from pydantic import BaseModel

    from shared.actions.answer import Answer
    from shared.domain.model import Command

BODY_LIMIT = 1024 * 1024

# the field of a command that a body of comma-separated values is, and that comes in no other way
CSV_FIELD = "csv"

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


@dataclass(frozen=True)
class Operation:
    """A route and the action that it calls, which says by its types what command it takes and what it answers.

    Attributes:
        name: the handler's and the function's name, and the operationId.
        method: one HTTP method.
        path: from the root, with the host's constraints, as `/api/assets/{asset_id:long}`. Constraints keep
            overlapping routes apart: the host tries functions by name and takes the first that matches.
        role: the least role that may call it; None for everybody, without a token.
        find: finds the action, when it is first needed: what it stands in is not loaded before.
        summary: one line for the document.
        status: of success.
        media: the content types of success.
        reads: the content types of the body; the first is the one to prefer.
        query: names of the command's fields that come by query although there is a body.
        files: names of the command's fields that are files of a multipart body.
        headers: names of the document's shared parameters that it reads beyond those that follow from the command.
        body_limit: bytes of a body that is not multipart.
        problems: what may be refused beyond what every route may refuse.
        answers: descriptions of further statuses, as a redirect.
        sends: names of the document's shared headers that success carries beyond those that follow from the answer.
        note: sentences for the document that nothing else says.
        noun: what it belongs to, where the action's file is not named so.
    """

    name: str
    method: str
    path: str
    role: Role | None
    find: "Callable[[], Callable[..., Answer[BaseModel]]]"
    _: KW_ONLY
    summary: str
    status: int = 200
    media: tuple[str, ...] = (JSON,)
    reads: tuple[str, ...] = (JSON,)
    query: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    headers: tuple[str, ...] = ()
    body_limit: int = BODY_LIMIT
    problems: tuple[type[Refusal], ...] = ()
    answers: Mapping[int, str] | None = None
    sends: tuple[str, ...] = ()
    note: str = ""
    noun: str = ""

    def __post_init__(self) -> None:
        """Enter the catalogue, which is how the document knows every route."""
        if CATALOGUE.setdefault(self.name, self) is not self:
            raise ValueError(f"two operations are called {self.name}")

    @property
    def group(self) -> str:
        """Answer the noun under which the document lists it."""
        return self.noun or self.action.__module__.rpartition(".")[2]

    @cached_property
    def action(self) -> "Callable[..., Answer[BaseModel]]":
        """Answer what does it; takes the command after what the endpoint gives it."""
        return self.find()

    @cached_property
    def command(self) -> "type[Command]":
        """Answer the model of path, query and body together: what the action takes, or one that asks for nothing."""
        from shared.domain.model import Command

        taken = [kind for name, kind in self._types.items() if name != "return" and isinstance(kind, type)]
        return next((kind for kind in taken if issubclass(kind, Command)), Command)

    @cached_property
    def answer(self) -> "type[BaseModel] | Any":
        """Answer the model of the answer, or None where `media` says what comes."""
        return next(iter(get_args(self._types["return"])), None)

    @cached_property
    def _types(self) -> dict[str, Any]:
        return get_type_hints(self.action)

    @property
    def has_body(self) -> bool:
        """Tell whether the method carries a body."""
        return self.method in {"POST", "PUT", "PATCH"}

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """Answer the names in the path."""
        return tuple(_PARAMETER.findall(self.path))

    @property
    def query_parameters(self) -> tuple[str, ...]:
        """Answer the names that come by query."""
        if self.has_body:
            return tuple(sorted(self.query))
        return tuple(name for name in self._fields() if name not in self.path_parameters)

    @property
    def body_fields(self) -> tuple[str, ...]:
        """Answer the names that come in the body."""
        taken = {*self.path_parameters, *self.query}
        return tuple(name for name in self._fields() if name not in taken) if self.has_body else ()

    def fields_in(self, kind: str) -> tuple[str, ...]:
        """Answer the names that come in a body of a content type: files in forms, and a table as itself or a file."""
        table = frozenset({CSV_FIELD}) if CSV in self.reads else frozenset()
        if kind == CSV:
            return tuple(name for name in self.body_fields if name in table)
        if kind == MULTIPART:
            return tuple(name for name in self.body_fields if not table or name in self.files)
        return tuple(name for name in self.body_fields if name not in table | self.files)

    @property
    def is_conditional(self) -> bool:
        """Tell whether If-Match is read."""
        return "if_match" in self.command.model_fields

    def _fields(self) -> list[str]:
        return [name for name in self.command.model_fields if name not in {"if_match", "if_none_match"}]

    @property
    def plain_path(self) -> str:
        """Answer the path as OpenAPI writes it, without the host's constraints."""
        return _PARAMETER.sub(r"{\1}", self.path)

    @property
    def route(self) -> dict[str, Any]:
        """Answer the keywords of the trigger's decorator."""
        return {
            "route": self.path.removeprefix("/"),
            "methods": [self.method],
            # people are known by their tokens; the platform's keys are no user authentication
            "auth_level": func.AuthLevel.ANONYMOUS,
        }


CATALOGUE: dict[str, Operation] = {}
