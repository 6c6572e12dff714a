"""The keys of host.json that the host heeds, typed."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from local.host.errors import StartError

UNBOUNDED = -1
DEFAULT_TIMEOUT = timedelta(minutes=30)
LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}


@dataclass(frozen=True, slots=True)
class HostJson:
    """What host.json says, with the defaults of the real host."""

    route_prefix: str = "api"
    custom_headers: Mapping[str, str] = field(default_factory=dict)
    max_outstanding: int = UNBOUNDED
    max_concurrent: int = UNBOUNDED
    hsts: str | None = None
    timeout: timedelta | None = DEFAULT_TIMEOUT
    max_dequeue_count: int = 5
    blob_parallelism: int = 8
    log_levels: Mapping[str, int] = field(default_factory=dict)
    allowed: frozenset[str] | None = None


def read(content: Mapping[str, Any]) -> HostJson:
    """Type what host.json says.

    Raises:
        StartError: a value that cannot be read.
    """
    extensions = _section(content, "extensions")
    http = _section(extensions, "http")
    try:
        return HostJson(
            route_prefix=str(http.get("routePrefix", "api")).strip("/"),
            custom_headers={name: str(value) for name, value in _section(http, "customHeaders").items()},
            max_outstanding=int(http.get("maxOutstandingRequests", UNBOUNDED)),
            max_concurrent=int(http.get("maxConcurrentRequests", UNBOUNDED)),
            hsts=_hsts(_section(http, "hsts")),
            timeout=_timeout(content.get("functionTimeout")),
            max_dequeue_count=int(_section(extensions, "queues").get("maxDequeueCount", 5)),
            blob_parallelism=_blob_parallelism(_section(extensions, "blobs")),
            log_levels=_log_levels(_section(_section(content, "logging"), "logLevel")),
            allowed=_allowed(content.get("functions")),
        )
    except (TypeError, ValueError, KeyError) as error:
        raise StartError(f"host.json holds a value that cannot be read: {error}") from error


def _section(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = content.get(name) or {}
    if not isinstance(found, Mapping):
        raise StartError(f"host.json: {name} must be an object.")
    return found


def _blob_parallelism(blobs: Mapping[str, Any]) -> int:
    return int(blobs.get("maxDegreeOfParallelism", 8 * (os.cpu_count() or 1)))


def _hsts(section: Mapping[str, Any]) -> str | None:
    if str(section.get("isEnabled", False)).lower() != "true":
        return None
    max_age = _duration(str(section.get("maxAge", "30.00:00:00")))
    return f"max-age={int(max_age.total_seconds())}"


def _timeout(text: str | None) -> timedelta | None:
    if text is None:
        return DEFAULT_TIMEOUT
    return None if text == "-1" else _duration(text)


def _duration(text: str) -> timedelta:
    """Read .NET's [days.]hours:minutes:seconds."""
    days, _, clock = text.rpartition(".") if text.count(".") and text.index(".") < text.index(":") else ("", "", text)
    hours, minutes, seconds = (float(part) for part in clock.split(":"))
    return timedelta(days=int(days or 0), hours=hours, minutes=minutes, seconds=seconds)


def _log_levels(section: Mapping[str, Any]) -> dict[str, int]:
    return {category: LEVELS[str(level).lower()] for category, level in section.items()}


def _allowed(names: object) -> frozenset[str] | None:
    if not isinstance(names, list) or not names:
        return None
    return frozenset(str(name).lower() for name in names)
