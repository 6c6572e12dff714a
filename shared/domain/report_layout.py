"""How reports that clients get as JSON are laid out on paper: which columns, which charts, which notes.

What an answer does not hold, because its reader may not see it, has no column.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from shared.domain.report import Chart, ChartStyle, Column, Kind, Line, Report, Table

type Body = Mapping[str, Any]
type Layout = Callable[[Body], tuple[Table, ...]]

_ASSET = (
    Column("asset_id", "Asset no.", width=9),
    Column("asset_tag", "Tag", width=12),
    Column("asset_name", "Asset", width=24),
    Column("asset_type", "Type", width=10),
)
_MEASURES = (
    Column("trips_count", "Trips", Kind.WHOLE, 8),
    Column("total_active_minutes", "Active minutes", Kind.NUMBER, 11),
    Column("minutes_in_service", "Minutes in service", Kind.WHOLE, 11),
    Column("utilization_percentage", "Utilization", Kind.PERCENT, 11),
    Column("total_miles", "Miles", Kind.NUMBER, 11),
    Column("total_fuel_gallons", "Gallons", Kind.NUMBER, 10),
    Column("engine_idle_minutes", "Engine idle minutes", Kind.NUMBER, 10),
    Column("days_used", "Days used", Kind.WHOLE, 8),
    Column("days_in_service", "Days in service", Kind.WHOLE, 9),
    Column("day_utilization_percentage", "Share of days", Kind.PERCENT, 10),
)
_TRAILING = (
    Column("utilization_7d", "7 days", Kind.PERCENT, 9),
    Column("utilization_28d", "28 days", Kind.PERCENT, 9),
)
_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def typed(value: Any, kind: Kind) -> Any:
    """Answer a value of JSON as what it is."""
    if not isinstance(value, str):
        return value
    if kind is Kind.DAY:
        return date.fromisoformat(value)
    if kind is Kind.INSTANT:
        return datetime.fromisoformat(value)
    return Decimal(value) if kind in {Kind.MONEY, Kind.RATE, Kind.NUMBER, Kind.PERCENT} else value


def table(
    name: str, columns: tuple[Column, ...], rows: Sequence[Body], totals: Body | None = None, **more: Any
) -> Table:
    """Answer a table of rows of JSON, with the columns that they have."""
    known = {key for row in rows for key in row} or {column.key for column in columns}
    kept = tuple(column for column in columns if column.key in known)
    return Table(
        name=name,
        title=more.pop("title", name),
        columns=kept,
        rows=[_line(kept, row) for row in rows],
        totals=None if totals is None else {**_line(kept, totals), kept[0].key: "Total"},
        **more,
    )


def _line(columns: tuple[Column, ...], row: Body) -> Line:
    return {column.key: typed(row.get(column.key), column.kind) for column in columns}


def _utilization(body: Body) -> tuple[Table, ...]:
    by_asset = body["group_by"] == "asset"
    lead = _ASSET if by_asset else (Column("date", "Day", Kind.DAY, 11),)
    columns = (*lead, *_MEASURES, *(() if by_asset else _TRAILING))
    across, style = ("asset_name", ChartStyle.BAR) if by_asset else ("date", ChartStyle.LINE)
    trailing = body["group_by"] == "day"
    series = ("utilization_percentage", *(("utilization_7d", "utilization_28d") if trailing else ()))
    if not trailing:
        columns = tuple(column for column in columns if column not in _TRAILING)
    notes = (f"Utilization is on the base '{body['base']}': what counts, divided by what could have counted.",)
    chart = Chart("Utilization, per cent", style, across, series)
    common = {"base": body["base"]}
    return (table("Utilization", columns, body["data"], body["summary"], charts=(chart,), notes=notes, common=common),)


def _heatmap(body: Body) -> tuple[Table, ...]:
    columns = (
        Column("day", "Weekday", width=14),
        Column("hour", "Hour", Kind.WHOLE, 8),
        Column("active_minutes", "Active minutes", Kind.NUMBER, 14),
        Column("minutes_in_service", "Minutes in service", Kind.WHOLE, 14),
        Column("utilization_percentage", "Utilization", Kind.PERCENT, 12),
    )
    rows = [{**cell, "day": _WEEK[cell["weekday"] - 1]} for cell in body["data"]]
    by_hour = [{"hour": f"{hour:02}", **dict.fromkeys(_WEEK), **_days_of(rows, hour)} for hour in range(24)]
    hours = (Column("hour", "Hour", width=8), *(Column(day, day, Kind.PERCENT, 12) for day in _WEEK))
    chart = Chart("Utilization by weekday and hour, per cent", ChartStyle.HEAT, "hour", _WEEK)
    return (
        table("Hours of the week", columns, rows, is_on_paper=False),
        table("By hour", hours, by_hour, title="By hour and weekday", charts=(chart,)),
    )


def _days_of(rows: list[dict[str, Any]], hour: int) -> dict[str, float]:
    return {row["day"]: row["utilization_percentage"] for row in rows if row["hour"] == hour}


def _idle(body: Body) -> tuple[Table, ...]:
    columns: tuple[Column, ...] = (
        *_ASSET,
        Column("status", "Status", width=13),
        Column("last_activity_at", "Last activity", Kind.INSTANT, 18),
        Column("last_activity", "By", width=10),
        Column("since", "Idle since", Kind.DAY, 11),
        Column("days_idle", "Days idle", Kind.WHOLE, 9),
    )
    if any("idle_cost" in row for row in body["data"]):
        columns = (*columns, Column("idle_cost", "Cost of idleness", Kind.MONEY, 12))
    notes = (f"Assets in service without use for {body['min_days']} whole days or more.",)
    chart = Chart("Days idle", ChartStyle.BAR, "asset_name", ("days_idle",))
    return (table("Idle assets", columns, body["data"], charts=(chart,), notes=notes),)


def _summary(body: Body) -> tuple[Table, ...]:
    days = _utilization({**body, "group_by": "day"})[0]
    pairs = (Column("name", "What", width=36), Column("value", "Figure", Kind.NUMBER, 18))
    fleet = [{"name": name.replace("_", " ").capitalize(), "value": value} for name, value in body["fleet"].items()]
    use = [{"name": column.label, "value": body["summary"].get(column.key)} for column in _MEASURES] + [
        {"name": "Utilization in the period before", "value": body["previous"].get("utilization_percentage")}
    ]
    tables = [
        replace(days, name="Days", title="Days"),
        table("Fleet", pairs, fleet, title="The fleet now"),
        table("Use", pairs, use, title="Use in the period"),
    ]
    if body.get("costs"):
        costs = [
            {"name": name.replace("_", " ").capitalize(), "value": _plain(value)}
            for name, value in body["costs"].items()
        ]
        tables.append(table("Costs", pairs, costs, title="Costs in the period"))
    ranked = (*_ASSET, *_MEASURES[:6])
    tables += [
        table("Most used", ranked, body["most_used"]),
        table("Least used", ranked, body["least_used"]),
    ]
    return tuple(tables)


def _plain(value: Any) -> Any:
    try:
        return Decimal(value) if isinstance(value, str) else value
    except ArithmeticError:
        return None


_ROI = (
    *_ASSET[:3],
    Column("purchase_price", "Purchase price", Kind.MONEY, 11),
    Column("current_value", "Current value", Kind.MONEY, 11),
    Column("maintenance_cost", "Maintenance", Kind.MONEY, 11),
    Column("fuel_cost", "Fuel", Kind.MONEY, 11),
    Column("insurance_cost", "Insurance", Kind.MONEY, 11),
    Column("other_cost", "Other", Kind.MONEY, 10),
    Column("total_cost_of_ownership", "Total cost", Kind.MONEY, 12),
    Column("revenue", "Revenue", Kind.MONEY, 12),
    Column("roi_percentage", "ROI", Kind.PERCENT, 9),
    Column("payback_years", "Payback years", Kind.NUMBER, 8),
    Column("days_owned", "Days owned", Kind.WHOLE, 8),
    Column("daily_cost", "Daily cost", Kind.MONEY, 9),
    Column("total_miles", "Miles", Kind.NUMBER, 11),
    Column("cost_per_mile", "Cost a mile", Kind.RATE, 9),
    Column("running_cost_per_mile", "Running a mile", Kind.RATE, 9),
    Column("ownership_cost_per_mile", "Owning a mile", Kind.RATE, 9),
)


def _roi(body: Body) -> tuple[Table, ...]:
    chart = Chart("ROI, per cent", ChartStyle.BAR, "asset_name", ("roi_percentage",))
    money = Chart("Total cost and revenue", ChartStyle.BAR, "asset_name", ("total_cost_of_ownership", "revenue"))
    notes = (
        f"To date: until {body['as_of']}. Costs a mile are of {body['date_from']} to {body['date_to']}.",
        "The totals of ownership hold assets whose price is known, ROI those whose value is known too.",
        *_unpriced(body),
    )
    return (table("ROI", _ROI, body["data"], body["summary"], charts=(chart, money), notes=notes),)


def _unpriced(body: Body) -> tuple[str, ...]:
    """Say what the fuel costs lack, where they lack anything."""
    gallons = body["summary"]["unpriced_gallons"]
    return (f"Fuel costs lack {gallons:,.2f} gallons that no price was known for.",) if gallons else ()


_PER_MILE = (
    Column("asset_id", "Asset no.", width=9),
    Column("asset_name", "Asset", width=24),
    Column("asset_type", "Type", width=10),
    Column("benchmark_class", "Class", width=16),
    Column("date", "Month", Kind.DAY, 11),
    Column("assets", "Assets", Kind.WHOLE, 8),
    Column("period_miles", "Miles", Kind.NUMBER, 11),
    Column("annual_miles", "Miles a year", Kind.NUMBER, 11),
    Column("fuel_cost", "Fuel", Kind.MONEY, 11),
    Column("running_cost", "Running cost", Kind.MONEY, 12),
    Column("fixed_cost", "Fixed cost", Kind.MONEY, 11),
    Column("depreciation", "Depreciation", Kind.MONEY, 12),
    Column("fuel_cost_per_mile", "Fuel a mile", Kind.RATE, 9),
    Column("running_cost_per_mile", "Running a mile", Kind.RATE, 9),
    Column("ownership_cost_per_mile", "Owning a mile", Kind.RATE, 9),
    Column("cost_per_mile", "Cost a mile to date", Kind.RATE, 9),
)


def _cost_per_mile(body: Body) -> tuple[Table, ...]:
    by = body["group_by"]
    leads = {
        "asset": ("asset_id", "asset_name", "asset_type"),
        "asset_type": ("asset_type",),
        "class": ("benchmark_class",),
        "month": ("date",),
    }[by]
    others = {column.key for column in _PER_MILE[:5]} - {*leads}
    gone = others | ({"cost_per_mile", "annual_miles"} if by == "month" else set())
    columns = tuple(column for column in _PER_MILE if column.key not in gone)
    across = "asset_name" if by == "asset" else leads[0]
    chart = Chart(
        "Cost a mile of the period",
        ChartStyle.LINE if by == "month" else ChartStyle.BAR,
        across,
        ("running_cost_per_mile", "ownership_cost_per_mile"),
    )
    note = "Running: fuel, maintenance, tyres, tolls. Owning: these, insurance, finance, fees and depreciation."
    return (
        table("Cost per mile", columns, body["data"], body["summary"], charts=(chart,), notes=(note, *_unpriced(body))),
        *_published(body["summary"]["benchmarks"]),
    )


def _published(found: Sequence[Body]) -> tuple[Table, ...]:
    """Lay out what others have published on the same basis, if anybody has."""
    columns = tuple(
        Column(key, key.replace("_", " ").capitalize(), Kind.NUMBER if key in {"figure", "yours"} else Kind.TEXT, 20)
        for key, value in (found[0].items() if found else ())
        if value is None or isinstance(value, str | int | float)
    )
    return (table("Benchmarks", columns, [dict(one) for one in found]),) if columns else ()


def _replacement(body: Body) -> tuple[Table, ...]:
    columns = (
        Column("asset_id", "Asset no.", width=9),
        Column("asset_name", "Asset", width=22),
        Column("asset_type", "Type", width=9),
        Column("advice", "Advice", width=9),
        Column("why", "Why", width=44),
        Column("age_years", "Age, years", Kind.NUMBER, 8),
        Column("replacement_year", "Best year to replace", Kind.WHOLE, 10),
        Column("day_utilization_percentage", "Share of days used", Kind.PERCENT, 9),
        Column("type_day_utilization_percentage", "Share of its type", Kind.PERCENT, 9),
        Column("annual_miles", "Miles a year", Kind.NUMBER, 10),
        Column("break_even_miles", "Break-even miles", Kind.NUMBER, 10),
        Column("fixed_annual_cost", "Fixed cost a year", Kind.MONEY, 11),
        Column("running_cost_per_mile", "Running a mile", Kind.RATE, 9),
    )
    rows = [{**row, "why": " ".join(one["detail"] for one in row["reasons"])} for row in body["data"]]
    advice = [{"name": name, "value": count} for name, count in body["summary"].items()]
    pairs = (Column("name", "Advice", width=14), Column("value", "Assets", Kind.WHOLE, 10))
    chart = Chart("Assets by advice", ChartStyle.BAR, "name", ("value",))
    years = (
        Column("asset_name", "Asset", width=24),
        Column("year", "Year of age", Kind.WHOLE, 9),
        Column("cost", "Cost of the year", Kind.MONEY, 13),
        Column("value", "Value at its end", Kind.MONEY, 13),
        Column("euac", "Cost a year if kept until then", Kind.MONEY, 16),
    )
    curves = [
        {**year, "asset_name": row["asset_name"]}
        for row in body["data"]
        if row["curve"]
        for year in row["curve"]["years"]
    ]
    return (
        table("Replacement", columns, rows, notes=(body["method"],)),
        table("Advice", pairs, advice, charts=(chart,)),
        table("Curves", years, curves, title="Annual cost by year of age"),
    )


LAYOUTS: Mapping[Report, Layout] = MappingProxyType(
    {
        Report.UTILIZATION: _utilization,
        Report.HEATMAP: _heatmap,
        Report.IDLE_ASSETS: _idle,
        Report.SUMMARY: _summary,
        Report.ROI: _roi,
        Report.COST_PER_MILE: _cost_per_mile,
        Report.REPLACEMENT: _replacement,
    }
)


def facts_of(body: Body) -> tuple[tuple[str, str], ...]:
    """Answer the period of an answer and the base of its shares, as far as it has them."""
    period = (("Period", f"{body['date_from']} to {body['date_to']}"),) if "date_from" in body else ()
    return (*period, ("Base", body["base"])) if "base" in body else period
