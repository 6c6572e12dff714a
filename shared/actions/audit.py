"""What was done and what was refused, for those who watch over it."""

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain import cursor
from shared.domain.audit import AuditEntry, ListAudit
from shared.domain.model import Page
from shared.domain.paging import page
from shared.store import tenancy


def list_audit(call: Call, command: ListAudit) -> Answer[Page[AuditEntry]]:
    """Answer the tenant's audit log, newest first."""
    (before_id,) = cursor.decode(command.cursor, int)
    with call.read() as tx:
        found = tenancy.list_audit(
            tx,
            before_id=before_id,
            action=command.action,
            user_id=command.user_id,
            page_size=command.limit + 1,
        )
    return Answer(page(found, command.limit, lambda entry: (entry.id,)))
