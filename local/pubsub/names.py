"""Which names of hubs, groups and events there can be."""

import re

from local.pubsub.refusals import Refusal

HUB = re.compile(r"[A-Za-z][A-Za-z0-9_`,.\[\]]{0,127}")
EVENT = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,127}")
GROUP_LENGTH = 1024


def check_hub(name: str) -> str:
    """Answer the hub's name as hubs are told apart, which is without regard to case.

    Raises:
        Refusal: there can be no such hub.
    """
    if not HUB.fullmatch(name):
        raise Refusal(400, "A hub's name is a letter and up to 127 letters, digits or _`,.[] more.")
    return name.lower()


def check_group(name: object) -> str:
    """Answer the name if a group can have it.

    Raises:
        Refusal: it cannot.
    """
    if not isinstance(name, str) or not name.strip() or len(name) > GROUP_LENGTH or not is_unicode(name):
        raise Refusal(400, f"A group's name has 1 to {GROUP_LENGTH} characters, not all of them blank.")
    return name


def is_unicode(text: str) -> bool:
    """Say whether a text can be written: JSON lets pairs be torn apart, of which each is no character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_event(name: object) -> bool:
    """Say whether an event can have the name."""
    return isinstance(name, str) and EVENT.fullmatch(name) is not None
