"""Brings the demo data into the database, as the role that owns the tables and still within row security.

Rows travel as one JSON document a table: COPY is refused on tables with row security, and a document names assets
and users by tag and oid, whose numbers the database gives.
"""

from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import LiteralString
from zoneinfo import ZoneInfo

import orjson
import psycopg
from psycopg.types.json import Jsonb

from local.demo import clearing
from local.demo.dataset import make
from local.demo.organisations import ORGANISATIONS, Organisation
from local.demo.period import Period
from local.demo.rows import Dataset

type Say = Callable[[str], None]

_SQL = Path(__file__).parent / "sql"
LOCK_TIMEOUT = "10s"

# what people changed while they tried things goes back to how it began
_SETTINGS: LiteralString = """
UPDATE tenants
SET name = %(name)s, time_zone = %(time_zone)s, currency = %(currency)s,
    custody_hours = DEFAULT, require_location = DEFAULT, shift_start = DEFAULT, shift_end = DEFAULT,
    shift_days = DEFAULT, discount_rate = DEFAULT, reimbursement_per_mile = %(reimbursement)s, idle_days = DEFAULT
WHERE id = %(id)s
"""


def load(owner_url: str, say: Say, end: date | None = None) -> None:
    """Load both demo tenants in place of what they have; each is whole or, after an error, as it was before.

    Args:
        owner_url: of the database, for the role that owns the tables.
        say: takes one line for each thing done.
        end: the last local day; yesterday in each tenant's time zone unless given.

    Raises:
        psycopg.Error: the database cannot be reached, lacks migrations or is busy.
    """
    for organisation in ORGANISATIONS:
        last_day = end or _yesterday(organisation)
        data = make(organisation, last_day)
        with psycopg.connect(owner_url, connect_timeout=10) as connection:
            _replace(connection, organisation, data, last_day)
        say(_summary(organisation, data, last_day))


def is_loaded(owner_url: str) -> bool:
    """Say whether the demo data is there; the organisation loaded last stands for all."""
    with psycopg.connect(owner_url, connect_timeout=10) as connection:
        return _find_tenant(connection, ORGANISATIONS[-1].tenant.tid) is not None


def _yesterday(organisation: Organisation) -> date:
    return datetime.now(ZoneInfo(organisation.tenant.time_zone)).date() - timedelta(days=1)


def _replace(connection: psycopg.Connection, organisation: Organisation, data: Dataset, end: date) -> None:
    connection.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
    # of two loaders at once the second waits here and then replaces what the first has made
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('motorpool.demo'))")
    tenant_id = _find_tenant(connection, organisation.tenant.tid)
    if tenant_id is None:
        tenant_id = _add_tenant(connection, organisation)
    _see(connection, tenant_id)
    clearing.clear(connection, tenant_id)
    connection.execute(_SETTINGS, {"id": tenant_id, **_settings(organisation)})
    _make_trip_months(connection, Period(end, organisation.tenant.time_zone))
    for table in fields(data):
        rows = orjson.dumps(getattr(data, table.name), default=_number)
        connection.execute(
            _statement(table.name), {"tenant_id": tenant_id, "rows": Jsonb(orjson.Fragment(rows), dumps=orjson.dumps)}
        )
        if table.name == "trips":
            # what follows looks into them, and the planner knows nothing of what this transaction has written
            connection.execute("ANALYZE trips, dirty_days")
    _reckon_days(connection, tenant_id)
    connection.execute(
        "INSERT INTO audit_log (tenant_id, action, resource, outcome) VALUES (%s, 'demo.load', %s, 'done')",
        [tenant_id, f"tenant/{organisation.tenant.tid}"],
    )


def _reckon_days(connection: psycopg.Connection, tenant_id: int) -> None:
    """Make utilization of the trips, without telling anybody: nobody is there yet."""
    reckon = "SELECT days FROM reckon_days(%s, 20000)"
    while connection.execute(reckon, [tenant_id]).fetchone() != (0,):
        pass


def _find_tenant(connection: psycopg.Connection, tid: str) -> int | None:
    """Answer the tenant's number and keep its other writers waiting: each row of theirs refers to the locked one."""
    connection.execute("SELECT set_config('motorpool.tid', %s, true)", [tid])
    row = connection.execute("SELECT id FROM tenants WHERE tid = %s FOR UPDATE", [tid]).fetchone()
    return int(row[0]) if row else None


def _add_tenant(connection: psycopg.Connection, organisation: Organisation) -> int:
    made = connection.execute(
        "INSERT INTO tenants (tid, name, time_zone, currency) "
        "VALUES (%(tid)s, %(name)s, %(time_zone)s, %(currency)s) RETURNING id",
        _settings(organisation),
    )
    return int(made.fetchall()[0][0])


def _settings(organisation: Organisation) -> dict[str, object]:
    tenant = organisation.tenant
    return {
        "tid": tenant.tid,
        "name": tenant.name,
        "time_zone": tenant.time_zone,
        "currency": organisation.currency,
        "reimbursement": organisation.reimbursement,
    }


def _see(connection: psycopg.Connection, tenant_id: int) -> None:
    """Open row security, which binds the owner too, for one tenant until the transaction ends."""
    connection.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(tenant_id)])


def _make_trip_months(connection: psycopg.Connection, period: Period) -> None:
    # a local day may begin in the month before by UTC, or end in the one after; people go on driving tomorrow
    first, last = period.start - timedelta(days=1), period.end + timedelta(days=40)
    connection.execute("SELECT ensure_trip_months(%s, %s)", [first, last])


def _statement(name: str) -> LiteralString:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def _number(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not expected in a row")


def _summary(organisation: Organisation, data: Dataset, end: date) -> str:
    first = Period(end, organisation.tenant.time_zone).start
    open_now = sum(custody.checkin is None for custody in data.custodies)
    return (
        f"{organisation.tenant.name}: {len(data.assets)} assets, {len(data.trips)} trips from {first} to {end}, "
        f"{len(data.custodies)} custodies ({open_now} open), {len(data.tasks)} tasks"
    )
