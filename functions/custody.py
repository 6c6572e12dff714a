"""Check-out and check-in over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import (
    AssetAlreadyCheckedOut,
    AssetNotCheckedOut,
    AssetUnavailable,
    CustodyOverlaps,
    NotFound,
    NotTheHolder,
    TooManyRequests,
)
from shared.domain.media import JSON, MULTIPART
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

_PHOTOS = (
    "Photos come as files of a form, as uploads in `photo_upload_ids`, or as both, at most 15 MiB each. "
    "`photo_index` counts them from 0: first the files in the order of the form, then the uploads, each once."
)

CHECK_OUT_ASSET = Operation(
    "check_out_asset",
    "POST",
    "/api/assets/{asset_id:long}/checkout",
    Role.DRIVER,
    lambda: actions.custody.check_out_asset,
    summary="Open custody of an asset",
    status=201,
    reads=(MULTIPART, JSON),
    files=frozenset({"photo"}),
    problems=(NotFound, AssetAlreadyCheckedOut, AssetUnavailable, CustodyOverlaps, TooManyRequests),
    sends=("Location",),
    note=f"A person checks out at most ten assets a minute. {_PHOTOS}",
)
CHECK_IN_ASSET = Operation(
    "check_in_asset",
    "POST",
    "/api/assets/{asset_id:long}/checkin",
    Role.DRIVER,
    lambda: actions.custody.check_in_asset,
    summary="Close custody of an asset: one's own, or anybody's for a dispatcher",
    reads=(MULTIPART, JSON),
    files=frozenset({"photo"}),
    problems=(NotFound, AssetNotCheckedOut, NotTheHolder),
    note=_PHOTOS,
)
LIST_ASSET_HISTORY = Operation(
    "list_asset_history",
    "GET",
    "/api/assets/{asset_id:long}/history",
    Role.DRIVER,
    lambda: actions.custody.list_asset_history,
    summary="The custody of an asset, newest first",
    problems=(NotFound,),
)
LIST_CUSTODY = Operation(
    "list_custody",
    "GET",
    "/api/custody",
    Role.DISPATCHER,
    lambda: actions.custody.list_custody,
    summary="What is out now, or late",
)
GET_CUSTODY = Operation(
    "get_custody",
    "GET",
    "/api/custody/{custody_id:long}",
    Role.DRIVER,
    lambda: actions.custody.get_custody,
    summary="One custody",
    problems=(NotFound,),
)


@bp.route(**CHECK_OUT_ASSET.route)
def check_out_asset(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Open custody of an asset."""
    return http.endpoint.run(req, context, CHECK_OUT_ASSET)


@bp.route(**CHECK_IN_ASSET.route)
def check_in_asset(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Close custody of an asset."""
    return http.endpoint.run(req, context, CHECK_IN_ASSET)


@bp.route(**LIST_ASSET_HISTORY.route)
def list_asset_history(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer the custody of an asset, newest first."""
    return http.endpoint.run(req, context, LIST_ASSET_HISTORY)


@bp.route(**LIST_CUSTODY.route)
def list_custody(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer what is out now, or late."""
    return http.endpoint.run(req, context, LIST_CUSTODY)


@bp.route(**GET_CUSTODY.route)
def get_custody(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer one custody."""
    return http.endpoint.run(req, context, GET_CUSTODY)
