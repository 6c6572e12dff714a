"""The two demo organisations: their people, what they count money in, which fleet they have."""

from dataclasses import dataclass
from decimal import Decimal

from local.people import ACME, GLOBEX, Tenant


@dataclass(frozen=True)
class Organisation:
    """A demo tenant.

    Attributes:
        tenant: its name, time zone and people.
        currency: ISO 4217.
        fleet: the name of its file in data/.
        tasks: how many it has.
        reimbursement: what it pays for a mile driven with one's own car.
    """

    tenant: Tenant
    currency: str
    fleet: str
    tasks: int
    reimbursement: Decimal


# in the order of loading: where the last exists, all of the demo data does
ORGANISATIONS = (
    # the standard rate of 2026 in the United States; 30 cents a kilometre in Germany
    Organisation(ACME, "USD", "acme", 40, Decimal("0.725")),
    Organisation(GLOBEX, "EUR", "globex", 12, Decimal("0.4828")),
)
