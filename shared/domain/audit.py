"""The audit log: who did what, or was refused it, from where and when."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.domain.model import Identifier, Instant, Line, Listing, Model, UserRef


class Outcome(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"


class AuditEntry(Model):
    """One thing that somebody did or was refused.

    `user` is null where the system itself acted.
    """

    id: int
    user: UserRef | None
    action: Annotated[str, Field(description="what was done, as `custody.checkout`; `access` for a refused route")]
    resource: Annotated[str, Field(description="on what, as `custody/17`")]
    outcome: Outcome
    at: Instant
    address: Annotated[str | None, Field(description="where the request came from")]
    invocation_id: Annotated[str | None, Field(description="stands in the log and as `instance` in problems")]


class ListAudit(Listing):
    """The audit log, newest first."""

    action: Annotated[Line, Field(description="only this action")] | None = None
    user_id: Annotated[Identifier, Field(description="only what this user did")] | None = None
