"""The settings that everything on one machine runs with: made here, written where people and tools find them."""

import base64
import json
import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from local.identity.grants import CLIENT_ID
from local.identity.tokens import AUDIENCE
from local.ports import LOOPBACK, Ports

DATABASE = "motorpool"
HUB = "motorpool"
MAIL_FROM = "motorpool@localhost.example"
SERVER_DATABASES = {"", "postgres", "template1"}


class Keepsakes:
    """The secrets of one data directory: made at random on first use, the same ever after.

    Args:
        path: JSON file, readable by its owner only.
    """

    def __init__(self, path: Path) -> None:
        kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        fresh = {
            "owner_password": secrets.token_urlsafe(18),
            "application_password": secrets.token_urlsafe(18),
            "web_pubsub_access_key": secrets.token_urlsafe(48),
            "qr_signing_keys": "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        self._values = fresh | kept
        if self._values != kept:
            write_private(path, json.dumps(self._values, indent=2) + "\n")

    @property
    def owner_password(self) -> str:
        """Answer the password of the role that owns the tables."""
        return self._values["owner_password"]

    @property
    def application_password(self) -> str:
        """Answer the password of the role that serves requests."""
        return self._values["application_password"]

    @property
    def web_pubsub_access_key(self) -> str:
        """Answer the key that signs tokens of the Web PubSub stand-in, and its calls to the application."""
        return self._values["web_pubsub_access_key"]

    @property
    def qr_signing_keys(self) -> str:
        """Answer the keys that sign QR labels; labels printed earlier stay good because they stay."""
        return self._values["qr_signing_keys"]


def settings_of(ports: Ports, keepsakes: Keepsakes, storage: str, urls: tuple[str, str]) -> dict[str, str]:
    """Answer the application's settings, by environment name.

    Args:
        ports: where the servers listen.
        keepsakes: the secrets of the data directory.
        storage: connection string of the storage account.
        urls: of the database, for the application and for the owner of its tables.
    """
    application_url, owner_url = urls
    return {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "PYTHON_THREADPOOL_THREAD_COUNT": "16",
        "AzureWebJobsStorage": storage,
        "PHOTO_STORAGE": storage,
        "PRESENCE_STORAGE": storage,
        "WEB_PUBSUB_CONNECTION_STRING": (
            f"Endpoint=http://{LOOPBACK}:{ports.pubsub};AccessKey={keepsakes.web_pubsub_access_key};Version=1.0;"
        ),
        "WEB_PUBSUB_HUB": HUB,
        "DATABASE_URL": application_url,
        "DATABASE_POOL_SIZE": "12",
        "MIGRATIONS_DATABASE_URL": owner_url,
        "PUBLIC_BASE_URL": f"http://localhost:{ports.app}",
        "OIDC_ISSUER": f"http://localhost:{ports.identity}",
        "OIDC_AUDIENCE": AUDIENCE,
        "OIDC_CLIENT_ID": CLIENT_ID,
        "QR_SIGNING_KEYS": keepsakes.qr_signing_keys,
        "MAIL_FROM": MAIL_FROM,
        "SMTP_ADDRESS": f"{LOOPBACK}:{ports.smtp}",
    }


def named_database(admin_url: str) -> str:
    """Answer the database that a server's address names, or `motorpool` if it names none of ours."""
    name = urlsplit(admin_url).path.lstrip("/")
    return DATABASE if name in SERVER_DATABASES else name


def write_functions_settings(path: Path, settings: Mapping[str, str]) -> list[str]:
    """Write `local.settings.json`, which `func start` reads, unless there is one.

    Returns:
        The names whose value in a file that was there is another one.
    """
    if not path.exists():
        content = {"IsEncrypted": False, "Values": dict(settings)}
        write_private(path, json.dumps(content, indent=2) + "\n")
        return []
    try:
        present = json.loads(path.read_text("utf-8-sig")).get("Values", {})
    except (ValueError, AttributeError):
        return sorted(settings)
    return [name for name, value in settings.items() if present.get(name, value) != value]


def write_shell_settings(path: Path, settings: Mapping[str, str]) -> None:
    """Write the settings as lines that a shell can read: `set -a; . settings.env`."""
    write_private(path, "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items()))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(path)
