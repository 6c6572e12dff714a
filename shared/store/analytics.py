"""How much the fleet is used."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from shared.domain.period import Period, back
from shared.domain.usage import A_MINUTE, SEVENTHS, TRAILING, AssetUsage, Basis, DayUsage, Usage
from shared.domain.utilization import Part
from shared.store.database import Row, Transaction
from shared.store.queries import Queries

_SQL = Queries("analytics")

_MEASURED = (
    *("days_in_service", "days_used", "service_minutes", "trips_count"),
    *("active_us", "engine_idle_us", "miles_e6", "fuel_e6"),
)
_TARGETED = ("counted_us", "base_us_7", "targeted_miles_e6", "target_miles_e6_7")
_WINDOWS = ("week", "month")


def list_days(tx: Transaction, period: Period, part: Part, basis: Basis) -> list[DayUsage]:
    """Answer every day of a period."""
    # as far back as the longest of the trailing windows reaches
    lead_from = back(period.first, max(TRAILING) - 1)
    asked = {**_part(part), "lead_from": lead_from, "date_to": period.last}
    rows = tx.all(_SQL["list_days"], **asked, base=basis.value)
    shown = [row for row in rows if row["day"] >= period.first]
    if basis is not Basis.TARGET:
        return [_day(row, row) for row in shown]
    targets = {row["day"]: row for row in tx.all(_SQL["list_target_days"], **asked)}
    return [_day(row, targets.get(row["day"], {})) for row in shown]


def list_assets_used(tx: Transaction, period: Period, part: Part, basis: Basis) -> list[AssetUsage]:
    """Answer every asset that was in service in a period, in no order."""
    rows = tx.all(_SQL["list_assets_used"], date_from=period.first, date_to=period.last, **_part(part))
    return [
        AssetUsage(row["asset_id"], row["asset_name"], row["asset_type"], _usage(row, _based(row, basis)))
        for row in rows
    ]


def list_hours(tx: Transaction, period: Period, part: Part) -> dict[tuple[int, int], int]:
    """Answer microseconds in use by weekday and hour, where there were any."""
    rows = tx.all(_SQL["list_hours"], date_from=period.first, date_to=period.last, **_part(part))
    return {(row["weekday"], row["hour"]): row["active_us"] for row in rows}


def list_service_days(tx: Transaction, period: Period, part: Part) -> dict[date, int]:
    """Answer how many assets were in service on each day, where there were any."""
    rows = tx.all(_SQL["list_service_days"], date_from=period.first, date_to=period.last, **_part(part))
    return {row["day"]: row["assets"] for row in rows}


def find_fleet_now(tx: Transaction, part: Part, today: date, now: datetime) -> Row:
    """Answer who has what at this moment, as `FleetNow` names it, all but how many are idle."""
    return tx.one(_SQL["find_fleet_now"], asset_type=_part(part)["asset_type"], today=today, now=now)


def has_asset(tx: Transaction, asset_id: int) -> bool:
    """Tell whether there is such an asset."""
    return tx.find(_SQL["find_asset_type"], asset_id=asset_id) is not None


def _part(part: Part) -> dict[str, Any]:
    return {"asset_id": part.asset_id, "asset_type": part.asset_type and part.asset_type.value}


def _day(row: Row, counted: Row) -> DayUsage:
    trailing = tuple(
        (counted[f"{window}_counted_us"], counted[f"{window}_base_us_7"])
        if row["days_in_service"] and counted.get(f"{window}_days") == days
        else None
        for window, days in zip(_WINDOWS, TRAILING, strict=True)
    )
    return DayUsage(row["day"], _usage(row, counted), trailing)


def _usage(row: Row, counted: Mapping[str, int]) -> Usage:
    return Usage(
        **{name: row[name] for name in _MEASURED},
        **{name: counted[name] for name in _TARGETED if name in counted},
    )


def _based(row: Row, basis: Basis) -> dict[str, int]:
    """Answer what counts by a basis, and what that is divided by."""
    if basis is Basis.CALENDAR:
        return {"counted_us": row["active_us"], "base_us_7": row["service_minutes"] * A_MINUTE * SEVENTHS}
    if basis is Basis.SHIFT:
        return {"counted_us": row["shift_active_us"], "base_us_7": row["shift_minutes"] * A_MINUTE * SEVENTHS}
    hours, miles = row["target_us_a_week"], row["target_miles_e6_a_week"]
    days = row["days_in_service"]
    return {
        "counted_us": 0 if hours is None else row["active_us"],
        "base_us_7": days * (hours or 0),
        "targeted_miles_e6": 0 if miles is None else row["miles_e6"],
        "target_miles_e6_7": days * (miles or 0),
    }
