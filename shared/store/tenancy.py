"""Tenants, users, audit and rate limits."""

from shared.domain.audit import AuditEntry
from shared.domain.model import UserRef
from shared.domain.principal import NO_ROLE, Identity
from shared.store.database import Database, Row, Transaction
from shared.store.queries import Queries, containing

_SQL = Queries("tenancy")


def recognise_user(database: Database, identity: Identity) -> Row | None:
    """Record the bearer of a token and answer tenant, user and a role lost or won, or None: the tenant is unknown."""
    role = identity.role.word if identity.role is not None else NO_ROLE
    rows = database.recall(
        _SQL["recognise_user"],
        {"tid": identity.tid, "oid": identity.oid, "name": identity.name, "email": identity.email, "role": role},
    )
    return rows[0] if rows else None


def list_tenant_ids(database: Database) -> list[int]:
    """Answer every tenant's id, for sweeps that then work tenant by tenant."""
    return [row["id"] for row in database.recall(_SQL["list_tenant_ids"], {})]


def find_time_zone(tx: Transaction) -> str:
    """Answer by whose midnights the tenant's days are told."""
    return str(tx.one(_SQL["find_time_zone"])["time_zone"])


def record_audit(tx: Transaction, **row: object) -> None:
    """Write one row: user_id, action, resource, outcome, address, invocation_id."""
    tx.run(_SQL["record_audit"], **row)


def list_audit(tx: Transaction, **wanted: object) -> list[AuditEntry]:
    """Answer entries newest first: before_id, action, user_id, page_size."""
    return [AuditEntry.model_validate(row) for row in tx.all(_SQL["list_audit"], **wanted)]


def list_users(tx: Transaction, q: str | None, after: tuple[str, int], page_size: int) -> list[UserRef]:
    """Answer people by name, after a name and an id."""
    pattern = None if q is None else containing(q)
    rows = tx.all(_SQL["list_users"], q=pattern, after=after[0], after_id=after[1], page_size=page_size)
    return [UserRef.model_validate(row) for row in rows]
