"""People: recognised by their tokens, and refused on record."""

import time

from shared.actions.call import Call
from shared.domain.errors import Forbidden, TenantUnknown
from shared.domain.principal import Identity, Principal, Role, Tenant
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
