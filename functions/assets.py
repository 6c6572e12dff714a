"""The fleet over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import AssetIsOut, DuplicateAssetTag, NotFound, VersionMismatch
from shared.domain.media import CSV, MULTIPART, TABLE_MAX_BYTES
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

LIST_ASSETS = Operation(
    "list_assets",
    "GET",
    "/api/assets",
    Role.DRIVER,
    lambda: actions.assets.list_assets,
    summary="The fleet: filtered, in any order or the nearest first; costs for managers",
)
CREATE_ASSET = Operation(
    "create_asset",
    "POST",
    "/api/assets",
    Role.MANAGER,
    lambda: actions.assets.create_asset,
    summary="Add an asset to the fleet",
    status=201,
    problems=(DuplicateAssetTag,),
    sends=("Location",),
)
GET_ASSET = Operation(
    "get_asset",
    "GET",
    "/api/assets/{asset_id:long}",
    Role.DRIVER,
    lambda: actions.assets.get_asset,
    summary="One asset; costs for managers",
    problems=(NotFound,),
)
UPDATE_ASSET = Operation(
    "update_asset",
    "PATCH",
    "/api/assets/{asset_id:long}",
    Role.MANAGER,
    lambda: actions.assets.update_asset,
    summary="Change what is given of an asset; null clears a field",
    problems=(NotFound, VersionMismatch, AssetIsOut, DuplicateAssetTag),
)
RETIRE_ASSET = Operation(
    "retire_asset",
    "DELETE",
    "/api/assets/{asset_id:long}",
    Role.MANAGER,
    lambda: actions.assets.retire_asset,
    summary="Retire an asset; its history stays",
    status=204,
    problems=(NotFound, VersionMismatch, AssetIsOut),
)
IMPORT_ASSETS = Operation(
    "import_assets",
    "POST",
    "/api/assets/import",
    Role.MANAGER,
    lambda: actions.asset_import.import_assets,
    summary="Add assets from CSV and change those whose tag is known: all rows or none, each bad cell named",
    reads=(CSV, MULTIPART),
    query=frozenset({"dry_run"}),
    files=frozenset({"file"}),
    body_limit=TABLE_MAX_BYTES,
    noun="assets",
)


@bp.route(**LIST_ASSETS.route)
def list_assets(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of the fleet."""
    return http.endpoint.run(req, context, LIST_ASSETS)


@bp.route(**CREATE_ASSET.route)
def create_asset(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Add an asset."""
    return http.endpoint.run(req, context, CREATE_ASSET)


@bp.route(**GET_ASSET.route)
def get_asset(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer one asset."""
    return http.endpoint.run(req, context, GET_ASSET)


@bp.route(**UPDATE_ASSET.route)
def update_asset(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Change an asset."""
    return http.endpoint.run(req, context, UPDATE_ASSET)


@bp.route(**RETIRE_ASSET.route)
def retire_asset(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Retire an asset."""
    return http.endpoint.run(req, context, RETIRE_ASSET)


@bp.route(**IMPORT_ASSETS.route)
def import_assets(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Add and change assets from CSV."""
    return http.endpoint.run(req, context, IMPORT_ASSETS)
