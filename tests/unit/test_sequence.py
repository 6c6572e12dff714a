"""The watcher's proof: whatever the order, repetition and loss, each event is shown once and in order."""

import base64
import json
import zlib
from typing import Any

from hypothesis import given, strategies as st

from tools.sequence import Proof, unpacked


def told(seq: int) -> dict[str, Any]:
    return {"seq": seq, "type": "TASK_UPDATED"}


def shown(proof: Proof, *numbers: int) -> list[int]:
    return [event["seq"] for number in numbers for event in proof.take(told(number))]


def test_what_comes_in_order_is_shown_as_it_comes() -> None:
    proof = Proof(4)
    assert shown(proof, 5, 6, 7) == [5, 6, 7]
    assert (proof.delivered, proof.gaps, proof.duplicates, proof.is_complete) == (3, 0, 0, True)


def test_what_comes_too_early_waits_for_what_is_missing() -> None:
    proof = Proof(0)
    assert shown(proof, 1, 3, 4) == [1]
    assert not proof.is_complete
    assert "MISSING from 2 to 2" in str(proof)
    assert [event["seq"] for event in proof.take(told(2), asked=True)] == [2, 3, 4]
    assert (proof.gaps, proof.caught_up, proof.is_complete) == (1, 1, True)


def test_what_comes_twice_is_counted_and_not_shown() -> None:
    proof = Proof(0)
    assert shown(proof, 1, 1, 3, 3, 2) == [1, 2, 3]
    assert proof.duplicates == 2


def test_what_was_asked_for_needlessly_is_no_duplicate() -> None:
    proof = Proof(5)
    assert list(proof.take(told(5), asked=True)) == []
    assert proof.duplicates == 0


def test_what_one_may_not_see_is_no_gap_for_ever() -> None:
    proof = Proof(0)
    assert shown(proof, 1, 4) == [1]
    assert [event["seq"] for event in proof.skip_to(4)] == [4]
    assert (proof.last, proof.is_complete) == (4, True)


@given(st.permutations(range(1, 9)), st.lists(st.integers(1, 8)))
def test_every_order_and_repetition_ends_the_same(order: list[int], again: list[int]) -> None:
    proof = Proof(0)
    assert shown(proof, *order, *again) == list(range(1, 9))
    assert (proof.last, proof.delivered, proof.duplicates) == (8, 8, len(again))
    assert proof.is_complete


def test_a_packed_batch_is_the_batch() -> None:
    plain = {"events": [told(1), told(2)]}
    packed = {"z": base64.b64encode(zlib.compress(json.dumps(plain).encode())).decode()}
    assert unpacked(packed) == unpacked(plain) == (told(1), told(2))
    assert unpacked({"error": {}}) == ()
