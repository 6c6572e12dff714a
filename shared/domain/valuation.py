"""Valuations: what somebody said that an asset is worth on the market, and from which day on."""

from typing import Annotated, Final

from pydantic import Field

from shared.domain.model import Command, Day, Identifier, Instant, Line, Listing, Model, Money

_AS_OF: Final = (
    "from this day on, until the next one; where there is no earlier one, also on the 31 days before it, as appraisals "
    "for a balance do"
)


class Valuation(Model):
    """What an asset was said to be worth."""

    id: int
    asset_id: int
    as_of: Annotated[Day, Field(description=_AS_OF)]
    amount: Annotated[Money | None, Field(description="null: none is known any more, so the book value stands")]
    source: Annotated[str, Field(description="who said so; `asset` where the asset itself was changed")]
    created_at: Instant


class ListValuations(Listing):
    """What an asset was said to be worth, the latest first."""

    asset_id: Identifier


class AddValuation(Command):
    """Value an asset; a second valuation of a day stands in place of the first."""

    asset_id: Identifier
    as_of: Annotated[Day | None, Field(description="today unless given, and no later day")] = None
    amount: Annotated[Money, Field(description="0 of what was sold: its proceeds are entered as revenue")]
    source: Annotated[Line, Field(description="who says so, as an appraiser's name")]
