"""Applies the numbered .sql files, each in its own transaction, safely beside another runner.

The bookkeeping row goes in first: of two runners the second waits for it, finds it taken and moves on. Waiting for
a lock and long statements are bounded, so that a migration never stands in the way of the application for long.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

FOLDER = Path(__file__).parent
LOCK_TIMEOUT = "4s"
STATEMENT_TIMEOUT = "5min"

_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class MigrationFault(Exception):
    """A migration cannot be applied or does not match what was applied before."""


@dataclass(frozen=True)
class Migration:
    """One numbered file: its text and the checksum that says whether it changed since it was applied."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """Answer the SHA-256 of the text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """Read the migrations in order; raise MigrationFault when numbers repeat or leave a gap."""
    found = [_read(path) for path in sorted(folder.glob("[0-9]*.sql"))]
    numbers = [migration.number for migration in found]
    if numbers != list(range(1, len(found) + 1)):
        raise MigrationFault(f"migrations are to be numbered 1, 2, 3 … without gaps; found {numbers}")
    return found


def _read(path: Path) -> Migration:
    matched = re.fullmatch(r"(\d{4})_(\w+)\.sql", path.name)
    if not matched:
        raise MigrationFault(f"{path.name} is to be named NNNN_what_it_does.sql")
    return Migration(int(matched[1]), matched[2], path.read_text(encoding="utf-8"))


def up(database_url: str, say: Callable[[str], None], folder: Path = FOLDER) -> int:
    """Apply what is missing and answer how many that were; raise MigrationFault when an applied one changed."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        _open_ledger(connection)
        return sum(_apply(connection, migration, say) for migration in migrations(folder))


def status(database_url: str, folder: Path = FOLDER) -> Iterator[tuple[Migration, str]]:
    """Yield each migration with `applied`, `changed` or `missing`."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        applied = _applied(connection)
    for migration in migrations(folder):
        checksum = applied.get(migration.number)
        yield migration, "missing" if checksum is None else _verdict(checksum, migration)


def _verdict(checksum: str, migration: Migration) -> str:
    return "applied" if checksum == migration.checksum else "changed"


def _applied(connection: psycopg.Connection) -> dict[int, str]:
    exists = connection.execute("SELECT to_regclass('schema_migrations')").fetchone()
    if exists is None or exists[0] is None:
        return {}
    return dict(connection.execute("SELECT number, checksum FROM schema_migrations").fetchall())


def _open_ledger(connection: psycopg.Connection) -> None:
    """Make the bookkeeping table, once: CREATE IF NOT EXISTS alone is not safe beside another runner."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('motorpool.schema_migrations'))")
        connection.execute(_LEDGER)


def _apply(connection: psycopg.Connection, migration: Migration, say: Callable[[str], None]) -> bool:
    with connection.transaction():
        connection.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
        connection.execute("SELECT set_config('statement_timeout', %s, true)", [STATEMENT_TIMEOUT])
        if not _claim(connection, migration):
            _refuse_change(connection, migration)
            return False
        say(f"{migration.number:04} {migration.name}")
        connection.execute(sql.SQL(migration.text))
    return True


def _claim(connection: psycopg.Connection, migration: Migration) -> bool:
    cursor = connection.execute(
        "INSERT INTO schema_migrations (number, name, checksum) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [migration.number, migration.name, migration.checksum],
    )
    return cursor.rowcount == 1


def _refuse_change(connection: psycopg.Connection, migration: Migration) -> None:
    if _verdict(_applied(connection)[migration.number], migration) == "changed":
        raise MigrationFault(
            f"{migration.number:04}_{migration.name}.sql was changed after it was applied: "
            "restore its text and put the change into a new migration"
        )
