"""Wanting no more mails of a report, said by whoever holds the link that stands in each of them."""

from dataclasses import dataclass

from shared.domain.errors import NotFound
from shared.domain.report import Report
from shared.domain.tag_code import parse_keys
from shared.domain.unsubscribe import UnsubscribeTokens
from shared.services import Services
from shared.store import schedules, tenancy

_UNKNOWN = "This link is not one of ours. Open it from the mail once more, whole."


@dataclass(frozen=True)
class Subscription:
    """An address on the list of a report.

    Attributes:
        is_wanted: whether mails go to it.
    """

    address: str
    schedule: str
    report: Report
    tenant: str
    is_wanted: bool


def tokens(services: Services) -> UnsubscribeTokens:
    """Answer what makes and reads the tokens in links."""
    return UnsubscribeTokens(parse_keys(services.settings.qr_signing_keys))


def find_subscription(services: Services, token: str) -> Subscription:
    """Answer what a link is about; nothing is changed by looking. Raise NotFound for a link that is not ours."""
    tenant_id, recipient_id = _read(services, token)
    with services.database.read(tenant_id) as tx:
        found = schedules.find_recipient(tx, recipient_id)
    if found is None:
        raise NotFound(_UNKNOWN)
    return Subscription(
        found["address"],
        found["schedule"],
        Report(found["report"]),
        found["tenant"],
        is_wanted=found["unsubscribed_at"] is None,
    )


def change_subscription(services: Services, token: str, *, wanted: bool) -> Subscription:
    """Send no more mails to the address of a link, or send them again; raise NotFound as above."""
    tenant_id, recipient_id = _read(services, token)
    with services.database.transaction(tenant_id) as (tx, _):
        schedule_id = schedules.set_unsubscribed(tx, recipient_id, None if wanted else services.clock.now())
        if schedule_id is None:
            raise NotFound(_UNKNOWN)
        tenancy.record_audit(
            tx,
            user_id=None,
            action="report.resubscribe" if wanted else "report.unsubscribe",
            resource=f"schedule/{schedule_id}/recipient/{recipient_id}",
            outcome="done",
            address=None,
            invocation_id=None,
        )
    return find_subscription(services, token)


def _read(services: Services, token: str) -> tuple[int, int]:
    ids = tokens(services).read(token)
    if ids is None:
        raise NotFound(_UNKNOWN)
    return ids
