"""Whoever tells of idle assets is killed between recording a spell and committing it: it is told of exactly once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from local.processes import ROOT
from migrations.roles import with_database
from shared.actions import idle_assets
from shared.services import Services
from tests.factories import TenantMade, insert_asset, make_tenant
from tests.fixtures.trips import rows
from tests.world import Clone, World

WAIT_SECONDS = 60
GATE = 71_717
WORKER = """
from shared import wiring
from shared.actions import idle_assets
print(idle_assets.alert_idle_assets(wiring.services()))
"""
# whoever writes such a row waits with it, in the middle of a transaction, for whoever holds the gate
GATES = {
    "spell": "CREATE TRIGGER gate AFTER INSERT ON idle_spells FOR EACH ROW EXECUTE FUNCTION wait_at_gate()",
    # its commit is on the way already: the server may yet do it, though nobody is there to hear of it
    "event": "CREATE TRIGGER gate BEFORE INSERT ON websocket_events FOR EACH ROW"
    " WHEN (new.event_type = 'IDLE_ALERT') EXECUTE FUNCTION wait_at_gate()",
}
WAITING = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"


@pytest.fixture
def admin(world: World, clone: Clone) -> Iterator[psycopg.Connection]:
    with psycopg.connect(with_database(world.admin_url, clone.name), autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN new; END $$"
        )
        yield connection
        connection.execute("DROP FUNCTION wait_at_gate() CASCADE")


@contextmanager
def working(world: World, clone: Clone) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", WORKER]
    environment = world.environment(clone, 7071)
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as worker:
        try:
            yield worker
        finally:
            worker.kill()


def eventually(admin: psycopg.Connection, statement: str, value: int) -> int | None:
    """Answer the first thing that is found within a while."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        found = admin.execute(statement.encode(), [value]).fetchone()
        if found is not None:
            return int(found[0])
        time.sleep(0.05)
    return None


@pytest.mark.parametrize("stage", list(GATES))
def test_killed_between_a_spell_and_its_commit(
    stage: str, services: Services, admin: psycopg.Connection, world: World, clone: Clone
) -> None:
    company: TenantMade = make_tenant(clone.owner_url)
    assets = [insert_asset(services, company, in_service_on="2025-06-01") for _ in range(3)]
    admin.execute(GATES[stage].encode())
    admin.execute("SELECT pg_advisory_lock(%s)", [GATE])
    with working(world, clone) as worker:
        backend = eventually(admin, WAITING, GATE)
        assert backend is not None
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(WAIT_SECONDS)
    # nothing of it is to be seen while it is open
    assert rows(services, company, "SELECT 1 FROM idle_spells WHERE tenant_id = %(tenant_id)s") == []
    admin.execute("SELECT pg_advisory_unlock(%s)", [GATE])
    gone = "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)"
    assert eventually(admin, gone, backend) == 1
    told = [_told(services, company)]
    with working(world, clone) as worker:
        worker.communicate(timeout=WAIT_SECONDS)
        assert worker.returncode == 0
    told.append(_told(services, company))
    idle_assets.alert_idle_assets(services)
    told.append(_told(services, company))
    # either all of it or nothing was done by the one that was killed, and what was not, by the next
    assert told[0] in ([], told[1])
    assert stage == "event" or told[0] == []
    assert told[1] == told[2] == sorted(str(one) for one in assets)
    spells = rows(services, company, "SELECT asset_id FROM idle_spells WHERE tenant_id = %(tenant_id)s")
    assert sorted(row["asset_id"] for row in spells) == sorted(assets)


def _told(services: Services, company: TenantMade) -> list[str]:
    """Answer the assets that people were told of, each as often as they were."""
    told = (
        "SELECT resource_id FROM websocket_events WHERE tenant_id = %(tenant_id)s AND event_type = 'IDLE_ALERT'"
        " ORDER BY resource_id"
    )
    return [row["resource_id"] for row in rows(services, company, told)]
