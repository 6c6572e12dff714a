"""REST calls that send messages."""

from local.pubsub.calls import Answer, Call
from local.pubsub.message import Message
from local.pubsub.names import check_group

SENT = Answer(202)


def send_to_all(call: Call) -> Answer:
    """Send to every connection of the hub."""
    message = Message(call.payload, seconds=call.seconds)
    call.hub.publish(message, list(call.hub.sessions.values()), call.excluded, call.chosen)
    return SENT


def send_to_group(call: Call) -> Answer:
    """Send to the members of a group."""
    group = check_group(call.names[0])
    message = Message(call.payload, group, seconds=call.seconds)
    call.hub.publish(message, call.hub.of_group(group), call.excluded, call.chosen)
    return SENT


def send_to_user(call: Call) -> Answer:
    """Send to the connections of a user."""
    message = Message(call.payload, seconds=call.seconds)
    call.hub.publish(message, call.hub.of_user(call.names[0]), chosen=call.chosen)
    return SENT


def send_to_connection(call: Call) -> Answer:
    """Send to one connection; one that is not there is no fault."""
    message = Message(call.payload, seconds=call.seconds)
    session = call.hub.sessions.get(call.names[0])
    call.hub.publish(message, [session] if session else [])
    return SENT
