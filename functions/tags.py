"""Tags over HTTP: pre-printed ones, and what is linked to an asset."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import NotFound, TagNotBlank
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

LIST_TAGS = Operation(
    "list_tags",
    "GET",
    "/api/tags",
    Role.DISPATCHER,
    lambda: actions.tags.list_tags,
    summary="Pre-printed tags, the newest first",
)
MAKE_TAGS = Operation(
    "make_tags",
    "POST",
    "/api/tags",
    Role.MANAGER,
    lambda: actions.tags.make_tags,
    summary="Make blank tags to print",
    status=201,
)
REVOKE_TAG = Operation(
    "revoke_tag",
    "DELETE",
    "/api/tags/{tag_id:long}",
    Role.MANAGER,
    lambda: actions.tags.revoke_tag,
    summary="Revoke a tag: whoever scans it finds nothing",
    status=204,
    problems=(NotFound,),
)
LIST_ASSET_TAGS = Operation(
    "list_asset_tags",
    "GET",
    "/api/assets/{asset_id:long}/tags",
    Role.DISPATCHER,
    lambda: actions.tags.list_asset_tags,
    summary="The pre-printed tags of an asset, the newest first, revoked ones too",
    problems=(NotFound,),
)
LINK_TAG = Operation(
    "link_tag",
    "POST",
    "/api/assets/{asset_id:long}/tags",
    Role.MANAGER,
    lambda: actions.tags.link_tag,
    summary="Link a blank tag to an asset; without a code, issue its own label anew and revoke the printed one",
    status=201,
    problems=(NotFound, TagNotBlank),
)


@bp.route(**LIST_TAGS.route)
def list_tags(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of pre-printed tags."""
    return http.endpoint.run(req, context, LIST_TAGS)


@bp.route(**MAKE_TAGS.route)
def make_tags(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Make blank tags."""
    return http.endpoint.run(req, context, MAKE_TAGS)


@bp.route(**REVOKE_TAG.route)
def revoke_tag(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Revoke a tag."""
    return http.endpoint.run(req, context, REVOKE_TAG)


@bp.route(**LIST_ASSET_TAGS.route)
def list_asset_tags(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a page of an asset's tags."""
    return http.endpoint.run(req, context, LIST_ASSET_TAGS)


@bp.route(**LINK_TAG.route)
def link_tag(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Link a tag to an asset."""
    return http.endpoint.run(req, context, LINK_TAG)
