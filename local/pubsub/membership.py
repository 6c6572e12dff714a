"""REST calls about who is a member of which group."""

import base64
import binascii
from collections.abc import Callable
from urllib.parse import urlencode

from local.pubsub.calls import Answer, Call, read_filter
from local.pubsub.names import check_group
from local.pubsub.refusals import Refusal
from local.pubsub.session import Session

PAGE = 200
MOST = 2**31
DONE = Answer(200)
GONE = Answer(204)


def add_connection(call: Call) -> Answer:
    """Make a connection a member of a group."""
    group, connection_id = call.names
    call.hub.join(call.session(connection_id), check_group(group))
    return DONE


def remove_connection(call: Call) -> Answer:
    """Let a connection be no member of a group; one that is not there is no fault."""
    group, connection_id = call.names
    session = call.hub.sessions.get(connection_id)
    if session is not None:
        call.hub.leave(session, check_group(group))
    return GONE


def remove_connection_everywhere(call: Call) -> Answer:
    """Let a connection be no member of any group."""
    session = call.hub.sessions.get(call.names[0])
    _leave_all(call, [session] if session else [])
    return GONE


def add_user(call: Call) -> Answer:
    """Make the connections that a user has now members of a group."""
    user, group = call.names
    sessions = call.hub.of_user(user)
    if not sessions:
        raise Refusal(404, "The user has no connection.")
    for session in sessions:
        call.hub.join(session, check_group(group))
    return DONE


def remove_user(call: Call) -> Answer:
    """Let the connections of a user be no members of a group."""
    user, group = call.names
    for session in call.hub.of_user(user):
        call.hub.leave(session, check_group(group))
    return GONE


def remove_user_everywhere(call: Call) -> Answer:
    """Let the connections of a user be no members of any group."""
    _leave_all(call, call.hub.of_user(call.names[0]))
    return GONE


def add_many(call: Call) -> Answer:
    """Make the connections that a filter chooses members of groups."""
    return _for_many(call, call.hub.join)


def remove_many(call: Call) -> Answer:
    """Let the connections that a filter chooses be no members of groups."""
    return _for_many(call, call.hub.leave)


def list_members(call: Call) -> Answer:
    """List the members of a group by connection id, a page at a time."""
    group = check_group(call.names[0])
    size = call.whole("maxpagesize", range(1, PAGE + 1)) or PAGE
    top = call.whole("top", range(1, MOST))
    after = _after(call.query.get("continuationToken", ""))
    members = sorted((s for s in call.hub.of_group(group) if s.id > after), key=lambda session: session.id)
    page = members[: min(size, top or size)]
    remaining = None if top is None else top - len(page)
    more = len(members) > len(page) and remaining != 0
    value = [{"connectionId": session.id} | ({"userId": session.user} if session.user else {}) for session in page]
    return Answer.of(200, {"value": value, "nextLink": _next(call, size, remaining, page[-1]) if more else None})


def _next(call: Call, size: int, remaining: int | None, last: Session) -> str:
    query = {"api-version": call.query.get("api-version", ""), "maxpagesize": size}
    if remaining is not None:
        query["top"] = remaining
    query["continuationToken"] = base64.urlsafe_b64encode(last.id.encode()).decode()
    return f"http://{call.host}{call.path}?{urlencode(query)}"


def _after(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeError):
        raise Refusal(400, "The continuationToken is not one of ours.") from None


def _for_many(call: Call, act: Callable[[Session, str], None]) -> Answer:
    document = call.document
    groups = document.get("groups")
    if not isinstance(groups, list) or not groups:
        raise Refusal(400, "`groups` is a list of names.")
    names = [check_group(group) for group in groups]
    given = document.get("filter")
    chosen = None if given is None else read_filter(given)
    for session in list(call.hub.sessions.values()):
        if chosen is None or chosen(session):
            for name in names:
                act(session, name)
    return DONE


def _leave_all(call: Call, sessions: list[Session]) -> None:
    for session in sessions:
        for group in list(session.groups):
            call.hub.leave(session, group)
