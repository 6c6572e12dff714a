"""How groups and people are named towards the fan-out: the tenant first, so that no name is another tenant's.

Dots part the segments; neither a slash nor a percent sign may be in a name, which the service's paths would garble.
"""

import re
from dataclasses import dataclass

_PERSON = re.compile(r"([1-9][0-9]{0,18})\|([1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True)
class Person:
    """One user of one tenant, as the fan-out knows them."""

    tenant_id: int
    user_id: int


def everybody(tenant_id: int) -> str:
    """Answer the group that all of a tenant's connections are in."""
    return f"t.{tenant_id}"


def managers(tenant_id: int) -> str:
    """Answer the group of those who may read more than a driver."""
    return f"t.{tenant_id}.managers"


def task(tenant_id: int, task_id: int) -> str:
    """Answer the group of those who look at a task."""
    return f"t.{tenant_id}.task.{task_id}"


def compressed(tenant_id: int) -> str:
    """Answer the group of connections that read compressed batches."""
    return f"t.{tenant_id}.z"


def person(tenant_id: int, user_id: int) -> str:
    """Answer the name under which a user connects."""
    return f"{tenant_id}|{user_id}"


def parse_person(text: str) -> Person | None:
    """Answer whose name a text is, or None if it is nobody's."""
    match = _PERSON.fullmatch(text)
    return Person(int(match[1]), int(match[2])) if match else None
