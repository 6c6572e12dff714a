"""Puts the demo data of one tenant together. No clock and no chance of its own: the same day gives the same rows."""

from collections import defaultdict
from dataclasses import replace
from datetime import date
from itertools import count
from operator import attrgetter

from local.demo.acts import signature_of
from local.demo.assets import asset
from local.demo.awkward import replaced_at, special_trips, troubled_trips
from local.demo.catalogue import Unit, fleet
from local.demo.custody import Use, custodies, with_drivers
from local.demo.ledger import costs, fuel_prices, maintenance, revenue
from local.demo.meters import Meters
from local.demo.organisations import Organisation
from local.demo.period import Period
from local.demo.readings import meter_readings, meter_replacements
from local.demo.rows import Act, Custody, Dataset, Trip, User
from local.demo.tasks import tasks
from local.demo.trips import usual_trips


def make(organisation: Organisation, end: date) -> Dataset:
    """Make all rows of a tenant for the local days up to and including `end`."""
    period = Period(end, organisation.tenant.time_zone)
    units = fleet(organisation.fleet)
    people = [person.oid for person in organisation.tenant.people]
    uses = [_use(unit, period) for unit in units]
    held = custodies(uses, people, period)
    of_asset = _by_asset(held)
    prices = fuel_prices(organisation.currency, period)
    return Dataset(
        users=[User(one.oid, one.name, one.email, period.at(period.start, 5)) for one in organisation.tenant.people],
        assets=[asset(use, of_asset[use.unit.tag], period) for use in uses],
        trips=_trips(uses, of_asset, period),
        maintenance_records=[row for use in uses for row in maintenance(use, period)],
        cost_entries=[row for use in uses for row in costs(use, organisation.currency, prices, period)],
        revenue_entries=[row for use in uses for row in revenue(use.unit, use.trips, period)],
        fuel_prices=prices,
        tasks=tasks(units, people, organisation.tasks, period),
        signatures=[signature_of(oid) for oid in people],
        meter_replacements=[row for use in uses for row in meter_replacements(use, period)],
        custodies=held,
        custody_events=_events(held),
        meter_readings=[row for use in uses for row in meter_readings(use)],
    )


def _use(unit: Unit, period: Period) -> Use:
    trips = special_trips(unit, usual_trips(unit, period), period)
    return Use(unit, trips, Meters(unit, trips, period.at(period.start, 0), replaced_at(unit, period)))


def _by_asset(held: list[Custody]) -> dict[str, list[Custody]]:
    found: dict[str, list[Custody]] = defaultdict(list)
    for one in held:
        found[one.asset_tag].append(one)
    return found


def _trips(uses: list[Use], held: dict[str, list[Custody]], period: Period) -> list[Trip]:
    """Answer the trips in the order in which they arrived."""
    trips = [
        trip for use in uses for trip in with_drivers(troubled_trips(use.unit, use.trips, period), held[use.unit.tag])
    ]
    return sorted(trips, key=attrgetter("created_at", "external_id"))


def _events(held: list[Custody]) -> list[Act]:
    """Answer the acts in the order in which the server heard of them, each device's numbered as it did them."""
    acts = [act for one in held for act in (one.checkout, one.checkin) if act]
    numbers: dict[str, count[int]] = defaultdict(lambda: count(1))
    numbered = [
        _numbered(act, next(numbers[act.device_id])) if act.device_id else act
        for act in sorted(acts, key=attrgetter("occurred_at", "asset_tag"))
    ]
    return sorted(numbered, key=attrgetter("recorded_at", "occurred_at", "asset_tag"))


def _numbered(act: Act, number: int) -> Act:
    return replace(act, client_seq=number, facts=act.facts | {"client_seq": number})
