"""Check-outs and check-ins: what people said when they took an asset and brought it back."""

import hashlib
from dataclasses import asdict, replace
from datetime import datetime
from random import Random

from local.demo.catalogue import Unit
from local.demo.chance import seeded
from local.demo.meters import Meters
from local.demo.period import Period
from local.demo.rows import Act, Custody, Place, Signature
from local.demo.sites import in_region, in_yard

_RATINGS = (5,) * 11 + (4,) * 7 + (3,) * 2
_NOTES = (
    "Clean, nothing to report.",
    "Windscreen washer is low.",
    "Left rear tyre looks soft; pumped up.",
    "Smells of diesel in the cab.",
    "Please wash before the next trip.",
    "Cargo net is missing two hooks.",
    "Rückspiegel rechts locker.",
    "Drove well; brakes squeal a little when cold.",
)
_DAMAGES = (
    ("front bumper", "minor", "scratch of a hand's width, from a bollard"),
    ("rear door, left", "moderate", "dent, the door still closes"),
    ("windscreen", "moderate", "stone chip in the driver's view"),
    ("side mirror, right", "severe", "glass broken"),
    ("loading bed", "minor", "coating worn through"),
)
# how often something is said, by kind of remark
_SAYS_PLACE, _SAYS_NOTE, _SAYS_DAMAGE, _SIGNS, _OFFLINE, _COMES_HOME = 0.94, 0.3, 0.035, 0.7, 0.06, 0.9
_DAMAGED_RATING = 3


class Acts:
    """Writes the acts of one tenant; `place` of an asset is where it was last left.

    Args:
        people: oids of those who sign.
        period: the days covered; nothing is recorded after them.
    """

    def __init__(self, people: list[str], period: Period) -> None:
        self._signatures = {oid: signature_of(oid) for oid in people}
        self._period = period
        self._places: dict[str, Place] = {}

    def custody(
        self, unit: Unit, oid: str, span: tuple[datetime, datetime | None, datetime], meters: Meters
    ) -> Custody:
        """Answer a custody from its times (check-out, check-in, due) and what the instruments showed."""
        out_at, in_at, due_at = span
        rng = seeded(unit.tag, "act", out_at.isoformat())
        began = self._places.get(unit.tag) or in_yard(unit.depot, rng)
        facts = self._facts(out_at, began, oid, rng) | meters.at(out_at).facts() | {"due_at": _written(due_at)}
        checkout = Act(unit.tag, out_at, oid, "checkout", out_at, out_at, facts)
        if rng.random() < _OFFLINE:
            checkout = _from_offline(checkout, in_at or self._period.closes, rng)
        if in_at is None:
            return Custody(unit.tag, oid, checkout, None, due_at)
        left = in_yard(unit.depot, rng) if rng.random() < _COMES_HOME else in_region(unit.depot, rng)
        self._places[unit.tag] = left
        facts = self._facts(in_at, left, oid, rng) | meters.at(in_at).facts()
        return Custody(unit.tag, oid, checkout, Act(unit.tag, out_at, oid, "checkin", in_at, in_at, facts), due_at)

    def _facts(self, at: datetime, place: Place, oid: str, rng: Random) -> dict[str, object]:
        damage = [_damage(rng)] if rng.random() < _SAYS_DAMAGE else []
        rating = rng.choice(_RATINGS)
        said: dict[str, object] = {
            "condition_rating": min(rating, _DAMAGED_RATING) if damage else rating,
            "damage": damage,
            "occurred_at": _written(at),
        }
        if rng.random() < _SAYS_PLACE:
            said["location"] = asdict(place)
        if rng.random() < _SAYS_NOTE:
            said["condition_notes"] = rng.choice(_NOTES)
        if rng.random() < _SIGNS:
            said["signature_sha256"] = self._signatures[oid].sha256
        return said


def signature_of(oid: str) -> Signature:
    """Draw a signature that is always the same for one person."""
    rng = seeded(oid, "signature")
    points = [(20 + 16 * number, rng.randint(18, 82)) for number in range(18)]
    first, *rest = (f"{x} {y}" for x, y in points)
    path = f"M{first} T" + " ".join(rest)
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 100">'
        f'<path d="{path}" fill="none" stroke="#123" stroke-width="2"/></svg>'
    )
    return Signature(hashlib.sha256(svg.encode()).hexdigest(), svg)


def _from_offline(act: Act, before: datetime, rng: Random) -> Act:
    """Answer the act as a phone without network tells it later, but before the asset comes back."""
    device = f"phone-of-{act.user_oid}"
    late = act.occurred_at + (before - act.occurred_at) * rng.uniform(0.1, 0.9)
    return replace(
        act, recorded_at=late.replace(microsecond=0), facts=act.facts | {"device_id": device}, device_id=device
    )


def _damage(rng: Random) -> dict[str, str]:
    area, severity, notes = rng.choice(_DAMAGES)
    return {"area": area, "severity": severity, "notes": notes}


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
