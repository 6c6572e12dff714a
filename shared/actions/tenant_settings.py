"""The settings of an organisation, as its own people see and change them."""

import zlib

from shared.actions import rollups
from shared.actions.answer import Answer, versioned
from shared.actions.call import Call
from shared.domain import tenant_settings
from shared.domain.errors import VersionMismatch
from shared.domain.tenant_settings import ChangeSettings, ReadSettings, TenantSettings
from shared.store import tenant_settings as store


def get_settings(call: Call, _: ReadSettings) -> Answer[TenantSettings]:
    """Answer what is set for the caller's organisation."""
    with call.read() as tx:
        found = store.get_settings(tx)
    return versioned(found, _version(found))


def change_settings(call: Call, command: ChangeSettings) -> Answer[TenantSettings]:
    """Change what is given.

    Raises:
        VersionMismatch: it is not what the caller has read.
    """
    with call.transaction() as work:
        now = store.lock_settings(work)
        if command.if_match is not None and _version(now) not in command.if_match:
            raise VersionMismatch("The settings were changed since you read them; read them again.")
        store.change_settings(work, now.model_copy(update=tenant_settings.said(command)))
        call.audit(work, "settings.change", "settings")
        changed = store.get_settings(work)
        answer = work.answer(versioned(changed, _version(changed)))
    rollups.catch_up(call.services, call.principal.tenant.id)
    return answer


def _version(settings: TenantSettings) -> int:
    """Answer a number that stands for what is set, by whomever: an operator changes settings too."""
    return zlib.crc32(settings.model_dump_json().encode())
