"""Deletes every row of a tenant, whatever tables there are by now."""

from graphlib import TopologicalSorter

import psycopg
from psycopg import sql

# partitions are cleared with the table that they are part of
_TABLES = """
SELECT c.relname
FROM pg_class AS c
INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
_REFERENCES = """
SELECT child.relname, parent.relname
FROM pg_constraint AS k
INNER JOIN pg_class AS child ON child.oid = k.conrelid
INNER JOIN pg_class AS parent ON parent.oid = k.confrelid
WHERE k.contype = 'f' AND child.relnamespace = 'public'::regnamespace AND child.oid <> parent.oid
"""
# what triggers write when rows of the other table are deleted has to go after them, or must not be there any more:
# custodies would tell of trips when the trackers' trips are gone
_AFTER = {"trips": "asset_checkout_history", "dirty_days": "trips"}


def clear(connection: psycopg.Connection, tenant_id: int) -> None:
    """Delete all that a tenant has, but its own row and the number of its last event, in the transaction open for it.

    Both outlive the rows so that browsers which are signed in find their tenant again, and numbers never fall.

    Raises:
        graphlib.CycleError: tables refer to each other in a circle, so no order of deletion exists.
    """
    for table in _deletion_order(connection):
        connection.execute(sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(sql.Identifier(table)), [tenant_id])


def _deletion_order(connection: psycopg.Connection) -> list[str]:
    """Answer the tables of tenants, those that refer to others first."""
    tables = {name for (name,) in connection.execute(_TABLES)} - {"tenant_counters"}
    order: TopologicalSorter[str] = TopologicalSorter({table: set() for table in tables})
    for child, parent in connection.execute(_REFERENCES):
        if child in tables and parent in tables:
            order.add(parent, child)
    for table, earlier in _AFTER.items():
        order.add(table, earlier)
    return list(order.static_order())
