"""What all clients of the cloud's SDK share: how they connect, when they are made, and what their faults mean."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from shared.domain.errors import DependencyDown

log = logging.getLogger("motorpool.sdk")

CONNECT_SECONDS = 2
# one silent read and its one repetition make about ten seconds
READ_SECONDS = 5
CONNECTIONS_MAX = 32


class Lazily[Client]:
    """A client that is made when it is first used, once, whichever thread asks.

    Args:
        connect: makes it.
    """

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._lock = threading.Lock()

    @property
    def client(self) -> Client:
        """Answer the client."""
        with self._lock:
            return self._made

    @cached_property
    def _made(self) -> Client:
        # at its level INFO the SDK writes every request of ours into the log
        logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)
        return self._connect()


def transport() -> Any:
    """Answer a transport with a connection for each of the worker's threads; the SDK's own keeps ten."""
    import requests
    from azure.core.pipeline.transport import RequestsTransport
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS_MAX, max_retries=0))
    return RequestsTransport(session=session, connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)


@contextmanager
def translated(dependency: str) -> Iterator[None]:
    """Turn what the SDK raises into what a client can understand, and leave the cause in the log.

    Args:
        dependency: what people call the service that was asked.
    """
    from azure.core.exceptions import AzureError

    try:
        yield
    except AzureError as error:
        code = getattr(error, "error_code", None) or getattr(error, "status_code", None)
        fault = {"dependency": dependency, "fault": type(error).__name__, "code": str(code or "")}
        log.warning("a dependency failed", extra=fault)
        raise DependencyDown(dependency) from error
