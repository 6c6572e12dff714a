"""Who acts: roles, and the person whom a verified token speaks for."""

from dataclasses import dataclass
from enum import IntEnum

# what is recorded of a token that carries no role of ours
NO_ROLE = "none"


class Role(IntEnum):
    """What a person may do; a role includes those before it."""

    DRIVER = 1
    DISPATCHER = 2
    MANAGER = 3
    ADMIN = 4

    @classmethod
    def named(cls, name: str) -> "Role | None":
        """Answer the role of that name, or None for a role that means nothing here."""
        return cls.__members__.get(name.upper()) if name.islower() else None

    @property
    def word(self) -> str:
        """Answer the name as it stands in tokens and documents."""
        return self.name.lower()


@dataclass(frozen=True)
class Identity:
    """What a verified token says of its bearer."""

    tid: str
    oid: str
    name: str
    email: str | None
    role: Role | None


@dataclass(frozen=True)
class Tenant:
    """One customer organisation."""

    id: int
    tid: str
    name: str
    time_zone: str
    currency: str


@dataclass(frozen=True)
class Principal:
    """A person of a tenant, at work."""

    tenant: Tenant
    user_id: int
    oid: str
    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Tell whether this person has that role or one above it."""
        return self.role >= role
