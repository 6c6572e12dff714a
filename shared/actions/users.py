"""People: recognised by their tokens, found by name, and refused on record."""

import time

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain import cursor
from shared.domain.errors import Forbidden, TenantUnknown
from shared.domain.paging import page
from shared.domain.principal import Identity, Principal, Role, Tenant
from shared.domain.user import ListUsers
from shared.services import Services
from shared.store import tenancy

RECOGNISED_SECONDS = 60
RECOGNISED_MOST = 10_000


def recognise(services: Services, identity: Identity) -> Principal:
    """Answer the person whom a verified token speaks for, recording them at first sight.

    Raises:
        TenantUnknown: no operator has made a tenant of that id.
        Forbidden: the token names no role that means anything here.
    """
    known = services.recognised.get(identity)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    principal = _recorded(services, identity)
    if len(services.recognised) >= RECOGNISED_MOST:
        services.recognised.clear()
    services.recognised[identity] = (time.monotonic() + RECOGNISED_SECONDS, principal)
    return principal


def list_users(call: Call, command: ListUsers) -> Answer:
    """Answer a page of the organisation's people."""
    name, last_id = cursor.decode(command.cursor, str, int)
    after = (str(name or ""), int(last_id or 0))
    with call.read() as tx:
        found = tenancy.list_users(tx, command.q, after, command.limit + 1)
    return Answer(page(found, command.limit, lambda one: (one.name, one.id)))


def _recorded(services: Services, identity: Identity) -> Principal:
    row = tenancy.recognise_user(services.database, identity)
    if row is None:
        raise TenantUnknown("Ask the operator of this service to add your organisation.")
    if identity.role is None:
        roles = ", ".join(role.word for role in Role)
        raise Forbidden(f"Your token carries no role of this application; it knows {roles}.")
    tenant = Tenant(row["tenant_id"], row["tid"], row["tenant_name"], row["time_zone"], row["currency"])
    return Principal(tenant, row["user_id"], identity.oid, identity.name, identity.role)


def record_refusal(call: Call, resource: str) -> None:
    """Put a refused access on record."""
    with call.services.database.transaction(call.principal.tenant.id) as (tx, _):
        call.audit(tx, "access", resource, outcome="refused")
