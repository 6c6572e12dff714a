"""The settings of an organisation that its own people may see and change."""

from shared.domain.tenant_settings import TenantSettings
from shared.store.database import Transaction
from shared.store.queries import Queries

_SQL = Queries("tenant_settings")


def get_settings(tx: Transaction) -> TenantSettings:
    """Answer what is set."""
    return TenantSettings.model_validate(dict(tx.one(_SQL["get_settings"])))


def lock_settings(tx: Transaction) -> TenantSettings:
    """Answer what is set, and let nobody else change it until this transaction ends."""
    tx.one(_SQL["lock_settings"])
    return get_settings(tx)


def change_settings(tx: Transaction, settings: TenantSettings) -> None:
    """Set what an organisation may set itself."""
    tx.run(_SQL["change_settings"], **settings.model_dump())
