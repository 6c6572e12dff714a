"""The demo fleets and the makes and models in them, read from data/*.csv."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from local.demo.habits import HABITS, Habit
from local.demo.period import DAYS, Period

_DATA = Path(__file__).parent / "data"
# by asset type: insurance a month, years of useful life, share of the price that is left then
_TERMS = {
    "car": (118, 6.0, 0.25),
    "van": (186, 7.0, 0.2),
    "truck": (640, 9.0, 0.15),
    "trailer": (55, 12.0, 0.2),
    "equipment": (95, 10.0, 0.2),
    "tool": (12, 5.0, 0.05),
}
_DISPOSED_AGO = 50


@dataclass(frozen=True)
class Kind:
    """A make and model, with figures of the order that such things have.

    Attributes:
        price: of a new one, in the tenant's currency.
        benchmark_class: the words that published figures use for it.
        vin: the first eight characters, of what has a number plate.
        mpg: miles a gallon, without idling.
        gallons_an_hour: while idling, or while working for what does not drive.
        tank: gallons, or kWh of a battery.
    """

    asset_type: str
    make: str
    model: str
    fuel_type: str
    price: int
    benchmark_class: str | None
    vin: str | None
    mpg: float
    gallons_an_hour: float
    kwh_a_mile: float
    kwh_an_hour: float
    tank: float

    @property
    def drives(self) -> bool:
        """Say whether it covers miles; a trailer's are counted by its tracker."""
        return self.asset_type not in {"equipment", "tool"}

    @property
    def counts_hours(self) -> bool:
        """Say whether it has a meter of engine hours."""
        return self.asset_type == "equipment" or (self.asset_type == "truck" and self.fuel_type == "diesel")

    @property
    def burns(self) -> bool:
        """Say whether it uses gallons of anything."""
        return self.gallons_an_hour > 0

    @property
    def insurance(self) -> int:
        """Answer what a month costs."""
        return _TERMS[self.asset_type][0]

    @property
    def life_years(self) -> float:
        """Answer the useful life."""
        return _TERMS[self.asset_type][1]

    @property
    def salvage(self) -> float:
        """Answer the share of the price that is left at the end of the useful life."""
        return _TERMS[self.asset_type][2]


@dataclass(frozen=True)
class Unit:
    """One asset of a fleet, before anything has happened to it.

    Attributes:
        age_days: days in service up to and including the last one of the period.
        custody: `day` or `week`, how long people keep it at a time; "" for what is used without check-out.
        out: `open` or `overdue` if somebody has it at the end.
        rate: what an hour of use earns, a mile for line haul; 0 for what serves the house.
        card: its fuel is paid by card and thus recorded; else it comes from the depot's tank.
        financed: a lender is paid every month.
        note: what is awkward about it.
    """

    tag: str
    name: str
    kind: Kind
    age_days: int
    habit: Habit
    depot: str
    custody: str
    out: str
    rate: float
    card: bool
    financed: bool
    note: str

    def in_service_on(self, period: Period) -> date:
        """Answer the first day in service."""
        return period.ago(self.age_days - 1)

    def disposed_on(self, period: Period) -> date | None:
        """Answer the day on which it was sold."""
        return period.ago(_DISPOSED_AGO) if self.note == "disposed" else None

    def serves_on(self, day: date, period: Period) -> bool:
        """Say whether it belongs to the fleet that day."""
        gone = self.disposed_on(period)
        return self.in_service_on(period) <= day and (gone is None or day < gone)

    @property
    def days_before(self) -> int:
        """Answer the days in service before the period began."""
        return max(0, self.age_days - DAYS)


def fleet(name: str) -> list[Unit]:
    """Read the fleet of a tenant: `acme` or `globex`."""
    return [_unit(row) for row in _rows(name)]


@cache
def _kinds() -> dict[str, Kind]:
    return {row["kind"]: _kind(row) for row in _rows("kinds")}


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _kind(row: dict[str, str]) -> Kind:
    return Kind(
        asset_type=row["asset_type"],
        make=row["make"],
        model=row["model"],
        fuel_type=row["fuel_type"],
        price=int(row["price"]),
        benchmark_class=row["benchmark_class"] or None,
        vin=row["vin"] or None,
        mpg=_number(row["mpg"]),
        gallons_an_hour=_number(row["gallons_an_hour"]),
        kwh_a_mile=_number(row["kwh_a_mile"]),
        kwh_an_hour=_number(row["kwh_an_hour"]),
        tank=_number(row["tank"]),
    )


def _unit(row: dict[str, str]) -> Unit:
    return Unit(
        tag=row["tag"],
        name=row["name"],
        kind=_kinds()[row["kind"]],
        age_days=int(row["age_days"]),
        habit=HABITS[row["habit"]],
        depot=row["depot"],
        custody=row["custody"],
        out=row["out"],
        rate=_number(row["rate"]),
        card=row["card"] == "yes",
        financed=row["financed"] == "yes",
        note=row["note"],
    )


def _number(text: str) -> float:
    return float(text or 0)
