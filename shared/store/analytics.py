"""How much the fleet is used."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Final

from shared.domain.period import Period, back
from shared.domain.usage import TRAILING, AssetUsage, Basis, DayUsage, Usage
from shared.domain.utilization import Part
from shared.store.database import Row, Transaction
from shared.store.queries import Queries

_SQL = Queries("analytics")

_USAGE: Final = tuple(one.name for one in fields(Usage))
_TARGETED = ("counted_us", "base_us_7", "targeted_miles_e6", "target_miles_e6_7")
_WINDOWS = ("week", "month")
# of a day on which nothing with a target was in service
_UNTARGETED = {**dict.fromkeys(_TARGETED, 0), **{f"{window}_days": 0 for window in _WINDOWS}}


def list_days(tx: Transaction, period: Period, part: Part, basis: Basis) -> list[DayUsage]:
    """Answer every day of a period."""
    wanted = max(TRAILING) - 1
    # mostly as far back as the longest of the trailing windows reaches
    spans = [Period(back(period.first, wanted), period.last)]
    rows = _read_days(tx, spans, part, basis)
    found = sum(row["day"] < period.first and row["counts"] for row in rows)
    if found < wanted:
        # days of the fleet that was out of service for a while lie further back, if there are any
        spans = [*_spans_before(tx, spans[0].first, wanted - found, part, basis), *spans]
    if len(spans) > 1:
        rows = _read_days(tx, spans, part, basis)
    return [_day(row) for row in rows if row["day"] >= period.first]


def _read_days(tx: Transaction, spans: Sequence[Period], part: Part, basis: Basis) -> list[Row]:
    """Answer every day of some spans; `counts` tells whether it is one of those that windows are made of."""
    asked = {
        **_part(part),
        "froms": [span.first for span in spans],
        "tos": [span.last for span in spans],
        "lead_from": spans[0].first,
        "date_to": spans[-1].last,
    }
    # kept: to plan it takes a fifth of its time, and the same plan is good for few days and for many
    rows = tx.all(_SQL["list_days"], **asked, base=basis.value)
    if basis is not Basis.TARGET:
        return [{**row, "counts": row["days_in_service"] > 0} for row in rows]
    targets = {row["day"]: row for row in tx.report(_SQL["list_target_days"], **asked)}
    return [{**row, **_UNTARGETED, **targets.get(row["day"], {}), "counts": row["day"] in targets} for row in rows]


def _spans_before(tx: Transaction, before: date, wanted: int, part: Part, basis: Basis) -> list[Period]:
    rows = tx.report(_SQL["list_spans_before"], before=before, wanted=wanted, base=basis.value, **_part(part))
    return [Period(row["first_day"], row["last_day"]) for row in rows]


def list_assets_used(tx: Transaction, period: Period, part: Part, basis: Basis) -> list[AssetUsage]:
    """Answer every asset that was in service in a period, in no order."""
    asked = {"date_from": period.first, "date_to": period.last, "base": basis.value, **_part(part)}
    return tx.report_as(_SQL["list_assets_used"], ("asset_id", "asset_name", "asset_type", *_USAGE), _asset, **asked)


def list_hours(tx: Transaction, period: Period, part: Part) -> dict[tuple[int, int], int]:
    """Answer microseconds in use by weekday and hour, where there were any."""
    rows = tx.report(_SQL["list_hours"], date_from=period.first, date_to=period.last, **_part(part))
    return {(row["weekday"], row["hour"]): row["active_us"] for row in rows}


def list_service_days(tx: Transaction, period: Period, part: Part) -> dict[date, int]:
    """Answer how many assets were in service on each day, where there were any."""
    rows = tx.report(_SQL["list_service_days"], date_from=period.first, date_to=period.last, **_part(part))
    return {row["day"]: row["assets"] for row in rows}


def count_custody_trips(tx: Transaction, period: Period, part: Part, *, in_service: bool) -> int:
    """Answer how many trips of a period nobody but custody tells of, on all days or on those in service."""
    asked = {"date_from": period.first, "date_to": period.last, "in_service": in_service, **_part(part)}
    return int(tx.one(_SQL["count_custody_trips"], **asked)["trips"])


def find_fleet_now(tx: Transaction, part: Part, today: date, now: datetime) -> Row:
    """Answer who has what at this moment, as `FleetNow` names it, all but how many are idle."""
    return tx.one(_SQL["find_fleet_now"], asset_type=_part(part)["asset_type"], today=today, now=now)


def has_asset(tx: Transaction, asset_id: int) -> bool:
    """Tell whether there is such an asset."""
    return tx.find(_SQL["find_asset_type"], asset_id=asset_id) is not None


def _part(part: Part) -> dict[str, Any]:
    return {"asset_id": part.asset_id, "asset_type": part.asset_type and part.asset_type.value}


def _day(row: Row) -> DayUsage:
    trailing = tuple(
        (row[f"{window}_counted_us"], row[f"{window}_base_us_7"])
        if row["counts"] and row[f"{window}_days"] == days
        else None
        for window, days in zip(_WINDOWS, TRAILING, strict=True)
    )
    return DayUsage(row["day"], Usage(**{name: row[name] for name in _USAGE if name in row}), trailing)


def _asset(asset_id: int, asset_name: str, asset_type: str, *used: int) -> AssetUsage:
    return AssetUsage(asset_id, asset_name, asset_type, Usage(*used))
