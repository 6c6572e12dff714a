"""What kept reports are known to be old by."""

from shared.store.database import Transaction
from shared.store.queries import Queries

_SQL = Queries("kept_reports")


def find_mark(tx: Transaction) -> tuple[int, int]:
    """Answer the version of the tenant's figures and the number of its newest event."""
    row = tx.one(_SQL["find_mark"])
    return int(row["version"]), int(row["last_event"])
