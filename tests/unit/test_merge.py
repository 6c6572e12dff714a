"""The rules of the merge: the same edits come to the same, in whatever order and however often they arrive."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from shared.domain import merge
from shared.domain.merge import TICK, Edit
from shared.domain.task import Conflict, Winner

T0 = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MADE = Edit("server", 1, {}, T0, "made")


def edit(replica: str, counter: int, base: dict[str, int], seconds: int = 0, value: Any = None) -> Edit:
    at = T0 + timedelta(seconds=seconds)
    return Edit(replica, counter, base, at, f"{replica}{counter}" if value is None else value)


class Field:
    """One field of a task at a server that takes edits in one by one, as the application does."""

    def __init__(self) -> None:
        self.edits = [MADE]
        self.vector: dict[str, int] = {"server": 1}
        self.settled = merge.settle(self.edits)
        self.fast = 0

    def take(self, arriving: Edit) -> Conflict | None:
        """Take an edit in unless it is there, by the short way where its author had seen all."""
        if arriving in self.edits:
            return None
        before = self.settled.leader
        if merge.covers(arriving.base, self.vector):
            effective = merge.follow(arriving.stamp, self.settled.effective[before.dot])
            found = {**self.settled.effective, arriving.dot: effective}
            self.edits.append(arriving)
            self.settled = merge.Settled(arriving, found, self.settled.lost)
            self.fast += 1
        else:
            self.edits.append(arriving)
            self.settled = merge.settle(self.edits)
        self.vector = merge.joined(self.vector, arriving.dot)
        return merge.conflict("title", arriving, before, self.settled.leader)


def taken(edits: Sequence[Edit]) -> Field:
    field = Field()
    for one in edits:
        field.take(one)
    return field


@st.composite
def histories(draw: st.DrawFn) -> list[Edit]:
    """Draw what devices did that saw each other now and then: each edits upon all that it has seen."""
    names = ["a", "b", "c"]
    seen = {name: {"server": 1} for name in names}
    edits: list[Edit] = []
    for _ in range(draw(st.integers(1, 9))):
        name = draw(st.sampled_from(names))
        for other in draw(st.lists(st.sampled_from(names), max_size=2)):
            for replica, counter in seen[other].items():
                seen[name][replica] = max(seen[name].get(replica, 0), counter)
        counter = seen[name].get(name, 0) + 1
        stamp = T0 + timedelta(seconds=draw(st.integers(-2, 3)))
        edits.append(Edit(name, counter, dict(seen[name]), stamp, draw(st.sampled_from("xyz"))))
        seen[name][name] = counter
    return edits


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_every_order_of_arrival_comes_to_the_same(data: st.DataObject) -> None:
    edits = data.draw(histories())
    in_order = taken(edits)
    shuffled = data.draw(st.permutations(edits))
    repeated = data.draw(st.lists(st.sampled_from(edits), max_size=4))
    other = taken([*shuffled, *repeated])
    assert other.vector == in_order.vector
    assert other.settled == in_order.settled


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_what_lost_is_found_and_nothing_else(data: st.DataObject) -> None:
    edits = data.draw(histories())
    field = taken(data.draw(st.permutations(edits)))
    leader = field.settled.leader
    assert leader.dot not in field.settled.lost
    for one in edits:
        if one.dot in field.settled.lost:
            assert any(merge.concurrent(one, other) and one.value != other.value for other in edits)
        elif merge.concurrent(one, leader) and one.replica != leader.replica:
            assert one.value == leader.value


@settings(max_examples=300, deadline=None)
@given(histories())
def test_nobody_undoes_what_they_did_not_see(edits: list[Edit]) -> None:
    """Whoever edits upon another's edit has the later word, whatever the clocks say."""
    field = taken(edits)
    for one in edits:
        for other in edits:
            if merge.dominates(one, other):
                assert field.settled.effective[one.dot] > field.settled.effective[other.dot]
    assert not any(merge.dominates(one, field.settled.leader) for one in edits)


@settings(max_examples=200, deadline=None)
@given(histories())
def test_a_conflict_is_told_to_whoever_comes_second(edits: list[Edit]) -> None:
    field = Field()
    for one in edits:
        before = field.settled.leader
        told = field.take(one)
        apart = merge.concurrent(one, before) and one.replica != before.replica and one.value != before.value
        assert (told is not None) is apart
        if told is not None:
            winner = one if told.winner is Winner.YOURS else before
            assert (field.settled.leader, told.yours, told.theirs) == (winner, one.value, before.value)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.builds(
            edit,
            st.sampled_from("abc"),
            st.integers(1, 4),
            st.dictionaries(st.sampled_from("abc"), st.integers(1, 9)),
            st.integers(-2, 2),
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda one: one.dot,
    ),
    st.randoms(),
)
def test_bases_that_were_made_up_settle_alike_too(edits: list[Edit], random: Any) -> None:
    """Even those in which three edits claim to have seen each other in a circle."""
    shuffled = list(edits)
    random.shuffle(shuffled)
    assert merge.settle(shuffled) == merge.settle(edits)


def test_the_later_stamp_wins() -> None:
    early, late = edit("z", 1, {"server": 1}, 10), edit("a", 1, {"server": 1}, 11)
    for order in permutations([early, late]):
        field = taken(order)
        assert (field.settled.leader, field.settled.lost) == (late, frozenset({early.dot}))


def test_equal_stamps_are_decided_by_the_replica_letter_by_letter() -> None:
    big, small = edit("B", 1, {"server": 1}, 10), edit("a", 1, {"server": 1}, 10)
    for order in permutations([big, small]):
        assert taken(order).settled.leader == small


def test_equal_values_are_no_conflict() -> None:
    one, other = (edit(name, 1, {"server": 1}, 10, "same") for name in "ab")
    field = taken([one])
    assert field.take(other) is None
    assert field.settled.lost == frozenset()


def test_whoever_has_seen_an_edit_wins_in_spite_of_a_slow_clock() -> None:
    one, upon = edit("a", 1, {"server": 1}, 3600), edit("b", 1, {"server": 1, "a": 1}, 5)
    for order in permutations([one, upon]):
        field = taken(order)
        assert (field.settled.leader, field.settled.lost) == (upon, frozenset())
        assert field.settled.effective[upon.dot] == one.stamp + TICK


def test_an_edit_that_arrives_late_lifts_what_was_made_upon_it() -> None:
    """The rival is later than the second edit, but not than what that one was made upon."""
    one, upon = edit("a", 1, {"server": 1}, 100), edit("b", 1, {"server": 1, "a": 1}, 5)
    rival = edit("c", 1, {"server": 1}, 50)
    field = taken([upon, rival])
    assert (field.settled.leader, field.settled.lost) == (rival, frozenset({upon.dot}))
    assert field.take(one) is None
    assert (field.settled.leader, field.settled.lost) == (upon, frozenset({rival.dot}))


def test_the_short_way_is_taken_where_all_was_seen() -> None:
    field = taken([edit("a", 1, {"server": 1}), edit("a", 2, {"server": 1, "a": 1}), edit("b", 1, {"server": 1})])
    assert field.fast == 2


@pytest.mark.parametrize(
    ("changed", "sent", "expected"),
    [
        (None, None, T0),
        (None, T0 - HOUR, T0),
        (T0 - HOUR, None, T0 - HOUR),
        (T0 + HOUR, None, T0),
        (T0 + 5 * HOUR, T0 + 6 * HOUR, T0 - HOUR),
        (T0 - 9 * HOUR, T0 - 7 * HOUR, T0 - 2 * HOUR),
        (T0 + 6 * HOUR, T0 + 5 * HOUR, T0),
        (datetime.min.replace(tzinfo=UTC), None, merge.EPOCH),
        (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), merge.EPOCH),
        (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC), T0),
    ],
)
def test_a_stamp_is_of_the_servers_clock(changed: datetime | None, sent: datetime | None, expected: datetime) -> None:
    assert merge.stamp(changed, sent, T0) == expected


def test_a_counter_that_is_taken_is_not_given_again() -> None:
    assert merge.next_counter({}, "a", [], {"server": 1}) == 1
    assert merge.next_counter({"a": 4}, "a", [], {"server": 1}) == 5
    assert merge.next_counter({"a": 4}, "a", [5, 6], {"a": 6}) == 7
    assert merge.next_counter({"a": 4}, "a", [6], {"a": 6}) == 5


def test_vectors_cover_and_join() -> None:
    assert merge.covers({"a": 2, "b": 1}, {"a": 2})
    assert not merge.covers({"a": 2}, {"a": 2, "b": 1})
    assert not merge.covers({"a": 1}, {"a": 2})
    assert merge.joined({"a": 2}, ("a", 1)) == {"a": 2}
    assert merge.joined({"a": 2}, ("b", 1)) == {"a": 2, "b": 1}
