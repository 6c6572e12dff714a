"""What a reckoning and a proof of days come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Reckoned:
    """Some days that were reckoned anew.

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


@dataclass(frozen=True)
class Extent:
    """Between which local days a tenant has trips or kept days, and how many assets; no days where it has neither."""

    first_day: date | None
    last_day: date | None
    assets: int


@dataclass(frozen=True)
class AssetDay:
    """One local day of one asset."""

    asset_id: int
    day: date


@dataclass(frozen=True)
class Difference(AssetDay):
    """A day that is kept as something else than what its trips make of it; or, of the fleet, than its assets' days.

    Attributes:
        kept: trips, active microseconds, the same summed by hour, and millionths of miles and gallons.
        plain: the same from the trips; of the fleet's days neither is given.
    """

    kept: Sequence[int] = ()
    plain: Sequence[int] = ()

    def __str__(self) -> str:
        """Say what differs, for a person."""
        if not self.plain:
            return f"{self.day}: the fleet's sums are not those of its assets' days"
        return f"{self.day} asset {self.asset_id}: kept {list(self.kept)}, from trips {list(self.plain)}"
