"""How much assets of a type are to be used in a week."""

from collections.abc import Sequence

from shared.domain.utilization_target import Target
from shared.store.database import Transaction
from shared.store.jsonb import jsonb
from shared.store.queries import Queries

_SQL = Queries("utilization_targets")


def list_targets(tx: Transaction) -> list[Target]:
    """Answer every target, by type."""
    return [Target.model_validate(row) for row in tx.all(_SQL["list_targets"])]


def set_targets(tx: Transaction, targets: Sequence[Target]) -> None:
    """Make these the only targets."""
    said = [one.model_dump(mode="json") for one in targets]
    tx.run(_SQL["forget_targets"], asset_types=[one.asset_type.value for one in targets])
    tx.run(_SQL["set_targets"], targets=jsonb(said))
