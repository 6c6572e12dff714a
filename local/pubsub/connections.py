"""REST calls about connections: whether they are there, what they may do, and their end."""

from collections.abc import Iterable

from local.pubsub.calls import Answer, Call
from local.pubsub.names import check_group
from local.pubsub.refusals import Refusal
from local.pubsub.roles import PERMISSIONS, Right, TooManyNames
from local.pubsub.session import Session

MOST_MINUTES = 60 * 24 * 365
THERE = Answer(200)
NOT_THERE = Answer(404)
DONE = Answer(204)


def connection_exists(call: Call) -> Answer:
    """Say whether there is a connection of this id."""
    return THERE if call.names[0] in call.hub.sessions else NOT_THERE


def user_exists(call: Call) -> Answer:
    """Say whether the user has a connection."""
    return THERE if call.hub.of_user(call.names[0]) else NOT_THERE


def group_exists(call: Call) -> Answer:
    """Say whether the group has a member."""
    return THERE if call.hub.of_group(check_group(call.names[0])) else NOT_THERE


def close_connection(call: Call) -> Answer:
    """Close one connection; one that is not there is no fault."""
    session = call.hub.sessions.get(call.names[0])
    return _close(call, [session] if session else [])


def close_all(call: Call) -> Answer:
    """Close every connection of the hub."""
    return _close(call, list(call.hub.sessions.values()))


def close_group(call: Call) -> Answer:
    """Close the connections that are members of a group."""
    return _close(call, call.hub.of_group(check_group(call.names[0])))


def close_user(call: Call) -> Answer:
    """Close the connections of a user."""
    return _close(call, call.hub.of_user(call.names[0]))


def grant(call: Call) -> Answer:
    """Give a connection a permission for one group."""
    right, group = _right(call)
    try:
        right.grant(group)
    except TooManyNames:
        raise Refusal(409, "The connection has as many permissions as one can have.") from None
    return THERE


def revoke(call: Call) -> Answer:
    """Take a permission for one group from a connection, whatever its roles say."""
    if call.names[1] not in call.hub.sessions:
        _permission(call)
        return DONE
    right, group = _right(call)
    try:
        right.revoke(group)
    except TooManyNames:
        raise Refusal(409, "As many permissions are revoked as can be.") from None
    return DONE


def has_permission(call: Call) -> Answer:
    """Say whether a connection has a permission for one group."""
    right, group = _right(call)
    return THERE if right.covers(group) else NOT_THERE


def generate_token(call: Call) -> Answer:
    """Sign a client's token."""
    minutes = call.whole("minutesToExpire", range(1, MOST_MINUTES + 1)) or 60
    claims = {
        "sub": call.query.get("userId"),
        "role": call.query.getall("role", []),
        "webpubsub.group": [check_group(group) for group in call.query.getall("group", [])],
    }
    given = {name: value for name, value in claims.items() if value}
    return Answer.of(200, {"token": call.tokens.client_token(call.host, call.hub.name, given, minutes)})


def _close(call: Call, sessions: Iterable[Session]) -> Answer:
    for session in sessions:
        if session.id not in call.excluded:
            call.hub.close(session, call.reason)
    return DONE


def _permission(call: Call) -> tuple[str, str]:
    permission, target = call.names[0], call.query.get("targetName")
    if permission not in PERMISSIONS:
        raise Refusal(400, f"The permission is one of {', '.join(PERMISSIONS)}.")
    if target is None:
        raise Refusal(400, "The call lacks targetName, the group that it is about.")
    return permission, check_group(target)


def _right(call: Call) -> tuple[Right, str]:
    permission, group = _permission(call)
    return call.session(call.names[1]).permissions[permission], group
