"""Photos over HTTP: from a phone's camera to what is shown, and what is refused on the way."""

import io
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from PIL import Image, ImageFilter

from tests.acceptance import forms
from tests.acceptance.forms import Part
from tests.acceptance.problems import assert_faults, assert_problem
from tests.factories import TenantMade, make_asset
from tests.fixtures import images

type Clients = Callable[..., httpx.Client]
type Colour = tuple[int, int, int]

READY_SECONDS = 40
SIDEWAYS = 6  # the phone was held upright, its sensor lies on its side


@pytest.fixture
def driver(client: Clients) -> httpx.Client:
    """Somebody new, so that no test uses up another's rate."""
    return client("driver", oid=f"driver-{secrets.token_hex(4)}")


@pytest.fixture
def asset(client: Clients) -> int:
    return int(make_asset(client("manager"))["id"])


@pytest.fixture(scope="module")
def camera() -> bytes:
    """What a phone sends: 12 megapixels with grain, lying on their side, with the place in the metadata."""
    upright = images.quarters(3024, 4032)
    grain = Image.effect_noise((756, 1008), 60).resize(upright.size).convert("RGB")
    mixed = Image.blend(upright, grain.filter(ImageFilter.SMOOTH), 0.3)
    return images.encoded(images.laid_down(mixed, SIDEWAYS), "JPEG", quality=92, exif=images.exif(SIDEWAYS))


def check_out(driver: httpx.Client, asset: int, photo: bytes) -> dict[str, Any]:
    form = forms.body([Part("photo", photo, "IMG_0001.JPG", ("Content-Type: image/jpeg",))])
    answer = driver.post(f"/api/assets/{asset}/checkout", content=form, headers=forms.headers())
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def finished(driver: httpx.Client, photo_id: str, size: str = "full") -> httpx.Response:
    """Ask as a browser does until the photo is there or refused."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        answer = driver.get(f"/api/photos/{photo_id}?size={size}")
        if answer.status_code != 202 or time.monotonic() > deadline:
            return answer
        assert answer.json() == {"photo_id": photo_id, "state": "pending"}
        assert int(answer.headers["retry-after"]) >= 1
        time.sleep(0.5)


def shown(driver: httpx.Client, photo_id: str, size: str = "full") -> httpx.Response:
    """Answer the photo's bytes, fetched without a token as an image element does."""
    link = finished(driver, photo_id, size)
    assert link.status_code == 302, link.text
    photo = httpx.get(link.headers["location"])
    assert photo.status_code == 200
    return photo


def near(image: Image.Image, x: float, y: float, colour: Colour) -> bool:
    found = image.convert("RGB").getpixel((int(image.width * x), int(image.height * y)))
    assert isinstance(found, tuple)
    return all(abs(a - b) < 60 for a, b in zip(found, colour, strict=True))


def assert_upright(content: bytes, size: tuple[int, int]) -> None:
    """Check a rendition: WebP of that size, the right way up, and nothing in it but pixels."""
    image = Image.open(io.BytesIO(content))
    assert (image.format, image.size) == ("WEBP", size)
    assert not image.getexif()
    assert not {"exif", "xmp", "icc_profile"} & image.info.keys()
    assert not any(word in content for word in (b"SecretCamera", b"EXIF", b"XMP "))
    corners = {(0.2, 0.2): images.RED, (0.8, 0.2): images.GREEN, (0.2, 0.8): images.BLUE, (0.8, 0.8): images.WHITE}
    assert all(near(image, x, y, colour) for (x, y), colour in corners.items())


def test_a_photo_of_a_form_becomes_ready(driver: httpx.Client, asset: int, camera: bytes) -> None:
    assert len(camera) > 2_000_000
    custody = check_out(driver, asset, camera)
    ((photo_id, moment),) = [(one["photo_id"], one["moment"]) for one in custody["photos"]]
    assert moment == "checkout"
    full = shown(driver, photo_id)
    assert full.headers["content-type"] == "image/webp"
    assert len(full.content) <= 2 * 1024**2
    assert_upright(full.content, (1920, 2560))
    assert_upright(shown(driver, photo_id, "thumbnail").content, (150, 150))
    known = driver.get(f"/api/custody/{custody['id']}").json()
    assert known["photos"] == [{"photo_id": photo_id, "moment": "checkout", "state": "ready"}]


def grant(driver: httpx.Client, **asked: str) -> dict[str, Any]:
    answer = driver.post("/api/uploads", json=asked)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def put(upload: dict[str, Any], content: bytes) -> httpx.Response:
    return httpx.request(upload["method"], upload["url"], headers=upload["headers"], content=content, timeout=30)


def test_a_phone_uploads_past_the_application(driver: httpx.Client, asset: int, camera: bytes) -> None:
    upload = grant(driver)
    assert upload["method"] == "PUT"
    assert timedelta(0) < datetime.fromisoformat(upload["expires_at"]) - datetime.now(UTC) <= timedelta(minutes=15)
    assert put(upload, camera).status_code == 201
    said = {"photo_upload_ids": [upload["upload_id"]]}
    answer = driver.post(f"/api/assets/{asset}/checkout", json=said)
    assert answer.status_code == 201, answer.text
    assert [one["photo_id"] for one in answer.json()["photos"]] == [upload["upload_id"]]
    assert_upright(shown(driver, upload["upload_id"]).content, (1920, 2560))
    other = make_twin(driver, said)
    assert_faults(other, "/photo_upload_ids")


def make_twin(driver: httpx.Client, said: dict[str, Any]) -> httpx.Response:
    """Check in what the driver has, then out again saying the same."""
    (held,) = driver.get("/api/assets?held_by=me").json()["items"]
    url = f"/api/assets/{held['id']}"
    assert driver.post(f"{url}/checkin", json={"condition_rating": 5}).status_code == 200
    return driver.post(f"{url}/checkout", json=said)


def test_a_right_to_upload_is_the_right_to_that_alone(driver: httpx.Client) -> None:
    upload = grant(driver)
    address = urlsplit(upload["url"])
    assert parse_qs(address.query)["sp"] == ["c"]
    assert put(upload, b"first").status_code == 201
    overwritten = put(upload, b"second")
    assert overwritten.status_code in {403, 409}, overwritten.text
    assert httpx.get(upload["url"]).status_code == 403
    assert httpx.delete(upload["url"]).status_code == 403
    folder = address._replace(path=address.path.rpartition("/")[0])
    for elsewhere in (folder._replace(path=f"{folder.path}/{upload['upload_id'][:-1]}x"), folder):
        again = {**upload, "url": elsewhere.geturl()}
        assert put(again, b"elsewhere").status_code == 403
        assert httpx.get(again["url"] + "&restype=container&comp=list").status_code == 403


def test_a_link_shows_one_photo_for_five_minutes_at_most(driver: httpx.Client, asset: int) -> None:
    custody = check_out(driver, asset, images.encoded(images.quarters()))
    link = finished(driver, custody["photos"][0]["photo_id"])
    assert link.status_code == 302, link.text
    assert link.headers["cache-control"] == "no-store"
    assert link.headers["referrer-policy"] == "no-referrer"
    asked = parse_qs(urlsplit(link.headers["location"]).query)
    assert (asked["sp"], asked["sr"]) == (["r"], ["b"])
    left = datetime.fromisoformat(asked["se"][0]) - datetime.now(UTC)
    assert timedelta(minutes=3) < left <= timedelta(minutes=5)
    assert httpx.put(link.headers["location"], headers={"x-ms-blob-type": "BlockBlob"}, content=b"x").status_code == 403
    thumbnail = link.headers["location"].replace("full", "thumbnail")
    assert httpx.get(thumbnail).status_code == 403


REFUSED = {
    "not an image": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "a bomb": images.pixel_bomb(),
    "a header without pixels": images.giant_jpeg(),
    "cut off": images.encoded(images.quarters())[:700],
    "another format": images.encoded(images.quarters(), "GIF"),
}


def test_what_is_no_photo_is_refused_and_the_check_out_stands(driver: httpx.Client, asset: int) -> None:
    form = forms.body([Part("photo", content, f"{name}.jpg") for name, content in REFUSED.items()])
    answer = driver.post(f"/api/assets/{asset}/checkout", content=form, headers=forms.headers())
    assert answer.status_code == 201, answer.text
    for photo in answer.json()["photos"]:
        for size in ("full", "thumbnail"):
            assert_problem(finished(driver, photo["photo_id"], size), 422, "photo-refused")
    known = driver.get(f"/api/custody/{answer.json()['id']}").json()
    assert [one["state"] for one in known["photos"]] == ["refused"] * len(REFUSED)


def test_nobody_elses_photo_is_there(
    client: Clients, other_tenant: TenantMade, driver: httpx.Client, asset: int
) -> None:
    photo_id = check_out(driver, asset, images.encoded(images.quarters()))["photos"][0]["photo_id"]
    assert finished(driver, photo_id).status_code == 302
    stranger = client("admin", tenant=other_tenant)
    for one in (photo_id, "11111111-1111-4111-8111-111111111111"):
        assert_problem(stranger.get(f"/api/photos/{one}"), 404, "not-found")
    theirs = int(make_asset(stranger)["id"])
    for one in (photo_id, grant(driver)["upload_id"]):
        answer = stranger.post(f"/api/assets/{theirs}/checkout", json={"photo_upload_ids": [one]})
        assert_faults(answer, "/photo_upload_ids")


@pytest.mark.parametrize("name", ["1", "x", "11111111-1111-4111-8111-11111111111", "..%2f..", "%00"])
def test_what_names_no_photo_is_not_found(driver: httpx.Client, name: str) -> None:
    assert_problem(driver.get(f"/api/photos/{name}"), 404, "not-found")


def test_faults_of_the_question_are_named(driver: httpx.Client) -> None:
    photo = "11111111-1111-4111-8111-111111111111"
    assert_faults(driver.get(f"/api/photos/{photo}?size=huge&colour=red"), "/colour", "/size")
    assert_faults(driver.post("/api/uploads", json={"content_type": "text/html"}), "/content_type")
