"""Filters: OData expressions that choose connections, such as `userId eq 'a' and 'news' in groups`.

Binding, tightest first: `not`, comparisons and `in`, `and`, `or`. Names are read without regard to case.
"""

import operator
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol

from local.pubsub.odata_functions import FUNCTIONS

TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)\b|(?P<word>[A-Za-z_]\w*)|(?P<mark>[(),]))")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
EQUALITIES = {"eq", "ne"}
LITERALS = {"true": ("boolean", True), "false": ("boolean", False), "null": ("null", None)}
DEEPEST = 100


class Filterable(Protocol):
    """What filters look at."""

    @property
    def user(self) -> str | None:
        """Answer the user id."""

    @property
    def id(self) -> str:
        """Answer the connection id."""

    @property
    def groups(self) -> Collection[str]:
        """Answer the groups in which it is a member."""

    @property
    def protocol_name(self) -> str:
        """Answer the subprotocol that it speaks."""


type Reading = Callable[[Any], Any]
IDENTIFIERS: dict[str, tuple[str, Reading]] = {
    "userid": ("text", lambda connection: connection.user),
    "connectionid": ("text", lambda connection: connection.id),
    "groups": ("collection", lambda connection: connection.groups),
    "protocol": ("text", lambda connection: connection.protocol_name),
}


class FilterError(ValueError):
    """The text is no filter; the message says where it stops being one."""


@dataclass(frozen=True)
class Term:
    """A part of a filter: its type, and how its value is read from a connection."""

    type: str
    read: Reading


def parse(text: str) -> Callable[[Filterable], bool]:
    """Answer the filter as a function of a connection.

    Raises:
        FilterError: it is none.
    """
    parser = _Parser(_tokens(text))
    term = parser.expression()
    parser.end()
    if term.type != "boolean":
        raise FilterError("The filter is not a condition.")
    read = term.read
    return lambda connection: read(connection) is True


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at, end = [], 0, len(text.rstrip())
    while at < end:
        found = TOKEN.match(text, at)
        if found is None:
            raise FilterError(f"The filter cannot be read from character {at + 1} on.")
        tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
        at = found.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def expression(self) -> Term:
        self._depth += 1
        if self._depth > DEEPEST:
            raise FilterError("The filter is nested too deeply.")
        term = self._conjunction()
        while self._takes_word("or"):
            term = _either(term, self._conjunction())
        self._depth -= 1
        return term

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise FilterError(f"The filter goes on where it should end, with {self._tokens[self._at][1]}.")

    def _conjunction(self) -> Term:
        term = self._comparison()
        while self._takes_word("and"):
            term = _both(term, self._comparison())
        return term

    def _comparison(self) -> Term:
        left = self._operand()
        if self._takes_word("in"):
            return self._membership(left)
        kind, word = self._peek()
        if kind == "word" and word.lower() in COMPARISONS:
            self._at += 1
            return _compared(word.lower(), left, self._operand())
        return left

    def _membership(self, left: Term) -> Term:
        if self._takes_mark("("):
            choices = self._list()
            right = Term("collection", lambda connection: [choice.read(connection) for choice in choices])
            if any(left.type != choice.type and "null" not in {left.type, choice.type} for choice in choices):
                raise FilterError("A list after `in` holds values of another type.")
        else:
            right = self._operand()
            if left.type not in {"text", "null"}:
                raise FilterError("Only a text can be in a collection.")
        if right.type != "collection":
            raise FilterError("What stands after `in` is neither a collection nor a list.")
        return Term("boolean", lambda connection: left.read(connection) in right.read(connection))

    def _operand(self) -> Term:
        negations = 0
        while self._takes_word("not"):
            negations += 1
        term = self._primary()
        if negations:
            _require("boolean", term)
        return _negated(term) if negations % 2 else term

    def _primary(self) -> Term:
        kind, word = self._next()
        if kind == "text":
            value = word[1:-1].replace("''", "'")
            return Term("text", lambda _: value)
        if kind == "number":
            number = int(word)
            return Term("number", lambda _: number)
        if kind == "mark" and word == "(":
            term = self.expression()
            self._expect_mark(")")
            return term
        if kind == "word":
            return self._named(word)
        raise FilterError(f"The filter has {word or 'its end'} where a value should be.")

    def _named(self, word: str) -> Term:
        name = word.lower()
        if self._takes_mark("("):
            function = FUNCTIONS.get(name)
            if function is None:
                raise FilterError(f"There is no function {word}.")
            arguments = self._list()
            types = tuple("text" if argument.type == "null" else argument.type for argument in arguments)
            if types not in function.takes:
                raise FilterError(f"The function {word} does not take these arguments.")
            return Term(function.answers, lambda connection: function.call(*(a.read(connection) for a in arguments)))
        if name in IDENTIFIERS:
            return Term(*IDENTIFIERS[name])
        if name in LITERALS:
            kind, value = LITERALS[name]
            return Term(kind, lambda _: value)
        raise FilterError(f"There is no {word}: it may be userId, connectionId, groups or protocol.")

    def _list(self) -> list[Term]:
        terms = [self.expression()]
        while self._takes_mark(","):
            terms.append(self.expression())
        self._expect_mark(")")
        return terms

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _takes_word(self, word: str) -> bool:
        kind, text = self._peek()
        taken = kind == "word" and text.lower() == word
        self._at += taken
        return taken

    def _takes_mark(self, mark: str) -> bool:
        taken = self._peek() == ("mark", mark)
        self._at += taken
        return taken

    def _expect_mark(self, mark: str) -> None:
        if not self._takes_mark(mark):
            raise FilterError(f"The filter lacks a {mark}.")


def _require(kind: str, *terms: Term) -> None:
    if any(term.type != kind for term in terms):
        raise FilterError("The filter joins or negates what is no condition.")


def _either(left: Term, right: Term) -> Term:
    _require("boolean", left, right)
    return Term("boolean", lambda connection: left.read(connection) or right.read(connection))


def _both(left: Term, right: Term) -> Term:
    _require("boolean", left, right)
    return Term("boolean", lambda connection: left.read(connection) and right.read(connection))


def _negated(term: Term) -> Term:
    return Term("boolean", lambda connection: not term.read(connection))


def _compared(word: str, left: Term, right: Term) -> Term:
    types = {left.type, right.type} - {"null"}
    if len(types) > 1 or "collection" in types:
        raise FilterError(f"The two sides of {word} cannot be compared.")
    compare, ordered = COMPARISONS[word], word not in EQUALITIES

    def read(connection: Any) -> bool:
        one, other = left.read(connection), right.read(connection)
        # nothing is greater or less than null
        return not (ordered and (one is None or other is None)) and compare(one, other)

    return Term("boolean", read)
