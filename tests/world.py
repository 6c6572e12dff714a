"""The servers that a test run shares: PostgreSQL with a migrated template, Azurite, identity, Web PubSub.

They are started once, by the process that starts the tests; workers are told where they listen.
"""

import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from local.ports import Ports, free_port
from local.processes import ROOT, Child
from local.stack import Plan, Stack
from migrations import roles, runner
from migrations.roles import APPLICATION, OWNER, with_database, with_user

TEMPLATE = "motorpool_template"
OWNER_PASSWORD = "owner"
APPLICATION_PASSWORD = "application"


@dataclass(frozen=True)
class World:
    """Where the shared servers are.

    Attributes:
        admin_url: PostgreSQL's administrator.
        settings: of the stack, by environment name.
        identity: the issuer's URL.
        folder: for files of this run.
    """

    admin_url: str
    settings: Mapping[str, str]
    identity: str
    folder: str

    def as_json(self) -> str:
        """Answer the world as text, for workers."""
        return json.dumps(asdict(self))

    def clone(self) -> "Clone":
        """Make a database from the migrated template; its tenants are numbered as in no other clone.

        Blobs are named by tenant, so clones that share the storage account never meet.
        """
        name = f"test_{secrets.token_hex(6)}"
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}" OWNER {OWNER}')
        first = 1_000 + secrets.randbelow(1_000_000_000)
        with psycopg.connect(with_database(self.admin_url, name), autocommit=True) as admin:
            admin.execute(f"ALTER TABLE tenants ALTER COLUMN id RESTART WITH {first}")
        return Clone(
            name,
            with_user(self.admin_url, name, APPLICATION, APPLICATION_PASSWORD),
            with_user(self.admin_url, name, OWNER, OWNER_PASSWORD),
        )

    def drop(self, clone: "Clone") -> None:
        """Drop a clone and whoever is connected to it."""
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{clone.name}" WITH (FORCE)')

    def token(self, tid: str, oid: str, roles: list[str], **more: Any) -> str:
        """Answer an access token for anybody."""
        asked = {"tid": tid, "oid": oid, "roles": roles, "name": more.pop("name", oid), **more}
        answer = httpx.post(f"{self.identity}/local/token", json=asked, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def environment(self, clone: "Clone", port: int) -> dict[str, str]:
        """Answer the environment of an application on a clone, with a hub of its own on the shared emulator."""
        return {
            **os.environ,
            **self.settings,
            "WEB_PUBSUB_HUB": clone.name,
            "DATABASE_URL": clone.application_url,
            "MIGRATIONS_DATABASE_URL": clone.owner_url,
            "PUBLIC_BASE_URL": f"http://localhost:{port}",
        }


@dataclass(frozen=True)
class Clone:
    """A database of one test file."""

    name: str
    application_url: str
    owner_url: str


@contextmanager
def running(folder: Path) -> Iterator[World]:
    """Start the shared servers and make the template; stop them at the end."""
    # the run's own database server, whatever the environment names
    environment = {name: value for name, value in os.environ.items() if "DATABASE_URL" not in name}
    plan = Plan(folder, Ports.free(), environment, host=False, lasting_storage=False)
    with Stack(plan) as stack:
        admin_url = stack._postgres.admin_url
        _make_template(admin_url)
        yield World(admin_url, dict(stack.settings), f"http://localhost:{plan.ports.identity}", str(folder))


def _make_template(admin_url: str) -> None:
    _, owner_url = roles.prepare(admin_url, TEMPLATE, OWNER_PASSWORD, APPLICATION_PASSWORD)
    runner.up(owner_url, lambda _: None)


@contextmanager
def application(world: World, clone: Clone, *options: str, **more: str) -> Iterator[str]:
    """Run the application under the local host on a clone; yield its address."""
    port = free_port()
    command = [sys.executable, "-m", "local.host", "--port", str(port), "--app-dir", str(ROOT)]
    command += ["--data-dir", f"{world.folder}/{clone.name}", "--die-with-parent", *options]
    environment = {**world.environment(clone, port), **more}
    log = Path(world.folder) / f"{clone.name}.host.log"
    with Child("the application", command, log, env=environment) as child:
        child.wait_until(lambda: _answers(port), seconds=60)
        yield f"http://127.0.0.1:{port}"


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
