"""How an organisation counts: working hours, what money costs, what a mile is reimbursed with, when assets are idle."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from shared.domain.model import NUMBER_AS_SUCH, Command, Model

_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_CLOSING = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
_RATE_TEXT = re.compile(r"\d{1,4}(\.\d{1,4})?", re.ASCII)
_WEEK = 7


def _each_once(days: list[int]) -> list[int]:
    if len(set(days)) != len(days):
        raise ValueError("name each weekday once")
    return sorted(days)


def _rate(value: Any) -> Any:
    """Take a decimal string or a number; a float is read as it was written."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not _RATE_TEXT.fullmatch(str(value)):
        raise ValueError('a rate is a decimal string of at most four places, as "0.725"')
    return Decimal(str(value))


Clock = Annotated[str, Field(pattern=_CLOCK, description="HH:MM in the organisation's time zone")]
Closing = Annotated[
    str, Field(pattern=_CLOSING, description="HH:MM, at most 24:00; one at or before the start is that of the next day")
]
Weekday = Annotated[int, NUMBER_AS_SUCH, Field(ge=1, le=_WEEK)]
Weekdays = Annotated[
    list[Weekday],
    Field(min_length=1, max_length=_WEEK, description="ISO weekdays; 1 is Monday"),
    AfterValidator(_each_once),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "integer", "minimum": 1, "maximum": _WEEK},
            "minItems": 1,
            "maxItems": _WEEK,
            "uniqueItems": True,
            "description": "ISO weekdays; 1 is Monday",
        }
    ),
]
Share = Annotated[
    float,
    NUMBER_AS_SUCH,
    Field(ge=0, le=0.9999, allow_inf_nan=False, description="what money costs a year; 0.08 is 8 %"),
    AfterValidator(lambda share: round(share, 4)),
]
_RATE = {"type": "string", "pattern": r"^[0-9]{1,4}(\.[0-9]{1,4})?$", "examples": ["0.725"]}
_RATE_NUMBER = {"type": "number", "minimum": 0, "maximum": 9999.9999, "multipleOf": 0.0001}
Rate = Annotated[
    Decimal,
    BeforeValidator(_rate),
    Field(description="what is paid for a mile driven with one's own car, in the organisation's currency"),
    WithJsonSchema({"anyOf": [_RATE, _RATE_NUMBER]}, "validation"),
    WithJsonSchema(_RATE, "serialization"),
]
IdleDays = Annotated[
    int, NUMBER_AS_SUCH, Field(ge=1, le=3650, description="an asset unused for more whole days is idle")
]


class TenantSettings(Model):
    """What is set for an organisation; the first five by whoever runs this installation."""

    name: str
    time_zone: Annotated[str, Field(description="IANA name")]
    currency: Annotated[str, Field(description="ISO 4217")]
    custody_hours: Annotated[int, Field(description="an asset is due back this long after check-out")]
    require_location: Annotated[bool, Field(description="whether every check-out and check-in says where")]
    shift_start: Clock
    shift_end: Closing
    shift_days: Weekdays
    discount_rate: Share
    reimbursement_per_mile: Rate | None
    idle_days: IdleDays


class ReadSettings(Command):
    """What is set for the caller's organisation."""


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


def _may_be_left_out() -> Any:
    """Answer the default of what may be left out but never be null: it is read only where it was given."""
    return Field(default=None, json_schema_extra=_without_default)


class ChangeSettings(Command):
    """Change what is given; null says that no mile is reimbursed."""

    if_match: tuple[int, ...] | None = None
    shift_start: Clock = _may_be_left_out()
    shift_end: Closing = _may_be_left_out()
    shift_days: Weekdays = _may_be_left_out()
    discount_rate: Share = _may_be_left_out()
    reimbursement_per_mile: Rate | None = None
    idle_days: IdleDays = _may_be_left_out()


def said(command: ChangeSettings) -> dict[str, Any]:
    """Answer what a change sets, by column."""
    return {name: getattr(command, name) for name in command.model_fields_set - {"if_match"}}
