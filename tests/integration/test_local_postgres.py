"""The embedded PostgreSQL: as safe as a real one, for any user, wherever the checkout lies."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from local.ports import free_port
from local.postgres import Postgres, PostgresError, _clear_the_way
from local.processes import ROOT


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    with Postgres(tmp_path / "closed" / "postgres", free_port()) as running:
        yield running


def postmaster(server: Postgres) -> psutil.Process:
    return psutil.Process(int((server._data / "postmaster.pid").read_text().split()[0]))


def ask(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
        assert row is not None
        return row[0]


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_it_is_postgresql_18_with_the_durability_of_production(server: Postgres) -> None:
    assert str(ask(server.admin_url, "SHOW server_version")).startswith("18.")
    for setting, value in {"fsync": "on", "synchronous_commit": "on", "listen_addresses": "127.0.0.1"}.items():
        assert ask(server.admin_url, f"SHOW {setting}") == value
    assert ask(server.admin_url, "SHOW password_encryption") == "scram-sha-256"
    assert ask(server.admin_url, "SELECT 'É' = upper('é') AND 'a' < 'b' AND 'B' < 'a'") is True


def test_it_wants_its_password(server: Postgres) -> None:
    password = server._password_file.read_text()
    for wrong in ("wrong", ""):
        with pytest.raises(psycopg.OperationalError, match=r"authentication failed|no password"):
            psycopg.connect(server.admin_url.replace(password, wrong), connect_timeout=30)
    assert server._password_file.stat().st_mode & 0o077 == 0


def test_it_never_runs_as_root_and_works_below_a_closed_directory(tmp_path: Path) -> None:
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    with Postgres(closed / "checkout" / ".motorpool" / "postgres", free_port()) as server:
        assert postmaster(server).uids().effective != 0
        run(server.admin_url, "CREATE DATABASE fresh")


def test_a_database_is_copied_from_a_template(server: Postgres) -> None:
    run(server.admin_url, "CREATE DATABASE template_one")
    run(server.admin_url.removesuffix("/postgres") + "/template_one", "CREATE TABLE kept AS SELECT 7 AS n")
    run(server.admin_url, "CREATE DATABASE copy TEMPLATE template_one")
    assert ask(server.admin_url.removesuffix("/postgres") + "/copy", "SELECT n FROM kept") == 7


def test_a_second_start_does_nothing(server: Postgres) -> None:
    before = postmaster(server).pid
    server.start()
    assert postmaster(server).pid == before


def test_data_stay_over_a_restart_and_a_crash(server: Postgres) -> None:
    run(server.admin_url, "CREATE TABLE kept AS SELECT 1 AS n")
    server.stop()
    server.start()
    run(server.admin_url, "INSERT INTO kept VALUES (2)")
    postmaster(server).kill()
    server.child._guard.wait(60)
    server.start()
    assert ask(server.admin_url, "SELECT sum(n) FROM kept") == 3


def test_a_lock_file_that_names_somebody_elses_process_is_no_obstacle(server: Postgres) -> None:
    server.stop()
    lock = server._data / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{server._data}\n0\n5433\n\n127.0.0.1\n  1  1\nready\n")
    server.start()
    assert ask(server.admin_url, "SELECT 1") == 1


def test_a_directory_that_another_server_has_is_refused(server: Postgres) -> None:
    with pytest.raises(PostgresError, match=f"process {postmaster(server).pid}"):
        _clear_the_way(server._data, seconds=0.2)


def test_an_interrupted_first_run_leaves_nothing_half_made(tmp_path: Path) -> None:
    (tmp_path / "data.unfinished").mkdir()
    (tmp_path / "data.unfinished" / "PG_VERSION").write_text("18\n")
    with Postgres(tmp_path, free_port()) as server:
        assert ask(server.admin_url, "SELECT 1") == 1


def test_it_ends_in_good_order_when_its_starter_is_killed(tmp_path: Path) -> None:
    port = free_port()
    script = f"""
        import time
        from pathlib import Path
        from local.postgres import Postgres
        Postgres(Path({str(tmp_path)!r}), {port}).start()
        print("up", flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "up\n"
        server = Postgres(tmp_path, port)
        process = postmaster(server)
        starter.kill()
    assert psutil.wait_procs([process], timeout=60)[0]
    assert "database system is shut down" in server.log.read_text()
    server.start()
    server.stop()
