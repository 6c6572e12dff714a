"""Hubs: who is connected, under which user, in which groups."""

import asyncio
from collections.abc import Callable, Collection, Iterable

from local.pubsub.message import Message
from local.pubsub.session import Identity, Session

POLICY = 1008
NORMAL = 1000
type Sessions = dict[str, Session]
type Filter = Callable[[Session], bool]


class Hub:
    """The connections of one hub; all its methods do their work without waiting.

    Args:
        name: in lower case.
        retention: seconds for which a reliable connection is kept after its socket broke.
        ended: told of each session that is over, with the reason.
    """

    def __init__(self, name: str, retention: float, ended: Callable[[Session, str], None]) -> None:
        self.name = name
        self.sessions: Sessions = {}
        self._users: dict[str, Sessions] = {}
        self._groups: dict[str, Sessions] = {}
        self._retention = retention
        self._ended = ended
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def open(self, identity: Identity) -> Session:
        """Let in a new connection.

        Raises:
            ValueError: its roles cannot be.
        """
        session = Session(identity, self._drop)
        self.sessions[session.id] = session
        if session.user is not None:
            self._users.setdefault(session.user, {})[session.id] = session
        for group in identity.groups:
            self.join(session, group)
        return session

    def end(self, session: Session, reason: str = "") -> None:
        """Forget a connection; what else is to be done to its socket is the caller's."""
        if session.ended:
            return
        session.ended = True
        self.stay(session)
        del self.sessions[session.id]
        if session.user is not None:
            _take(self._users, session.user, session)
        for group in list(session.groups):
            self.leave(session, group)
        self._ended(session, reason)

    def close(self, session: Session, reason: str, code: int = NORMAL) -> None:
        """End a connection because the service wants to, and tell its client why."""
        if not session.ended:
            self.end(session, reason)
            session.tell({"type": "system", "event": "disconnected", "message": reason})
        if session.socket is not None:
            session.socket.close(code, reason)

    def lose(self, session: Session) -> None:
        """Keep a connection whose socket broke, for the time in which its client can come back."""
        loop = asyncio.get_running_loop()
        reason = "The client did not come back."
        self._timers[session.id] = loop.call_later(self._retention, self.end, session, reason)

    def stay(self, session: Session) -> None:
        """Stop the clock of a connection that was lost."""
        timer = self._timers.pop(session.id, None)
        if timer is not None:
            timer.cancel()

    def join(self, session: Session, group: str) -> None:
        """Make the connection a member of the group."""
        session.groups.add(group)
        self._groups.setdefault(group, {})[session.id] = session

    def leave(self, session: Session, group: str) -> None:
        """Let the connection be no member of the group."""
        session.groups.discard(group)
        _take(self._groups, group, session)

    def of_user(self, user: str) -> list[Session]:
        """Answer the connections of a user."""
        return list(self._users.get(user, {}).values())

    def of_group(self, group: str) -> list[Session]:
        """Answer the members of a group."""
        return list(self._groups.get(group, {}).values())

    def publish(
        self,
        message: Message,
        to: Iterable[Session],
        excluded: Collection[str] = (),
        chosen: Filter | None = None,
    ) -> None:
        """Deliver a message to those that are neither excluded nor left out by the filter."""
        for session in to:
            if session.id not in excluded and (chosen is None or chosen(session)):
                session.deliver(message)

    def _drop(self, session: Session) -> None:
        if not session.ended:
            self.close(session, "More messages wait for the client than are kept for it.", POLICY)


def _take(index: dict[str, Sessions], key: str, session: Session) -> None:
    members = index.get(key)
    if members is not None:
        members.pop(session.id, None)
        if not members:
            del index[key]
