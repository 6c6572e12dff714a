"""Lays reports out as papers, from the same answers that clients get, so that a file says what a screen says."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from pydantic import BaseModel, ValidationError

from shared.actions import analytics, cost_per_mile, idle_assets, replacement, roi
from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain.advice import AskReplacement
from shared.domain.cost_per_mile import AskCostPerMile
from shared.domain.errors import Fault, Invalid, NotFound, pointer
from shared.domain.export import Order
from shared.domain.idle_asset import ListIdleAssets
from shared.domain.model import Command
from shared.domain.period import period_of
from shared.domain.report import Column, Kind, Line, Paper, Report, Table
from shared.domain.report_layout import LAYOUTS, facts_of, typed
from shared.domain.roi import AskRoi
from shared.domain.summary import AskSummary
from shared.domain.utilization import AskHeatmap, AskUtilization, FleetReport
from shared.store import exports as store
from shared.store.analytics import has_asset
from shared.store.database import Transaction

type Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rows:
    """A report that is rows of a table as they stand, and may be long.

    Attributes:
        kind: in the store.
    """

    kind: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Asked:
    """A report that clients get as JSON: what asks for it and what answers."""

    command: type[Command]
    action: Callable[[Call, Any], Answer[BaseModel]]


ASKED: Mapping[Report, Asked] = MappingProxyType(
    {
        Report.UTILIZATION: Asked(AskUtilization, analytics.get_utilization),
        Report.HEATMAP: Asked(AskHeatmap, analytics.get_heatmap),
        Report.SUMMARY: Asked(AskSummary, analytics.get_summary),
        Report.IDLE_ASSETS: Asked(ListIdleAssets, idle_assets.list_idle_assets),
        Report.ROI: Asked(AskRoi, roi.get_roi),
        Report.COST_PER_MILE: Asked(AskCostPerMile, cost_per_mile.get_cost_per_mile),
        Report.REPLACEMENT: Asked(AskReplacement, replacement.get_replacement),
    }
)
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
    command = read_filters(FleetReport, order)
    period = period_of(command, call.today)
    wanted = {"asset_id": command.asset_id, "asset_type": command.asset_type}
    if order.report is Report.ASSET_DAYS:
        return {**wanted, "date_from": period.first, "date_to": period.last}
    zone = ZoneInfo(call.principal.tenant.time_zone)
    after = period.last + timedelta(days=1)
    return {**wanted, "since": _midnight(period.first, zone), "until": _midnight(after, zone)}


def check(call: Call, order: Order) -> None:
    """Return if a report can be made; raise Invalid for filters that it does not take, NotFound for no such asset."""
    command = read_filters(FleetReport if order.report in ROWS else ASKED[order.report].command, order)
    asset_id = getattr(command, "asset_id", None)
    if asset_id is None:
        return
    with call.read() as tx:
        if not has_asset(tx, asset_id):
            raise NotFound(faults=[Fault("/asset_id", "There is no such asset.")])


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


@contextmanager
def laid_out(call: Call, order: Order) -> Iterator[Paper]:
    """Lay a report out; its rows may be read as long as this is open."""
    if order.report in ROWS:
        with call.read() as tx:
            yield _rows_paper(call, order, tx)
        return
    asked = ASKED[order.report]
    body = orjson.loads(asked.action(call, read_filters(asked.command, order)).content)
    yield paper_of(call, order, facts_of(body), LAYOUTS[order.report](body))


def _rows_paper(call: Call, order: Order, tx: Transaction) -> Paper:
    rows = ROWS[order.report]
    period = period_of(read_filters(FleetReport, order), call.today)
    listed = _typed(rows.columns, store.stream_rows(tx, rows.kind, rows_wanted(call, order)))
    table = Table(order.report.heading, order.report.heading, rows.columns, listed)
    return paper_of(call, order, (("Period", f"{period.first} to {period.last}"),), (table,))


def _typed(columns: tuple[Column, ...], rows: Iterable[Line]) -> Iterator[Line]:
    """Make moments of what the store tells as texts, which is how they stand in CSV."""
    moments = [column.key for column in columns if column.kind is Kind.INSTANT]
    for row in rows:
        yield {**row, **{key: typed(row[key], Kind.INSTANT) for key in moments}}


def paper_of(call: Call, order: Order, facts: Facts, tables: tuple[Table, ...]) -> Paper:
    """Put tables on the tenant's paper, with the filters that were asked for."""
    asked = [(name, value) for name, value in order.filters.items() if name not in {"date_from", "date_to"}]
    said = {name.replace("_", " ").capitalize(): str(value) for name, value in asked}
    tenant = call.principal.tenant
    return Paper(
        title=order.report.heading,
        tenant=tenant.name,
        time_zone=tenant.time_zone,
        currency=tenant.currency,
        facts=tuple({**dict(facts), **said}.items()),
        made_at=call.services.clock.now(),
        tables=tables,
    )
