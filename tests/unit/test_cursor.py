"""Cursors: whatever is written is read again, and whatever was not is refused."""

import base64
import json

import pytest
from hypothesis import given, strategies as st

from shared.domain import cursor
from shared.domain.errors import Invalid

KEYS = st.one_of(
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200),
)


@given(st.lists(KEYS, min_size=1, max_size=3))
def test_what_was_written_is_read(key: list[str | int | float]) -> None:
    assert cursor.decode(cursor.encode(*key), *map(type, key)) == key


@given(st.lists(KEYS, min_size=1, max_size=3), st.text(min_size=1))
def test_a_cursor_of_one_order_is_none_of_another(key: list[str | int | float], order: str) -> None:
    written = cursor.encode(*key, order="name")
    assert cursor.decode(written, *map(type, key), order="name") == key
    for other in (order + "-", ""):
        with pytest.raises(Invalid):
            cursor.decode(written, *map(type, key), order=other)
    with pytest.raises(Invalid):
        cursor.decode(cursor.encode(*key), *map(type, key), order="name")


def test_no_cursor_is_the_beginning() -> None:
    assert cursor.decode(None, str, int) == [None, None]


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        (key,) = cursor.decode(text, int)
    except Invalid:
        return
    assert isinstance(key, int)


@given(st.binary(max_size=200))
def test_any_bytes_behind_the_letters_are_read_or_refused(content: bytes) -> None:
    text = base64.urlsafe_b64encode(content).decode().rstrip("=")
    try:
        name, number = cursor.decode(text, str, int)
    except Invalid:
        return
    assert isinstance(name, str)
    assert isinstance(number, int)


@pytest.mark.parametrize(
    "key",
    [[], [1, 2], ["1"], [True], [None], [2**63], [[1]], {"a": 1}, 5, "x", [1e400]],
    ids=repr,
)
def test_key_of_another_list_is_refused(key: object) -> None:
    text = base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")
    with pytest.raises(Invalid) as caught:
        cursor.decode(text, int)
    assert [fault.pointer for fault in caught.value.faults] == ["/cursor"]


@pytest.mark.parametrize("key", [["a\0b", 1], ["\ud800", 1]], ids=repr)
def test_text_that_a_database_cannot_compare_is_refused(key: object) -> None:
    text = base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")
    with pytest.raises(Invalid):
        cursor.decode(text, str, int)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(Invalid):
        cursor.decode(base64.urlsafe_b64encode(b"[" * 100_000).decode(), int)
