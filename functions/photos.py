"""Photos: uploads granted, raw blobs processed, photos shown."""

import azure.functions as func

from shared import actions, http, wiring
from shared.domain.errors import NotFound, PhotoRefused
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

GRANT_UPLOAD = Operation(
    "grant_upload",
    "POST",
    "/api/uploads",
    Role.DRIVER,
    lambda: actions.photos.grant_upload,
    summary="A short-lived link by which one photo goes straight to storage",
    status=201,
    sends=("Location", "Cache-Control"),
    note="A repeated request gets the first answer, whose link may have expired: ask under a new key then.",
)
SHOW_PHOTO = Operation(
    "show_photo",
    "GET",
    "/api/photos/{photo_id:guid}",
    Role.DRIVER,
    lambda: actions.photos.show_photo,
    summary="The way to a photo: a redirect to a link that is good for at most five minutes",
    status=202,
    problems=(NotFound, PhotoRefused),
    answers={302: "The photo is at Location."},
    sends=("Retry-After",),
)


@bp.route(**GRANT_UPLOAD.route)
def grant_upload(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Announce a photo and answer where its bytes go."""
    return http.endpoint.run(req, context, GRANT_UPLOAD)


@bp.route(**SHOW_PHOTO.route)
def show_photo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer the way to a photo."""
    return http.endpoint.run(req, context, SHOW_PHOTO)


@bp.blob_trigger(
    arg_name="blob",
    path="photos-incoming/{tenant}/{photo}",
    connection="PHOTO_STORAGE",
    source=func.BlobSource.EVENT_GRID,
    data_type=func.DataType.BINARY,
)
def photos_incoming(blob: func.InputStream, context: func.Context) -> None:
    """Process the raw bytes of one photo."""
    actions.photos.process_arrival(
        wiring.services(), (blob.name or "").removeprefix("photos-incoming/"), context.invocation_id
    )
