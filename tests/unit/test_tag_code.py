"""Codes of QR labels: round trips, forgeries, and what a stranger can learn from one."""

import base64
import itertools
import string
from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from shared.domain.tag_code import (
    CODE_LENGTH,
    MAX_GENERATION,
    MAX_SUBJECT_ID,
    MAX_TENANT_ID,
    TagCodec,
    TagKind,
    TagSubject,
    parse_keys,
)

ALPHABET = string.ascii_letters + string.digits + "-_"
KEY_1 = bytes(range(32))
KEY_2 = bytes(range(32, 64))
CODEC = TagCodec({1: KEY_1})
FIRST = TagSubject(TagKind.ASSET, tenant_id=1, subject_id=1)

subjects = st.builds(
    TagSubject,
    kind=st.sampled_from(TagKind),
    tenant_id=st.integers(1, MAX_TENANT_ID),
    subject_id=st.integers(1, MAX_SUBJECT_ID),
    generation=st.integers(0, MAX_GENERATION),
)


@given(subjects)
def test_a_code_names_its_subject_again(subject: TagSubject) -> None:
    code = CODEC.encode(subject)
    assert len(code) == CODE_LENGTH
    assert set(code) <= set(ALPHABET)
    assert CODEC.decode(code) == subject
    assert CODEC.encode(subject) == code


def test_a_code_stays_what_it_was_printed_as() -> None:
    """Codes are glued to vehicles: a change of this constant makes every label in the field worthless."""
    subject = TagSubject(TagKind.ASSET, tenant_id=7, subject_id=4711, generation=3)
    assert CODEC.encode(subject) == "AV9zz4Q3tNRjd3f95k4Xze6_UQ3qA5La"
    assert CODEC.decode("AV9zz4Q3tNRjd3f95k4Xze6_UQ3qA5La") == subject


@given(subjects, subjects)
def test_two_subjects_never_share_a_code(one: TagSubject, other: TagSubject) -> None:
    assert (CODEC.encode(one) == CODEC.encode(other)) == (one == other)


@given(subjects, st.integers(0, CODE_LENGTH * 6 - 1))
def test_a_code_with_one_bit_changed_is_refused(subject: TagSubject, bit: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(CODEC.encode(subject)))
    raw[bit // 8] ^= 1 << bit % 8
    assert CODEC.decode(base64.urlsafe_b64encode(raw).decode()) is None


def test_every_change_of_every_single_character_is_refused() -> None:
    code = CODEC.encode(FIRST)
    for place in range(CODE_LENGTH):
        for letter in ALPHABET.replace(code[place], ""):
            assert CODEC.decode(code[:place] + letter + code[place + 1 :]) is None


@given(st.text(max_size=64))
def test_text_that_we_did_not_make_is_refused(text: str) -> None:
    assert CODEC.decode(text) is None


@given(st.text(ALPHABET, min_size=CODE_LENGTH, max_size=CODE_LENGTH))
def test_text_that_looks_like_a_code_is_refused(text: str) -> None:
    assert CODEC.decode("AQ" + text[2:]) is None


@pytest.mark.parametrize(
    "alter",
    [
        lambda code: code + "=",
        lambda code: code + "\n",
        lambda code: " " + code,
        lambda code: code[:-1],
        lambda code: code + "A",
        lambda code: code[:0],
        lambda code: code[:-1] + "é",
        lambda code: code[:-1] + "\N{ARABIC-INDIC DIGIT ONE}",
    ],
)
def test_no_second_spelling_of_a_code_is_read(alter: Callable[[str], str]) -> None:
    assert CODEC.decode(alter(CODEC.encode(FIRST))) is None


def test_the_other_base64_alphabet_is_refused() -> None:
    codes = (CODEC.encode(TagSubject(TagKind.ASSET, 1, number)) for number in range(1, 1000))
    code = next(code for code in codes if "-" in code and "_" in code)
    assert CODEC.decode(code) is not None
    assert CODEC.decode(code.replace("-", "+").replace("_", "/")) is None


def test_neighbours_look_unrelated() -> None:
    """Half of the bits differ between neighbours, and no bit of the tag or the mask stands still."""
    raws = [
        int.from_bytes(base64.urlsafe_b64decode(CODEC.encode(TagSubject(TagKind.ASSET, 1, number)))[1:])
        for number in range(1, 2001)
    ]
    differing = [(a ^ b).bit_count() for a, b in itertools.pairwise(raws)]
    assert 0.48 < sum(differing) / len(differing) / 184 < 0.52
    for bit in range(184):
        ones = sum(raw >> bit & 1 for raw in raws)
        assert 850 < ones < 1150


def test_generations_and_kinds_of_one_id_have_unrelated_codes() -> None:
    variants = [TagSubject(kind, 1, 1, generation) for kind in TagKind for generation in range(50)]
    assert len({CODEC.encode(variant)[4:] for variant in variants}) == len(variants)


def test_old_labels_outlive_a_new_key_until_theirs_is_withdrawn() -> None:
    old = CODEC.encode(FIRST)
    both = TagCodec({1: KEY_1, 2: KEY_2})
    new = both.encode(FIRST)
    assert new != old
    assert both.decode(old) == both.decode(new) == FIRST
    assert TagCodec({2: KEY_2}).decode(old) is None


def test_a_code_of_another_key_is_refused() -> None:
    assert TagCodec({1: KEY_2}).decode(CODEC.encode(FIRST)) is None


def test_a_signed_code_of_an_unknown_kind_is_refused() -> None:
    of_a_later_release = CODEC._seal((1).to_bytes(5) + (1).to_bytes(6) + b"\xff\xff")
    assert CODEC.decode(of_a_later_release) is None


@pytest.mark.parametrize(
    ("tenant_id", "subject_id", "generation"),
    [(0, 1, 0), (1, 0, 0), (-1, 1, 0), (MAX_TENANT_ID + 1, 1, 0), (1, MAX_SUBJECT_ID + 1, 0), (1, 1, -1),
     (1, 1, MAX_GENERATION + 1)],
)  # fmt: skip
def test_a_subject_that_has_no_room_in_a_code_says_so(tenant_id: int, subject_id: int, generation: int) -> None:
    with pytest.raises(ValueError, match="has room for"):
        TagSubject(TagKind.ASSET, tenant_id, subject_id, generation)


def test_keys_are_read_with_their_versions() -> None:
    text = f"1:{base64.b64encode(KEY_1).decode()}, 2:{base64.b64encode(KEY_2).decode()}"
    assert parse_keys(text) == {1: KEY_1, 2: KEY_2}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "Key 1 is not written as VERSION:BASE64"),
        (base64.b64encode(KEY_1).decode(), "Key 1 is not written"),
        (f"x:{base64.b64encode(KEY_1).decode()}", "Key 1 is not written"),
        (f"1:{base64.b64encode(KEY_1).decode()},", "Key 2 is not written"),
        ("1:!!!!", "Key 1 is not base64"),
        (f"1:{base64.b64encode(KEY_1[:31]).decode()}", "31 bytes and needs 32"),
        (f"0:{base64.b64encode(KEY_1).decode()}", "outside 1…255"),
        (f"256:{base64.b64encode(KEY_1).decode()}", "outside 1…255"),
        (",".join([f"1:{base64.b64encode(KEY_1).decode()}"] * 2), "given twice"),
    ],
)
def test_unusable_keys_are_refused_with_what_to_do(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_keys(text)


def test_a_complaint_never_quotes_a_key() -> None:
    secret = base64.b64encode(KEY_1[:20]).decode()
    with pytest.raises(ValueError, match="20 bytes") as refusal:
        parse_keys(f"1:{secret}")
    assert secret not in str(refusal.value)


def test_a_codec_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        TagCodec({})
