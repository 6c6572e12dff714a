"""The base of every command and answer, and the values that they share: text, times, money, places."""

import re
import typing
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, BinaryIO

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

# A phone's clock may be a little ahead; what it did may have waited for a network for as long as a month.
BIGINT_MAX = 2**63 - 1
NOTES_MAX = 4000
DUST_DEGREES = 1e-9

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_INTEGER = re.compile(r"-?\d{1,30}")
_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?")
_AMOUNT_TEXT = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_CONTROL_ALLOWED = {"\n", "\r", "\t"}


class Model(BaseModel):
    """What is answered: frozen, and without fields that nobody declared."""

    # an answer holds every field, also those that have a default when asked
    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, json_schema_serialization_defaults_required=True
    )


class Command(Model):
    """What is asked: a request's path, query and body as one checked value."""


def printable(text: str) -> str:
    """Refuse what PostgreSQL cannot keep or a screen cannot show: NUL, other controls, lone surrogates."""
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in _CONTROL_ALLOWED:
            raise ValueError("control characters are not allowed")
    return text


def _only_printable(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value


# The three below answer Python's own objects, not texts: what a validator of ours passes on is no JSON any more, and
# strictly read it has to be an instance already.


def _rfc3339(value: Any) -> Any:
    """Let only RFC 3339 through: a bare number or a local time means different things to different people."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError("a time is a string as 2026-01-31T09:30:00-05:00")  # noqa: TRY004 - pydantic wants it
    if not _RFC3339.fullmatch(value):
        raise ValueError("a time is written as RFC 3339 with an offset, as 2026-01-31T09:30:00-05:00")
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError:
        raise ValueError("there is no such time") from None


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("this time lies outside the calendar") from None


def _iso_date(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise ValueError("a date is a string as 2026-01-31")  # noqa: TRY004 - pydantic wants it
    if not _DATE.fullmatch(value):
        raise ValueError("a date is written as 2026-01-31")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("there is no such day") from None


def _plain_integer(value: Any) -> Any:
    """Refuse what Python reads as a number but nobody writes as one, as "1_0" or "5.0"."""
    if isinstance(value, str) and not _INTEGER.fullmatch(value):
        raise ValueError("this is to be a whole number")
    return value


def _plain_number(value: Any) -> Any:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError("this is to be a number, as 12.5")
    return value


def written_number(text: str) -> float | str:
    """Answer the number that a text is, or the text if it is none."""
    return float(text) if _NUMBER.fullmatch(text) else text


def _number_as_such(value: Any) -> Any:
    """Refuse a text or a flag for a number in what is JSON wherever it stands, also as a field of a form."""
    if isinstance(value, bool | str):
        raise ValueError("this is to be a number")  # noqa: TRY004 - pydantic wants it
    return value


def _plain_flag(value: Any) -> Any:
    if isinstance(value, str) and value not in {"true", "false"}:
        raise ValueError("this is to be true or false")
    return value


def _money(value: Any) -> Any:
    """Take a decimal string or a number of at most two places; a float is read as it was written."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError('an amount is a decimal string as "12345.60"')  # noqa: TRY004 - pydantic wants it
    if isinstance(value, str) and not _AMOUNT_TEXT.fullmatch(value.strip()):
        raise ValueError('an amount is written as "12345.60"')
    return Decimal(str(value).strip())


# What `printable` lets through, and of that what is not only blank, as a pattern that clients can check with.
_SHOWN = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*"
_SOMETHING = rf"^{_SHOWN}[^\s\x00-\x1f\x7f-\x9f]{_SHOWN}$"

_TRIMMED = StringConstraints(strip_whitespace=True)
_PRINTABLE = BeforeValidator(_only_printable)


def _text_schema(longest: int, *, blank: bool = False) -> WithJsonSchema:
    """Describe a text that is trimmed before its length is looked at."""
    if blank:
        return WithJsonSchema({"type": "string", "maxLength": longest, "pattern": f"^{_SHOWN}$"})
    return WithJsonSchema({"type": "string", "minLength": 1, "maxLength": longest, "pattern": _SOMETHING})


Code = Annotated[str, _TRIMMED, Field(min_length=1, max_length=64), _PRINTABLE, _text_schema(64)]
Name = Annotated[str, _TRIMMED, Field(min_length=1, max_length=200), _PRINTABLE, _text_schema(200)]
Line = Annotated[str, _TRIMMED, Field(min_length=1, max_length=500), _PRINTABLE, _text_schema(500)]
Text = Annotated[str, _TRIMMED, Field(min_length=1, max_length=NOTES_MAX), _PRINTABLE, _text_schema(NOTES_MAX)]
Notes = Annotated[str, _TRIMMED, Field(max_length=NOTES_MAX), _PRINTABLE, _text_schema(NOTES_MAX, blank=True)]

Instant = Annotated[
    datetime,
    BeforeValidator(_rfc3339),
    AfterValidator(_utc),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Day = Annotated[date, BeforeValidator(_iso_date), WithJsonSchema({"type": "string", "format": "date"})]
_AMOUNT = {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,2})?$", "examples": ["12345.60"]}
_NUMBER_OF_CENTS = {"type": "number", "minimum": 0, "maximum": 999_999_999_999.99, "multipleOf": 0.01}
Money = Annotated[
    Decimal,
    # nearest to the type, so that pydantic's core checks them and not Python, digit by digit
    Field(ge=0, max_digits=14, decimal_places=2, allow_inf_nan=False),
    BeforeValidator(_money),
    WithJsonSchema({"anyOf": [_AMOUNT, _NUMBER_OF_CENTS]}, "validation"),
    WithJsonSchema(_AMOUNT, "serialization"),
]
NUMBER_AS_SUCH = BeforeValidator(_number_as_such)
_WHOLE = BeforeValidator(_plain_integer)
_PLAIN = BeforeValidator(_plain_number)

Flag = Annotated[bool, BeforeValidator(_plain_flag)]
Finite = Annotated[float, _PLAIN, Field(allow_inf_nan=False)]
Meter = Annotated[float, _PLAIN, Field(ge=0, le=100_000_000, allow_inf_nan=False)]
Percent = Annotated[float, _PLAIN, Field(ge=0, le=100, allow_inf_nan=False)]
Integer = Annotated[int, _WHOLE]
Identifier = Annotated[int, _WHOLE, Field(ge=1, le=BIGINT_MAX)]
Limit = Annotated[int, _WHOLE, Field(ge=1, le=200)]


@dataclass(frozen=True)
class Attachment:
    """A file of a multipart request, read from the request's own buffer."""

    stream: BinaryIO
    size: int


File = Annotated[
    InstanceOf[Attachment],
    WithJsonSchema({"type": "string", "contentMediaType": "application/octet-stream"}),
]


def _without_dust(degrees: float) -> float:
    """Take what is nearer to zero than a tenth of a millimetre for zero: numbers so small cannot be reckoned with."""
    return degrees if abs(degrees) >= DUST_DEGREES else 0.0


_DEGREES = AfterValidator(_without_dust)
_DUST: dict[str, Any] = {"exclusiveMinimum": -DUST_DEGREES, "exclusiveMaximum": DUST_DEGREES}


class Place(Model):
    """A position on earth: degrees, and the radius in metres that holds it with 95 % certainty."""

    model_config = ConfigDict(
        json_schema_extra={"not": {"properties": {"lat": _DUST, "lng": _DUST}, "required": ["lat", "lng"]}}
    )

    lat: Annotated[float, NUMBER_AS_SUCH, Field(ge=-90, le=90, allow_inf_nan=False), _DEGREES]
    lng: Annotated[float, NUMBER_AS_SUCH, Field(ge=-180, le=180, allow_inf_nan=False), _DEGREES]
    accuracy_m: Annotated[float, NUMBER_AS_SUCH, Field(ge=0, le=10_000, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _has_a_fix(self) -> "Place":
        if self.lat == 0 and self.lng == 0:
            raise ValueError("0,0 is what a device says that has no fix")
        return self


class UserRef(Model):
    """A person of the tenant, as others see them."""

    id: int
    oid: str
    name: str


class Page[Item](Model):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[Item]
    next_cursor: str | None = None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Answer the name under which clients know a page of those, as `CustodyPage`; the plainest kind stands last."""
        kinds = typing.get_args(params[0]) or params
        return f"{kinds[-1].__name__}Page"


class Listing(Command):
    """What every list takes: how many, and where the last page ended."""

    limit: Limit = 50
    # long enough for a key that holds a name of 200 emoji
    cursor: Annotated[str, Field(max_length=1500)] | None = None
