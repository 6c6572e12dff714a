"""The supervisor: everything comes up together, says so, and goes down together."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from local.ports import Ports, is_free
from local.postgres import Postgres
from local.processes import ROOT, ChildFailedError
from local.settings import Keepsakes, write_functions_settings
from local.stack import Plan, Stack, StackError

# what a developer may have set for a stack that runs beside the tests
BARE = {name: value for name, value in os.environ.items() if not name.startswith(("MOTORPOOL_", "DATABASE_"))}

APP = """
import os
import azure.functions as func
app = func.FunctionApp()

@app.route("issuer", auth_level=func.AuthLevel.ANONYMOUS)
def issuer(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(os.environ["OIDC_ISSUER"])
"""


@pytest.fixture
def app_dir(tmp_path: Path) -> Path:
    directory = tmp_path / "app"
    directory.mkdir()
    (directory / "function_app.py").write_text(APP)
    (directory / "host.json").write_text('{"version": "2.0"}')
    return directory


def plan(tmp_path: Path, **changes: object) -> Plan:
    asked = {"host": False, "lasting_storage": False} | changes
    return Plan(tmp_path / "data", Ports.free(), BARE, **asked)  # type: ignore[arg-type]  # as named by the test


def environment(tmp_path: Path, ports: Ports) -> dict[str, str]:
    moved = {setting: str(port) for setting, port in reversed(ports.settings(*vars(ports)))}
    return BARE | moved | {"MOTORPOOL_DATA": str(tmp_path / "data")}


class Run:
    """`python -m local` as a terminal runs it."""

    def __init__(self, tmp_path: Path, ports: Ports, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local", "--no-host", "--no-demo", *options],
            cwd=ROOT,
            env=environment(tmp_path, ports),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def said_until(self, pattern: str) -> str:
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if re.search(pattern, line):
                return said
        pytest.fail(f"never said {pattern}: {said}{self.process.stderr and self.process.stderr.read()}")

    def end(self) -> tuple[str, str, int]:
        said, complained = self.process.communicate(timeout=60)
        return said, complained, self.process.returncode


@pytest.fixture
def ports() -> Ports:
    return Ports.free()


@pytest.fixture
def running(tmp_path: Path, ports: Ports) -> Iterator[Run]:
    run = Run(tmp_path, ports)
    yield run
    if run.process.poll() is None:
        run.process.terminate()
        run.process.wait(30)
    for stream in (run.process.stdout, run.process.stderr):
        assert stream is not None
        stream.close()


def test_a_stack_runs_an_application_with_its_settings(tmp_path: Path, app_dir: Path) -> None:
    said: list[str] = []
    written = app_dir / "local.settings.json"
    wanted = plan(tmp_path, host=True, reload=True, app_dir=app_dir, settings_file=written)
    with Stack(wanted, said.append) as stack:
        assert json.loads(written.read_text())["Values"] == stack.settings
        answer = httpx.get(f"{stack.settings['PUBLIC_BASE_URL']}/api/issuer")
        assert answer.text == stack.settings["OIDC_ISSUER"] == f"http://localhost:{wanted.ports.identity}"
        with BlobServiceClient.from_connection_string(stack.settings["PHOTO_STORAGE"]) as blobs:
            assert {c.name for c in blobs.list_containers()} >= {"photos-incoming", "photos", "photos-quarantine"}
        with TableServiceClient.from_connection_string(stack.settings["PRESENCE_STORAGE"]) as tables:
            assert [table.name for table in tables.list_tables()] == ["presence"]
        assert httpx.head(f"{stack.pubsub.endpoint}/api/health").status_code == 200
        with psycopg.connect(stack.settings["DATABASE_URL"]) as connection:
            row = connection.execute("SELECT current_user, to_regclass('assets') IS NOT NULL").fetchone()
            assert row == ("motorpool_app", True)
        assert f"DATABASE_URL={stack.settings['DATABASE_URL']}\n" in stack.settings_file.read_text()
    assert not stack.settings_file.exists()
    assert all(is_free(port) for _, port in wanted.ports.settings(*vars(wanted.ports)))
    for what in ("PostgreSQL 18", "Azurite", "Identity", "Web PubSub", "Migrations", "Motorpool"):
        assert any(re.match(rf"{what}.*ready in \d", line) for line in said)


def test_an_application_that_does_not_start_is_reported_and_nothing_stays(tmp_path: Path, app_dir: Path) -> None:
    (app_dir / "function_app.py").write_text("import no_such_module")
    wanted = plan(tmp_path, host=True, app_dir=app_dir)
    with pytest.raises(ChildFailedError, match=r"The Functions host ended(.|\n)*no_such_module"):
        Stack(wanted).start()
    assert all(is_free(port) for _, port in wanted.ports.settings(*vars(wanted.ports)))


def test_another_server_is_used_when_database_url_names_one(tmp_path: Path) -> None:
    with Postgres(tmp_path / "elsewhere", Ports.free().postgres) as server:
        given = plan(tmp_path)
        given = Plan(given.data, given.ports, BARE | {"DATABASE_URL": server.admin_url}, host=False)
        with Stack(given) as stack:
            assert f":{server.port}/motorpool" in stack.settings["DATABASE_URL"]
            # a database that is there already is asked for its secrets at the same moment as the emulator
            assert stack.settings["WEB_PUBSUB_CONNECTION_STRING"] == stack.pubsub.connection_string
            with psycopg.connect(stack.settings["DATABASE_URL"]) as connection:
                connection.execute("SELECT 1 FROM assets")
            application_url = stack.settings["DATABASE_URL"]
        weak = Plan(given.data, given.ports, BARE | {"DATABASE_URL": application_url}, host=False)
        with pytest.raises(StackError, match="administrator"):
            Stack(weak).start()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_everything_is_and_stops_when_told(running: Run, ports: Ports, number: signal.Signals) -> None:
    said = running.said_until("export JWT_TOKEN")
    assert f"http://localhost:{ports.identity}/mail" in said
    assert f"Endpoint=http://127.0.0.1:{ports.pubsub};AccessKey=" in said
    assert f"PostgreSQL 18 on 127.0.0.1:{ports.postgres}: ready in" in said
    token = said.rpartition("JWT_TOKEN=")[2].strip()
    who = httpx.get(f"http://localhost:{ports.identity}/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert who.json()["oid"] == "manager-1"
    children = psutil.Process(running.process.pid).children(recursive=True)
    running.process.send_signal(number)
    rest, complained, code = running.end()
    assert (code, complained) == (0, "")
    assert "Stopped." in rest
    assert not psutil.wait_procs(children, timeout=30)[1]


def test_a_second_one_is_refused(running: Run, tmp_path: Path, ports: Ports) -> None:
    running.said_until("export JWT_TOKEN")
    _, complained, code = Run(tmp_path, ports).end()
    assert code == 1
    assert f"It runs already: http://localhost:{ports.app}, process {running.process.pid}." in complained


def test_a_taken_port_is_named(running: Run, tmp_path: Path, ports: Ports) -> None:
    running.said_until("export JWT_TOKEN")
    _, complained, code = Run(tmp_path / "other", ports).end()
    assert code == 1
    assert f"{ports.smtp} (set MOTORPOOL_SMTP_PORT to move it)" in complained


def test_when_a_server_dies_it_says_which_and_stops(running: Run) -> None:
    running.said_until("export JWT_TOKEN")
    family = psutil.Process(running.process.pid).children(recursive=True)
    azurite = next(process for process in family if process.name().startswith("node"))
    azurite.kill()
    _, complained, code = running.end()
    assert code == 1
    assert re.search(r"Azurite ended with exit code 137\.\nThe last lines of .*azurite\.log:\n  \| ", complained)
    assert not psutil.wait_procs(family, timeout=30)[1]


def test_a_killed_one_leaves_nothing_in_the_way_of_the_next(running: Run, tmp_path: Path, ports: Ports) -> None:
    running.said_until("export JWT_TOKEN")
    running.process.kill()
    running.process.wait()
    again = Run(tmp_path, ports)
    again.said_until("export JWT_TOKEN")
    again.process.terminate()
    assert again.end()[2] == 0


def test_a_wrong_port_setting_is_explained(tmp_path: Path, ports: Ports) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "local"],
        cwd=ROOT,
        env=environment(tmp_path, ports) | {"MOTORPOOL_PORT": "http"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "MOTORPOOL_PORT=http is no port" in run.stderr


def test_secrets_are_kept_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first, second = Keepsakes(path), Keepsakes(path)
    assert first.qr_signing_keys == second.qr_signing_keys
    assert re.fullmatch(r"1:[A-Za-z0-9+/]{43}=", first.qr_signing_keys)
    assert path.stat().st_mode & 0o077 == 0
    path.write_text(json.dumps({"qr_signing_keys": "1:old"}))
    assert Keepsakes(path).qr_signing_keys == "1:old"


def test_settings_for_func_are_written_once_and_never_over(tmp_path: Path) -> None:
    path = tmp_path / "local.settings.json"
    assert write_functions_settings(path, {"A": "1", "B": "2"}) == []
    written = path.read_text()
    assert json.loads(written) == {"IsEncrypted": False, "Values": {"A": "1", "B": "2"}}
    assert write_functions_settings(path, {"A": "1", "B": "3", "C": "4"}) == ["B"]
    assert path.read_text() == written
