"""People of the tenant, as others find them."""

from typing import Annotated

from pydantic import Field

from shared.domain.model import Line, Listing


class ListUsers(Listing):
    """The people of the organisation who have signed in, by name."""

    q: Annotated[Line, Field(description="part of the name")] | None = None
