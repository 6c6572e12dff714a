"""What phones and strangers send, from raw blob to its end, on a real database and real storage."""

import io
from collections.abc import Callable, Iterator

import pytest
from azure.storage.blob import BlobServiceClient
from PIL import Image

from shared.actions import photos
from shared.actions.call import Call
from shared.actions.photos import Outcome
from shared.domain.photo import PHOTO_MAX_BYTES
from tests.fixtures import images
from tests.fixtures.images import BLUE, GREEN, RED, WHITE, encoded, exif, laid_down, quarters
from tests.fixtures.photos import audits_of, events_of, places_of, row_of, uploaded

JPEG = encoded(quarters())
COLOURS = (RED, GREEN, BLUE, WHITE)
FINISHED = ["photos/*/full.webp", "photos/*/thumbnail.webp"]


@pytest.fixture(scope="module")
def account(azurite: str) -> Iterator[BlobServiceClient]:
    with BlobServiceClient.from_connection_string(azurite) as client:
        yield client


@pytest.fixture
def driver(call: Callable[..., Call]) -> Call:
    return call("driver")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (bytes(1), "not an image"),
        (b"%PDF-1.7 and so on", "not supported"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "not supported"),
        (encoded(quarters(), "GIF"), "not supported"),
        (encoded(quarters(), "TIFF"), "not supported"),
        (JPEG[: len(JPEG) // 2], "damaged"),
        (JPEG[:3], "damaged"),
        (images.header_only_png(500, 500), "damaged"),
        (images.pixel_bomb(), "40 megapixels"),
        (images.giant_jpeg(), "40 megapixels"),
        (images.giant_webp(), "40 megapixels"),
        (images.text_bomb(), "damaged"),
        (images.scan_bomb(), "100 scans"),
        (JPEG + bytes(PHOTO_MAX_BYTES), "15 MiB"),
    ],
    ids=[
        "empty",
        "a byte",
        "pdf",
        "svg",
        "gif",
        "tiff",
        "half a jpeg",
        "three bytes",
        "header only",
        "pixel bomb",
        "giant jpeg",
        "giant webp",
        "text bomb",
        "scan bomb",
        "too large",
    ],
)
def test_what_is_no_photo_is_kept_apart_with_the_reason(
    driver: Call, account: BlobServiceClient, content: bytes, reason: str
) -> None:
    name = uploaded(driver, content)
    assert photos.process_photo(driver.services, str(name)) is Outcome.REFUSED
    row = row_of(driver.services, name)
    assert row["state"] == "refused"
    assert reason in row["reason"]
    assert places_of(account, name) == ["photos-quarantine/*"]
    kept = account.get_blob_client("photos-quarantine", str(name)).download_blob()
    assert kept.readall() == content
    assert kept.properties.metadata == {"reason": row["reason"]}
    assert events_of(driver.services, name) == []
    assert len(audits_of(driver.services, name)) == 1


@pytest.mark.parametrize(
    "content",
    [
        images.polyglot(JPEG),
        encoded(quarters().convert("CMYK")),
        images.sixteen_bit_grey(),
        images.sixteen_bit_color(),
        encoded(images.half_transparent(), "PNG"),
        encoded(quarters(), "WEBP", exif=exif()),
    ],
    ids=["polyglot", "cmyk", "16 bit grey", "16 bit colour", "transparent", "webp"],
)
def test_what_is_a_photo_becomes_small_clean_webp(driver: Call, account: BlobServiceClient, content: bytes) -> None:
    name = uploaded(driver, content)
    assert photos.process_photo(driver.services, str(name)) is Outcome.READY
    assert places_of(account, name) == FINISHED
    full = full_of(account, str(name))
    assert b"<script>" not in full
    picture = Image.open(io.BytesIO(full))
    assert (picture.format, picture.mode, getattr(picture, "n_frames", 1)) == ("WEBP", "RGB", 1)
    assert not {"exif", "icc_profile", "xmp"} & picture.info.keys()
    row = row_of(driver.services, name)
    assert (row["width"], row["height"]) == picture.size


def test_an_animation_is_its_first_frame(driver: Call, account: BlobServiceClient) -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in (RED, BLUE)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], duration=100, lossless=True)
    name = uploaded(driver, buffer.getvalue())
    assert photos.process_photo(driver.services, str(name)) is Outcome.READY
    picture = Image.open(io.BytesIO(full_of(account, str(name))))
    assert getattr(picture, "n_frames", 1) == 1
    assert is_near(picture.convert("RGB").getpixel((32, 24)), RED)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_way_to_hold_a_phone_ends_upright(driver: Call, account: BlobServiceClient, orientation: int) -> None:
    content = encoded(laid_down(quarters(), orientation), exif=exif(orientation), quality=95)
    assert b"SecretCamera" in content
    name = uploaded(driver, content)
    assert photos.process_photo(driver.services, str(name)) is Outcome.READY
    full = full_of(account, str(name))
    assert b"SecretCamera" not in full
    picture = Image.open(io.BytesIO(full)).convert("RGB")
    assert picture.size == (400, 300)
    corners = ((100, 75), (300, 75), (100, 225), (300, 225))
    assert all(is_near(picture.getpixel(at), colour) for at, colour in zip(corners, COLOURS, strict=True))


def full_of(account: BlobServiceClient, name: str) -> bytes:
    return bytes(account.get_blob_client("photos", f"{name}/full.webp").download_blob().readall())


def is_near(seen: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(seen, tuple)
    return all(abs(one - other) < 25 for one, other in zip(seen, colour, strict=True))
