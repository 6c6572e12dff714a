"""The schema that the migrations make, as one text to read: `python -m local.schema` writes migrations/schema.sql.

A test compares the file with what the migrations make, so a change of the schema is reviewed as a change of text.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from local.ports import free_port
from local.postgres import Postgres, binary
from local.processes import ROOT
from migrations import roles, runner

SNAPSHOT = ROOT / "migrations" / "schema.sql"
WRITE = "python -m local.schema"

_TITLE = f"""\
-- What the migrations make, all together: to read, never to apply.
-- Written by `{WRITE}`; a test compares it.
"""
# what differs from one run, version or moment to the next, or says nothing to a reader
_NOISE = re.compile(
    r"--|SET |SELECT pg_catalog\.set_config\(|\\(un)?restrict "
    r"|CREATE SCHEMA public;|COMMENT ON (SCHEMA public|EXTENSION) "
)


def dump(owner_url: str) -> str:
    """Answer the schema of a database as its owner sees it, in the order of `pg_dump`, without what is noise.

    Args:
        owner_url: of the role that owns the tables.
    """
    parts = urlsplit(owner_url)
    command = [binary("pg_dump"), "--schema-only", "--no-owner", "--schema=public", "--extension=*"]
    # months of trips come and go with the calendar
    command += ["--exclude-table=schema_migrations", "--exclude-table=trips_[0-9]*"]
    command += ["--host", str(parts.hostname), "--port", str(parts.port), "--username", str(parts.username)]
    environment = {**os.environ, "PGPASSWORD": unquote(parts.password or "")}
    made = subprocess.run(
        [*command, parts.path.lstrip("/")], env=environment, capture_output=True, text=True, check=True
    )
    return _TITLE + "\n" + _readable(made.stdout)


def _readable(text: str) -> str:
    """Drop noise between statements; what a function's body says stays as it is."""
    kept, quote = [], ""
    for line in text.splitlines():
        if quote or not _NOISE.match(line):
            kept.append(line.rstrip())
        quote = _open_quote(line, quote)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n") + "\n"


def _open_quote(line: str, quote: str) -> str:
    """Answer the dollar quote in which a line ends, given the one in which it began, or nothing."""
    for mark in re.findall(r"\$\w*\$", line):
        if not quote:
            quote = mark
        elif mark == quote:
            quote = ""
    return quote


def main() -> None:
    """Migrate an empty database of a server of its own, and write what came of it."""
    with tempfile.TemporaryDirectory(prefix="motorpool-schema-") as folder:
        # PostgreSQL under another user has to get through
        Path(folder).chmod(0o755)
        with Postgres(Path(folder) / "postgres", free_port()) as server:
            _, owner_url = roles.prepare(server.admin_url, "schema", "owner", "application")
            runner.up(owner_url, lambda _: None)
            SNAPSHOT.write_text(dump(owner_url), encoding="utf-8")
    print(f"{SNAPSHOT.relative_to(ROOT)} is written.")


if __name__ == "__main__":
    main()
