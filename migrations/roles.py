"""The two roles that everything stands on: one owns the tables, the other works on them and owns nothing."""

from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

OWNER = "motorpool_owner"
APPLICATION = "motorpool_app"
EXTENSIONS = ("cube", "earthdistance", "btree_gist")

# A query that waits longer than this is in somebody's way; what may take longer says so itself.
_APPLICATION_SETTINGS = {
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
}


def prepare(admin_url: str, database: str, owner_password: str, application_password: str) -> tuple[str, str]:
    """Make the roles and the database where missing; answer the application's and the owner's connection URLs.

    Args:
        admin_url: a connection that may create roles and databases.
        database: the name of the application's database.
        owner_password: of the role that runs migrations.
        application_password: of the role that serves requests.
    """
    with psycopg.connect(admin_url, autocommit=True) as admin:
        _ensure_role(admin, OWNER, owner_password)
        _ensure_role(admin, APPLICATION, application_password)
        for name, value in _APPLICATION_SETTINGS.items():
            admin.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(
                    sql.Identifier(APPLICATION), sql.Identifier(name), sql.Literal(value)
                )
            )
        _ensure_database(admin, database)
    _ensure_extensions(with_database(admin_url, database))
    return (
        with_user(admin_url, database, APPLICATION, application_password),
        with_user(admin_url, database, OWNER, owner_password),
    )


def _ensure_role(admin: psycopg.Connection, role: str, password: str) -> None:
    exists = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = "ALTER" if exists else "CREATE"
    admin.execute(
        sql.SQL(verb + " ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {}").format(
            sql.Identifier(role), sql.Literal(password)
        )
    )


def _ensure_database(admin: psycopg.Connection, database: str) -> None:
    exists = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
    if not exists:
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                sql.Identifier(database), sql.Identifier(OWNER)
            )
        )


def _ensure_extensions(admin_url: str) -> None:
    """Make the extensions here, because `earthdistance` may be made by an administrator only."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        for name in EXTENSIONS:
            admin.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))


def with_database(url: str, database: str) -> str:
    """Answer the URL of another database of the same server, for the same user."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def with_user(url: str, database: str, user: str, password: str) -> str:
    """Answer the URL of the same server for another database and user."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}", path=f"/{database}"))
