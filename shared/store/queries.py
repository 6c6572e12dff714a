"""Loads the named statements of shared/sql: `-- name: get_asset`, a line of why, the statement, a semicolon."""

import re
from functools import cache
from importlib.resources import files
from typing import LiteralString, cast

_HEADER = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


class Queries:
    """The statements of one noun; the file is read when the first of them is needed."""

    def __init__(self, noun: str) -> None:
        self.noun = noun

    def __getitem__(self, name: str) -> LiteralString:
        """Answer the statement of that name; raise KeyError if the noun's file has none."""
        return statements(self.noun)[name]


@cache
def statements(noun: str) -> dict[str, LiteralString]:
    """Read every statement of a noun's file, by name."""
    text = files("shared.sql").joinpath(f"{noun}.sql").read_text(encoding="utf-8")
    parts = _HEADER.split(text)
    # our own files, shipped with the code: literals in all but place
    return {
        name: cast("LiteralString", body.strip().removesuffix(";"))
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def containing(text: str) -> str:
    """Answer the LIKE pattern of whatever contains a text, letter for letter."""
    for special in "\\%_":
        text = text.replace(special, "\\" + special)
    return f"%{text}%"
