"""The two demo organisations: their people, what they count money in, which fleet they have."""

from dataclasses import dataclass

from local.people import ACME, GLOBEX, Tenant


@dataclass(frozen=True)
class Organisation:
    """A demo tenant.

    Attributes:
        tenant: its name, time zone and people.
        currency: ISO 4217.
        fleet: the name of its file in data/.
        tasks: how many it has.
    """

    tenant: Tenant
    currency: str
    fleet: str
    tasks: int


# in the order of loading: where the last exists, all of the demo data does
ORGANISATIONS = (
    Organisation(ACME, "USD", "acme", 40),
    Organisation(GLOBEX, "EUR", "globex", 12),
)
