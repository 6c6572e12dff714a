"""Row security holds where a query forgets the tenant, whoever asks."""

import psycopg
import pytest

from shared.services import Services
from tests.factories import TenantMade, insert_asset, make_tenant

# what is told apart by something else than a tenant, and why
WITHOUT_TENANT = {
    "tenants": "is the tenant itself, with a policy of its own",
    "schema_migrations": "belongs to the schema",
    "benchmarks": "what is published belongs to nobody, and nobody may change it",
    "benchmark_classes": "as what is published",
}


def test_a_query_without_its_where_sees_one_tenant(services: Services, owner_url: str) -> None:
    tenant, other_tenant = make_tenant(owner_url), make_tenant(owner_url)
    mine, theirs = insert_asset(services, tenant), insert_asset(services, other_tenant)
    with services.database.read(tenant.id) as tx:
        assert {row["id"] for row in tx.all("SELECT id FROM assets")} == {mine}
    with services.database.read(other_tenant.id) as tx:
        assert {row["id"] for row in tx.all("SELECT id FROM assets")} == {theirs}


def test_without_a_tenant_nothing_is_seen_or_written(
    services: Services, tenant: TenantMade, database_url: str, owner_url: str
) -> None:
    insert_asset(services, tenant)
    for url in (database_url, owner_url):
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM assets").fetchone() == (0,)
            assert connection.execute("SELECT count(*) FROM tenants").fetchone() == (0,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(
                    "INSERT INTO assets (tenant_id, asset_tag, asset_name, asset_type) VALUES (%s, 'x', 'x', 'van')",
                    [tenant.id],
                )


def test_the_tenant_ends_with_its_transaction(services: Services, tenant: TenantMade) -> None:
    with services.database.read(tenant.id) as tx:
        assert tx.one("SELECT current_tenant_id() AS id")["id"] == tenant.id
    assert services.database.recall("SELECT current_tenant_id() AS id", {})[0]["id"] is None


def test_nobody_writes_a_row_into_another_tenant(
    services: Services, tenant: TenantMade, other_tenant: TenantMade
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), services.database.transaction(tenant.id) as (tx, _):
        tx.run(
            "INSERT INTO assets (tenant_id, asset_tag, asset_name, asset_type) VALUES (%(other)s, 'x', 'x', 'van')",
            other=other_tenant.id,
        )


def test_every_table_is_under_forced_row_security(owner_url: str) -> None:
    with psycopg.connect(owner_url) as owner:
        found = owner.execute(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,"
            " EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = c.oid)"
            " FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        ).fetchall()
    unprotected = {name for name, forced, policy in found if not (forced and policy)}
    assert unprotected == WITHOUT_TENANT.keys() - {"tenants"}


def test_the_application_owns_nothing_and_bypasses_nothing(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        role = connection.execute(
            "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        owned = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
        ).fetchone()
    assert (role, owned) == ((False,), (0,))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE custody_events SET facts = '{}'",
        "DELETE FROM custody_events",
        "UPDATE signatures SET media_type = 'image/png'",
        "DELETE FROM signatures",
        "UPDATE audit_log SET outcome = 'done'",
        "UPDATE tenants SET name = 'x'",
        "DELETE FROM tenants",
        "TRUNCATE custody_events",
        "ALTER TABLE assets DISABLE ROW LEVEL SECURITY",
    ],
)
def test_evidence_is_only_ever_added(services: Services, tenant: TenantMade, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), services.database.transaction(tenant.id) as (tx, _):
        tx.run(statement)
