"""Lays reports out as papers, from the same answers that clients get, so that a file says what a screen says."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from shared.actions.call import Call
from shared.domain.errors import Fault, Invalid, pointer
from shared.domain.export import Order, RowsOfPeriod
from shared.domain.model import Command
from shared.domain.report import Column, Kind, Paper, Report, Table
from shared.store import exports as store
from shared.store.database import Transaction

DAYS_BY_DEFAULT = 30
DAYS_MAX = 366

type Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rows:
    """A report that is rows of a table as they stand, and may be long.

    Attributes:
        kind: in the store.
    """

    kind: str
    columns: tuple[Column, ...]


_WHAT = (
    Column("asset_id", "Asset no.", Kind.TEXT, 9),
    Column("asset_tag", "Tag", width=14),
    Column("asset_name", "Asset", width=24),
    Column("asset_type", "Type", width=10),
)
ROWS: Mapping[Report, Rows] = {
    Report.TRIPS: Rows(
        "trips",
        (
            Column("trip_id", "Trip no.", Kind.TEXT, 9),
            *_WHAT,
            Column("driver", "Driver", width=18),
            Column("start_time", "Start", Kind.INSTANT, 18),
            Column("end_time", "End", Kind.INSTANT, 18),
            Column("minutes", "Minutes", Kind.NUMBER, 10),
            Column("distance_miles", "Miles", Kind.NUMBER, 10),
            Column("fuel_consumed_gallons", "Gallons", Kind.NUMBER, 10),
            Column("idle_minutes", "Idle minutes", Kind.NUMBER, 10),
            Column("source", "Source", width=12),
            Column("external_id", "Number there", width=16),
        ),
    ),
    Report.ASSET_DAYS: Rows(
        "asset_days",
        (
            Column("date", "Day", Kind.DAY, 11),
            *_WHAT,
            Column("trips_count", "Trips", Kind.WHOLE, 8),
            Column("total_active_minutes", "Active minutes", Kind.NUMBER, 10),
            Column("minutes_in_service", "Minutes in service", Kind.WHOLE, 10),
            Column("utilization_percentage", "Utilization", Kind.PERCENT, 11),
            Column("engine_idle_minutes", "Engine idle minutes", Kind.NUMBER, 10),
            Column("total_miles", "Miles", Kind.NUMBER, 10),
            Column("total_fuel_gallons", "Gallons", Kind.NUMBER, 10),
        ),
    ),
}


@dataclass(frozen=True)
class Period:
    """Local days, both ends included."""

    date_from: date
    date_to: date


def period_of(command: RowsOfPeriod, today: date) -> Period:
    """Answer the period that is asked for, the last 30 full days unless it is said; raise Invalid."""
    date_to = command.date_to or today - timedelta(days=1)
    date_from = command.date_from or date_to - timedelta(days=DAYS_BY_DEFAULT - 1)
    if date_from > date_to:
        raise Invalid.field("/date_from", "A period begins before it ends.")
    if (date_to - date_from).days >= DAYS_MAX:
        raise Invalid.field("/date_from", f"A period has at most {DAYS_MAX} days.")
    return Period(date_from, date_to)


def read_filters[Wanted: Command](command: type[Wanted], order: Order) -> Wanted:
    """Read filters as the report itself would; raise Invalid naming what it does not take."""
    try:
        return command.model_validate(dict(order.filters))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [Fault(pointer(map(str, one["loc"])), _said(one, order.report)) for one in found]
        raise Invalid(faults=faults) from None


def _said(fault: Mapping[str, Any], report: Report) -> str:
    if fault["type"] == "extra_forbidden":
        return f"The report {report} has no such filter."
    return str(fault["msg"]).removeprefix("Value error, ")


def rows_wanted(call: Call, order: Order) -> dict[str, Any]:
    """Answer what the store is to list: days, and the moments between which they lie."""
    command = read_filters(RowsOfPeriod, order)
    period = period_of(command, today_of(call))
    wanted = {"asset_id": command.asset_id, "asset_type": command.asset_type}
    if order.report is Report.ASSET_DAYS:
        return {**wanted, "date_from": period.date_from, "date_to": period.date_to}
    zone = ZoneInfo(call.principal.tenant.time_zone)
    after = period.date_to + timedelta(days=1)
    return {**wanted, "since": _midnight(period.date_from, zone), "until": _midnight(after, zone)}


def today_of(call: Call) -> date:
    """Answer the tenant's local day."""
    return call.services.clock.now().astimezone(ZoneInfo(call.principal.tenant.time_zone)).date()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


@contextmanager
def laid_out(call: Call, order: Order) -> Iterator[Paper]:
    """Lay a report out; its rows may be read as long as this is open."""
    if order.report in ROWS:
        with call.read() as tx:
            yield _rows_paper(call, order, tx)
        return
    yield paper_of(call, order, *LAYOUTS[order.report](call, order))


def _rows_paper(call: Call, order: Order, tx: Transaction) -> Paper:
    rows = ROWS[order.report]
    period = period_of(read_filters(RowsOfPeriod, order), today_of(call))
    listed = store.stream_rows(tx, rows.kind, rows_wanted(call, order))
    table = Table(order.report.heading, order.report.heading, rows.columns, listed)
    return paper_of(call, order, (("Period", f"{period.date_from} to {period.date_to}"),), (table,))


def paper_of(call: Call, order: Order, facts: Facts, tables: tuple[Table, ...]) -> Paper:
    """Put tables on the tenant's paper, with the filters that were asked for."""
    asked = [(name, value) for name, value in order.filters.items() if name not in {"date_from", "date_to"}]
    said = tuple((name.replace("_", " ").capitalize(), str(value)) for name, value in asked)
    tenant = call.principal.tenant
    return Paper(
        title=order.report.heading,
        tenant=tenant.name,
        time_zone=tenant.time_zone,
        currency=tenant.currency,
        facts=(*facts, *said),
        made_at=call.services.clock.now(),
        tables=tables,
    )


type Layout = Callable[[Call, Order], tuple[Facts, tuple[Table, ...]]]

LAYOUTS: Mapping[Report, Layout] = {}
