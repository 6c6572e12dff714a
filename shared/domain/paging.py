"""Cuts a list into pages by the key of the last item."""

from collections.abc import Callable, Sequence

from shared.domain import cursor
from shared.domain.model import Model, Page


def page[Item: Model](
    items: Sequence[Item], limit: int, key: Callable[[Item], tuple[str | float, ...]]
) -> "Page[Item]":
    """Answer a page of at most `limit` of the items, of which one more was asked for to see whether there is more."""
    shown = list(items[:limit])
    more = len(items) > limit
    return Page[Item](items=shown, next_cursor=cursor.encode(*key(shown[-1])) if more else None)
