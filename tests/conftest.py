"""Fixtures of every tier: the world of servers, a database a file, services on it, calls and HTTP clients."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import settings as properties

from shared import settings, wiring
from shared.actions.call import Call
from shared.services import Services
from tests import factories
from tests.house import routes
from tests.world import Clone, World, application, running

# machines are shared and noisy: how long an example takes says nothing about what it shows
properties.register_profile("motorpool", deadline=None)
properties.load_profile("motorpool")
# for the same reason, and because five seconds are soon over where others are at work
for patience in ("connect", "read", "write", "pool"):
    setattr(DEFAULT_TIMEOUT_CONFIG, patience, 60.0)

_WORLD = pytest.StashKey[World]()
_OPEN = pytest.StashKey[ExitStack]()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the servers, in the process that starts the tests, unless only listing or none is needed."""
    config = session.config
    if hasattr(config, "workerinput"):
        config.stash[_WORLD] = World(**json.loads(config.workerinput["world"]))
        return
    if config.option.collectonly or not _wants_world(config):
        return
    opened = config.stash[_OPEN] = ExitStack()
    folder = Path(tempfile.mkdtemp(prefix="motorpool-tests-"))
    # PostgreSQL under another user has to get through
    folder.chmod(0o755)
    opened.callback(shutil.rmtree, folder, ignore_errors=True)
    config.stash[_WORLD] = opened.enter_context(running(folder))


def _wants_world(config: pytest.Config) -> bool:
    """Tell whether anything beyond pure unit tests may run, which need no server."""
    return not config.args or not all("tests/unit" in argument for argument in config.args)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the servers."""
    opened = session.config.stash.get(_OPEN, None)
    if opened is not None:
        opened.close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where the servers are."""
    world = node.config.stash.get(_WORLD, None)
    node.workerinput["world"] = world.as_json() if world else "{}"


@pytest.fixture(scope="session")
def world(pytestconfig: pytest.Config) -> World:
    """Answer where the shared servers are."""
    return pytestconfig.stash[_WORLD]


@pytest.fixture(scope="session")
def azurite(world: World) -> str:
    """Answer the shared storage account's connection string."""
    return world.settings["PHOTO_STORAGE"]


@pytest.fixture(scope="module")
def clone(world: World) -> Iterator[Clone]:
    """Answer a migrated, empty database of this file's own."""
    made = world.clone()
    yield made
    world.drop(made)


@pytest.fixture(scope="module")
def database_url(clone: Clone) -> str:
    """Answer the application's URL of this file's database."""
    return clone.application_url


@pytest.fixture(scope="module")
def owner_url(clone: Clone) -> str:
    """Answer the owner's URL of this file's database."""
    return clone.owner_url


@pytest.fixture(scope="module")
def services(world: World, clone: Clone) -> Iterator[Services]:
    """Answer real services on this file's database, storage and issuer."""
    built = wiring.build(settings.read(world.environment(clone, 7071)))
    yield built
    built.relay.close()
    built.database.close()


@pytest.fixture(scope="module")
def tenant(clone: Clone) -> factories.TenantMade:
    """Answer a tenant of this file's database."""
    return factories.make_tenant(clone.owner_url)


@pytest.fixture(scope="module")
def other_tenant(clone: Clone) -> factories.TenantMade:
    """Answer a second tenant of this file's database."""
    return factories.make_tenant(clone.owner_url, "Globex", time_zone="Europe/Berlin", currency="EUR")


@pytest.fixture
def call(services: Services, tenant: factories.TenantMade) -> Callable[..., Call]:
    """Answer what makes calls, by role, and by oid, tenant and key if need be."""

    def make(role: str = "manager", **more: Any) -> Call:
        return factories.make_call(services, more.pop("tenant", None) or tenant, role, **more)

    return make


@pytest.fixture(scope="module")
def app(world: World, clone: Clone) -> Iterator[str]:
    """Run the application on this file's database and answer its address.

    Its timers stand still: a sweep that came between would do what a test is about to do itself.
    """
    stopped = {f"AzureWebJobs_{one.name}_Disabled": "true" for one in routes.of_kind("timerTrigger")}
    with application(world, clone, **stopped) as address:
        yield address


@pytest.fixture(scope="module")
def client(world: World, app: str, tenant: factories.TenantMade) -> Iterator[Callable[..., httpx.Client]]:
    """Answer what makes HTTP clients, by role, and by oid and tenant if need be."""
    with ExitStack() as opened:

        def make(role: str = "manager", oid: str | None = None, **more: Any) -> httpx.Client:
            of = more.pop("tenant", None) or tenant
            token = world.token(of.tid, oid or f"{role}-1", [role], **more)
            headers = {"Authorization": f"Bearer {token}"}
            return opened.enter_context(httpx.Client(base_url=app, headers=headers, timeout=60))

        yield make
