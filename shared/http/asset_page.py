"""The page that a label leads to: what the asset is, who has it, and what the reader may do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from shared.actions import custody, photos, scan
from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain.custody import AssetHistory, Custody, CustodyPhoto, Moment, PhotoState
from shared.domain.errors import DependencyDown, NotFound
from shared.domain.photo import PhotoLink, PhotoSize
from shared.domain.scan import Scan, ScanCode
from shared.http import html
from shared.http.session import Visit, sign_in_url

if TYPE_CHECKING:
    from shared.domain.model import Page

RECENT = 5
MOST_PHOTOS = 6


@dataclass(frozen=True)
class ShownPhoto:
    """A photo as links that are good for minutes, and when it was taken."""

    thumbnail: str
    full: str
    moment: Moment


def show(visit: Visit) -> Answer:
    """Show what is behind a code, to those who are signed in; others learn nothing of it, not even whether it is good.

    Raises:
        NotFound: the code is forged, altered, revoked, or another tenant's.
    """
    code = visit.req.route_params.get("code", "")
    principal = visit.principal
    if principal is None:
        return html.page("label.html", visitor=None, sign_in=sign_in_url(visit, f"/a/{code}"))
    call = visit.call(principal)
    found = _scanned(call, code)
    if found.asset is None:
        return html.page("blank_tag.html", visitor=principal, scan=found)
    recent = _recent(call, found.asset.id)
    shown = list(_photos(call, recent[0])) if recent else []
    return html.page(
        "asset.html",
        images=sorted({_origin(photo.thumbnail) for photo in shown}),
        visitor=principal,
        scan=found,
        recent=recent,
        photos=shown,
        zone=principal.tenant.time_zone,
        now=call.services.clock.now(),
    )


def _scanned(call: Call, code: str) -> Scan:
    try:
        return cast("Scan", scan.scan_code(call, ScanCode(code=code)).body)
    except NotFound:
        raise NotFound(f"{call.principal.tenant.name} has no label with this code, or it was revoked.") from None


def _recent(call: Call, asset_id: int) -> list[Custody]:
    history = custody.list_asset_history(call, AssetHistory(asset_id=asset_id, limit=RECENT))
    return cast("Page[Custody]", history.body).items


def _photos(call: Call, latest: Custody) -> Iterator[ShownPhoto]:
    """Yield links to a custody's finished photos, the last taken first; none if the storage does not answer."""
    ready = [photo for photo in reversed(latest.photos) if photo.state is PhotoState.READY]
    try:
        for photo in ready[:MOST_PHOTOS]:
            yield ShownPhoto(
                thumbnail=_link(call, photo, PhotoSize.THUMBNAIL),
                full=_link(call, photo, PhotoSize.FULL),
                moment=photo.moment,
            )
    except DependencyDown:
        return


def _link(call: Call, photo: CustodyPhoto, size: PhotoSize) -> str:
    return photos.show_photo(call, PhotoLink(photo_id=photo.photo_id, size=size)).headers["Location"]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
