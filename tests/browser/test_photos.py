"""A page of the app in a real browser: its photo goes straight to storage, and comes back upright and small."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page

from shared.actions import photos
from shared.actions.call import Call
from shared.actions.photos import Outcome
from shared.domain.photo import GrantUpload, PhotoLink, Upload
from shared.ports import BlobName
from tests.fixtures import images
from tests.world import World

pytestmark = pytest.mark.browser

SEND = """async ({url, method, headers, bytes}) => {
  const answer = await fetch(url, {method, headers, body: new Uint8Array(bytes)});
  return answer.status;
}"""
SHOW = """async url => {
  const answer = await fetch(url);
  const picture = await createImageBitmap(await answer.blob());
  return [answer.status, answer.headers.get('content-type'), picture.width, picture.height];
}"""


class Blank(BaseHTTPRequestHandler):
    """Answers an empty page to everything."""

    def do_GET(self) -> None:
        """Answer the page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>Motorpool</title>")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def page(context: Callable[..., BrowserContext], world: World) -> Iterator[Page]:
    """Answer a page of the origin that the storage knows: there the stack of the tests runs no app of its own."""
    port = urlsplit(world.settings["PUBLIC_BASE_URL"]).port or 80
    with ThreadingHTTPServer(("127.0.0.1", port), Blank) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            made = context().new_page()
            made.goto(f"http://127.0.0.1:{port}/")
            yield made
        finally:
            server.shutdown()
            thread.join()


def test_a_photo_goes_to_storage_and_comes_back(page: Page, call: Callable[..., Call]) -> None:
    driver = call("driver")
    upload = photos.grant_upload(driver, GrantUpload()).body
    assert isinstance(upload, Upload)
    content = images.encoded(images.laid_down(images.quarters(600, 800), 6), "JPEG", exif=images.exif(6))
    said = {"url": upload.url, "method": upload.method, "headers": upload.headers, "bytes": list(content)}
    assert page.evaluate(SEND, said) == 201
    name = BlobName(driver.principal.tenant.id, upload.upload_id)
    assert photos.process_photo(driver.services, str(name)) is Outcome.READY
    link = photos.show_photo(driver, PhotoLink(photo_id=upload.upload_id)).headers["Location"]
    assert page.evaluate(SHOW, link) == [200, "image/webp", 600, 800]
