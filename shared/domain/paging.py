"""Cuts a list into pages by the key of the last item."""

from collections.abc import Callable, Sequence

from shared.domain import cursor
from shared.domain.model import Model, Page


def page[Item: Model](
    items: Sequence[Item], limit: int, key: Callable[[Item], tuple[str | float, ...]], order: str = ""
) -> "Page[Item]":
    """Answer a page of at most `limit` of the items, of which one more was asked for to see whether there is more.

    Args:
        items: in their order.
        limit: how many are shown.
        key: answers what an item is in order by.
        order: the name of that order, of a list that has several.
    """
    shown = list(items[:limit])
    more = len(items) > limit
    return Page[Item](items=shown, next_cursor=cursor.encode(*key(shown[-1]), order=order) if more else None)
