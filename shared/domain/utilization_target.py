"""How much assets of a type are to be used in a week."""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema, model_validator

from shared.domain.asset import AssetType
from shared.domain.model import Command, Finite, Model


def _of_two_places(value: float) -> float:
    if round(value, 2) != value:
        raise ValueError("this has at most two places after the point")
    return value


def _upto(most: float) -> WithJsonSchema:
    return WithJsonSchema({"type": "number", "minimum": 0.01, "maximum": most, "multipleOf": 0.01})


_TWO_PLACES = AfterValidator(_of_two_places)
Hours = Annotated[Finite, Field(ge=0.01, le=168), _TWO_PLACES, _upto(168)]
Miles = Annotated[Finite, Field(ge=0.01, le=100_000), _TWO_PLACES, _upto(100_000)]


class Target(Model):
    """What assets of one type are to be used in a week: hours, miles or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "not": {"properties": {"hours_per_week": {"type": "null"}, "miles_per_week": {"type": "null"}}}
        }
    )

    asset_type: AssetType
    hours_per_week: Hours | None = None
    miles_per_week: Miles | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Target":
        if self.hours_per_week is None and self.miles_per_week is None:
            raise ValueError("a target is of hours, of miles or of both")
        return self


class Targets(Model):
    """The targets of all types that have one."""

    items: list[Target]


class GetTargets(Command):
    """Every target."""


class SetTargets(Command):
    """Set every target at once."""

    items: Annotated[tuple[Target, ...], Field(max_length=len(AssetType))]

    @model_validator(mode="after")
    def _names_each_type_once(self) -> "SetTargets":
        if len({one.asset_type for one in self.items}) < len(self.items):
            raise ValueError("a type has one target")
        return self
