"""The two demo organisations and their people, known to the identity stand-in and the demo data."""

from dataclasses import dataclass

ROLES = ("driver", "dispatcher", "manager", "admin")


@dataclass(frozen=True)
class Person:
    """A user of a tenant; `oid` starts with the role's name."""

    tid: str
    oid: str
    name: str
    email: str

    @property
    def roles(self) -> list[str]:
        """Answer the role of the oid's prefix."""
        return roles_of(self.oid)


@dataclass(frozen=True)
class Tenant:
    """An organisation, in its time zone (IANA name)."""

    tid: str
    name: str
    time_zone: str
    people: tuple[Person, ...]


def roles_of(oid: str) -> list[str]:
    """Answer the role that an oid such as `driver-3` names, as a list; none for any other oid."""
    role = oid.partition("-")[0]
    return [role] if role in ROLES else []


def find_tenant(tid: str) -> Tenant | None:
    """Answer the demo tenant of that id, if it is one."""
    return next((tenant for tenant in TENANTS if tenant.tid == tid), None)


def find_person(tid: str, oid: str) -> Person | None:
    """Answer the demo tenant's person of that id, if there is one."""
    tenant = find_tenant(tid)
    return next((person for person in tenant.people if person.oid == oid), None) if tenant else None


def _people(tid: str, domain: str, names: dict[str, str]) -> tuple[Person, ...]:
    return tuple(Person(tid, oid, name, f"{oid}@{domain}") for oid, name in names.items())


_ACME = "11111111-1111-1111-1111-111111111111"
_GLOBEX = "22222222-2222-2222-2222-222222222222"

ACME = Tenant(
    tid=_ACME,
    name="Acme Logistics",
    time_zone="America/New_York",
    people=_people(
        _ACME,
        "acme.example",
        {
            "driver-1": "Maria Santos",
            "driver-2": "James Okafor",
            "driver-3": "Priya Raman",
            "driver-4": "Tom Whitfield",
            "driver-5": "Aisha Bello",
            "driver-6": "Daniel Kim",
            "driver-7": "Rosa Delgado",
            "driver-8": "Luke Patterson",
            "dispatcher-1": "Grace Chen",
            "manager-1": "Robert Ellison",
            "admin-1": "Nadia Haddad",
        },
    ),
)

GLOBEX = Tenant(
    tid=_GLOBEX,
    name="Globex Field Services",
    time_zone="Europe/Berlin",
    people=_people(
        _GLOBEX,
        "globex.example",
        {
            "driver-1": "Jonas Weber",
            "driver-2": "Lena Hoffmann",
            "driver-3": "Emre Şahin",
            "driver-4": "Katarzyna Nowak",
            "driver-5": "Felix Brandt",
            "driver-6": "Sofia Rossi",
            "driver-7": "Anton Krüger",
            "driver-8": "Mira Petrović",
            "dispatcher-1": "Hannah Schulz",
            "manager-1": "Björn Lindqvist",
            "admin-1": "Claudia Vogel",
        },
    ),
)

TENANTS = (ACME, GLOBEX)
