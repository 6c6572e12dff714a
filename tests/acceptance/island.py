"""A whole stack of a test file's own, whose parts may be stopped and killed without hurting anybody else."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from local.ports import Ports
from local.processes import ChildFailedError
from local.stack import Plan, Stack
from tests.factories import TenantMade, make_tenant

RECOVERY_SECONDS = 30


class Island:
    """The application with all that it needs, on ports of its own.

    Args:
        folder: for its data; others may enter it, because PostgreSQL under another user has to.
    """

    def __init__(self, folder: Path) -> None:
        # its own database server, whatever the environment names
        environment = {name: value for name, value in os.environ.items() if "DATABASE_URL" not in name}
        self.stack = Stack(Plan(folder, Ports.free(), environment))
        self.port = self.stack.plan.ports.app
        self.url = f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator["Island"]:
        """Run everything, with a tenant in it."""
        with self.stack:
            self.tenant: TenantMade = make_tenant(self.owner_url, "Island")
            yield self

    @property
    def owner_url(self) -> str:
        """Answer the database as its owner reaches it."""
        return self.stack.settings["MIGRATIONS_DATABASE_URL"]

    def token(self, oid: str, role: str = "driver") -> str:
        """Answer an access token for anybody of the tenant."""
        asked = {"tid": self.tenant.tid, "oid": oid, "roles": [role], "name": oid}
        answer = httpx.post(f"{self.stack.settings['OIDC_ISSUER']}/local/token", json=asked, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def client(self, oid: str, role: str = "driver") -> httpx.Client:
        """Answer somebody's HTTP client; whoever asks closes it."""
        headers = {"Authorization": f"Bearer {self.token(oid, role)}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)

    def ask(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Execute a statement as the owner of the tables, within the tenant, and answer its rows."""
        with psycopg.connect(self.owner_url) as owner:
            owner.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(self.tenant.id)])
            cursor = owner.execute(statement.encode(), {"tenant": self.tenant.id, **values})
            return cursor.fetchall() if cursor.description else []

    def make_assets(self, count: int) -> list[int]:
        """Make vans and answer their ids."""
        rows = self.ask(
            "INSERT INTO assets (tenant_id, asset_tag, asset_name, asset_type)"
            " SELECT %(tenant)s, 'I-' || gen_random_uuid(), 'Van', 'van' FROM generate_series(1, %(count)s)"
            " RETURNING id",
            count=count,
        )
        return [row[0] for row in rows]

    def application(self) -> psutil.Process:
        """Answer the application's process, not that of its guard."""
        assert self.stack._host is not None
        (process,) = psutil.Process(self.stack._host._guard.pid).children()
        return process

    def kill_application(self) -> None:
        """End the application as a crash does."""
        self.application().send_signal(signal.SIGKILL)
        assert self.stack._host is not None
        self.stack._host._guard.wait(30)

    def stop_application(self) -> None:
        """End the application in good order."""
        assert self.stack._host is not None
        self.stack._host.stop()

    def start_application(self) -> None:
        """Run the application again, on the same port and the same data."""
        self.stack._start_host()

    def kill_database(self) -> None:
        """End PostgreSQL's first process as a crash does; the others notice and follow."""
        lock = self.stack._postgres._data / "postmaster.pid"
        os.kill(int(lock.read_text().split()[0]), signal.SIGKILL)
        self.stack._postgres.child._guard.wait(30)

    def start_database(self) -> None:
        """Run PostgreSQL again; what remains of a killed one may need a moment to end."""
        deadline = time.monotonic() + RECOVERY_SECONDS
        while True:
            try:
                self.stack._postgres.start()
            except ChildFailedError:
                if time.monotonic() > deadline:
                    raise
            else:
                return


def until(ask: Callable[[], httpx.Response], status: int) -> httpx.Response:
    """Repeat a request as a patient client does until it brings that status, or answer what it brings in the end."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while (answer := ask()).status_code != status and time.monotonic() < deadline:
        time.sleep(0.3)
    return answer
