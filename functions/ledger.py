"""The ledger over HTTP: rows that come in."""

import azure.functions as func

from shared import actions, http
from shared.domain.media import CSV, JSON, MULTIPART, TABLE_MAX_BYTES
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

INGEST_TRIPS = Operation(
    "ingest_trips",
    "POST",
    "/api/trips",
    Role.DISPATCHER,
    lambda: actions.ledger.ingest_trips,
    summary="Take in trips: the good rows are kept, the others are named",
    reads=(JSON, CSV, MULTIPART),
    query=frozenset({"dry_run", "format", "columns", "distance_unit", "fuel_unit", "time_zone"}),
    files=frozenset({"file"}),
    body_limit=TABLE_MAX_BYTES,
)
INGEST_MAINTENANCE_RECORDS = Operation(
    "ingest_maintenance_records",
    "POST",
    "/api/maintenance-records",
    Role.DISPATCHER,
    lambda: actions.ledger.ingest_maintenance_records,
    summary="Take in maintenance records: the good rows are kept, the others are named",
    reads=(JSON, CSV, MULTIPART),
    query=frozenset({"dry_run"}),
    files=frozenset({"file"}),
    body_limit=TABLE_MAX_BYTES,
)
INGEST_COST_ENTRIES = Operation(
    "ingest_cost_entries",
    "POST",
    "/api/cost-entries",
    Role.DISPATCHER,
    lambda: actions.ledger.ingest_cost_entries,
    summary="Take in cost entries: the good rows are kept, the others are named",
    reads=(JSON, CSV, MULTIPART),
    query=frozenset({"dry_run"}),
    files=frozenset({"file"}),
    body_limit=TABLE_MAX_BYTES,
)
INGEST_REVENUE_ENTRIES = Operation(
    "ingest_revenue_entries",
    "POST",
    "/api/revenue-entries",
    Role.DISPATCHER,
    lambda: actions.ledger.ingest_revenue_entries,
    summary="Take in revenue entries: the good rows are kept, the others are named",
    reads=(JSON, CSV, MULTIPART),
    query=frozenset({"dry_run"}),
    files=frozenset({"file"}),
    body_limit=TABLE_MAX_BYTES,
)


@bp.route(**INGEST_TRIPS.route)
def ingest_trips(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Take in trips."""
    return http.endpoint.run(req, context, INGEST_TRIPS)


@bp.route(**INGEST_MAINTENANCE_RECORDS.route)
def ingest_maintenance_records(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Take in maintenance records."""
    return http.endpoint.run(req, context, INGEST_MAINTENANCE_RECORDS)


@bp.route(**INGEST_COST_ENTRIES.route)
def ingest_cost_entries(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Take in cost entries."""
    return http.endpoint.run(req, context, INGEST_COST_ENTRIES)


@bp.route(**INGEST_REVENUE_ENTRIES.route)
def ingest_revenue_entries(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Take in revenue entries."""
    return http.endpoint.run(req, context, INGEST_REVENUE_ENTRIES)
