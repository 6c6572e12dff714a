"""Scheduled reports: what is mailed to whom and when, and what became of it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, WithJsonSchema

from shared.domain.cron import Cron
from shared.domain.errors import Fault
from shared.domain.mail_address import ADDRESS, PATTERN
from shared.domain.model import (
    Code,
    Command,
    Flag,
    Identifier,
    Instant,
    Integer,
    Listing,
    Model,
    Name,
    UserRef,
)
from shared.domain.principal import Role
from shared.domain.report import Report, ReportFormat

MOST_RECIPIENTS: Final = 20
# what is reported as it stands when the report is made, whatever the period
OF_THE_PRESENT: Final = frozenset({Report.IDLE_ASSETS})


class Period(StrEnum):
    """What days a report is about, seen from the day that it is due; none reaches beyond the day before."""

    YESTERDAY = "yesterday"
    LAST_7_DAYS = "last_7_days"
    LAST_30_DAYS = "last_30_days"
    LAST_90_DAYS = "last_90_days"
    LAST_365_DAYS = "last_365_days"
    LAST_WEEK = "last_week"
    LAST_MONTH = "last_month"
    LAST_QUARTER = "last_quarter"
    MONTH_TO_DATE = "month_to_date"
    YEAR_TO_DATE = "year_to_date"


class RunState(StrEnum):
    """How far one time of a report has come."""

    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    SKIPPED = "skipped"


class MailState(StrEnum):
    """How far one mail has come."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    UNSUBSCRIBED = "unsubscribed"


def _address(text: str) -> str:
    if not ADDRESS.match(text):
        raise ValueError("this is to be a mail address, as fleet@example.org")
    # nobody's mail server tells two people apart by capitals, and the same person is not to get it twice
    return text.lower()


def _cron(text: str) -> str:
    Cron(text)
    return " ".join(text.split())


def _once(addresses: tuple[str, ...]) -> tuple[str, ...]:
    # looked at here and not by its field, where what is no address would also count as one too few
    if not addresses:
        raise ValueError("name at least one address")
    if len(set(addresses)) < len(addresses):
        raise ValueError("an address stands more than once")
    return addresses


_ADDRESS = {
    "type": "string",
    "maxLength": 254,
    "pattern": PATTERN,
    # what stands before the @ has its own limit
    "allOf": [{"pattern": "^[^@]{1,64}@"}],
    "examples": ["fleet@example.org"],
}
Address = Annotated[str, Field(max_length=254), AfterValidator(_address), WithJsonSchema(_ADDRESS)]
Recipients = Annotated[
    tuple[Address, ...],
    Field(max_length=MOST_RECIPIENTS, description="mail addresses, each once"),
    AfterValidator(_once),
    WithJsonSchema({"type": "array", "minItems": 1, "maxItems": MOST_RECIPIENTS, "items": _ADDRESS}),
]
CronText = Annotated[
    str,
    Field(description="minute, hour, day of month, month, day of week, by the clocks of the organisation's time zone"),
    AfterValidator(_cron),
    WithJsonSchema({"type": "string", "format": "cron", "examples": ["0 7 * * MON"]}),
]


class ScheduleFilters(Model):
    """What of the fleet and which days a report is about, as the report itself takes it."""

    period: Annotated[Period, Field(description="seen from the day on which it is due")] = Period.LAST_30_DAYS
    asset_id: Identifier | None = None
    asset_type: Code | None = None
    group_by: Code | None = None
    base: Code | None = None
    min_days: Annotated[Integer, Field(ge=1, le=3660)] | None = None


class Recipient(Model):
    """Who gets the report, and whether they still want it."""

    address: str
    unsubscribed_at: Instant | None


class LastResult(Model):
    """What became of the report when it was due last."""

    at: Annotated[Instant, Field(description="when it came to its end")]
    state: RunState
    detail: str | None
    slot: Annotated[Instant, Field(description="when it was due")]


class Schedule(Model):
    """A report that is mailed by the clock."""

    id: int
    name: str
    report: Report
    format: ReportFormat
    filters: ScheduleFilters
    recipients: list[str]
    unsubscribed: Annotated[list[Recipient], Field(description="those of the recipients who want it no more")]
    cron: str
    enabled: bool
    owner: Annotated[UserRef, Field(description="the report holds what this person may see when it is sent")]
    next_run_at: Instant | None
    last_result: LastResult | None
    version: int
    created_at: Instant
    updated_at: Instant


class SentMail(Model):
    """What became of one mail."""

    address: str
    state: MailState
    detail: str | None
    at: Instant


class Run(Model):
    """One time that a report was due, or asked for."""

    id: int
    schedule_id: int
    slot: Instant
    state: RunState
    detail: str | None
    attempts: int
    requested_by: int | None
    created_at: Instant
    finished_at: Instant | None
    next_attempt_at: Instant | None
    mails: list[SentMail]


class CreateSchedule(Command):
    """Have a report mailed by the clock."""

    name: Name
    report: Report
    format: ReportFormat = ReportFormat.PDF
    filters: ScheduleFilters = Field(default_factory=ScheduleFilters)
    recipients: Recipients
    cron: CronText
    enabled: Flag = True


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


def _may_be_left_out() -> Any:
    """Answer the default of what may be left out but never be null: it is read only where it was given."""
    return Field(default=None, json_schema_extra=_without_default)


class ScheduleById(Command):
    """One schedule."""

    schedule_id: Identifier


class UpdateSchedule(ScheduleById):
    """Change what is given."""

    if_match: tuple[int, ...] | None = None
    name: Name = _may_be_left_out()
    report: Report = _may_be_left_out()
    format: ReportFormat = _may_be_left_out()
    filters: ScheduleFilters = _may_be_left_out()
    recipients: Recipients = _may_be_left_out()
    cron: CronText = _may_be_left_out()
    enabled: Flag = _may_be_left_out()


class DeleteSchedule(ScheduleById):
    """Mail a report no more."""

    if_match: tuple[int, ...] | None = None


class RunSchedule(ScheduleById):
    """Mail a report now, beside its times."""


class ListSchedules(Listing):
    """Schedules, the newest first."""


class ListRuns(Listing):
    """The times of a schedule, the latest first."""

    schedule_id: Identifier


def values(command: CreateSchedule | UpdateSchedule) -> dict[str, Any]:
    """Answer the columns that a command says, as JSON holds them; of a new schedule, every one."""
    is_new = isinstance(command, CreateSchedule)
    names = {"name", "report", "format", "filters", "cron", "enabled"}
    said = command.model_dump(mode="json", include=names, exclude_unset=not is_new)
    if "filters" in said:
        said["filters"] = command.filters.model_dump(mode="json", exclude_none=True)
    return said


def role_faults(report: Report, known: Mapping[str, str | None], recipients: tuple[str, ...]) -> list[Fault]:
    """Find recipients whom the organisation knows and whose role does not let them have the report."""
    return [
        Fault(
            f"/recipients/{place}", f"The role of this person does not allow the report; it takes {report.role.word}."
        )
        for place, address in enumerate(recipients)
        if address in known and not may_have(report, known[address])
    ]


def may_have(report: Report, role: str | None) -> bool:
    """Tell whether the role that somebody's last token carried is enough for a report; None: it was never seen."""
    return (Role.named(role or "") or 0) >= report.role


def days_of(period: Period, slot: datetime, zone: str) -> tuple[date, date]:
    """Answer the first and the last day that a report is about which is due at a moment."""
    today = slot.astimezone(ZoneInfo(zone)).date()
    yesterday = today - timedelta(days=1)
    if period in _DAYS:
        return today - timedelta(days=_DAYS[period]), yesterday
    if period is Period.LAST_WEEK:
        monday = today - timedelta(days=today.weekday())
        return monday - timedelta(days=7), monday - timedelta(days=1)
    if period is Period.MONTH_TO_DATE:
        return yesterday.replace(day=1), yesterday
    if period is Period.YEAR_TO_DATE:
        return yesterday.replace(month=1, day=1), yesterday
    months = 3 if period is Period.LAST_QUARTER else 1
    end = today.replace(month=today.month - (today.month - 1) % months, day=1) - timedelta(days=1)
    return end.replace(month=end.month - months + 1, day=1), end


_DAYS: Mapping[Period, int] = {
    Period.YESTERDAY: 1,
    Period.LAST_7_DAYS: 7,
    Period.LAST_30_DAYS: 30,
    Period.LAST_90_DAYS: 90,
    Period.LAST_365_DAYS: 365,
}


def following(cron: str, moment: datetime, zone: str) -> datetime:
    """Answer when a schedule is due next."""
    return Cron(cron).next_after(moment, zone)


def due_slots(cron: str, first: datetime, now: datetime, zone: str) -> list[datetime]:
    """Answer the times from `first`, itself one of them, up to now."""
    return [first, *Cron(cron).between(first, now, zone)]
