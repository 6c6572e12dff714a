"""Reports that are due: mailed once, to each recipient at most once, and what goes wrong is told."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest

from shared import settings, wiring
from shared.actions import report_mail, schedules
from shared.actions.call import Call
from shared.domain.errors import Invalid
from shared.domain.export import DIRECT_ROWS
from shared.domain.report import Report, ReportFormat
from shared.domain.schedule import DeleteSchedule, RunSchedule, UpdateSchedule
from shared.services import Services
from shared.store import tenancy
from tests.factories import TenantMade, insert_asset, make_call, make_tenant
from tests.fixtures.exports import add_trips
from tests.fixtures.mailing import MONDAY, Hands, address, at_work, made, runs_of, schedule_now, states_of
from tests.fixtures.smtpd import CUT, mail_server
from tests.world import Clone, World

A_MINUTE = timedelta(minutes=1)
# nobody listens there
NOWHERE = "127.0.0.1:1"


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def tenant(clone: Clone) -> TenantMade:
    """Answer an organisation of each test's own, so that nothing else is due in it."""
    return make_tenant(clone.owner_url)


@pytest.fixture
def here(services: Services, clock: Hands) -> Services:
    return at_work(services, clock)


@pytest.fixture
def manager(here: Services, tenant: TenantMade) -> Call:
    return make_call(here, tenant, "manager")


def mailed(call: Call, server: str) -> int:
    """Do once what the sweep does for an organisation, through a mail server; answer how many mails went out."""
    assert isinstance(call.services.clock, Hands)
    return sweep(at_work(call.services, call.services.clock, server), call)


def sweep(services: Services, call: Call) -> int:
    """Do the same with services of one's own."""
    report_mail.claim_due(services, call.principal.tenant.id)
    return report_mail.send_claimed(services, call.principal.tenant.id, time.monotonic() + 60)


def audited(call: Call, action: str) -> list[str]:
    """Answer what the record says was done, the newest first."""
    with call.read() as tx:
        found = tenancy.list_audit(tx, before_id=None, action=action, user_id=None, page_size=20)
    return [one.resource for one in found]


def caught(world: World, to: str) -> list[dict[str, Any]]:
    """Answer the mails that the mail catcher has for an address."""
    mails: list[dict[str, Any]] = httpx.get(f"{world.identity}/mail.json", params={"to": to}, timeout=30).json()
    return mails


def test_a_report_is_mailed_when_it_is_due(manager: Call, clock: Hands, world: World) -> None:
    recipients = (address(), address())
    made_one = made(manager, *recipients, name="Wöchentliche Fahrten")
    assert made_one.next_run_at == MONDAY
    assert sweep(manager.services, manager) == 0
    clock.at = MONDAY
    assert sweep(manager.services, manager) == 2
    for to in recipients:
        (mail,) = caught(world, to)
        assert mail["to"] == [to]
        assert mail["subject"] == "Wöchentliche Fahrten: Trips, Acme, 23 Feb 2026 to 1 Mar 2026"
        assert "/reports/unsubscribe/" in mail["text"]
        assert [file["content_type"] for file in mail["attachments"]] == ["text/csv"]
        attached = httpx.get(f"{world.identity}{mail['attachments'][0]['url']}", timeout=30)
        assert attached.content.startswith(b"trip_id,")
    after = schedule_now(manager, made_one.id)
    assert after.next_run_at == MONDAY + timedelta(days=6, hours=23)  # the clocks are put forward in between
    assert after.last_result is not None
    assert (after.last_result.state, after.last_result.detail, after.last_result.slot) == ("sent", "Sent to 2.", MONDAY)
    assert audited(manager, "report.mail")[0].startswith(f"schedule/{made_one.id}/run/")
    assert sweep(manager.services, manager) == 0


def test_the_mail_has_what_mail_programs_ask_for(manager: Call, clock: Hands) -> None:
    to = address()
    made(manager, to, name='=1+1 <script>alert("x")</script>')
    clock.at = MONDAY
    with mail_server() as server:
        mailed(manager, server.address)
    raw = server.taken[0][1]
    (mail,) = server.mails(to)
    link = str(mail["List-Unsubscribe"])
    assert link.startswith("<http://localhost:7071/reports/unsubscribe/")
    assert f"\r\nList-Unsubscribe: {link}\r\n".encode() in raw
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"] == "Motorpool <motorpool@example.org>"
    assert str(mail["Message-ID"]).endswith("@example.org>")
    body = mail.get_body(("html",))
    assert body is not None
    assert "<script>" not in body.get_content()
    assert link.strip("<>") in body.get_content()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def test_two_instances_at_once_send_one(manager: Call, clock: Hands, world: World, clone: Clone) -> None:
    recipients = [address() for _ in range(3)]
    every = [made(manager, *recipients, name=f"Fleet {number}") for number in range(4)]
    clock.at = MONDAY
    configured = settings.read(world.environment(clone, 7071))
    others = [wiring.build(configured) for _ in range(2)]
    try:
        with mail_server() as server, ThreadPoolExecutor(6) as pool:
            instances = [at_work(one, clock, server.address) for one in (*others, manager.services)] * 2
            counts = list(pool.map(lambda one: sweep(one, manager), instances))
    finally:
        for one in others:
            one.relay.close()
            one.database.close()
    assert sum(counts) == len(server.taken) == 12
    assert {to: server.addresses.count(to) for to in recipients} == dict.fromkeys(recipients, 4)
    assert [len(runs_of(manager, one.id)) for one in every] == [1] * 4


def test_times_that_nobody_was_there_for_are_skipped_but_for_the_latest(manager: Call, clock: Hands) -> None:
    to = address()
    one = made(manager, to, cron="0 7 * * *", filters={"period": "yesterday"})
    clock.at = MONDAY + timedelta(days=3, hours=2)
    with mail_server() as server:
        mailed(manager, server.address)
    assert [(run.slot, run.state) for run in runs_of(manager, one.id)] == [
        (MONDAY + timedelta(days=3), "sent"),
        *((MONDAY + timedelta(days=day), "skipped") for day in (2, 1, 0)),
    ]
    # seen from when it was due
    assert "4 Mar 2026" in str(server.mails(to)[0]["Subject"])
    assert schedule_now(manager, one.id).next_run_at == MONDAY + timedelta(days=4)


def test_a_server_that_is_down_is_tried_again(manager: Call, clock: Hands) -> None:
    to = address()
    one = made(manager, to)
    clock.at = MONDAY
    assert mailed(manager, NOWHERE) == 0
    (run,) = runs_of(manager, one.id)
    assert (run.state, run.detail) == ("sending", "Try 1 of 5: The mail server did not answer.")
    assert run.next_attempt_at == MONDAY + A_MINUTE
    with mail_server() as server:
        assert mailed(manager, server.address) == 0
        clock.at = MONDAY + A_MINUTE
        assert mailed(manager, server.address) == 1
    (run,) = runs_of(manager, one.id)
    assert (run.state, run.attempts, states_of(run)) == ("sent", 2, {to: "sent"})


def test_it_is_given_up_after_an_hour_and_the_owner_is_told(manager: Call, clock: Hands) -> None:
    one = made(manager, address())
    clock.at = MONDAY
    moments = []
    for _ in range(5):
        mailed(manager, NOWHERE)
        (run,) = runs_of(manager, one.id)
        moments.append(clock.at - MONDAY)
        clock.at = run.next_attempt_at or clock.at
    assert [moment // A_MINUTE for moment in moments] == [0, 1, 5, 20, 60]
    assert (run.state, run.attempts) == ("failed", 5)
    assert run.detail == "Sent to 0 of 1. Not sent: 1. The mail server did not answer."
    last = schedule_now(manager, one.id).last_result
    assert last is not None
    assert last.state == "failed"
    mailed(manager, NOWHERE)
    with mail_server() as server:
        clock.at += timedelta(hours=1)
        mailed(manager, server.address)
        mailed(manager, server.address)
    assert server.addresses == ["manager-1@example.org"]
    (notice,) = server.mails("manager-1@example.org")
    assert str(notice["Subject"]) == "Not sent as planned: Trips of the week, Acme"
    assert list(notice.iter_attachments()) == []


def test_one_who_is_refused_keeps_it_from_nobody_else(manager: Call, clock: Hands) -> None:
    bad, good = address(), address()
    one = made(manager, bad, good)
    clock.at = MONDAY

    def refusing(stage: str, to: str) -> str | None:
        return "550 no such mailbox" if (stage, to) == ("rcpt", bad) else None

    with mail_server(refusing) as server:
        assert mailed(manager, server.address) == 1
    (run,) = runs_of(manager, one.id)
    assert (run.state, states_of(run)) == ("incomplete", {bad: "failed", good: "sent"})
    assert run.detail is not None
    assert "550 no such mailbox" in run.detail
    assert server.addresses == [good, "manager-1@example.org"]


def test_one_who_is_put_off_is_asked_again_alone(manager: Call, clock: Hands) -> None:
    grey, good = address(), address()
    one = made(manager, grey, good)
    clock.at = MONDAY

    def greylisting(stage: str, to: str) -> str | None:
        return "451 come again" if (stage, to) == ("rcpt", grey) and clock.at == MONDAY else None

    with mail_server(greylisting) as server:
        assert mailed(manager, server.address) == 1
        clock.at += A_MINUTE
        assert mailed(manager, server.address) == 1
    assert server.addresses == [good, grey]
    assert runs_of(manager, one.id)[0].state == "sent"


@pytest.mark.parametrize("stage", ["hello", "rcpt", "data"])
def test_what_breaks_before_the_end_of_a_mail_leaves_no_doubt(manager: Call, clock: Hands, stage: str) -> None:
    to = address()
    one = made(manager, to)
    clock.at = MONDAY

    def cutting(now: str, _: str) -> str | None:
        return CUT if now == stage and clock.at == MONDAY else None

    with mail_server(cutting) as server:
        assert mailed(manager, server.address) == 0
        clock.at += A_MINUTE
        assert mailed(manager, server.address) == 1
    assert server.addresses == [to]
    assert runs_of(manager, one.id)[0].state == "sent"


def test_what_may_have_gone_out_is_not_sent_again(manager: Call, clock: Hands) -> None:
    lost, good = address(), address()
    one = made(manager, lost, good)
    clock.at = MONDAY

    def cutting(stage: str, to: str) -> str | None:
        return CUT if (stage, to) == ("end", lost) else None

    with mail_server(cutting) as server:
        assert mailed(manager, server.address) == 1
        for _ in range(8):
            clock.at += timedelta(minutes=20)
            assert mailed(manager, server.address) == 0
    assert server.addresses == [lost, good, "manager-1@example.org"]
    (run,) = runs_of(manager, one.id)
    assert (run.state, states_of(run)) == ("incomplete", {lost: "in_doubt", good: "sent"})
    (notice,) = server.mails("manager-1@example.org")
    said = notice.get_body(("plain",))
    assert said is not None
    assert f"{lost}: in doubt." in said.get_content()


def test_a_manager_who_is_none_any_more_mails_no_costs(
    here: Services, tenant: TenantMade, clock: Hands, manager: Call
) -> None:
    former = make_call(here, tenant, "manager", "former")
    to = address()
    one = made(former, to, report="roi", format="xlsx")
    make_call(here, tenant, "dispatcher", "former")
    clock.at = MONDAY
    with mail_server() as server:
        mailed(manager, server.address)
    (run,) = runs_of(manager, one.id)
    assert (run.state, states_of(run)) == ("failed", {to: "failed"})
    assert run.detail is not None
    assert "does not have any more" in run.detail
    assert server.addresses == ["former@example.org"]
    assert list(server.mails("former@example.org")[0].iter_attachments()) == []


def test_a_report_of_costs_is_not_for_those_whose_role_does_not_show_them(
    here: Services, tenant: TenantMade, clock: Hands, manager: Call
) -> None:
    make_call(here, tenant, "driver", "nosy")
    with pytest.raises(Invalid) as caught_one:
        made(manager, address(), "Nosy@example.org", report="roi")
    assert [fault.pointer for fault in caught_one.value.faults] == ["/recipients/1"]
    made(manager, "nosy@example.org", name="Theirs to see")
    # whoever loses the role later
    make_call(here, tenant, "manager", "later")
    one = made(manager, "later@example.org", report="roi")
    make_call(here, tenant, "driver", "later")
    clock.at = MONDAY
    with mail_server() as server:
        mailed(manager, server.address)
    assert sorted(server.addresses) == ["manager-1@example.org", "nosy@example.org"]
    (run,) = runs_of(manager, one.id)
    assert states_of(run) == {"later@example.org": "failed"}


def test_a_report_that_is_refused_fails_with_its_sentence(manager: Call, clock: Hands) -> None:
    one = made(manager, address())
    # as if an older release had taken it
    with manager.transaction() as work:
        work.run("UPDATE report_schedules SET filters = %(filters)s", filters='{"min_days": 3}')
    clock.at = MONDAY
    with mail_server() as server:
        mailed(manager, server.address)
    (run,) = runs_of(manager, one.id)
    assert (run.state, run.attempts) == ("failed", 1)
    assert run.detail is not None
    assert "has no such filter" in run.detail


def test_a_report_can_be_had_at_once(manager: Call, clock: Hands) -> None:
    to = address()
    one = made(manager, to, enabled=False)
    assert one.next_run_at is None
    answer = schedules.run_schedule(manager, RunSchedule(schedule_id=one.id))
    assert answer.status == 202
    with mail_server() as server:
        assert mailed(manager, server.address) == 1
    (run,) = runs_of(manager, one.id)
    assert (run.slot, run.state, run.requested_by) == (clock.at, "sent", manager.principal.user_id)


def test_what_is_taken_away_or_switched_off_is_sent_no_more(manager: Call, clock: Hands) -> None:
    gone, off = made(manager, address()), made(manager, address())
    schedules.delete_schedule(manager, DeleteSchedule(schedule_id=gone.id))
    schedules.update_schedule(manager, UpdateSchedule(schedule_id=off.id, enabled=False))
    clock.at = MONDAY
    with mail_server() as server:
        mailed(manager, server.address)
    assert server.taken == []
    schedules.update_schedule(manager, UpdateSchedule(schedule_id=off.id, enabled=True))
    assert schedule_now(manager, off.id).next_run_at == MONDAY + timedelta(days=6, hours=23)


def test_another_time_zone_moves_what_is_to_come(
    manager: Call, clock: Hands, services: Services, owner_url: str
) -> None:
    one = made(manager, address())
    with psycopg.connect(owner_url) as owner:
        owner.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(manager.principal.tenant.id)])
        owner.execute("UPDATE tenants SET time_zone = 'Europe/Berlin'")
    try:
        clock.at -= timedelta(days=1)
        assert report_mail.claim_due(manager.services, manager.principal.tenant.id) == 0
        assert schedule_now(manager, one.id).next_run_at == MONDAY - timedelta(hours=6)
    finally:
        with psycopg.connect(owner_url) as owner:
            owner.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(manager.principal.tenant.id)])
            owner.execute("UPDATE tenants SET time_zone = 'America/New_York'")
    assert services.mailer is not None


def test_without_a_mail_server_it_is_said_so(manager: Call, clock: Hands) -> None:
    one = made(manager, address())
    clock.at = MONDAY
    sweep(replace(manager.services, mailer=None), manager)
    (run,) = runs_of(manager, one.id)
    assert (run.state, run.next_attempt_at) == ("failed", None)
    assert run.detail is not None
    assert "No mail server is set up." in run.detail


def test_runs_are_forgotten_after_a_year_and_a_month(manager: Call, clock: Hands) -> None:
    one = made(manager, address(), cron="0 7 2 3 *", filters={"period": "last_month"})
    clock.at = MONDAY
    with mail_server() as server:
        assert mailed(manager, server.address) == 1
    clock.at = MONDAY + report_mail.KEPT_FOR
    assert report_mail.forget_runs(manager.services) >= 0
    assert [run.state for run in runs_of(manager, one.id)] == ["sent"]
    clock.at += A_MINUTE
    assert report_mail.forget_runs(manager.services) >= 1
    assert runs_of(manager, one.id) == []


def test_more_rows_than_a_mail_holds_are_refused(
    manager: Call, clock: Hands, services: Services, tenant: TenantMade
) -> None:
    asset_id = insert_asset(services, tenant)
    add_trips(services, tenant, asset_id, DIRECT_ROWS + 1, MONDAY - timedelta(days=90))
    one = made(manager, address(), filters={"period": "last_365_days"})
    clock.at = MONDAY
    with mail_server() as server:
        mailed(manager, server.address)
    (run,) = runs_of(manager, one.id)
    assert run.state == "failed"
    assert run.detail is not None
    assert "choose a shorter period" in run.detail


@pytest.mark.parametrize("report", list(Report))
def test_every_report_can_be_mailed(manager: Call, clock: Hands, report: Report) -> None:
    """With the filters that a schedule has unless others are said, as each kind of file."""
    to = [address() for _ in ReportFormat]
    for one, kind in zip(to, ReportFormat, strict=True):
        made(manager, one, report=report, format=kind, filters={})
    clock.at = MONDAY
    with mail_server() as server:
        assert mailed(manager, server.address) == len(to)
    attached = {kind: next(server.mails(one)[0].iter_attachments()) for one, kind in zip(to, ReportFormat, strict=True)}
    beginnings = {ReportFormat.PDF: b"%PDF-", ReportFormat.XLSX: b"PK"}
    for kind, file in attached.items():
        content = file.get_payload(decode=True)
        assert isinstance(content, bytes)
        assert content.startswith(beginnings.get(kind, b""))
        assert file.get_filename() == f"{report.value.replace('_', '-')}.{kind}"


def test_the_timer_mails_for_every_organisation(here: Services, clone: Clone, clock: Hands) -> None:
    managers = [make_call(here, make_tenant(clone.owner_url, time_zone="Europe/Berlin"), "manager") for _ in range(2)]
    every = [(one, made(one, address(), cron="0 13 * * MON").id) for one in managers]
    clock.at = MONDAY
    assert report_mail.mail_due_reports(here) >= len(managers)
    assert [runs_of(one, schedule_id)[0].state for one, schedule_id in every] == ["sent"] * 2
