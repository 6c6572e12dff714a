"""What a connection may do: join and leave groups, and publish to them."""

import re
from collections.abc import Iterable
from functools import lru_cache

JOIN = "joinLeaveGroup"
SEND = "sendToGroup"
PERMISSIONS = (JOIN, SEND)
MOST_NAMES = 1000
MOST_STARS = 5


class TooManyNames(Exception):
    """A connection has as many grants or denials as one can have."""


class Right:
    """One permission of one connection: for every group, for patterns of names, or for single groups.

    A denial beats whatever a role says, until the same name is granted again.
    """

    __slots__ = ("_denied", "_everywhere", "_named", "_patterns")

    def __init__(self) -> None:
        self._everywhere = False
        self._patterns: list[re.Pattern[str]] = []
        self._named: set[str] = set()
        self._denied: set[str] = set()

    def covers(self, group: str) -> bool:
        """Say whether it holds for the group."""
        if group in self._denied:
            return False
        return self._everywhere or group in self._named or any(p.fullmatch(group) for p in self._patterns)

    def widen(self) -> None:
        """Let it hold for every group."""
        self._everywhere = True

    def match(self, pattern: str) -> None:
        """Let it hold for groups whose name matches the pattern."""
        self._patterns.append(compiled(pattern))

    def grant(self, group: str) -> None:
        """Let it hold for the group.

        Raises:
            TooManyNames: there are too many names already.
        """
        self._denied.discard(group)
        _put(self._named, group)

    def revoke(self, group: str) -> None:
        """Let it not hold for the group, whatever the roles say.

        Raises:
            TooManyNames: there are too many names already.
        """
        self._named.discard(group)
        _put(self._denied, group)


class Permissions:
    """The rights of one connection.

    Args:
        roles: as the token or the event handler gives them; unknown ones give nothing.

    Raises:
        ValueError: a pattern among the roles has too many stars.
    """

    __slots__ = ("_rights",)

    def __init__(self, roles: Iterable[str] = ()) -> None:
        self._rights = {JOIN: Right(), SEND: Right()}
        for role in roles:
            self._add(role)

    def may(self, permission: str, group: str) -> bool:
        """Say whether the connection has the permission for the group."""
        return self._rights[permission].covers(group)

    def __getitem__(self, permission: str) -> Right:
        return self._rights[permission]

    def _add(self, role: str) -> None:
        service, _, rest = role.partition(".")
        word, dot, name = rest.partition(".")
        if service != "webpubsub":
            return
        if word in self._rights and not dot:
            self._rights[word].widen()
        elif word in self._rights and name:
            self._rights[word].grant(name)
        elif word[-1:] == "s" and word[:-1] in self._rights and name:
            self._rights[word[:-1]].match(name)


@lru_cache(1024)
def compiled(pattern: str) -> re.Pattern[str]:
    r"""Compile a pattern of group names: `?` one character but a dot, `*` a run of them, `**` anything, `\` escapes.

    Raises:
        ValueError: it has too many stars.
    """
    parts = re.findall(r"\\.|\*\*|.", pattern, re.DOTALL)
    if sum(part in {"*", "**"} for part in parts) > MOST_STARS:
        raise ValueError(f"The pattern {pattern} has more than {MOST_STARS} stars.")
    words = {"?": r"[^.]", "*": r"[^.]*", "**": r".*"}
    return re.compile(
        "".join(words.get(part) or re.escape(part.removeprefix("\\") or "\\") for part in parts), re.DOTALL
    )


def _put(names: set[str], name: str) -> None:
    if name not in names and len(names) >= MOST_NAMES:
        raise TooManyNames
    names.add(name)
