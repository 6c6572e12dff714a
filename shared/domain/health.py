"""Whether the application and what it needs are there."""

from typing import Annotated, Literal

from pydantic import Field

from shared.domain.model import Command, Model


class NoQuestion(Command):
    """Nothing is asked beyond the route."""


class Health(Model):
    """The application runs."""

    status: Literal["ok"] = "ok"


class Dependency(Model):
    """One thing that the application needs."""

    name: str
    status: Literal["ok", "down"]
    milliseconds: float
    is_needed: Annotated[bool, Field(description="whether the application is of no use without it")] = True


class Readiness(Model):
    """Whether everything that the application cannot do without answers."""

    status: Literal["ok", "down"]
    dependencies: list[Dependency]
