"""Makes what tests need: tenants by an operator's hand, people and assets as the application makes them."""

import secrets
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

from shared.actions import users
from shared.actions.call import Call
from shared.actions.users import Asked
from shared.domain.principal import Identity, Role
from shared.services import Services
from shared.store.idempotency import Key

ROLES = [role.word for role in Role]
SCHEDULE: dict[str, Any] = {
    "name": "Monday's fleet",
    "report": "utilization",
    "recipients": ["fleet@acme.example"],
    "cron": "0 7 * * MON",
}
BENCHMARK: dict[str, Any] = {
    "benchmark_class": "light truck or van",
    "basis": "ownership_cost_per_mile",
    "figure": 91.5,
    "unit": "¢/mi",
    "year": "2026",
    "source": "Our lessor's offer",
}


@dataclass(frozen=True)
class TenantMade:
    """A tenant that a test works in."""

    id: int
    tid: str
    name: str


def make_tenant(owner_url: str, name: str = "Acme", *, time_zone: str = "America/New_York", **more: Any) -> TenantMade:
    """Make a tenant as an operator does; further columns by name."""
    tid = more.pop("tid", f"{secrets.token_hex(4)}-0000-4000-8000-{secrets.token_hex(6)}")
    columns = {"tid": tid, "name": name, "time_zone": time_zone, **more}
    names = ", ".join(columns)
    places = ", ".join(f"%({column})s" for column in columns)
    with psycopg.connect(owner_url) as owner:
        owner.execute("SELECT set_config('motorpool.tid', %s, true)", [tid])
        row = owner.execute(f"INSERT INTO tenants ({names}) VALUES ({places}) RETURNING id", columns).fetchone()  # noqa: S608 - names from the tests
    assert row is not None
    return TenantMade(row[0], tid, name)


def make_call(
    services: Services, tenant: TenantMade, role: str = "manager", oid: str | None = None, **more: Any
) -> Call:
    """Answer a call by somebody of that role; `key` and `asked` make it one with an idempotency key."""
    who = oid or f"{role}-1"
    identity = Identity(tenant.tid, who, more.pop("name", who.title()), f"{who}@example.org", Role.named(role))
    principal = users.recognise(services, identity, Asked("GET /test", "test", None))
    key = None
    if "key" in more:
        route, asked = more.pop("route", "route"), more.pop("asked", b"request")
        key = Key(principal.user_id, route, more.pop("key"), asked)
    return Call(services, principal, f"test-{secrets.token_hex(4)}", "203.0.113.7", key)


def make_asset(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    """Add an asset by HTTP, as a manager."""
    tag = f"T-{secrets.token_hex(4)}"
    asked = {"asset_tag": tag, "asset_name": f"Van {tag}", "asset_type": "van", **fields}
    answer = client.post("/api/assets", json=asked)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def insert_asset(services: Services, tenant: TenantMade, **fields: Any) -> int:
    """Add an asset straight to the table and answer its id."""
    tag = f"T-{secrets.token_hex(4)}"
    columns = {"asset_tag": tag, "asset_name": f"Van {tag}", "asset_type": "van", **fields}
    names = ", ".join(columns)
    places = ", ".join(f"%({column})s" for column in columns)
    with services.database.transaction(tenant.id) as (tx, _):
        statement = f"INSERT INTO assets (tenant_id, {names}) VALUES (%(tenant_id)s, {places}) RETURNING id"  # noqa: S608
        return int(tx.one(statement, **columns)["id"])


def insert_task(services: Services, tenant: TenantMade, **fields: Any) -> int:
    """Add a task straight to the table and answer its id."""
    columns = {"title": f"Task {secrets.token_hex(4)}", **fields}
    names = ", ".join(columns)
    places = ", ".join(f"%({column})s" for column in columns)
    with services.database.transaction(tenant.id) as (tx, _):
        statement = f"INSERT INTO tasks (tenant_id, {names}) VALUES (%(tenant_id)s, {places}) RETURNING id"  # noqa: S608
        return int(tx.one(statement, **columns)["id"])
