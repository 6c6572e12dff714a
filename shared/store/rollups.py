"""Days of assets and of the fleet: reckoned anew where they are marked, and rolled over with the local day."""

from shared.domain.rollups import Reckoned
from shared.store.database import Transaction
from shared.store.queries import Queries

_SQL = Queries("rollups")


def reckon_days(tx: Transaction, most: int) -> Reckoned | None:
    """Reckon the oldest marked days, waiting for whoever does so already; answer None if there is no mark."""
    row = tx.one(_SQL["reckon_days"], most=most)
    return Reckoned(**row) if row["days"] else None


def is_dirty(tx: Transaction) -> bool:
    """Tell whether any day is marked."""
    return tx.find(_SQL["find_dirty"]) is not None


def roll_over_day(tx: Transaction) -> bool:
    """Take notice of a new local day; tell whether there was one."""
    return bool(tx.one(_SQL["roll_over_day"])["rolled_over"])
