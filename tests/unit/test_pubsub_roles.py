"""What roles, grants and denials let a connection of the Web PubSub emulator do."""

import pytest

from local.pubsub.roles import JOIN, MOST_NAMES, SEND, Permissions, TooManyNames


def test_without_roles_nothing_is_allowed() -> None:
    assert not any(Permissions(["admin", "webpubsub", "webpubsub.joinLeaveGroup."]).may(p, "g") for p in (JOIN, SEND))


def test_a_role_is_for_one_permission() -> None:
    permissions = Permissions(["webpubsub.joinLeaveGroup"])
    assert permissions.may(JOIN, "any")
    assert not permissions.may(SEND, "any")


def test_a_role_may_name_one_group_with_dots_in_it() -> None:
    permissions = Permissions(["webpubsub.sendToGroup.t.5.tasks"])
    assert permissions.may(SEND, "t.5.tasks")
    for other in ("t.5", "t.5.tasks.x", "T.5.tasks", "t"):
        assert not permissions.may(SEND, other)


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("t.*", ["t.", "t.5", "t.abc"], ["t.5.x", "t", "xt.5"]),
        ("t.**", ["t.", "t.5.x"], ["t", "u.5"]),
        ("**", ["", "a", "a.b"], []),
        ("a?c", ["abc", "a-c"], ["a.c", "ac", "abbc"]),
        (r"a\*", ["a*"], ["ab", "a"]),
        (r"a\\", ["a\\"], ["a"]),
        ("a+(b)", ["a+(b)"], ["aab"]),
        ("*.x.*", ["1.x.2"], ["1.x", "1.y.2"]),
    ],
)
def test_a_role_may_hold_for_a_pattern(pattern: str, matching: list[str], other: list[str]) -> None:
    permissions = Permissions([f"webpubsub.joinLeaveGroups.{pattern}"])
    assert all(permissions.may(JOIN, group) for group in matching)
    assert not any(permissions.may(JOIN, group) for group in other)


def test_a_pattern_has_five_stars_at_most() -> None:
    Permissions(["webpubsub.sendToGroups.*.*.*.*.**"])
    with pytest.raises(ValueError, match="stars"):
        Permissions(["webpubsub.sendToGroups.*.*.*.*.*.*"])


def test_a_denial_beats_every_role_until_it_is_granted_again() -> None:
    permissions = Permissions(["webpubsub.sendToGroup", "webpubsub.sendToGroups.**", "webpubsub.sendToGroup.g"])
    permissions[SEND].revoke("g")
    assert not permissions.may(SEND, "g")
    assert permissions.may(SEND, "h")
    permissions[SEND].grant("g")
    assert permissions.may(SEND, "g")


def test_there_is_a_most_of_names() -> None:
    right = Permissions()[JOIN]
    for i in range(MOST_NAMES):
        right.grant(f"g{i}")
    right.grant("g0")
    with pytest.raises(TooManyNames):
        right.grant("one more")
