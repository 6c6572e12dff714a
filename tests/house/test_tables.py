"""The migrated schema: one tenant at a time, whatever a query says."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

# indexes whose first column is something else, and why
NOT_BY_TENANT = {
    "tenants_pkey": "a tenant is not within a tenant",
    "tenant_tid_is_unique": "tokens name tenants across all of them",
    "benchmarks_pkey": "what is published belongs to nobody",
    "benchmark_classes_pkey": "as what is published",
}
WITHOUT_TENANT = {
    "tenants": "is what tenants are",
    "schema_migrations": "the runner's own book",
    "benchmarks": "what is published belongs to nobody",
    "benchmark_classes": "as what is published",
}

TABLES = """
SELECT c.oid::regclass::text AS name, c.relrowsecurity AS secured, c.relforcerowsecurity AS forced,
    EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id') AS of_tenant,
    (SELECT count(*) FROM pg_policy AS p WHERE p.polrelid = c.oid) AS policies, c.relispartition AS is_part
FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""
INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid, 1, true) AS first_column
FROM pg_index AS i
INNER JOIN pg_class AS c ON c.oid = i.indrelid
WHERE c.relnamespace = 'public'::regnamespace
"""
VIEWS = """
SELECT c.relname AS name, coalesce(c.reloptions::text LIKE '%security_invoker=true%', false) AS for_its_caller
FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
"""
COLUMNS = """
SELECT table_name, column_name, data_type
FROM information_schema.columns
WHERE table_schema = 'public' AND (column_name = 'id' OR column_name LIKE '%\\_id' OR data_type LIKE 'timestamp%')
"""
# ids that are given by others, or are not ids of rows
TEXTUAL = {"external_id", "device_id", "invocation_id", "resource_id", "connection_id"}

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def owner(owner_url: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """Connect as the role that owns the tables."""
    with psycopg.connect(owner_url, row_factory=psycopg.rows.dict_row) as connection:
        yield connection


def test_every_table_belongs_to_tenants(owner: psycopg.Connection[dict[str, Any]]) -> None:
    found = {table["name"] for table in owner.execute(TABLES) if not table["of_tenant"]}
    assert found == set(WITHOUT_TENANT)


def test_every_table_of_tenants_is_secured_from_its_owner_too(owner: psycopg.Connection[dict[str, Any]]) -> None:
    open_tables = [
        table["name"]
        for table in owner.execute(TABLES)
        if (table["of_tenant"] or table["name"] == "tenants")
        and not (table["secured"] and table["forced"] and table["policies"])
    ]
    assert open_tables == []


def test_views_see_what_their_caller_sees(owner: psycopg.Connection[dict[str, Any]]) -> None:
    assert [view["name"] for view in owner.execute(VIEWS) if not view["for_its_caller"]] == []


def test_indexes_begin_with_the_tenant(owner: psycopg.Connection[dict[str, Any]]) -> None:
    others = {index["name"] for index in owner.execute(INDEXES) if index["first_column"] != "tenant_id"}
    assert {name for name in others if not name.startswith("schema_migrations")} == set(NOT_BY_TENANT)


def test_ids_are_wide_and_times_have_zones(owner: psycopg.Connection[dict[str, Any]]) -> None:
    narrow = [
        f"{column['table_name']}.{column['column_name']}: {column['data_type']}"
        for column in owner.execute(COLUMNS)
        if column["data_type"] not in {"bigint", "uuid", "timestamp with time zone"}
        and column["column_name"] not in TEXTUAL
    ]
    assert narrow == []


def test_application_owns_nothing(owner: psycopg.Connection[dict[str, Any]]) -> None:
    owned = owner.execute("SELECT relname FROM pg_class WHERE relowner = 'motorpool_app'::regrole").fetchall()
    assert owned == []


def test_application_cannot_step_around_row_security(owner: psycopg.Connection[dict[str, Any]]) -> None:
    role = owner.execute(
        "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'motorpool_app'"
    ).fetchone()
    assert role == {"rolsuper": False, "rolbypassrls": False, "rolcreatedb": False, "rolcreaterole": False}
