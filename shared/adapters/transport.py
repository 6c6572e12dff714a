"""The HTTP transport that all clients of the cloud's SDK are made with."""

from typing import Any

CONNECT_SECONDS = 2
# one silent read and its one repetition make about ten seconds
READ_SECONDS = 5
CONNECTIONS_MAX = 32


def transport() -> Any:
    """Answer a transport with a connection for each of the worker's threads; the SDK's own keeps ten."""
    import requests
    from azure.core.pipeline.transport import RequestsTransport
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS_MAX, max_retries=0))
    return RequestsTransport(session=session, connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)
