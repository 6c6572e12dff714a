"""Where the demo fleets stand: depots and the places that people drive to."""

from random import Random

from local.demo.rows import Place

DEPOTS = {
    "newark": (40.7020, -74.1610),
    "edison": (40.5120, -74.3670),
    "secaucus": (40.7860, -74.0620),
    "queens": (40.7260, -73.9250),
    "albany": (42.6890, -73.7930),
    "berlin": (52.4840, 13.4690),
    "potsdam": (52.3830, 13.0770),
}

# degrees; a yard is a hundred metres wide, customers are within some twenty kilometres
_YARD = 0.0008
_REGION = 0.16


def in_yard(depot: str, rng: Random) -> Place:
    """Answer a place on the grounds of a depot."""
    return _near(depot, _YARD, rng)


def in_region(depot: str, rng: Random) -> Place:
    """Answer a place where a customer of that depot may be."""
    return _near(depot, _REGION, rng)


def _near(depot: str, degrees: float, rng: Random) -> Place:
    lat, lng = DEPOTS[depot]
    away = rng.gauss(0, degrees / 2), rng.gauss(0, degrees / 2)
    return Place(round(lat + away[0], 6), round(lng + away[1], 6), round(rng.uniform(3, 28), 1))
