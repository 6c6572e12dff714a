"""Mails the reports that are due: each time once, to each recipient at most once, whatever breaks in between.

A time is claimed by a row that is unique for it. Each mail is written down as being sent before the mail server hears
of it; whoever finds it so after a crash cannot know whether it went out, does not send it again, and says so to the
owner.
"""

import logging
import time
from collections import Counter
from datetime import timedelta

from shared.actions.report_letters import Dispatch, Hopeless, notice_letter, report_letter, role_for
from shared.domain import schedule
from shared.domain.errors import DependencyDown
from shared.domain.mail_address import ADDRESS
from shared.domain.schedule import MailState, RunState
from shared.ports import Letter, MailInDoubt, MailPostponed, MailRefused
from shared.services import Services
from shared.store import report_runs as runs, schedules, tenancy
from shared.store.database import Row, Transaction

log = logging.getLogger("motorpool.mail")

BUDGET_SECONDS = 45
PAGE = 200
# longer than any report takes; after that it is believed that whoever took it is gone
LEASE = timedelta(minutes=5)
TRIES = 5
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 4, 15, 40))
NOTICE_TRIES = 24
MOST_SKIPPED = 100
KEPT_FOR = timedelta(days=400)

MISSED = "Nothing ran at that time; a later one was sent in its place."
NOT_SET_UP = "No mail server is set up."
TAKEN_AWAY = "The schedule was taken away before the report was sent."
NOBODY_LEFT = "Nobody is left to send it to: every recipient has unsubscribed."
NOT_FOR_THEM = "The role of this person does not allow the report."
DOUBTED = "The sending broke off at a moment at which the mail may have gone out; it is not sent again."
BROKEN = "It could not be made; the fault is on record."


def mail_due_reports(services: Services) -> int:
    """Claim what is due and send what is claimed, tenant by tenant; answer how many mails went out."""
    enough = time.monotonic() + BUDGET_SECONDS
    count = 0
    for tenant_id in tenancy.list_tenant_ids(services.database):
        try:
            claim_due(services, tenant_id)
            count += send_claimed(services, tenant_id, enough)
        except DependencyDown:
            raise
        except Exception:
            # one organisation's fault is not to keep the others waiting
            log.exception("reports of an organisation could not be mailed", extra={"tenant": tenant_id})
    return count


def forget_runs(services: Services) -> int:
    """Delete what is known of runs, and of who got their mails, when it is older than anybody asks for."""
    before, count = services.clock.now() - KEPT_FOR, 0
    for tenant_id in tenancy.list_tenant_ids(services.database):
        deleted = PAGE
        while deleted == PAGE:
            with services.database.transaction(tenant_id) as (tx, _):
                deleted = runs.forget_runs(tx, before, PAGE)
            count += deleted
    return count


def claim_due(services: Services, tenant_id: int) -> int:
    """Make a run of the latest time of each schedule that is due, once; answer how many."""
    with services.database.read(tenant_id) as tx:
        due = schedules.list_due(tx, services.clock.now(), PAGE)
    return sum(_claimed(services, tenant_id, schedule_id, zone) for schedule_id, zone in due)


def send_claimed(services: Services, tenant_id: int, enough: float) -> int:
    """Send the claimed runs of a tenant until a moment of the monotonic clock; answer how many mails went out."""
    count = 0
    while time.monotonic() < enough:
        dispatch = _taken(services, tenant_id)
        if dispatch is None:
            break
        if dispatch.run["finished_at"] is None:
            count += _attempt(dispatch)
        else:
            _tell_owner(dispatch)
    return count


def _claimed(services: Services, tenant_id: int, schedule_id: int, zone: str) -> bool:
    now = services.clock.now()
    with services.database.transaction(tenant_id) as (tx, _):
        found = schedules.lock_schedule(tx, schedule_id)
        if found is None or found["next_run_at"] is None:
            return False
        schedules.set_next_run(tx, schedule_id, schedule.following(found["cron"], now, zone), zone)
        # another instance was faster, or only the clocks on the wall are others now
        if found["next_run_at"] > now:
            return False
        *missed, latest = schedule.due_slots(found["cron"], found["next_run_at"], now, found["time_zone"])
        runs.skip_slots(tx, schedule_id, missed[-MOST_SKIPPED:], now, MISSED)
        return runs.insert_run(tx, schedule_id, latest, now) is not None


def _taken(services: Services, tenant_id: int) -> Dispatch | None:
    now = services.clock.now()
    with services.database.transaction(tenant_id) as (tx, _):
        run = runs.take_run(tx, now, now + LEASE)
        if run is None:
            return None
        runs.doubt_mails(tx, run["id"], now, DOUBTED)
        return Dispatch(services, run, runs.get_brief(tx, run["schedule_id"]))


def _attempt(dispatch: Dispatch) -> int:
    """Send to each who waits for it, and write down what became of that; answer how many mails went out."""
    sent, problem, is_final = 0, "", dispatch.run["attempts"] >= TRIES
    try:
        sent, problem = _sent_to_all(dispatch)
    except Hopeless as hopeless:
        problem, is_final = str(hopeless), True
    except DependencyDown as down:
        problem = _said(down)
    except Exception:
        log.exception("a scheduled report could not be made", extra={"run": dispatch.run["id"]})
        problem = BROKEN
    _conclude(dispatch, problem, is_final=is_final)
    return sent


def _sent_to_all(dispatch: Dispatch) -> tuple[int, str]:
    """Answer how many mails went out, and what keeps others from going."""
    # whoever had the last try was killed with it
    if dispatch.run["attempts"] > TRIES:
        raise Hopeless(dispatch.run["detail"] or BROKEN)
    if dispatch.brief["deleted_at"] is not None:
        raise Hopeless(TAKEN_AWAY)
    if dispatch.services.mailer is None:
        raise Hopeless(NOT_SET_UP)
    sent, problem = 0, ""
    for mail in _waiting(dispatch, "report"):
        try:
            role = role_for(dispatch, mail)
            letter = None if role is None else report_letter(dispatch, mail, role)
            sent += _handed_over(dispatch, mail, letter)
        except MailPostponed as postponed:
            problem = f"The mail server did not take it yet: {postponed}"
        except DependencyDown as down:
            # the others would wait for the same
            return sent, _said(down)
    return sent, problem


def _handed_over(dispatch: Dispatch, mail: Row, letter: Letter | None) -> bool:
    """Send one mail, written down before and after; without a letter there is none for this person.

    Raises:
        MailPostponed, DependencyDown: it was not sent, and waits.
    """
    now = dispatch.now
    with dispatch.services.database.transaction(dispatch.tenant.id) as (tx, _):
        if not runs.begin_mail(tx, dispatch.run["id"], mail["id"], now, now + LEASE):
            return False
    try:
        state, detail = _outcome(dispatch, letter)
    except (MailPostponed, DependencyDown):
        _end(dispatch, mail, MailState.WAITING, None)
        raise
    _end(dispatch, mail, state, detail)
    return state is MailState.SENT


def _end(dispatch: Dispatch, mail: Row, state: MailState, detail: str | None) -> None:
    with dispatch.services.database.transaction(dispatch.tenant.id) as (tx, _):
        runs.end_mail(tx, mail["id"], state, detail, dispatch.now)


def _outcome(dispatch: Dispatch, letter: Letter | None) -> tuple[MailState, str | None]:
    if letter is None or dispatch.services.mailer is None:
        return MailState.FAILED, NOT_FOR_THEM
    try:
        dispatch.services.mailer.send(letter)
    except MailRefused as refused:
        return MailState.FAILED, f"The mail server refused it: {refused}"
    except MailInDoubt as doubt:
        return MailState.IN_DOUBT, f"It may have gone out and is not sent again: {doubt}"
    except (MailPostponed, DependencyDown):
        raise
    except Exception:
        log.exception("a mail may have gone out or not", extra={"run": dispatch.run["id"]})
        return MailState.IN_DOUBT, DOUBTED
    return MailState.SENT, None


def _conclude(dispatch: Dispatch, problem: str, *, is_final: bool) -> None:
    """Try again later if somebody waits still, or write down what became of it all and have the owner told."""
    run, now = dispatch.run, dispatch.now
    with dispatch.services.database.transaction(dispatch.tenant.id) as (tx, _):
        runs.end_waiting(tx, run["id"], (problem or BROKEN) if is_final else None, now)
        mails = [mail for mail in runs.list_mails(tx, run["id"]) if mail["kind"] == "report"]
        if any(mail["state"] == MailState.WAITING for mail in mails):
            later = now + BACK_OFF[min(run["attempts"], len(BACK_OFF)) - 1]
            runs.postpone_run(tx, run["id"], later, f"Try {run['attempts']} of {TRIES}: {problem or BROKEN}")
            return
        state, detail = _result(mails, problem)
        address = None if state is RunState.SENT or detail == NOBODY_LEFT else _owner_address(dispatch)
        told_at = None if address is None else now
        if runs.finish_run(tx, run["id"], state, detail=detail, now=now, next_attempt_at=told_at):
            _audit(tx, dispatch, state)
            if address is not None:
                runs.insert_notice(tx, run["id"], address, now)


def _result(mails: list[Row], problem: str) -> tuple[RunState, str | None]:
    """Say in one word and one sentence what became of a run whose mails have all come to an end."""
    count = Counter(mail["state"] for mail in mails)
    wanted = len(mails) - count[MailState.UNSUBSCRIBED]
    sent = count[MailState.SENT]
    if not wanted:
        return RunState.FAILED, NOBODY_LEFT
    if sent == wanted:
        return RunState.SENT, f"Sent to {sent}."
    said = [f"Sent to {sent} of {wanted}."]
    if count[MailState.IN_DOUBT]:
        said.append(f"In doubt: {count[MailState.IN_DOUBT]}; these are not sent again.")
    if count[MailState.FAILED]:
        why = problem or next(mail["detail"] for mail in mails if mail["state"] == MailState.FAILED)
        said.append(f"Not sent: {count[MailState.FAILED]}. {why}")
    return RunState.INCOMPLETE if sent else RunState.FAILED, " ".join(said)


def _tell_owner(dispatch: Dispatch) -> None:
    """Send the owner the notice that waits; that it cannot be sent is told nobody, but stands in the last result."""
    run, database = dispatch.run, dispatch.services.database
    waiting = _waiting(dispatch, "notice")
    later = None
    for mail in waiting:
        others = [(one["address"], _in_words(one)) for one in _mails(dispatch) if one["kind"] == "report"]
        try:
            _handed_over(dispatch, mail, notice_letter(dispatch, mail, others))
        except (MailPostponed, DependencyDown):
            if mail["attempts"] < NOTICE_TRIES:
                later = dispatch.now + BACK_OFF[min(mail["attempts"], len(BACK_OFF) - 1)]
    with database.transaction(dispatch.tenant.id) as (tx, _):
        runs.set_next_attempt(tx, run["id"], later)


def _in_words(mail: Row) -> str:
    state = mail["state"].replace("_", " ")
    return f"{state}. {mail['detail']}" if mail["detail"] else f"{state}."


def _mails(dispatch: Dispatch) -> list[Row]:
    with dispatch.services.database.read(dispatch.tenant.id) as tx:
        return list(runs.list_mails(tx, dispatch.run["id"]))


def _waiting(dispatch: Dispatch, kind: str) -> list[Row]:
    return [mail for mail in _mails(dispatch) if mail["kind"] == kind and mail["state"] == MailState.WAITING]


def _owner_address(dispatch: Dispatch) -> str | None:
    """Answer the owner's address, if their directory gives one that mail can go to."""
    address = (dispatch.brief["owner_address"] or "").lower()
    return address if ADDRESS.match(address) and dispatch.services.mailer is not None else None


def _audit(tx: Transaction, dispatch: Dispatch, state: RunState) -> None:
    run = dispatch.run
    tenancy.record_audit(
        tx,
        user_id=run["requested_by"] or dispatch.brief["owner_id"],
        action="report.mail",
        resource=f"schedule/{run['schedule_id']}/run/{run['id']}/{state}",
        outcome="refused" if state is RunState.FAILED else "done",
        address=None,
        invocation_id=None,
    )


def _said(down: DependencyDown) -> str:
    return f"The {down.dependency} did not answer."
