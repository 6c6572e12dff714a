"""Assets as they stand when all trips are driven and all custody is recorded."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from random import Random

from local.demo.catalogue import Unit
from local.demo.chance import seeded
from local.demo.custody import Use
from local.demo.period import Period
from local.demo.rows import Asset, Custody, Place
from local.demo.sites import in_yard
from local.demo.vins import make_vin

_YEARLY_LOSS = 0.83
_METHODS = {"car": "declining_balance", "truck": "units_of_use"}
_PLATE_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def asset(use: Use, held: list[Custody], period: Period) -> Asset:
    """Answer the row of an asset from its instruments and from who had it last."""
    unit, kind, meters = use.unit, use.unit.kind, use.meters.last
    rng = seeded(unit.tag, "asset")
    in_service = unit.in_service_on(period)
    price = None if unit.note == "no price" else _round(kind.price * rng.uniform(0.97, 1.05))
    return Asset(
        asset_tag=unit.tag,
        asset_name=unit.name,
        asset_type=kind.asset_type,
        benchmark_class=kind.benchmark_class,
        status=_status(unit, held),
        vin=make_vin(kind.vin, in_service.year, rng) if kind.vin else None,
        license_plate=_plate(unit, rng) if kind.vin else None,
        make=kind.make,
        model=kind.model,
        year=in_service.year,
        fuel_type=kind.fuel_type,
        purchase_price=price,
        purchase_date=in_service - timedelta(days=rng.randint(0, 2)),
        in_service_on=in_service,
        disposed_on=unit.disposed_on(period),
        current_value=_market_value(unit, price, rng),
        salvage_value=_round(float(price) * kind.salvage) if price else None,
        useful_life_years=kind.life_years,
        depreciation_method=_METHODS.get(kind.asset_type, "straight_line"),
        odometer_miles=meters.odometer_miles,
        engine_hours=meters.engine_hours,
        fuel_level_percent=meters.fuel_level_percent,
        location=_last_place(held) or in_yard(unit.depot, rng),
        created_at=period.at(max(in_service, period.start), 6),
    )


def _status(unit: Unit, held: Iterable[Custody]) -> str:
    if unit.note == "disposed":
        return "retired"
    if unit.note == "in maintenance":
        return "in_maintenance"
    return "checked_out" if any(one.checkin is None for one in held) else "available"


def _market_value(unit: Unit, price: Decimal | None, rng: Random) -> Decimal | None:
    """Answer what an appraiser said of about every second one; the others have their book value."""
    appraised = rng.random() < 0.5 or unit.note == "disposed"  # noqa: PLR2004  every second
    if not appraised or price is None:
        return None
    years = unit.age_days / 365
    return _round(float(price) * _YEARLY_LOSS**years * rng.uniform(0.92, 1.08))


def _round(amount: float) -> Decimal:
    return Decimal(round(amount / 10) * 10).quantize(Decimal("0.01"))


def _plate(unit: Unit, rng: Random) -> str:
    letters = "".join(rng.choices(_PLATE_LETTERS, k=3))
    if unit.depot in {"berlin", "potsdam"}:
        return f"{'B' if unit.depot == 'berlin' else 'P'}-{letters[:2]} {rng.randrange(100, 10_000)}"
    return f"X{rng.randrange(10, 100)} {letters}"


def _last_place(held: Iterable[Custody]) -> Place | None:
    acts = [act for one in held for act in (one.checkout, one.checkin) if act and "location" in act.facts]
    latest = max(acts, key=lambda act: act.occurred_at, default=None)
    return Place(**latest.facts["location"]) if latest else None  # type: ignore[arg-type]  # written by asdict(Place)
