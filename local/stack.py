"""Everything that stands around the application on one machine, and the application itself."""

import contextlib
import functools
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from local.azurite import Azurite
from local.identity.server import IdentityServer
from local.ports import LOOPBACK, Ports, require_free
from local.postgres import Postgres
from local.processes import ROOT, Child
from local.pubsub.server import PubSubServer
from local.settings import (
    HUB,
    Keepsakes,
    named_database,
    settings_of,
    write_functions_settings,
    write_shell_settings,
)

CONTAINERS = ("photos-incoming", "photos", "photos-quarantine", "exports")
TABLES = ("presence",)
EVENTS = "/api/realtime/events"
HOST_SECONDS = 120
# with reload, somebody may be mending the file that the host stumbles over
RELOAD_SECONDS = 600


class StackError(RuntimeError):
    """The stack cannot be run as asked; the message says what to do about it."""


@dataclass(frozen=True)
class Plan:
    """What to run, and where.

    Attributes:
        data: directory for everything that is kept; made if missing.
        ports: where the servers listen.
        environment: of the program that asks; the servers inherit it, and its DATABASE_URL replaces PostgreSQL.
        host: run the application too, not only what stands around it.
        reload: let the host start anew when the application's files change.
        demo: fill an empty database with the demo data.
        lasting_storage: keep blobs and tables on disk; tests do without.
        app_dir: folder of the application.
        settings_file: more settings for the application (local.settings.json); written if it is missing.
        event_handlers: of further hubs of the Web PubSub emulator; the application has the hub `motorpool`.
    """

    data: Path
    ports: Ports
    environment: Mapping[str, str]
    host: bool = True
    reload: bool = False
    demo: bool = False
    lasting_storage: bool = True
    app_dir: Path = ROOT
    settings_file: Path | None = None
    event_handlers: Mapping[str, str] = field(default_factory=dict)


class Stack:
    """PostgreSQL, storage, identity and mail, Web PubSub, then the application on top; none outlives this process.

    Args:
        plan: what to run.
        say: takes one line for each thing done, with the time it took.
    """

    def __init__(self, plan: Plan, say: Callable[[str], None] = lambda _: None) -> None:
        self.plan = plan
        self.settings: dict[str, str] = {}
        self.differing_settings: list[str] = []
        self.children: list[Child] = []
        self._host: Child | None = None
        self._say = say
        self._data = plan.data.absolute()
        self._opened = contextlib.ExitStack()
        ports = plan.ports
        self.identity = IdentityServer(
            self._data / "identity", ports.identity, ports.smtp, environment=plan.environment
        )
        self._postgres = Postgres(self._data / "postgres", ports.postgres)
        self._azurite = Azurite(self._data / "azurite", ports.storage, in_memory=not plan.lasting_storage)
        logs = self._data / "logs"
        self._postgres.log, self._azurite.log = logs / "postgres.log", logs / "azurite.log"
        self.identity.log, self._host_log = logs / "identity.log", logs / "host.log"

    @property
    def settings_file(self) -> Path:
        """Answer the file of settings for shells, there while the stack runs."""
        return self._data / "settings.env"

    def start(self) -> None:
        """Start everything and return when it is ready.

        Raises:
            PortInUseError: another program has one of the ports.
            ChildFailedError: a server did not come up.
            StackError: the plan cannot be carried out.
        """
        require_free(self.plan.ports.settings(*self._listeners()))
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything, the application first."""
        self._opened.close()
        self.children.clear()

    def relay(self) -> None:
        """Say what the application wrote since the last call."""
        text = self._host.unread() if self._host else ""
        if text:
            self._say(text)

    def dead_child(self) -> Child | None:
        """Answer a server that ended although nobody asked it to."""
        return next((child for child in self.children if child.exit_code is not None), None)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @functools.cached_property
    def keepsakes(self) -> Keepsakes:
        """Answer the secrets of this stack, the same over restarts."""
        return Keepsakes(self._data / "secrets.json")

    @functools.cached_property
    def pubsub(self) -> PubSubServer:
        """Answer the Web PubSub emulator, which tells the application what happens if that runs too."""
        ports = self.plan.ports
        own = {HUB: f"http://{LOOPBACK}:{ports.app}{EVENTS}"} if self.plan.host else {}
        handlers = own | dict(self.plan.event_handlers)
        return PubSubServer(self._data / "logs", ports.pubsub, self.keepsakes.web_pubsub_access_key, handlers)

    def _listeners(self) -> list[str]:
        own_postgres = [] if self._given_database else ["postgres"]
        return ["identity", "storage", "smtp", "pubsub", *own_postgres, *(["app"] if self.plan.host else [])]

    @property
    def _given_database(self) -> str:
        return self.plan.environment.get("DATABASE_URL", "")

    def _start(self) -> None:
        # before there are threads: two that find no secrets would each make their own
        _ = self.keepsakes
        # the servers know nothing of each other, so they start side by side
        with ThreadPoolExecutor(3) as pool:
            steps = (self._start_storage, self._start_identity, self._start_pubsub)
            waits = [pool.submit(step) for step in steps]
            urls = self._start_database()
            for wait in waits:
                wait.result()
        storage = self._azurite.connection_string
        self.settings = settings_of(self.plan.ports, self.keepsakes, storage, urls)
        self._opened.callback(self.settings_file.unlink, missing_ok=True)
        write_shell_settings(self.settings_file, self.settings)
        # before the host runs, which would take the new file for a change of the application
        if self.plan.settings_file:
            self.differing_settings = write_functions_settings(self.plan.settings_file, self.settings)
        if self.plan.demo:
            self._fill_with_demo_data()
        if self.plan.host:
            self._start_host()

    def _start_database(self) -> tuple[str, str]:
        if self._given_database:
            urls = self._prepare_given_database()
        else:
            with self._timed(f"PostgreSQL 18 on {LOOPBACK}:{self.plan.ports.postgres}"):
                self._opened.enter_context(self._postgres)
                self.children.append(self._postgres.child)
            urls = self._prepare_database(self._postgres.admin_url)
        self._migrate(urls[1])
        return urls

    def _prepare_given_database(self) -> tuple[str, str]:
        owner_url = self.plan.environment.get("MIGRATIONS_DATABASE_URL")
        if owner_url:
            return self._given_database, owner_url
        return self._prepare_database(self._given_database)

    def _prepare_database(self, admin_url: str) -> tuple[str, str]:
        import psycopg

        from migrations import roles

        kept = self.keepsakes
        database = named_database(admin_url)
        try:
            return roles.prepare(admin_url, database, kept.owner_password, kept.application_password)
        except psycopg.Error as error:
            raise StackError(
                f"The roles and the database {database} could not be made: {error}. DATABASE_URL must be an "
                "administrator's address, or MIGRATIONS_DATABASE_URL must be set beside it to the owner's."
            ) from error

    def _migrate(self, owner_url: str) -> None:
        import psycopg

        from migrations import runner

        try:
            with self._timed("Migrations"):
                runner.up(owner_url, lambda line: self._say(f"  {line}"))
        except (runner.MigrationFault, psycopg.Error) as error:
            raise StackError(f"The migrations could not be applied: {error}") from error

    def _start_storage(self) -> None:
        first = self.plan.ports.storage
        with self._timed(f"Azurite on {LOOPBACK}:{first}-{first + 2}"):
            self._opened.enter_context(self._azurite)
            self.children.append(self._azurite.child)
            self._azurite.make_containers(*CONTAINERS)
            self._azurite.make_tables(*TABLES)
            app = self.plan.ports.app
            self._azurite.allow_origins(f"http://localhost:{app}", f"http://{LOOPBACK}:{app}")

    def _start_identity(self) -> None:
        ports = self.plan.ports
        with self._timed(f"Identity on http://localhost:{ports.identity}, mail on {LOOPBACK}:{ports.smtp}"):
            self._opened.enter_context(self.identity)
            self.children.append(self.identity.child)

    def _start_pubsub(self) -> None:
        with self._timed(f"Web PubSub emulator on ws://{LOOPBACK}:{self.plan.ports.pubsub}"):
            self._opened.enter_context(self.pubsub)
            self.children.append(self.pubsub.child)

    def _start_host(self) -> None:
        port = self.plan.ports.app
        with self._timed(f"Motorpool on http://localhost:{port}"):
            environment = {**self.plan.environment, **self.settings}
            child = Child("The Functions host", self._host_command(), self._host_log, env=environment)
            self._opened.enter_context(child)
            self.children.append(child)
            self._host = child
            child.wait_until(self._host_answers, RELOAD_SECONDS if self.plan.reload else HOST_SECONDS)

    def _host_command(self) -> list[str]:
        given = self.plan.settings_file or self._data / "no-settings.json"
        return [
            *(sys.executable, "-m", "local.host", "--port", str(self.plan.ports.app)),
            *("--app-dir", str(self.plan.app_dir), "--settings", str(given)),
            *("--data-dir", str(self._data / "host"), "--die-with-parent"),
            *(["--reload"] if self.plan.reload else []),
        ]

    def _host_answers(self) -> bool:
        self.relay()
        return _answers(f"http://{LOOPBACK}:{self.plan.ports.app}/admin/host/ping")

    def _fill_with_demo_data(self) -> None:
        with self._timed("Demo data"):
            command = [sys.executable, "-m", "local.demo", "--if-empty"]
            environment = {**self.plan.environment, **self.settings}
            if subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode != 0:
                raise StackError("The demo data could not be made; the lines above say why.")

    @contextlib.contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._say(f"{what}: ready in {time.monotonic() - began:.1f} s")


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310  our own host's address
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
