"""What a reckoning came to."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Reckoned:
    """One page of marked days.

    Attributes:
        days: how many days of assets.
        assets: how many assets.
        first_day: the earliest of the days.
        last_day: the latest of the days.
        version: of what reports show from this transaction on.
    """

    days: int
    assets: int
    first_day: date
    last_day: date
    version: int
