"""Texts: what is wrong with one is said of a text, whatever model it stands in."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from shared.domain.comment import AddComment
from shared.domain.model import Command
from shared.http.operation import CATALOGUE
from tests.house import routes


def said(command: type[Command], **fields: Any) -> Iterator[str]:
    try:
        command.model_validate(fields)
    except ValidationError as error:
        yield from (fault["msg"] for fault in error.errors() if fault["loc"] and fault["loc"][0] in fields)


def test_an_empty_comment_is_too_short_a_text() -> None:
    assert [*said(AddComment, body=" \n ")] == ["String should have at least 1 character"]
    assert [*said(AddComment, body="x" * 4001)] == ["String should have at most 4000 characters"]


def test_no_text_of_any_command_is_called_a_list() -> None:
    for name in {one.name for one in routes.of_kind("httpTrigger")} & {*CATALOGUE}:
        command = CATALOGUE[name].command
        for field in command.model_fields:
            for text in ("", " ", "x" * 20_000):
                assert [one for one in said(command, **{field: text}) if " item" in one] == [], (command, field)
