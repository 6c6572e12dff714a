"""The runner of migrations: safe beside itself, forward only, and suspicious of edited files."""

import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local.processes import ROOT
from migrations import roles, runner
from migrations.roles import OWNER, with_user
from migrations.runner import MigrationFault
from tests.world import OWNER_PASSWORD, World


@pytest.fixture
def empty(world: World) -> Iterator[str]:
    """Answer the owner's URL of a database that holds nothing yet."""
    name = f"empty_{secrets.token_hex(6)}"
    with psycopg.connect(world.admin_url, autocommit=True) as admin:
        roles._ensure_database(admin, name)
    roles._ensure_extensions(roles.with_database(world.admin_url, name))
    yield with_user(world.admin_url, name, OWNER, OWNER_PASSWORD)
    with psycopg.connect(world.admin_url, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Answer a folder of two small migrations."""
    (tmp_path / "0001_boxes.sql").write_text("CREATE TABLE boxes (id bigint PRIMARY KEY);\n")
    (tmp_path / "0002_lids.sql").write_text("ALTER TABLE boxes ADD COLUMN lid text;\n")
    return tmp_path


def started(*words: str) -> subprocess.Popen[str]:
    """Start the operator's command."""
    command = [sys.executable, "-m", "migrations", *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(*words: str) -> tuple[int, str]:
    process = started(*words)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


def verdicts(url: str, folder: Path) -> list[str]:
    return [verdict for _, verdict in runner.status(url, folder)]


def columns(url: str, table: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY 1", [table]
        )
        return [row[0] for row in found]


def test_four_runners_at_once_apply_each_migration_once(empty: str) -> None:
    every = runner.migrations()
    together = [started("up", "--database-url", empty) for _ in range(4)]
    outputs = [process.communicate(timeout=90)[0] for process in together]
    assert [process.returncode for process in together] == [0] * 4, outputs
    applied = re.findall(r"applying (\d{4}) (\w+)", "\n".join(outputs))
    assert sorted(applied) == [(f"{one.number:04}", one.name) for one in every]
    assert run("verify", "--database-url", empty) == (0, "")
    assert run("up", "--database-url", empty) == (0, "nothing to apply\n")


def test_status_and_verify_tell_what_is_missing(empty: str) -> None:
    assert run("verify", "--database-url", empty)[0] == 1
    code, output = run("status", "--database-url", empty)
    assert code == 0
    assert [line.split()[1] for line in output.splitlines()] == ["missing"] * len(runner.migrations())


def test_what_is_missing_is_applied_and_the_rest_left_alone(empty: str, folder: Path) -> None:
    assert runner.up(empty, lambda _: None, folder) == 2
    (folder / "0003_locks.sql").write_text("ALTER TABLE boxes ADD COLUMN lock text;\n")
    assert verdicts(empty, folder) == ["applied", "applied", "missing"]
    said: list[str] = []
    assert runner.up(empty, said.append, folder) == 1
    assert said == ["0003 locks"]
    assert columns(empty, "boxes") == ["id", "lid", "lock"]


def test_an_edited_migration_is_refused_before_anything_is_applied(empty: str, folder: Path) -> None:
    runner.up(empty, lambda _: None, folder)
    (folder / "0001_boxes.sql").write_text("CREATE TABLE boxes (id uuid PRIMARY KEY);\n")
    (folder / "0003_locks.sql").write_text("ALTER TABLE boxes ADD COLUMN lock text;\n")
    with pytest.raises(MigrationFault, match=r"0001_boxes\.sql was changed after it was applied: restore"):
        runner.up(empty, lambda _: None, folder)
    assert verdicts(empty, folder) == ["changed", "applied", "missing"]
    assert columns(empty, "boxes") == ["id", "lid"]


def test_a_migration_that_fails_leaves_nothing_and_can_be_mended(empty: str, folder: Path) -> None:
    (folder / "0002_lids.sql").write_text("CREATE TABLE lids (id bigint); SELECT 1 / 0;\n")
    with pytest.raises(psycopg.errors.DivisionByZero):
        runner.up(empty, lambda _: None, folder)
    assert verdicts(empty, folder) == ["applied", "missing"]
    assert columns(empty, "lids") == []
    (folder / "0002_lids.sql").write_text("CREATE TABLE lids (id bigint);\n")
    assert runner.up(empty, lambda _: None, folder) == 1


def test_a_migration_does_not_wait_for_ever_for_a_lock(
    empty: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "0002_lids.sql").rename(folder / "lids")
    runner.up(empty, lambda _: None, folder)
    (folder / "lids").rename(folder / "0002_lids.sql")
    monkeypatch.setattr(runner, "LOCK_TIMEOUT", "200ms")
    with psycopg.connect(empty) as reader:
        reader.execute("SELECT count(*) FROM boxes")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            runner.up(empty, lambda _: None, folder)
    assert runner.up(empty, lambda _: None, folder) == 1


@pytest.mark.parametrize("name", ["0004_gap.sql", "0002_same_number.sql"])
def test_a_gap_or_a_repeated_number_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text("SELECT 1;\n")
    with pytest.raises(MigrationFault, match="without gaps"):
        runner.migrations(folder)


@pytest.mark.parametrize("name", ["3_short.sql", "0003-dashes.sql", "0003.sql"])
def test_a_badly_named_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text("SELECT 1;\n")
    with pytest.raises(MigrationFault, match="NNNN_what_it_does"):
        runner.migrations(folder)


def test_the_command_says_what_it_wants(tmp_path: Path) -> None:
    assert run("sideways")[0] == 2
    code, output = run("status", "--database-url", f"postgresql://nobody@127.0.0.1:1/none?passfile={tmp_path}/none")
    assert code == 1
    assert output.startswith("migrations: ")
    assert "Traceback" not in output
