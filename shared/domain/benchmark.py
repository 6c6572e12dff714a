"""Benchmarks: what others have published about vehicles, and a tenant's own figures in place of it.

Figures are compared only on the same basis and in the same currency, and never scaled from one annual mileage to
another: cost by the mile is not linear in miles. Between two published mileages of one series it is interpolated.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum
from itertools import groupby, pairwise
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from shared.domain.depreciation import PRECISION
from shared.domain.figure import PER_MILE, percentage
from shared.domain.model import Code, Command, Finite, Identifier, Line, Model, Name

OWNERSHIP, FUEL = "ownership_cost_per_mile", "fuel_cost_per_mile"
_CENTS = "¢/mi"
_A_MILE = ("/mi", _CENTS)
# what each basis is counted in: in any other unit a figure would be one of something else
UNITS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        OWNERSHIP: _A_MILE,
        FUEL: _A_MILE,
        "reimbursement_per_mile": _A_MILE,
        "annual_miles": ("mi/yr",),
        "replacement_years": ("yr",),
        "replacement_miles": ("mi",),
        "replacement_hours": ("h",),
        "idle_fuel_per_hour": ("gal/h",),
    }
)
_WHOLE = "any"


class Status(StrEnum):
    """How far a figure can be trusted."""

    PUBLISHED = "published"
    DERIVED = "derived"
    OWN = "own"


class BenchmarkFigure(Model):
    """A figure with what it is about, and who says so."""

    id: Annotated[int, Field(description="of an own figure; published ones have none")] | None = None
    code: Annotated[str, Field(description="of a published figure")] | None = None
    benchmark_class: Annotated[str, Field(description="of vehicles")]
    basis: Annotated[str, Field(description="what is measured; figures of different bases are never compared")]
    figure: float
    figure_to: Annotated[float, Field(description="where a range was published")] | None = None
    unit: str
    currency: str | None = None
    annual_miles: Annotated[int, Field(description="for which it holds, and no other")] | None = None
    year: str
    source: str
    status: Status
    note: str | None = None


class Comparison(Model):
    """A figure beside the fleet's own on the same basis."""

    benchmark_class: str
    basis: str
    figure: Annotated[float, Field(description="a mile, in the tenant's currency")]
    own: Annotated[float, Field(description="the fleet's")] | None
    difference_percentage: Annotated[float, Field(description="own above the figure; negative: below")] | None
    annual_miles: Annotated[int, Field(description="for which it was published; not scaled to others")] | None
    interpolated: Annotated[bool, Field(description="between two annual mileages of one series, at the fleet's own")]
    year: str
    source: str
    status: Status
    note: str | None = None


_FIGURE = Annotated[Finite, Field(ge=0, le=9_999_999_999, description="in its unit")]
Basis = Annotated[
    Literal[
        "ownership_cost_per_mile", "fuel_cost_per_mile", "reimbursement_per_mile", "annual_miles", "replacement_years",
        "replacement_miles", "replacement_hours", "idle_fuel_per_hour",
    ],
    Field(description="what is measured"),
]  # fmt: skip
Unit = Annotated[Literal["/mi", "¢/mi", "mi/yr", "yr", "mi", "h", "gal/h"], Field(description="`/mi`: currency a mile")]


class ListBenchmarks(Command):
    """Published figures, and own ones."""

    benchmark_class: Annotated[Name, Field(description="of this class only")] | None = None
    basis: Annotated[Code, Field(description="of this basis only")] | None = None


class Benchmarks(Model):
    """Figures, own ones first."""

    items: list[BenchmarkFigure]


def _units_by_basis(schema: dict[str, Any]) -> None:
    schema["anyOf"] = [
        {"properties": {"basis": {"const": basis}, "unit": {"enum": [*units]}}} for basis, units in UNITS.items()
    ]


class AddBenchmark(Command):
    """Say a figure of one's own; it stands before the published ones of its class and basis."""

    model_config = ConfigDict(json_schema_extra=_units_by_basis)

    benchmark_class: Name
    basis: Basis
    figure: _FIGURE
    unit: Unit
    year: Annotated[Code, Field(description="of which it is, or `undated`")]
    source: Annotated[Line, Field(description="who says so")]
    note: Line | None = None

    @field_validator("unit")
    @classmethod
    def _goes_with_basis(cls, unit: str, said: ValidationInfo) -> str:
        basis = said.data.get("basis")
        if basis is not None and unit not in UNITS[basis]:
            raise ValueError(f"Give {basis} in {' or '.join(UNITS[basis])}.")
        return unit


class ChangeBenchmark(Command):
    """Change what is given of an own figure."""

    benchmark_id: Identifier
    figure: _FIGURE | None = None
    year: Code | None = None
    source: Line | None = None
    note: Line | None = None


class RemoveBenchmark(Command):
    """Take an own figure away; the published ones stand again."""

    benchmark_id: Identifier


@dataclass(frozen=True)
class Published:
    """All figures, and which classes an asset belongs to.

    Attributes:
        figures: own and published ones.
        classes: by an asset's benchmark class or type, the classes it may be compared with and for which fuel, the
            nearest first.
    """

    figures: Sequence[BenchmarkFigure]
    classes: Mapping[str, Sequence[tuple[str, str | None]]]

    def classes_of(self, benchmark_class: str | None, asset_type: str, fuel_type: str | None) -> list[str]:
        """Answer the classes that an asset belongs to, the nearest first."""
        own = [] if benchmark_class is None else [benchmark_class]
        name = f"type:{asset_type}" if benchmark_class is None else benchmark_class.lower()
        known = self.classes.get(name, ())
        return list(dict.fromkeys([*own, *(of for of, fuel in known if fuel is None or fuel == fuel_type)]))

    def of(self, classes: Iterable[str], *bases: str) -> list[BenchmarkFigure]:
        """Answer the figures of those classes, own ones of a class and basis in place of published ones.

        A figure that was kept in a unit of something else is passed over.
        """
        found: list[BenchmarkFigure] = []
        for one in classes:
            for basis in bases:
                some = [it for it in self.figures if it.benchmark_class == one and it.basis == basis and _counts(it)]
                found += [it for it in some if it.status is Status.OWN] or some
        return found


def _counts(one: BenchmarkFigure) -> bool:
    """Tell whether a figure's unit, which published ones write with their currency, goes with its basis."""
    return one.basis not in UNITS or one.unit.removeprefix("$") in UNITS[one.basis]


def compare(
    published: Published, classes: Sequence[str], own: Mapping[str, float | None], annual_miles: Decimal, currency: str
) -> list[Comparison]:
    """Answer figures by the mile beside the fleet's own, of the classes given and in the tenant's currency."""
    compared = []
    for basis, figure in own.items():
        some = [it for it in published.of(classes, basis) if it.currency in {None, currency}]
        between = [one for one in (_interpolated(it, annual_miles) for it in _series(some)) if one is not None]
        compared += [_beside(it, it.annual_miles, figure) for it in some]
        compared += [_beside(it, None, figure, at) for it, at in between]
    return compared


def _series(some: Sequence[BenchmarkFigure]) -> Iterable[list[BenchmarkFigure]]:
    """Yield figures that one source published for several annual mileages."""

    def published(one: BenchmarkFigure) -> tuple[str, str, str]:
        return one.benchmark_class, one.source, one.year

    for _, group in groupby(sorted(some, key=published), published):
        yield sorted((one for one in group if one.annual_miles), key=lambda one: one.annual_miles or 0)


def _interpolated(series: Sequence[BenchmarkFigure], miles: Decimal) -> tuple[BenchmarkFigure, Decimal] | None:
    for low, high in pairwise(series):
        least, most = Decimal(low.annual_miles or 0), Decimal(high.annual_miles or 0)
        if least < miles < most:
            return low, interpolate((least, _per_mile(low)), (most, _per_mile(high)), miles)
    return None


def interpolate(low: tuple[Decimal, Decimal], high: tuple[Decimal, Decimal], at: Decimal) -> Decimal:
    """Answer the value on the line between two points."""
    with localcontext(PRECISION):
        value = low[1] + (high[1] - low[1]) * (at - low[0]) / (high[0] - low[0])
        return value.quantize(PER_MILE, ROUND_HALF_UP)


def _per_mile(one: BenchmarkFigure) -> Decimal:
    figure = Decimal(str(one.figure))
    return figure / 100 if one.unit == _CENTS else figure


def _beside(one: BenchmarkFigure, annual_miles: int | None, own: float | None, at: Decimal | None = None) -> Comparison:
    figure = _per_mile(one) if at is None else at
    return Comparison(
        benchmark_class=one.benchmark_class,
        basis=one.basis,
        figure=float(figure),
        own=own,
        difference_percentage=None if own is None or not figure else percentage(Decimal(str(own)) - figure, figure),
        annual_miles=annual_miles,
        interpolated=at is not None,
        year=one.year,
        source=one.source,
        status=one.status,
        note=one.note,
    )
