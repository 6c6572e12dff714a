"""Money: maintenance, costs, revenue and the prices of fuel."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from local.demo.awkward import CLUSTER_REPLACED_AGO
from local.demo.catalogue import Unit
from local.demo.chance import seeded
from local.demo.custody import Use
from local.demo.period import Period
from local.demo.rows import Cost, FuelPrice, Maintenance, Revenue, Trip

# what a gallon costs when the period begins, and by how much a week moves it
_PRICES = {"USD": {"gasoline": 3.19, "hybrid": 3.19, "diesel": 3.84}, "EUR": {"gasoline": 6.71, "diesel": 6.28}}
_WEEKLY_MOVE = 0.025
_KWH_PRICES = {"USD": 0.19, "EUR": 0.44}
_SERVICE_EVERY_MILES = {"car": 7_500, "van": 6_000, "truck": 9_000, "trailer": 12_000}
_SERVICE_COSTS = {"car": 110, "van": 190, "truck": 640, "trailer": 260, "equipment": 380, "tool": 60}
_REPAIRS = (
    ("brakes", "Front pads and discs replaced", 2.6, 5.0),
    ("electrical", "Battery replaced", 1.4, 1.5),
    ("body", "Sliding door roller replaced", 1.9, 3.0),
    ("cooling", "Water pump and belt replaced", 3.4, 8.0),
    ("inspection", "Yearly inspection passed", 0.8, 2.0),
)
_REPAIR_CHANCE = 0.35


def money(amount: float) -> Decimal:
    """Answer an amount in whole cents."""
    return Decimal(f"{amount:.2f}")


def fuel_prices(currency: str, period: Period) -> list[FuelPrice]:
    """Answer a price a week and fuel, from before the period on, so that each of its days has one."""
    rng = seeded("fuel prices", currency)
    prices = dict(_PRICES[currency])
    monday = period.start - timedelta(days=period.start.weekday() + 7)
    rows = []
    for week in range((period.end - monday).days // 7 + 1):
        move = rng.gauss(0, _WEEKLY_MOVE)
        for fuel, price in prices.items():
            prices[fuel] = price * (1 + move + rng.gauss(0, _WEEKLY_MOVE / 5))
            rows.append(FuelPrice(fuel, monday + timedelta(weeks=week), Decimal(f"{prices[fuel]:.4f}")))
    return rows


def maintenance(use: Use, period: Period) -> Iterator[Maintenance]:
    """Yield what the shop did: services as the miles call for them, yearly ones, repairs by chance."""
    unit = use.unit
    rng = seeded(unit.tag, "shop")
    cost = _SERVICE_COSTS[unit.kind.asset_type]
    jobs = [(day, "service", "Oil, filters and check by the plan", 1.0, 2.5) for day in _service_days(use, period)]
    if unit.note == "odometer replaced":
        jobs.append((period.ago(CLUSTER_REPLACED_AGO), "repair", "Instrument cluster replaced; it starts at 0", 1.9, 6))
    if rng.random() < _REPAIR_CHANCE or unit.note == "zero miles with costs":
        category, description, factor, hours = rng.choice(_REPAIRS)
        jobs.append((period.ago(rng.randrange(5, 115)), category, description, factor, hours))
    for number, (day, category, description, factor, hours) in enumerate(sorted(jobs)):
        if unit.serves_on(day, period):
            reading = use.meters.at(period.at(day, 0)).odometer_miles
            total = money(cost * factor * rng.uniform(0.85, 1.25))
            external_id = f"WO-{unit.tag}-{day:%Y%m%d}-{number}"
            yield Maintenance(unit.tag, "shop", external_id, day, category, total, hours, reading, description)


def _service_days(use: Use, period: Period) -> list[date]:
    """Answer the days after those on which the odometer passed a multiple of the interval."""
    every = _SERVICE_EVERY_MILES.get(use.unit.kind.asset_type)
    if every is None:
        return [period.ago(seeded(use.unit.tag, "yearly").randrange(3, 118))] if use.trips else []
    passed = [
        after.at
        for before, after in pairwise(use.meters.readings)
        if (after.odometer_miles or 0) // every > (before.odometer_miles or 0) // every
    ]
    return [day for at in passed if (day := period.day_of(at) + timedelta(days=1)) <= period.end]


def costs(use: Use, currency: str, prices: list[FuelPrice], period: Period) -> list[Cost]:
    """Answer everything that an asset cost beside the shop."""
    rng = seeded(use.unit.tag, "costs")
    return [
        *_fuel(use, currency, prices, period, rng),
        *_by_the_month(use.unit, period),
        *_tolls(use, period, rng),
        *_occasional(use.unit, period, rng),
    ]


def _fuel(use: Use, currency: str, prices: list[FuelPrice], period: Period, rng: Random) -> Iterator[Cost]:
    if not use.unit.card:
        return
    electric = use.unit.kind.fuel_type == "electric"
    for number, refill in enumerate(use.meters.refills):
        day = period.day_of(refill.at)
        price = _KWH_PRICES[currency] if electric else _price_on(prices, use.unit.kind.fuel_type, day)
        yield Cost(
            asset_tag=use.unit.tag,
            source="fuelcard",
            external_id=f"FC-{use.unit.tag}-{number:04}",
            category="fuel",
            amount=money(refill.amount * price * rng.uniform(0.97, 1.05)),
            period_start=day,
            period_end=day,
            quantity=refill.amount,
            unit="kwh" if electric else "gallons",
        )


def _price_on(prices: list[FuelPrice], fuel: str, day: date) -> float:
    return float([one.price_per_gallon for one in prices if one.fuel_type == fuel and one.valid_from <= day][-1])


def _by_the_month(unit: Unit, period: Period) -> Iterator[Cost]:
    """Yield insurance and finance by the calendar month; the last one ends after the period does."""
    gone = unit.disposed_on(period)
    for first, last in _months(period):
        start = max(first, unit.in_service_on(period))
        end = min(last, gone - timedelta(days=1)) if gone else last
        if start > end:
            continue
        share = ((end - start).days + 1) / ((last - first).days + 1)
        insurance, rate = money(unit.kind.insurance * share), money(unit.kind.price * 0.0041 * share)
        yield Cost(unit.tag, "insurer", f"INS-{unit.tag}-{first:%Y%m}", "insurance", insurance, start, end)
        if unit.financed:
            yield Cost(unit.tag, "lender", f"FIN-{unit.tag}-{first:%Y%m}", "finance", rate, start, end)


def _months(period: Period) -> list[tuple[date, date]]:
    firsts = sorted({day.replace(day=1) for day in period.days})
    return [(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)) for first in firsts]


def _tolls(use: Use, period: Period, rng: Random) -> Iterator[Cost]:
    """Yield one statement a week for vehicles that leave town."""
    if use.unit.kind.asset_type not in {"van", "truck"} or not use.unit.habit.trips[0]:
        return
    weeks: dict[date, float] = defaultdict(float)
    for trip in use.trips:
        day = period.day_of(trip.start_time)
        weeks[day + timedelta(days=6 - day.weekday())] += (trip.distance_miles or 0) * 0.06
    for sunday, amount in weeks.items():
        if sunday <= period.end:
            total = money(amount * rng.uniform(0.7, 1.3))
            yield Cost(use.unit.tag, "tollway", f"TOLL-{use.unit.tag}-{sunday:%Y%m%d}", "tolls", total, sunday, sunday)


def _occasional(unit: Unit, period: Period, rng: Random) -> Iterator[Cost]:
    """Yield what happens now and then."""
    road = unit.kind.vin is not None
    happenings = (
        ("tyres", 0.3 if road else 0, unit.kind.price * 0.016),
        ("fees", 0.35 if road else 0, 145.0),
        ("accident", 0.05 if road else 0, unit.kind.price * 0.06),
        ("other", 0.2, 38.0),
    )
    for category, chance, amount in happenings:
        happens, day = rng.random() < chance, period.ago(rng.randrange(2, 110))
        total = money(amount * rng.uniform(0.7, 1.4))
        if happens and unit.serves_on(day, period):
            yield Cost(unit.tag, "office", f"INV-{unit.tag}-{category}", category, total, day, day)


def revenue(unit: Unit, trips: Iterable[Trip], period: Period) -> Iterator[Revenue]:
    """Yield what an asset earned on each day it worked: by the mile on line haul, by the hour else."""
    if not unit.rate:
        return
    rng = seeded(unit.tag, "revenue")
    days: dict[date, float] = defaultdict(float)
    by_mile = unit.kind.benchmark_class == "class 8 truck"
    for trip in trips:
        days[period.day_of(trip.start_time)] += (trip.distance_miles or 0) if by_mile else trip.hours
    for day, used in days.items():
        amount = money(used * unit.rate * rng.uniform(0.9, 1.1))
        yield Revenue(unit.tag, "billing", f"INV-{unit.tag}-{day:%Y%m%d}", amount, day)
