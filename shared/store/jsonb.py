"""Values for columns of JSON."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg.types.json import Jsonb


def jsonb(value: Any, dumps: Callable[[Any], str | bytes] | None = None) -> "Jsonb":
    """Wrap a value to be sent as JSON, written by `dumps` where the standard library is too slow."""
    from psycopg.types.json import Jsonb

    return Jsonb(value, dumps=dumps)
