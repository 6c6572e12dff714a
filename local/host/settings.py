"""Settings: local.settings.json into the environment, as the Core Tools do, and what the host reads from there.

The only module of the host that touches os.environ.
"""

import json
import logging
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.host.errors import StartError

HOST_STORAGE = "AzureWebJobsStorage"
DEFAULT_PORT = 7071
DEFAULT_BODY_LIMIT = 104_857_600
HOST_OVERRIDE = "AzureFunctionsJobHost__"

log = logging.getLogger("host.settings")
_LOOKUP = re.compile(r"%([^%\s]+)%")


@dataclass(frozen=True, slots=True)
class LocalHost:
    """The `Host` part of local.settings.json."""

    port: int | None = None
    cors: tuple[str, ...] = ()
    cors_credentials: bool = False


def load_local_settings(path: Path) -> LocalHost:
    """Put the file's values into the environment, where a variable that is already set wins.

    Raises:
        StartError: the file is not JSON, is encrypted, or holds something else than plain texts.
    """
    content = _read_object(path)
    if not content:
        return LocalHost()
    # encrypted is the default, as in the Core Tools: a file without the key is a mistake worth a message
    if content.get("IsEncrypted", True):
        raise StartError(f'{path} must say "IsEncrypted": false; encrypted settings can only be read by `func`.')
    for name, value in content.get("Values", {}).items():
        _set(path, name, value)
    for name, value in content.get("ConnectionStrings", {}).items():
        _set(path, f"ConnectionStrings__{name}", value)
    return _local_host(content.get("Host", {}))


def _read_object(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except ValueError as error:
        raise StartError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise StartError(f"{path} must hold a JSON object.")
    return content


def _set(path: Path, name: str, value: object) -> None:
    if value is None:
        log.warning("%s: %s is null and is skipped.", path.name, name)
        return
    if not isinstance(value, str):
        raise StartError(f'{path}: the value of {name} must be a text; write "{json.dumps(value)}" in quotes.')
    if os.environ.get(name):
        if os.environ[name] != value:
            log.warning("%s: skipping %s, the environment has it already.", path.name, name)
        return
    os.environ[name] = value


def _local_host(section: Mapping[str, Any]) -> LocalHost:
    origins = [origin.strip() for origin in str(section.get("CORS") or "").split(",")]
    port = section.get("LocalHttpPort")
    return LocalHost(
        port=int(port) if port else None,
        cors=tuple(origin for origin in origins if origin),
        cors_credentials=bool(section.get("CORSCredentials", False)),
    )


def read_host_json(path: Path) -> dict[str, Any]:
    """Read host.json with the overrides that the environment makes (AzureFunctionsJobHost__a__b=value).

    Raises:
        StartError: it is missing, no JSON object, or not of version 2.0.
    """
    if not path.exists():
        raise StartError(f'{path} is missing; the least one is {{"version": "2.0"}}.')
    content = _read_object(path)
    for name, value in os.environ.items():
        if name.lower().startswith(HOST_OVERRIDE.lower()):
            _override(content, name[len(HOST_OVERRIDE) :].split("__"), value)
    if content.get("version") != "2.0":
        raise StartError(f'{path} must say "version": "2.0".')
    return content


def _override(content: dict[str, Any], keys: list[str], value: str) -> None:
    *path, last = keys
    for key in path:
        content = content.setdefault(_spelled(content, key), {})
    content[_spelled(content, last)] = value


def _spelled(content: Mapping[str, Any], key: str) -> str:
    """Answer how the object spells a key; .NET's configuration ignores case."""
    return next((known for known in content if known.lower() == key.lower()), key)


def resolve_lookups(text: str, where: str) -> str:
    """Replace each %NAME% by the setting of that name.

    Raises:
        StartError: there is no such setting.
    """

    def setting(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if not value:
            raise StartError(
                f"{where}: '%{match[1]}%' does not resolve to a value. Set {match[1]} in local.settings.json "
                "or in the environment."
            )
        return value

    return _LOOKUP.sub(setting, text)


def connection(name: str) -> dict[str, str]:
    """Answer the settings of a storage connection: `{"": connection string}`, or its parts such as blobServiceUri.

    As in Azure, a name with the prefix AzureWebJobs is looked for first.

    Raises:
        StartError: there is none.
    """
    for candidate in (f"AzureWebJobs{name}", name):
        if os.environ.get(candidate):
            return {"": os.environ[candidate]}
        parts = _parts(f"{candidate}__")
        if parts:
            return parts
    own = HOST_STORAGE if name == HOST_STORAGE.removeprefix("AzureWebJobs") else name
    raise StartError(
        f"The storage connection {own} is not set. Add {own} (a connection string, UseDevelopmentStorage=true for "
        f"Azurite) or {own}__blobServiceUri to local.settings.json."
    )


def _parts(prefix: str) -> dict[str, str]:
    return {name[len(prefix) :]: value for name, value in os.environ.items() if name.startswith(prefix)}


def is_disabled(function: str) -> bool:
    """Say whether a setting turns the function off."""
    names = (f"AzureWebJobs.{function}.Disabled", f"AzureWebJobs_{function}_Disabled")
    return any(os.environ.get(name, "").lower() in {"true", "1"} for name in names)


def body_limit() -> int:
    """Answer how many bytes a request's body may have."""
    return int(os.environ.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT") or DEFAULT_BODY_LIMIT)


def homepage_is_disabled() -> bool:
    """Say whether / answers 204 in place of a page."""
    return os.environ.get("AzureWebJobsDisableHomepage", "").lower() == "true"  # noqa: SIM112  Azure's spelling


def debug_logging() -> bool:
    """Say whether the app's debug messages are wanted."""
    return os.environ.get("PYTHON_ENABLE_DEBUG_LOGGING", "").lower() in {"true", "1"}


def duplicate_blob_events() -> bool:
    """Say whether the environment asks for duplicated blob events."""
    return os.environ.get("MOTORPOOL_DUPLICATE_BLOB_EVENTS", "").lower() in {"true", "1"}


def port(asked: int | None, local: LocalHost) -> int:
    """Answer the port to listen on: from the command line, the environment, the file, else 7071."""
    if asked is not None:
        return asked
    return int(os.environ.get("MOTORPOOL_PORT") or local.port or DEFAULT_PORT)


def fixed_host_id() -> str | None:
    """Answer the host id that a setting gives."""
    return os.environ.get("AzureFunctionsWebHost__hostid", "").lower() or None  # noqa: SIM112  Azure's spelling


def describe_platform(app_dir: Path, listening_on: int) -> None:
    """Set what the platform sets for every app, and its clock: Azure runs in UTC."""
    os.environ.setdefault("FUNCTIONS_WORKER_RUNTIME", "python")
    os.environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    os.environ.setdefault("WEBSITE_HOSTNAME", f"localhost:{listening_on}")
    os.environ["AzureWebJobsScriptRoot"] = str(app_dir)  # noqa: SIM112  Azure's spelling
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):
        time.tzset()
