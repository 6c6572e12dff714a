"""Requests are read into one command, or refused with everything that is wrong; never anything else."""

import json
from typing import Annotated, Any
from uuid import UUID

import azure.functions as func
import pytest
from hypothesis import example, given, strategies as st
from pydantic import Field

from shared.actions.answer import Answer, of_refusal
from shared.domain.errors import Invalid, Malformed, NotFound, Refusal, TooLarge, UnsupportedMediaType
from shared.domain.media import CSV, JSON, MULTIPART
from shared.domain.model import (
    Command,
    Day,
    File,
    Finite,
    Flag,
    Identifier,
    Instant,
    Integer,
    Limit,
    Money,
    Name,
    Notes,
    Place,
)
from shared.domain.principal import Role
from shared.http import reading
from shared.http.operation import CATALOGUE, Operation


class Thing(Command):
    """What the tests ask for."""

    thing_id: Identifier
    dry_run: Flag = False
    if_match: tuple[int, ...] | None = None
    if_none_match: tuple[str, ...] | None = None
    name: Name | None = None
    notes: Notes | None = None
    count: Integer | None = None
    size: Finite | None = None
    price: Money | None = None
    at: Instant | None = None
    on: Day | None = None
    place: Place | None = None
    ids: Annotated[tuple[UUID, ...], Field(max_length=3)] = ()
    file: tuple[File, ...] = ()


class Filter(Command):
    """What the tests look for."""

    limit: Limit = 50
    flag: Flag | None = None
    size: Finite | None = None
    text: Name | None = None


class Rows(Command):
    """A table."""

    csv: bytes
    dry_run: Flag = False


def made(name: str, method: str, path: str, model: type[Command], **more: Any) -> Operation:
    """Make an operation that does not stay in the catalogue, whose document is about real ones."""

    def action(_: model) -> Answer:  # type: ignore[valid-type]  # what is read follows from it
        """Answer nothing."""
        return Answer()

    operation = Operation(name, method, path, Role.DRIVER, lambda: action, summary="Test", **more)
    del CATALOGUE[operation.name]
    return operation


POST = made(
    "post_thing", "POST", "/test/things/{thing_id:long}", Thing,
    reads=(JSON, MULTIPART), query=frozenset({"dry_run"}), files=frozenset({"file"}), body_limit=20_000,
)  # fmt: skip
GET = made("list_things", "GET", "/test/things", Filter)
TABLE = made("post_table", "POST", "/test/tables", Rows, reads=(CSV,), query=frozenset({"dry_run"}), body_limit=50)


def asked(
    body: bytes = b"", kind: str | None = JSON, query: str = "", thing_id: str = "17", **headers: str
) -> func.HttpRequest:
    """Make a request as the worker makes it."""
    given_headers = {"content-type": kind} if kind else {}
    given_headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    return func.HttpRequest(
        method="POST",
        url=f"http://localhost/test/things/{thing_id}{query}",
        headers=given_headers,
        params={},
        route_params={"thing_id": thing_id},
        body=body,
    )


def command(request: func.HttpRequest, operation: Operation = POST) -> Any:
    """Read a request."""
    return reading.read(request, operation).command


def pointers(request: func.HttpRequest, operation: Operation = POST) -> set[str]:
    """Answer where the faults of a request are."""
    with pytest.raises(Invalid) as caught:
        reading.read(request, operation)
    return {fault.pointer for fault in caught.value.faults}


def written(**fields: Any) -> func.HttpRequest:
    """Make a request with a JSON body."""
    return asked(json.dumps(fields).encode())


def test_path_query_and_body_become_one_command() -> None:
    body = {
        "name": " Van ",
        "count": 3,
        "size": 1,
        "price": "12.50",
        "at": "2026-01-31T09:30:00-05:00",
        "on": "2026-01-31",
        "place": {"lat": 90, "lng": -180},
        "ids": ["3f2c8a9e-5b1d-4c7e-9a6f-0d1e2f3a4b5c"],
    }
    read = command(asked(json.dumps(body).encode(), query="?dry_run=true", if_match='W/"4", "5"'))
    assert (read.thing_id, read.dry_run, read.if_match, read.name) == (17, True, (4, 5), "Van")
    assert (str(read.price), read.at.isoformat(), str(read.on)) == ("12.50", "2026-01-31T14:30:00+00:00", "2026-01-31")
    assert read.place.accuracy_m is None
    assert len(read.ids) == 1


def test_form_becomes_the_same_command() -> None:
    parts = {"name": "Van", "count": "3", "price": "12.50", "place": '{"lat": 90, "lng": -180}', "on": "2026-01-31"}
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts.items()
    )
    read = command(asked((body + "--b--\r\n").encode(), "multipart/form-data; boundary=b"))
    plain = command(written(name="Van", count=3, price="12.50", place={"lat": 90, "lng": -180}, on="2026-01-31"))
    assert read == plain


@pytest.mark.parametrize("count", ["5.0", "50e-1", "5"])
def test_json_knows_no_whole_numbers_beside_the_others(count: str) -> None:
    body = f'{{"count": {count}, "size": 2.0, "place": {{"lat": 1.0, "lng": 2.5}}}}'.encode()
    read = command(asked(body))
    assert (read.count, type(read.count), read.size) == (5, int, 2.0)
    assert pointers(asked(f'{{"count": {count}, "name": 5.0}}'.encode())) == {"/name"}


def test_every_fault_is_found_at_once() -> None:
    request = written(name="", count="3", size=True, place={"lat": 91, "lng": "x"}, unknown=1, ids=["no"])
    expected = {"/name", "/count", "/size", "/place/lat", "/place/lng", "/unknown", "/ids/0"}
    assert pointers(request) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "   "),
        ("name", "a\0b"),
        ("name", "a\x85"),
        ("name", "x" * 201),
        ("name", 5),
        ("notes", "x" * 4001),
        ("count", 1.5),
        ("count", True),
        ("count", "1"),
        ("count", 2**70),
        ("size", "1"),
        ("price", "12.505"),
        ("price", "-1"),
        ("price", "1e3"),
        ("price", "NaN"),
        ("price", True),
        ("price", "1234567890123.00"),
        ("at", "2026-01-31T09:30:00"),
        ("at", "2026-01-31"),
        ("at", "2026-02-30T00:00:00Z"),
        ("at", "0001-01-01T00:00:00+10:00"),
        ("at", "9999-12-31T23:59:59-10:00"),
        ("at", 1700000000),
        ("on", "2026-1-1"),
        ("on", "2026-01-31T00:00:00Z"),
        ("on", 20000),
        ("place", {"lat": 0, "lng": 0}),
        ("place", {"lat": 1}),
        ("place", [1, 2]),
        ("place", {"lat": 1, "lng": 2, "alt": 3}),
        ("place", {"lat": 1, "lng": 2, "accuracy_m": -1}),
        ("ids", ["3f2c8a9e-5b1d-4c7e-9a6f-0d1e2f3a4b5c"] * 4),
        ("thing_id", 18),
        ("dry_run", True),
        ("if_match", [1]),
        ("file", ["x"]),
    ],
)
def test_value_is_refused_where_it_stands(field: str, value: object) -> None:
    found = pointers(written(**{field: value}))
    assert all(pointer.split("/")[1] == field for pointer in found)


@pytest.mark.parametrize("value", ["Grüße 🚚", "a\tb\nc", "x" * 200, "é" * 200])
def test_texts_of_all_scripts_are_kept(value: str) -> None:
    assert command(written(name=value)).name == value


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe{}", b'{"name": "\\ud800"}', b'{"size": NaN}', b'{"size": 1e400}'])
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        command(asked(body))


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"5"])
def test_what_is_no_object_is_invalid(body: bytes) -> None:
    assert pointers(asked(body)) == {""}


@pytest.mark.parametrize("kind", ["text/plain", "application/jsonp", "application/x-www-form-urlencoded", None])
def test_other_content_types_are_refused(kind: str | None) -> None:
    with pytest.raises(UnsupportedMediaType, match="application/json or multipart/form-data"):
        command(asked(b"{}", kind))


@pytest.mark.parametrize("kind", [JSON, "Application/JSON; charset=utf-8"])
def test_content_type_is_read_as_people_write_it(kind: str) -> None:
    assert command(asked(b"{}", kind)).thing_id == 17


def test_no_body_and_no_type_is_an_empty_command() -> None:
    assert command(asked(b"", None)).name is None


def test_large_body_is_refused() -> None:
    with pytest.raises(TooLarge):
        command(asked(b'{"name": "' + b"x" * 20_000 + b'"}'))


def test_table_is_taken_as_it_is() -> None:
    read = command(asked(b"a,b\n1,2", "text/csv; header=present", "?dry_run=true"), TABLE)
    assert (read.csv, read.dry_run) == (b"a,b\n1,2", True)
    with pytest.raises(TooLarge):
        command(asked(b"a" * 51, CSV), TABLE)


@pytest.mark.parametrize("thing_id", ["0", "-5", "99999999999999999999", "abc", "1.0", "", "9223372036854775808"])
def test_what_no_thing_is_called_is_not_found(thing_id: str) -> None:
    with pytest.raises(NotFound):
        command(asked(b"{}", thing_id=thing_id))


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("?limit=0", "/limit"),
        ("?limit=201", "/limit"),
        ("?limit=1_0", "/limit"),
        ("?limit=5.0", "/limit"),
        ("?limit=", "/limit"),
        ("?limit=%00", "/limit"),
        ("?flag=1", "/flag"),
        ("?flag=True", "/flag"),
        ("?flag=", "/flag"),
        ("?size=nan", "/size"),
        ("?size=inf", "/size"),
        ("?size=1e999", "/size"),
        ("?text=%00", "/text"),
        ("?text=%ff", "/text"),
        ("?text=+", "/text"),
        ("?other=1", "/other"),
        ("?limit=1&limit=2", "/limit"),
        ("?LIMIT=1", "/LIMIT"),
    ],
)
def test_query_is_refused_where_it_stands(query: str, where: str) -> None:
    assert pointers(asked(query=query), GET) == {where}


def test_query_is_converted() -> None:
    read = command(asked(query="?limit=7&flag=true&size=1.5e2&text=a%20%2B+b"), GET)
    assert (read.limit, read.flag, read.size, read.text) == (7, True, 150.0, "a + b")


def test_conditions_are_read() -> None:
    anything = command(asked(b"{}", if_match=" * "))
    assert (anything.if_match, "if_match" in anything.model_fields_set) == (None, True)
    assert "if_match" not in command(asked(b"{}")).model_fields_set
    assert command(asked(b"{}", if_match="nonsense")).if_match == ()
    assert command(asked(b"{}", if_none_match='W/"a", "b"')).if_none_match == ('"a"', '"b"')
    assert command(asked(b"{}", if_none_match="*")).if_none_match == ("*",)


GOOD_KEYS = ("a", "!", "~" * 255, "3f2c8a9e-5b1d")
BAD_KEYS = ("", "~" * 256, "a b", "é", "a\x7f")


@pytest.mark.parametrize("key", GOOD_KEYS)
def test_idempotency_key_is_read(key: str) -> None:
    assert reading.idempotency_key(asked(b"{}", idempotency_key=key)) == key


@pytest.mark.parametrize("key", BAD_KEYS)
def test_idempotency_key_is_visible_ascii(key: str) -> None:
    with pytest.raises(Malformed):
        reading.idempotency_key(asked(b"{}", idempotency_key=key))


def test_fingerprint_is_of_what_was_said_and_not_how() -> None:
    one = reading.read(asked(b'{"name": "a", "count": 1}'), POST).fingerprint
    assert reading.read(asked(b' {"count":1,\n"name":"a"}'), POST).fingerprint == one
    assert reading.read(asked(b'{"name": "b", "count": 1}'), POST).fingerprint != one
    assert reading.read(asked(b'{"name": "a", "count": 1}', thing_id="18"), POST).fingerprint != one
    assert reading.read(asked(b'{"name": "a", "count": 1}', query="?dry_run=true"), POST).fingerprint != one


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from([*Thing.model_fields, "unknown"])


@given(st.dictionaries(FIELDS, JSON_VALUES, max_size=6))
def test_any_values_are_read_or_refused(fields: dict[str, Any]) -> None:
    try:
        assert command(written(**fields)).thing_id == 17
    except Refusal as refusal:
        assert of_refusal(refusal, "inv-1").status in {400, 413, 422}  # noqa: PT017 - both ends are fine


def test_names_that_are_no_utf_8_can_be_answered() -> None:
    with pytest.raises(Invalid) as caught:
        reading.read(asked(query="?%ff=1"), GET)
    assert b"/?" in of_refusal(caught.value, "inv-1").content
    body = b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--b--\r\n'
    with pytest.raises(Refusal) as refused:
        reading.read(asked(body, "multipart/form-data; boundary=b"), POST)
    assert of_refusal(refused.value, "inv-1").content


@given(st.binary(max_size=300), st.sampled_from([JSON, CSV, "multipart/form-data; boundary=b", "text/x", ""]))
@example(b"[" * 2000, JSON)
@example(b'{"name":' * 200, JSON)
def test_any_bytes_are_read_or_refused(body: bytes, kind: str) -> None:
    for operation in (POST, GET, TABLE):
        try:
            reading.read(asked(body, kind), operation)
        except Refusal as refusal:
            assert of_refusal(refusal, "inv-1").content  # noqa: PT017 - it can be written, whatever was asked


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=60))
@example("%ed%a0%80=%ed%a0%80")
@example("limit=%")
def test_any_query_is_read_or_refused(query: str) -> None:
    try:
        reading.read(asked(query=f"?{query}"), GET)
    except Refusal as refusal:
        assert of_refusal(refusal, "inv-1").content  # noqa: PT017 - it can be written, whatever was asked
