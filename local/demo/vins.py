"""Vehicle identification numbers with the check digit of 49 CFR 565 (North America)."""

from random import Random

_VALUES = dict(zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "012345678912345678123457923456789"), strict=True))
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"
_FIRST_YEAR = 2010
_CHECK_PLACE = 8


def make_vin(prefix: str, year: int, rng: Random) -> str:
    """Answer a valid number: maker and type (8 characters), check digit, year, plant and a serial number."""
    tail = _YEARS[(year - _FIRST_YEAR) % len(_YEARS)] + rng.choice("ABCFKLR") + f"{rng.randrange(10_000, 990_000):06}"
    return prefix + check_digit(f"{prefix}0{tail}") + tail


def check_digit(vin: str) -> str:
    """Answer the ninth character that a number of 17 characters ought to have."""
    remainder = sum(_VALUES[sign] * weight for sign, weight in zip(vin, _WEIGHTS, strict=True)) % 11
    return "X" if remainder == 10 else str(remainder)  # noqa: PLR2004  the remainder that needs two digits


def is_valid(vin: str) -> bool:
    """Say whether the check digit is right."""
    return vin[_CHECK_PLACE] == check_digit(vin)
