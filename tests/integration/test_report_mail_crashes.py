"""Whoever mails reports is killed in the middle of a mail: nothing is sent twice, nothing is lost without a word."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from local.processes import ROOT
from shared.actions import report_mail, schedules
from shared.domain.schedule import RunSchedule
from shared.services import Services
from tests.factories import TenantMade, make_call, make_tenant
from tests.fixtures.mailing import SENDER, Hands, address, at_work, made, runs_of, states_of
from tests.fixtures.smtpd import mail_server
from tests.world import Clone, World

WAIT_SECONDS = 60
WORKER = """
import sys, time
from shared import wiring
from shared.actions import report_mail
report_mail.send_claimed(wiring.services(), int(sys.argv[1]), time.monotonic() + 60)
"""


@pytest.fixture
def tenant(clone: Clone) -> TenantMade:
    """Answer an organisation of each test's own, so that nothing else waits in it."""
    return make_tenant(clone.owner_url)


def sweep(services: Services, tenant_id: int) -> int:
    """Do once what the sweep does for an organisation."""
    report_mail.claim_due(services, tenant_id)
    return report_mail.send_claimed(services, tenant_id, time.monotonic() + WAIT_SECONDS)


# the server has the mail, or has heard only whom it is for: whoever comes later cannot tell one from the other
@pytest.mark.parametrize("stage", ["end", "rcpt"])
def test_killed_in_the_middle_of_a_mail(
    stage: str, services: Services, tenant: TenantMade, world: World, clone: Clone
) -> None:
    manager = make_call(services, tenant, "manager")
    first, second, third = (address() for _ in range(3))
    one = made(manager, first, second, third, enabled=False)
    schedules.run_schedule(manager, RunSchedule(schedule_id=one.id))
    reached, over = threading.Event(), threading.Event()

    def holding(now: str, to: str) -> str | None:
        if (now, to) == (stage, second) and not over.is_set():
            reached.set()
            over.wait(WAIT_SECONDS)
        return None

    with mail_server(holding) as server:
        environment = {**world.environment(clone, 7071), "SMTP_ADDRESS": server.address, "MAIL_FROM": SENDER}
        command = [sys.executable, "-c", WORKER, str(tenant.id)]
        with subprocess.Popen(command, cwd=ROOT, env=environment) as worker:
            assert reached.wait(WAIT_SECONDS)
            os.kill(worker.pid, signal.SIGKILL)
        over.set()
        clock = Hands(datetime.now(UTC))
        here = at_work(services, clock, server.address)
        # nobody touches what may still be in somebody's hands
        assert sweep(here, tenant.id) == 0
        for _ in range(4):
            clock.at += timedelta(minutes=6)
            sweep(here, tenant.id)
    (run,) = runs_of(manager, one.id)
    assert states_of(run) == {first: "sent", second: "in_doubt", third: "sent"}
    assert (run.state, run.attempts) == ("incomplete", 2)
    mine = [to for to in server.addresses if to != "manager-1@example.org"]
    assert mine == [first, *([second] if stage == "end" else []), third]
    (notice,) = server.mails("manager-1@example.org")
    said = notice.get_body(("plain",))
    assert said is not None
    assert f"{second}: in doubt. The sending broke off" in said.get_content()


def test_killed_again_and_again_it_is_given_up(services: Services, tenant: TenantMade) -> None:
    """As by a report that takes all memory: each try is counted before it begins."""
    manager = make_call(services, tenant, "manager")
    to = address()
    one = made(manager, to, enabled=False)
    schedules.run_schedule(manager, RunSchedule(schedule_id=one.id))
    clock = Hands(datetime.now(UTC))
    here = at_work(services, clock, "127.0.0.1:1")
    for _ in range(report_mail.TRIES):
        assert report_mail._taken(here, tenant.id) is not None
        clock.at += report_mail.LEASE + timedelta(seconds=1)
    with mail_server() as server:
        assert sweep(at_work(services, clock, server.address), tenant.id) == 0
    (run,) = runs_of(manager, one.id)
    assert (run.state, states_of(run)) == ("failed", {to: "failed"})
    assert server.addresses == ["manager-1@example.org"]
