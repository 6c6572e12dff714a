"""People: recognised by their tokens, found by name, and refused on record."""

import logging
import time
from dataclasses import dataclass

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain import cursor, realtime
from shared.domain.errors import DependencyDown, Forbidden, TenantUnknown
from shared.domain.model import Page, UserRef
from shared.domain.negotiation import groups_of
from shared.domain.paging import page
from shared.domain.principal import NO_ROLE, Identity, Principal, Role, Tenant
from shared.domain.user import ListUsers
from shared.ports import FanoutRefused
from shared.services import Services
from shared.store import realtime as connections, tenancy

log = logging.getLogger("motorpool.users")

RECOGNISED_SECONDS = 60
RECOGNISED_MOST = 10_000


@dataclass(frozen=True)
class Asked:
    """What a refused request asked for, as its audit row tells it.

    Attributes:
        resource: its method and its path, without values.
        invocation_id: of the platform.
        address: where it came from, as the platform saw it.
    """

    resource: str
    invocation_id: str
    address: str | None


def recognise(services: Services, identity: Identity, asked: Asked) -> Principal:
    """Answer the person whom a verified token speaks for, recording them at first sight.

    Raises:
        TenantUnknown: no operator has made a tenant of that id.
        Forbidden: the token names no role that means anything here; that is on record then.
    """
    known = services.recognised.get(identity)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    principal = _recorded(services, identity, asked)
    if len(services.recognised) >= RECOGNISED_MOST:
        services.recognised.clear()
    services.recognised[identity] = (time.monotonic() + RECOGNISED_SECONDS, principal)
    return principal


def list_users(call: Call, command: ListUsers) -> Answer[Page[UserRef]]:
    """Answer a page of the organisation's people."""
    name, last_id = cursor.decode(command.cursor, str, int)
    after = (str(name or ""), int(last_id or 0))
    with call.read() as tx:
        found = tenancy.list_users(tx, command.q, after, command.limit + 1)
    return Answer(page(found, command.limit, lambda one: (one.name, one.id)))


def _recorded(services: Services, identity: Identity, asked: Asked) -> Principal:
    row = tenancy.recognise_user(services.database, identity)
    if row is None:
        raise TenantUnknown("Ask the operator of this service to add your organisation.")
    if row["role_before"] is not None:
        withdraw(services, row["tenant_id"], row["user_id"], Role.named(row["role_before"]), identity.role)
    if identity.role is None:
        record_refusal(services, row["tenant_id"], row["user_id"], asked)
        roles = ", ".join(role.word for role in Role)
        raise Forbidden(f"Your token carries no role of this application; it knows {roles}.")
    tenant = Tenant(row["tenant_id"], row["tid"], row["tenant_name"], row["time_zone"], row["currency"])
    return Principal(tenant, row["user_id"], identity.oid, identity.name, identity.role)


def withdraw(services: Services, tenant_id: int, user_id: int, before: Role | None, now: Role | None) -> None:
    """Take a person's connections out of the groups that went with a role; what fails is left to the sweep."""
    kept = groups_of(tenant_id, now)
    lost = [group for group in groups_of(tenant_id, before) if group not in kept]
    if not lost:
        return
    try:
        for group in lost:
            services.fanout.expel(realtime.person(tenant_id, user_id), group)
    except (DependencyDown, FanoutRefused):
        log.warning("a person is still in groups of a role that they lost", extra={"user": user_id})
        return
    with services.database.transaction(tenant_id) as (tx, _):
        connections.demote_connections(tx, user_id, word_of(now))


def word_of(role: Role | None) -> str:
    """Answer how a role is recorded."""
    return role.word if role is not None else NO_ROLE


def record_refusal(services: Services, tenant_id: int, user_id: int, asked: Asked) -> None:
    """Put a refused access on record."""
    with services.database.transaction(tenant_id) as (tx, _):
        tenancy.record_audit(
            tx,
            user_id=user_id,
            action="access",
            resource=asked.resource,
            outcome="refused",
            address=asked.address,
            invocation_id=asked.invocation_id,
        )
