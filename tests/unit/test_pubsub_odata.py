"""Filters of the Web PubSub emulator."""

from dataclasses import dataclass, field

import pytest

from local.pubsub.odata import FilterError, parse


@dataclass
class Connection:
    user: str | None = "ann"
    id: str = "c1"
    groups: set[str] = field(default_factory=lambda: {"news", "a.b"})
    protocol_name: str = "json.webpubsub.azure.v1"


@pytest.mark.parametrize(
    "text",
    [
        "userId eq 'ann'",
        "userid EQ 'ann'",
        "userId ne 'bob'",
        "userId ne null",
        "'news' in groups",
        "not ('sport' in groups)",
        "not not ('news' in groups)",
        "userId in ('bob', 'ann')",
        "connectionId eq 'c1' and protocol eq 'json.webpubsub.azure.v1'",
        "userId gt 'anm' and userId ge 'ann' and userId lt 'anz' and userId le 'ann'",
        "startswith(userId, 'a') and endswith(userId,'nn') and contains(userId,'n')",
        "length(userId) eq 3 and length(groups) gt 1",
        "indexof(userId, 'n') eq 1 and indexof(userId, 'z') eq -1",
        "tolower('ANN') eq userId and toupper(userId) eq 'ANN' and trim('  ann ') eq userId",
        "substring(userId, 1) eq 'nn' and substring(userId, 0, 1) eq 'a'",
        "concat(userId, '''s') eq 'ann''s'",
        "concat('a', '.b') in groups",
        "true and (false or 1 eq 1)",
    ],
)
def test_it_chooses(text: str) -> None:
    assert parse(text)(Connection())


@pytest.mark.parametrize(
    "text",
    [
        "userId eq 'Ann'",
        "'News' in groups",
        "false",
        "null eq 'x'",
        "userId in ('bob')",
        "not (userId eq 'ann')",
    ],
)
def test_it_leaves_out(text: str) -> None:
    assert not parse(text)(Connection())


def test_and_binds_tighter_than_or() -> None:
    assert parse("true or false and false")(Connection())
    assert not parse("(true or false) and false")(Connection())


def test_not_binds_tighter_than_a_comparison() -> None:
    assert parse("not false eq true")(Connection())
    with pytest.raises(FilterError):
        parse("not userId eq 'ann'")


@pytest.mark.parametrize(
    "text", ["userId gt 'a'", "userId lt 'a'", "startswith(userId,'a')", "not (userId eq null)", "length(userId) eq 0"]
)
def test_nothing_holds_of_nobody(text: str) -> None:
    assert not parse(text)(Connection(user=None))


def test_nobody_is_null() -> None:
    assert parse("userId eq null")(Connection(user=None))
    assert parse("tolower(userId) eq null")(Connection(user=None))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "userId",
        "userId eq",
        "userId eq 'a",
        "userId = 'a'",
        "userId eq 1",
        "name eq 'a'",
        "userId eq 'a' and",
        "(userId eq 'a'",
        "userId eq 'a')",
        "groups eq 'a'",
        "1 in groups",
        "userId in ()",
        "userId in (1)",
        "reverse(userId) eq 'a'",
        "length(1) eq 1",
        "substring(userId) eq 'a'",
        "'a' and 'b'",
        "userId eq 'a' userId eq 'b'",
        "(" * 5000,
        "é eq 'a'",
    ],
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(FilterError):
        parse(text)


def test_a_hundred_clauses_are_read() -> None:
    assert parse(" or ".join(f"userId eq 'u{i}'" for i in range(200)) + " or userId eq 'ann'")(Connection())
