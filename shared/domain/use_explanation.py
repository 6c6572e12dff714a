"""How figures of use were made, from what their reports answer."""

from datetime import date
from typing import Final

from shared.domain.explanation import AskExplanation, Explanation, Input, Missing
from shared.domain.formula import Metric
from shared.domain.idle_asset import IdleAsset
from shared.domain.period import Period
from shared.domain.usage import Measures

_DAYS = "rolled up days"
_LEFT_OUT = "Days of use before an asset came into service or after its disposal count in no figure of use."

_USE: Final[dict[Metric, tuple[str, str, tuple[str, ...]]]] = {
    Metric.UTILIZATION_PERCENTAGE: (
        "%",
        "minutes that count by the base ÷ minutes of the base * 100, each summed over days in service first",
        ("counted_minutes", "base_minutes"),
    ),
    Metric.DAY_UTILIZATION_PERCENTAGE: (
        "%",
        "days with a trip ÷ days in service * 100, each summed over assets first",
        ("days_used", "days_in_service"),
    ),
    Metric.TOTAL_ACTIVE_MINUTES: ("minutes", "union of trips, cut to local days in service", ("total_active_minutes",)),
    Metric.MINUTES_IN_SERVICE: ("minutes", "length of the local days in service", ("minutes_in_service",)),
    Metric.TRIPS_COUNT: ("trips", "trips by the local day on which they began", ("trips_count",)),
    Metric.TOTAL_MILES: ("miles", "miles of trips, split over midnight by minutes", ("total_miles",)),
    Metric.TOTAL_FUEL_GALLONS: ("gallons", "gallons of trips, split over midnight by minutes", ("total_fuel_gallons",)),
}


def of_use(command: AskExplanation, measured: Measures, left_out: int, period: Period, currency: str) -> Explanation:
    """Answer how a figure of use was made, and on how many days an asset was used that was not in service."""
    unit, formula, names = _USE[command.metric]
    value = getattr(measured, command.metric.value)
    inputs = [
        Input(
            name=name,
            value=float(getattr(measured, name)),
            unit=name.rpartition("_")[2],
            rows=_rows(name, measured),
            source="calendar of days in service" if name in {"base_minutes", "minutes_in_service"} else _DAYS,
        )
        for name in names
    ]
    return Explanation(
        metric=command.metric,
        value=value,
        reason="no_target" if value is None else None,
        unit=unit,
        formula=formula,
        base=command.base.value,
        inputs=inputs,
        row_counts={
            "days_used": measured.days_used,
            "days_in_service": measured.days_in_service,
            "days_out_of_service": left_out,
        },
        missing_inputs=[Missing(name="days_out_of_service", count=left_out, detail=_LEFT_OUT)] if left_out else [],
        estimated_share=0.0,
        asset_id=command.asset_id,
        date_from=period.first,
        date_to=period.last,
        currency=currency,
    )


def of_idleness(command: AskExplanation, found: IdleAsset | None, today: date, currency: str) -> Explanation:
    """Answer how many days an asset stood still; nothing of one that is not in service."""
    last = None if found is None or found.last_activity_at is None else found.last_activity_at.isoformat()
    since = None if found is None else found.since.isoformat()
    source = "trips, check-outs and check-ins" if last else "asset"
    return Explanation(
        metric=command.metric,
        value=None if found is None else found.days_idle,
        reason="not_in_service" if found is None else None,
        unit="days",
        formula="local midnights since the last end of a trip, check-out or check-in, or since it came into service",
        base="calendar",
        inputs=[
            Input(name="last_activity_at", value=last, unit="time", rows=int(last is not None), source=source),
            Input(name="since", value=since, unit="day", rows=int(since is not None), source=source),
        ],
        row_counts={},
        missing_inputs=[],
        estimated_share=0.0,
        asset_id=command.asset_id,
        date_from=None,
        date_to=today,
        currency=currency,
    )


def _rows(name: str, measured: Measures) -> int:
    return (
        measured.days_in_service
        if name in {"base_minutes", "minutes_in_service", "days_in_service"}
        else measured.days_used
    )
