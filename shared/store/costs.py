"""What assets cost and earn: sums by asset and period, and the books' view of the fleet."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Final

from shared.domain.asset import DepreciationMethod
from shared.domain.ownership import Costs, Owned, together
from shared.store.database import Transaction
from shared.store.queries import Queries

_SQL = Queries("costs")
_NAMES: Final = tuple(one.name for one in fields(Costs))
_METHOD: Final = "depreciation_method"
_OTHERS: Final = tuple(one.name for one in fields(Owned) if one.name != _METHOD)

# before anything was recorded
BEGINNING: Final = date(1, 1, 1)


@dataclass(frozen=True)
class Terms:
    """How a tenant reckons with money, and which day it has."""

    today: date
    currency: str
    discount_rate: Decimal
    reimbursement_per_mile: Decimal | None


@dataclass(frozen=True)
class Wanted:
    """Which assets are asked for; None means all."""

    asset_type: str | None = None
    asset_id: int | None = None


EVERYTHING: Final = Wanted()


def get_terms(tx: Transaction) -> Terms:
    """Answer how the tenant reckons."""
    return Terms(**tx.one(_SQL["get_terms"]))


def list_costs(tx: Transaction, first: date, last: date, wanted: Wanted = EVERYTHING) -> dict[int, Costs]:
    """Answer each asset's costs, revenue and miles of the days from `first` to `last`, by asset id."""
    found = tx.report_as(
        _SQL["list_costs"],
        ("asset_id", *_NAMES),
        lambda asset_id, *values: (asset_id, Costs(*values)),
        date_from=first,
        date_to=last,
        asset_type=wanted.asset_type,
        asset_id=wanted.asset_id,
    )
    return dict(found)


def list_costs_to_date(tx: Transaction, as_of: date, wanted: Wanted = EVERYTHING) -> dict[int, Costs]:
    """Answer each asset's costs, revenue and miles from the beginning to a day."""
    return list_costs(tx, BEGINNING, as_of, wanted)


def list_monthly_costs(tx: Transaction, first: date, last: date, asset_ids: Sequence[int]) -> dict[date, Costs]:
    """Answer the sums of assets in calendar months, cut to a period, by the first day of each."""
    rows = tx.report(_SQL["list_monthly_costs"], date_from=first, date_to=last, asset_ids=list(asset_ids))
    return {row["month_from"]: Costs(**{name: row[name] for name in _NAMES if name in row}) for row in rows}


def total_costs(tx: Transaction, first: date, last: date, wanted: Wanted = EVERYTHING) -> Costs:
    """Answer the sums of all assets asked for."""
    return together(list_costs(tx, first, last, wanted).values())


def list_owned(tx: Transaction, as_of: date, wanted: Wanted = EVERYTHING) -> list[Owned]:
    """Answer the assets owned at the end of a day, by id."""
    asked = {"as_of": as_of, "asset_type": wanted.asset_type, "asset_id": wanted.asset_id}
    return tx.report_as(_SQL["list_owned"], (_METHOD, *_OTHERS), _owned, **asked)


def _owned(method: str | None, *others: Any) -> Owned:
    named: dict[str, Any] = dict(zip(_OTHERS, others, strict=True))
    return Owned(**named, depreciation_method=None if method is None else DepreciationMethod(method))


def has_asset(tx: Transaction, asset_id: int) -> bool:
    """Tell whether there is such an asset."""
    return tx.find(_SQL["find_asset"], asset_id=asset_id) is not None


def list_maintenance_by_age(tx: Transaction, as_of: date, wanted: Wanted = EVERYTHING) -> dict[int, dict[int, Decimal]]:
    """Answer what maintenance cost by asset and whole year of age, the first being 1, where that is on record."""
    rows = tx.report(
        _SQL["list_maintenance_by_age"], as_of=as_of, asset_type=wanted.asset_type, asset_id=wanted.asset_id
    )
    found: dict[int, dict[int, Decimal]] = {}
    for row in rows:
        found.setdefault(row["asset_id"], {})[row["year"]] = row["cost"]
    return found


def list_days_of_use(tx: Transaction, first: date, last: date) -> dict[int, tuple[int, int]]:
    """Answer days with a trip and days in service by asset, of those in service from `first` to `last`."""
    rows = tx.report(_SQL["list_days_of_use"], date_from=first, date_to=last)
    return {row["asset_id"]: (row["days_used"], row["service_days"]) for row in rows}


def count_entries(tx: Transaction, first: date, last: date, wanted: Wanted = EVERYTHING) -> dict[str, int]:
    """Answer how many cost entries fall in the days from `first` to `last`, by category."""
    asked = {"asset_type": wanted.asset_type, "asset_id": wanted.asset_id}
    rows = tx.report(_SQL["count_entries"], date_from=first, date_to=last, **asked)
    return {row["category"]: row["entries"] for row in rows}


def count_days_out_of_service(tx: Transaction, first: date, last: date, wanted: Wanted = EVERYTHING) -> int:
    """Answer on how many days from `first` to `last` assets were used that were not in service."""
    asked = {"asset_type": wanted.asset_type, "asset_id": wanted.asset_id}
    return int(tx.one(_SQL["count_days_out_of_service"], date_from=first, date_to=last, **asked)["days"])
