"""The tree of refusals: each a problem type of its own, said once, drawn in the module's head."""

import re
from collections.abc import Iterator

import orjson
import pytest

from shared.actions.answer import of_refusal
from shared.domain import errors
from shared.domain.errors import BY_CONSTRAINT, Fault, Invalid, Refusal, TooManyRequests, from_constraint


def tree(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    """Yield the kinds of a refusal, those of the module alone."""
    for one in kind.__subclasses__():
        if one.__module__ == errors.__name__:
            yield one
            yield from tree(one)


KINDS = list(tree(Refusal))


def test_slugs_are_distinct() -> None:
    slugs = [kind.slug for kind in KINDS]
    assert len(slugs) == len(set(slugs))


@pytest.mark.parametrize("kind", KINDS)
def test_kind_says_its_own_name(kind: type[Refusal]) -> None:
    assert "slug" in vars(kind)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.slug)
    assert kind.__doc__
    assert kind.title().endswith(".")


@pytest.mark.parametrize("kind", KINDS)
def test_kind_keeps_the_status_of_what_it_is(kind: type[Refusal]) -> None:
    parent = kind.__mro__[1]
    assert 400 <= kind.status <= 503
    assert parent is Refusal or kind.status == vars(parent)["status"]


def test_the_tree_is_drawn_in_the_head() -> None:
    drawn = errors.__doc__ or ""
    missing = [kind.__name__ for kind in KINDS if not re.search(rf"\b{kind.__name__}\b", drawn)]
    assert missing == []
    assert "…" not in drawn


@pytest.mark.parametrize("name", BY_CONSTRAINT)
def test_broken_constraint_becomes_a_fresh_refusal(name: str) -> None:
    first, second = from_constraint(name), from_constraint(name)
    assert first is not None
    assert first is not second
    assert first.detail == BY_CONSTRAINT[name].detail


def test_unknown_constraint_is_a_fault_of_ours() -> None:
    assert from_constraint("some_check") is None
    assert from_constraint(None) is None


def test_what_the_database_measured_is_said() -> None:
    refusal = from_constraint("odometer_never_falls", "1200.5")
    assert refusal is not None
    assert refusal.members == {"last_known": 1200.5}


def test_refusal_becomes_a_problem_document() -> None:
    refusal = Invalid("Look at the fields.", faults=[Fault("/a", "is bad"), Fault("/b/0", "too")], members={"n": 1})
    answer = of_refusal(refusal, "inv-1")
    assert (answer.status, answer.content_type) == (422, "application/problem+json")
    assert orjson.loads(answer.content) == {
        "type": "/problems/invalid",
        "title": "The request is well-formed but not acceptable.",
        "status": 422,
        "detail": "Look at the fields.",
        "instance": "inv-1",
        "n": 1,
        "errors": [{"pointer": "/a", "detail": "is bad"}, {"pointer": "/b/0", "detail": "too"}],
    }


@pytest.mark.parametrize(("seconds", "said"), [(0.01, "1"), (1.0, "1"), (1.2, "2"), (59.5, "60")])
def test_waiting_is_said_in_whole_seconds(seconds: float, said: str) -> None:
    answer = of_refusal(TooManyRequests("Slower.", retry_after=seconds), "inv-1")
    assert answer.headers["Retry-After"] == said
