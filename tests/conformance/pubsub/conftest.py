"""Fixtures of the conformance suite: the server under test, and a hub of each case's own."""

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.ports import free_port
from tests.conformance.pubsub.clients import Hub
from tests.conformance.pubsub.handler import Handler
from tests.conformance.pubsub.target import UNDER_TEST, Target, emulator, foreign

RETENTION_SECONDS = 2


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run cases that are coroutines, each on an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answer where logs go."""
    return tmp_path_factory.mktemp("pubsub")


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[Target]:
    """Answer the server under test, without event handlers."""
    named = foreign()
    if named is not None:
        yield named
        return
    with emulator(folder) as target:
        yield target


@pytest.fixture(scope="session")
def own(folder: Path) -> Iterator[Target]:
    """Answer an emulator of our own that soon forgets who does not come back, and tells event handlers."""
    if foreign() is not None:
        pytest.skip(f"needs a configuration of its own, which {UNDER_TEST} does not have")
    port = free_port()
    handlers = f"*=http://127.0.0.1:{port}/{{hub}}/{{event}}"
    options = ["--retention", str(RETENTION_SECONDS), "--retry-delays", "0.05,0.1", "--event-handler", handlers]
    with emulator(folder, options, port) as target:
        yield target


@pytest.fixture
def hub(server: Target) -> Iterator[Hub]:
    """Answer a hub of this case's own."""
    with Hub(server) as made:
        yield made


@pytest.fixture
def own_hub(own: Target) -> Iterator[Hub]:
    """Answer a hub of this case's own, on the emulator with event handlers and a short memory."""
    with Hub(own) as made:
        yield made


@pytest.fixture
def handler(own_hub: Hub) -> Handler:
    """Answer the event handler of that hub, to be entered."""
    assert own_hub.target.handler_port is not None
    return Handler(own_hub.target.handler_port, own_hub.name.lower())
