"""Meters over HTTP: what they were said to show, and when they were replaced."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import MeterAlreadyReplaced, NotFound
from shared.domain.media import CSV, JSON, MULTIPART, TABLE_MAX_BYTES
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

INGEST_METER_READINGS = Operation(
    "ingest_meter_readings",
    "POST",
    "/api/meter-readings",
    Role.DISPATCHER,
    lambda: actions.meters.ingest_meter_readings,
    summary="Take in readings of odometers and hour meters; what cannot be is voided, and kept",
    reads=(JSON, CSV, MULTIPART),
    query=frozenset({"dry_run"}),
    files=frozenset({"file"}),
    body_limit=TABLE_MAX_BYTES,
)
LIST_METER_READINGS = Operation(
    "list_meter_readings",
    "GET",
    "/api/assets/{asset_id:long}/meter-readings",
    Role.DRIVER,
    lambda: actions.meters.list_meter_readings,
    summary="What an asset's meters were said to show, the newest first; voided readings too, with why",
    problems=(NotFound,),
)
LIST_METER_REPLACEMENTS = Operation(
    "list_meter_replacements",
    "GET",
    "/api/assets/{asset_id:long}/meter-replacements",
    Role.DRIVER,
    lambda: actions.meters.list_meter_replacements,
    summary="When an asset's meters were replaced, the latest first",
    problems=(NotFound,),
)
REPLACE_METER = Operation(
    "replace_meter",
    "POST",
    "/api/assets/{asset_id:long}/meter-replacements",
    Role.DISPATCHER,
    lambda: actions.meters.replace_meter,
    summary="Record that a meter was replaced or set; the asset's readings are judged again",
    status=201,
    problems=(NotFound, MeterAlreadyReplaced),
)


@bp.route(**INGEST_METER_READINGS.route)
def ingest_meter_readings(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Take in readings of meters."""
    return http.endpoint.run(req, context, INGEST_METER_READINGS)


@bp.route(**LIST_METER_READINGS.route)
def list_meter_readings(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of an asset's readings."""
    return http.endpoint.run(req, context, LIST_METER_READINGS)


@bp.route(**LIST_METER_REPLACEMENTS.route)
def list_meter_replacements(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of an asset's replaced meters."""
    return http.endpoint.run(req, context, LIST_METER_REPLACEMENTS)


@bp.route(**REPLACE_METER.route)
def replace_meter(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Record a replaced meter."""
    return http.endpoint.run(req, context, REPLACE_METER)
