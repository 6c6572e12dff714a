"""How figures of use were made, from what their reports answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.domain.explanation import CUSTODY_TRIPS, FROM_CUSTODY, AskExplanation, Explanation, Input, Missing
from shared.domain.formula import TRAILING_DAYS, Metric
from shared.domain.idle_asset import IdleAsset
from shared.domain.period import Period
from shared.domain.usage import (
    A_MILLION,
    A_MINUTE,
    SEVENTHS,
    TRAILING,
    DayUsage,
    Usage,
    measures,
    rounded,
    share,
    total,
)

_DAYS = "rolled up days"
_LEFT_OUT = "Days of use before an asset came into service or after its disposal count in no figure of use."

# what is counted by the calendar alone, and not made from any trip
_CALENDAR: Final = frozenset({"base_minutes", "minutes_in_service", "days_in_service", "target_miles"})

_TRAILING = "minutes that count by the base ÷ minutes of the base * 100, each summed over the last {} days in service"
_USE: Final[dict[Metric, tuple[str, str, tuple[str, ...]]]] = {
    Metric.UTILIZATION_PERCENTAGE: (
        "%",
        "minutes that count by the base ÷ minutes of the base * 100, each summed over days in service first",
        ("counted_minutes", "base_minutes"),
    ),
    Metric.DAY_UTILIZATION_PERCENTAGE: (
        "%",
        "days with use ÷ days in service * 100, each summed over assets first",
        ("days_used", "days_in_service"),
    ),
    Metric.TARGET_MILES_PERCENTAGE: (
        "%",
        "miles of types with a target of miles ÷ a seventh of the week's target for each day in service * 100",
        ("targeted_miles", "target_miles"),
    ),
    Metric.TOTAL_ACTIVE_MINUTES: ("minutes", "union of trips, cut to local days in service", ("total_active_minutes",)),
    Metric.COUNTED_MINUTES: (
        "minutes",
        "active minutes; with base=shift those within working hours, with base=target those of types with a target",
        ("counted_minutes",),
    ),
    Metric.BASE_MINUTES: (
        "minutes",
        "minutes in service; with base=shift working minutes, with base=target a seventh of the week's target a day",
        ("base_minutes",),
    ),
    Metric.MINUTES_IN_SERVICE: ("minutes", "length of the local days in service", ("minutes_in_service",)),
    Metric.ENGINE_IDLE_MINUTES: (
        "minutes",
        "idle minutes of trips, split over midnight by minutes",
        ("engine_idle_minutes",),
    ),
    Metric.TRIPS_COUNT: ("trips", "trips by the local day on which they began", ("trips_count",)),
    Metric.TOTAL_MILES: ("miles", "miles of trips, split over midnight by minutes", ("total_miles",)),
    Metric.TOTAL_FUEL_GALLONS: ("gallons", "gallons of trips, split over midnight by minutes", ("total_fuel_gallons",)),
    Metric.DAYS_USED: ("days", "days in service with any use, summed over assets", ("days_used",)),
    Metric.DAYS_IN_SERVICE: ("days", "local days in service, summed over assets", ("days_in_service",)),
    **{
        metric: ("%", _TRAILING.format(days), ("counted_minutes", "base_minutes"))
        for metric, days in TRAILING_DAYS.items()
    },
}


@dataclass(frozen=True)
class Used:
    """What a figure of use is made from.

    Attributes:
        days: of the period, in order.
        left_out: on how many days assets were used that were not in service.
        custody_trips: how many of the trips nobody but custody tells of.
    """

    days: Sequence[DayUsage]
    period: Period
    left_out: int
    custody_trips: int
    currency: str


def of_use(command: AskExplanation, used: Used) -> Explanation:
    """Answer how a figure of use was made."""
    unit, formula, names = _USE[command.metric]
    value, reason, known = _made(command, used)
    inputs = [_input(name, known) for name in names]
    if not _CALENDAR.issuperset(names):
        trips = used.custody_trips
        inputs.append(Input(name=CUSTODY_TRIPS, value=trips, unit="trips", rows=trips, source=FROM_CUSTODY))
    left_out = used.left_out
    return Explanation(
        metric=command.metric,
        report=command.of,
        value=value,
        reason=reason,
        unit=unit,
        formula=formula,
        base=command.base.value,
        inputs=inputs,
        row_counts={**{one.name: one.rows for one in inputs}, "days_out_of_service": left_out},
        missing_inputs=[Missing(name="days_out_of_service", count=left_out, detail=_LEFT_OUT)] if left_out else [],
        estimated_share=0.0,
        asset_id=command.asset_id,
        date_from=used.period.first,
        date_to=used.period.last,
        currency=used.currency,
    )


def _made(command: AskExplanation, used: Used) -> tuple[float | None, str | None, Mapping[str, float | None]]:
    """Answer the value as its report answers it, why it is null, and what went into it."""
    whole = total([Usage(), *(one.usage for one in used.days)])
    known: dict[str, float | None] = {
        **measures(whole, command.base),
        "targeted_miles": rounded(whole.targeted_miles_e6, A_MILLION, 2),
        "target_miles": rounded(whole.target_miles_e6_7, A_MILLION * SEVENTHS, 2),
    }
    length = TRAILING_DAYS.get(command.metric)
    if length is None:
        value = known[command.metric.value]
        return value, "no_target" if value is None else None, known
    window = used.days[-1].trailing[TRAILING.index(length)]
    if window is None:
        return None, "window_not_full", {**known, "counted_minutes": 0.0, "base_minutes": 0.0, "days_in_service": 0}
    counted, base_7 = window
    known |= {"counted_minutes": rounded(counted, A_MINUTE, 2), "base_minutes": rounded(base_7, A_MINUTE * SEVENTHS, 2)}
    value = share(counted, base_7, command.base)
    return value, "no_target" if value is None else None, {**known, "days_in_service": length, "days_used": length}


def _input(name: str, known: Mapping[str, float | None]) -> Input:
    of_calendar = name in _CALENDAR
    return Input(
        name=name,
        value=float(known[name] or 0),
        unit=next(unit for unit in ("minutes", "miles", "gallons", "trips", "days") if unit in name),
        rows=int(known["days_in_service" if of_calendar else "days_used"] or 0),
        source="calendar of days in service" if of_calendar else _DAYS,
    )


def of_idleness(command: AskExplanation, found: IdleAsset | None, today: date, currency: str) -> Explanation:
    """Answer how many days an asset stood still; nothing of one that is not in service."""
    last = None if found is None or found.last_activity_at is None else found.last_activity_at.isoformat()
    since = None if found is None else found.since.isoformat()
    source = "trips, check-outs and check-ins" if last else "asset"
    inputs = [
        Input(name="last_activity_at", value=last, unit="time", rows=int(last is not None), source=source),
        Input(name="since", value=since, unit="day", rows=int(since is not None), source=source),
    ]
    return Explanation(
        metric=command.metric,
        report=command.of,
        value=None if found is None else found.days_idle,
        reason="not_in_service" if found is None else None,
        unit="days",
        formula="local midnights since the last end of a trip, check-out or check-in, or since it came into service",
        base="calendar",
        inputs=inputs,
        row_counts={one.name: one.rows for one in inputs},
        missing_inputs=[],
        estimated_share=0.0,
        asset_id=command.asset_id,
        date_from=None,
        date_to=today,
        currency=currency,
    )
