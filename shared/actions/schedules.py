"""Schedules of reports: making, finding, changing and taking them away, and having one mailed at once."""

from datetime import UTC, datetime, timedelta

from shared.actions import papers
from shared.actions.answer import Answer, versioned
from shared.actions.call import Call, Work
from shared.domain import cursor, schedule
from shared.domain.errors import Conflict, Fault, Invalid, NotFound, VersionMismatch
from shared.domain.export import Order
from shared.domain.model import BIGINT_MAX, Page
from shared.domain.paging import page
from shared.domain.report import Report
from shared.domain.schedule import (
    CreateSchedule,
    DeleteSchedule,
    ListRuns,
    ListSchedules,
    Run,
    RunSchedule,
    Schedule,
    ScheduleById,
    UpdateSchedule,
)
from shared.domain.utilization import FleetReport
from shared.store import analytics, report_runs as runs, schedules as store
from shared.store.database import Row, Transaction

_CHANGED = "The schedule was changed since you read it; read it again and repeat your change on it."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def create_schedule(call: Call, command: CreateSchedule) -> Answer[Schedule]:
    """Have a report mailed by the clock; raise Invalid if it takes no such filter, or is not for a recipient."""
    now, zone = call.services.clock.now(), call.principal.tenant.time_zone
    with call.transaction() as work:
        _check_filters(work, command)
        _check_recipients(work, command.report, command.recipients)
        schedule_id = store.insert_schedule(
            work,
            schedule.values(command),
            next_run_at=schedule.following(command.cron, now, zone) if command.enabled else None,
            time_zone=zone,
            owner_id=call.principal.user_id,
            now=now,
        )
        store.write_recipients(work, schedule_id, command.recipients)
        call.audit(work, "schedule.create", f"schedule/{schedule_id}")
        made = _get(work, schedule_id)
        location = {"Location": f"/api/reports/schedules/{schedule_id}"}
        return work.answer(versioned(made, made.version, 201, location))


def get_schedule(call: Call, command: ScheduleById) -> Answer[Schedule]:
    """Answer one schedule; raise NotFound if there is none."""
    with call.read() as tx:
        found = _get(tx, command.schedule_id)
    return versioned(found, found.version)


def list_schedules(call: Call, command: ListSchedules) -> Answer[Page[Schedule]]:
    """Answer a page of schedules."""
    (before_id,) = cursor.decode(command.cursor, int)
    with call.read() as tx:
        found = store.list_schedules(tx, None if before_id is None else int(before_id), command.limit + 1)
    return Answer(page(found, command.limit, lambda one: (one.id,)))


def update_schedule(call: Call, command: UpdateSchedule) -> Answer[Schedule]:
    """Change what is given.

    Raises:
        NotFound: there is no such schedule.
        VersionMismatch: it is not the version that the caller changes.
        Invalid: the report takes no such filter, or is not for one of the recipients.
    """
    said = schedule.values(command)
    with call.transaction() as work:
        before = _locked(work, command.schedule_id, command.if_match)
        if "recipients" in command.model_fields_set:
            store.write_recipients(work, command.schedule_id, command.recipients)
        next_run_at, zone = _next_run(call, before, {**before, **said})
        now = call.services.clock.now()
        store.update_schedule(work, command.schedule_id, said, next_run_at=next_run_at, time_zone=zone, now=now)
        after = _get(work, command.schedule_id)
        _check_filters(work, after)
        _check_recipients(work, after.report, tuple(after.recipients))
        call.audit(work, "schedule.change", f"schedule/{command.schedule_id}")
        return work.answer(versioned(after, after.version))


def delete_schedule(call: Call, command: DeleteSchedule) -> Answer:
    """Mail a report no more; raise NotFound or VersionMismatch as for a change."""
    with call.transaction() as work:
        _locked(work, command.schedule_id, command.if_match)
        store.delete_schedule(work, command.schedule_id, call.services.clock.now())
        call.audit(work, "schedule.delete", f"schedule/{command.schedule_id}")
        return work.answer(Answer(status=204))


def run_schedule(call: Call, command: RunSchedule) -> Answer[Run]:
    """Have a report mailed within a minute, beside its times; raise NotFound if there is none."""
    now = call.services.clock.now()
    with call.transaction() as work:
        _locked(work, command.schedule_id)
        run_id = runs.insert_run(work, command.schedule_id, now, now, call.principal.user_id)
        if run_id is None:
            raise Conflict("The report is due at this very moment.")
        call.audit(work, "schedule.run", f"schedule/{command.schedule_id}/run/{run_id}")
        made = runs.find_run(work, command.schedule_id, run_id)
        location = {"Location": f"/api/reports/schedules/{command.schedule_id}/runs"}
        return work.answer(Answer(made, 202, headers=location))


def list_runs(call: Call, command: ListRuns) -> Answer[Page[Run]]:
    """Answer a page of a schedule's times, the latest first; raise NotFound if there is no such schedule."""
    before = _before(command.cursor)
    with call.read() as tx:
        _get(tx, command.schedule_id)
        found = runs.list_runs(tx, command.schedule_id, before, command.limit + 1)
    return Answer(page(found, command.limit, lambda one: ((one.slot - _EPOCH) // _MICROSECOND, one.id)))


def _get(tx: Transaction, schedule_id: int) -> Schedule:
    found = store.find_schedule(tx, schedule_id)
    if found is None:
        raise NotFound
    return found


def _locked(work: Work, schedule_id: int, versions: tuple[int, ...] | None = None) -> Row:
    found = store.lock_schedule(work, schedule_id)
    if found is None:
        raise NotFound
    if versions is not None and found["version"] not in versions:
        raise VersionMismatch(_CHANGED)
    return found


def _next_run(call: Call, before: Row, after: Row) -> tuple[datetime | None, str]:
    """Answer when a changed schedule is due next, and by which clocks; a time that has come already is kept."""
    if not after["enabled"]:
        return None, before["time_zone"]
    if before["enabled"] and before["cron"] == after["cron"]:
        return before["next_run_at"], before["time_zone"]
    zone = call.principal.tenant.time_zone
    return schedule.following(after["cron"], call.services.clock.now(), zone), zone


def _check_filters(tx: Transaction, wanted: CreateSchedule | Schedule) -> None:
    """Read the filters as the report will, so that what it does not take is said now and not when it is due."""
    command = FleetReport if wanted.report in papers.ROWS else papers.ASKED[wanted.report].command
    filters = wanted.filters.model_dump(mode="json", exclude={"period"}, exclude_none=True)
    try:
        papers.read_filters(command, Order(wanted.report, wanted.format, filters))
    except Invalid as refused:
        faults = [Fault(f"/filters{fault.pointer}", fault.detail) for fault in refused.faults]
        raise Invalid(faults=faults) from None
    asset_id = wanted.filters.asset_id
    if asset_id is not None and not analytics.has_asset(tx, asset_id):
        raise Invalid.field("/filters/asset_id", "There is no such asset.")


def _check_recipients(tx: Transaction, report: Report, recipients: tuple[str, ...]) -> None:
    faults = schedule.role_faults(report, store.list_known_roles(tx, recipients), recipients)
    if faults:
        raise Invalid(faults=faults)


def _before(text: str | None) -> tuple[datetime | None, int]:
    mark, last_id = cursor.decode(text, int, int)
    if mark is None or last_id is None:
        return None, BIGINT_MAX
    try:
        return _EPOCH + int(mark) * _MICROSECOND, int(last_id)
    except OverflowError:
        raise Invalid.field("/cursor", "This cursor was not issued for this list; begin without one.") from None
