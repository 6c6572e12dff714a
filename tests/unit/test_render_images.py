"""Photos: upright, small, clean, in true colours, and refusals that name their reason."""

import io
from concurrent.futures import ThreadPoolExecutor

import pillow_heif
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image, ImageFile
from PIL.PngImagePlugin import PngInfo

from shared.render import images
from shared.render.images import MAX_BYTES, ImageRefused, Photo, Refusal, read_photo
from tests.fixtures import images as awkward
from tests.fixtures.images import BLUE, GREEN, RED, WHITE, encoded, quarters

Color = tuple[int, int, int]
CORNERS = (RED, GREEN, BLUE, WHITE)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def pixel(image: Image.Image, x: float, y: float) -> Color:
    found = image.convert("RGB").getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(found, tuple)
    return (int(found[0]), int(found[1]), int(found[2]))


def alike(one: Color, other: Color, tolerance: int = 14) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))


def shows_quarters(data: bytes) -> bool:
    image = opened(data)
    places = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))
    return all(alike(pixel(image, x, y), color) for (x, y), color in zip(places, CORNERS, strict=True))


def refusal(data: bytes) -> Refusal:
    with pytest.raises(ImageRefused) as refused:
        read_photo(data)
    assert str(refused.value) == refused.value.detail
    assert refused.value.detail.endswith(".")
    return refused.value.reason_code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_each_format_is_read(kind: str) -> None:
    photo = read_photo(encoded(quarters(), kind))
    full, thumbnail = opened(photo.full), opened(photo.thumbnail)
    assert (full.format, thumbnail.format) == ("WEBP", "WEBP")
    assert full.size == (photo.width, photo.height) == (400, 300)
    assert thumbnail.size == (150, 150)
    assert shows_quarters(photo.full)
    assert shows_quarters(photo.thumbnail)
    assert Photo.MEDIA_TYPE == "image/webp"


def test_heic_is_read_and_stands_upright() -> None:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(quarters()).save(buffer, quality=90, exif=awkward.exif())
    photo = read_photo(buffer.getvalue())
    assert (photo.width, photo.height) == (400, 300)
    assert shows_quarters(photo.full)


def test_a_turned_heic_is_turned_once() -> None:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(awkward.laid_down(quarters(), 6)).save(buffer, quality=90, exif=awkward.exif(6))
    assert shows_quarters(read_photo(buffer.getvalue()).full)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_orientation_is_set_upright(kind: str, orientation: int) -> None:
    stored = awkward.laid_down(quarters(), orientation)
    photo = read_photo(encoded(stored, kind, exif=awkward.exif(orientation)))
    assert (photo.width, photo.height) == (400, 300)
    assert shows_quarters(photo.full)
    assert shows_quarters(photo.thumbnail)


def test_a_large_turned_photo_is_set_upright_and_shrunk() -> None:
    stored = awkward.laid_down(quarters(6000, 4000), 6)
    photo = read_photo(encoded(stored, exif=awkward.exif(6)))
    assert (photo.width, photo.height) == (2560, 1707)
    assert shows_quarters(photo.full)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_a_senseless_orientation_means_upright(orientation: int) -> None:
    assert shows_quarters(read_photo(encoded(quarters(), exif=awkward.exif(orientation))).full)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # Pillow's, and a line in the log when deployed
def test_broken_exif_means_upright() -> None:
    broken = b"Exif\0\0MM\0*" + b"\xff" * 40
    assert shows_quarters(read_photo(encoded(quarters(), exif=broken)).full)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_metadata_passes(kind: str) -> None:
    text = PngInfo()
    text.add_text("Comment", "SecretComment")
    options = {
        "exif": awkward.exif(3),
        "icc_profile": awkward.swapped_profile(),
        "xmp": b"<x:xmpmeta>SecretXmp</x:xmpmeta>",
        "comment": b"SecretComment",
        "pnginfo": text,
    }
    dirty = encoded(quarters(), kind, **options)
    assert b"SecretCamera" in dirty
    photo = read_photo(dirty)
    for data in (photo.full, photo.thumbnail):
        assert b"Secret" not in data
        assert not opened(data).getexif()
        assert data[12:16] == b"VP8 "  # the simple layout has no room for metadata at all
        assert int.from_bytes(data[4:8], "little") + 8 == len(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_hides_behind_the_pixels_does_not_pass(kind: str) -> None:
    photo = read_photo(awkward.polyglot(encoded(quarters(), kind)))
    assert shows_quarters(photo.full)
    assert b"script" not in photo.full
    assert b"evil" not in photo.full


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_color_profile_is_applied(kind: str) -> None:
    photo = read_photo(encoded(quarters(), kind, icc_profile=awkward.swapped_profile()))
    shown = pixel(opened(photo.full), 0.25, 0.25)
    assert alike(shown, (RED[2], RED[1], RED[0]), 20)


@pytest.mark.parametrize("profile", [b"not a profile", b"\0" * 200, awkward.swapped_profile()[:300]])
def test_a_broken_profile_counts_as_none(profile: bytes) -> None:
    assert shows_quarters(read_photo(encoded(quarters(), icc_profile=profile)).full)


def test_a_profile_of_another_kind_of_image_counts_as_none() -> None:
    grey = quarters().convert("L")
    photo = read_photo(encoded(grey, icc_profile=awkward.swapped_profile()))
    assert alike(pixel(opened(photo.full), 0.75, 0.75), WHITE)


def test_print_colors_become_screen_colors() -> None:
    assert shows_quarters(read_photo(encoded(quarters().convert("CMYK"), quality=95)).full)


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA"])
def test_other_modes_keep_their_looks(mode: str) -> None:
    image = quarters().convert(mode, dither=Image.Dither.NONE)
    photo = read_photo(encoded(image, "PNG"))
    for x, y in ((0.25, 0.25), (0.75, 0.75)):
        assert alike(pixel(opened(photo.full), x, y), pixel(image, x, y))


def test_sixteen_bits_become_eight_without_loss_of_light() -> None:
    ramp = opened(read_photo(awkward.sixteen_bit_grey()).full)
    for level in (8, 64, 128, 200, 248):
        assert alike(pixel(ramp, level / 256, 0.5), (level, level, level), 6)
    color = opened(read_photo(awkward.sixteen_bit_color()).full)
    assert alike(pixel(color, 0.5, 0.5), (0xDC, 0x1E, 0x80))


def test_transparency_becomes_white() -> None:
    for image in (awkward.half_transparent(), awkward.half_transparent().quantize(16)):
        for kind in ("PNG", "WEBP"):
            full = opened(read_photo(encoded(image, kind)).full)
            assert alike(pixel(full, 0.25, 0.5), RED, 20)
            assert alike(pixel(full, 0.75, 0.5), WHITE)


def test_a_transparent_color_key_becomes_white() -> None:
    for image, key in ((quarters(), RED), (quarters().convert("L"), pixel(quarters().convert("L"), 0.25, 0.25)[0])):
        full = opened(read_photo(encoded(image, "PNG", transparency=key)).full)
        assert alike(pixel(full, 0.25, 0.25), WHITE)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "MPO"])
def test_of_several_pictures_the_first_is_taken(kind: str) -> None:
    second = Image.new("RGB", (400, 300), (0, 0, 0))
    photo = read_photo(encoded(quarters(), kind, save_all=True, append_images=[second], duration=100))
    assert shows_quarters(photo.full)


def test_a_progressive_jpeg_is_read() -> None:
    assert shows_quarters(read_photo(encoded(quarters(), progressive=True)).full)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((2560, 1920), (2560, 1920)), ((2561, 100), (2560, 100)), ((5200, 3900), (2560, 1920)), ((1, 1), (1, 1)),
     ((12000, 3), (2560, 1)), ((3, 12000), (1, 2560)), ((100, 5120), (50, 2560))],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_longest_side_is_limited_and_nothing_is_enlarged(
    kind: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    photo = read_photo(encoded(quarters(*size), kind))
    assert (photo.width, photo.height) == expected == opened(photo.full).size
    assert opened(photo.thumbnail).size == (150, 150)


def test_the_thumbnail_is_cut_from_the_centre() -> None:
    image = Image.new("RGB", (900, 300), RED)
    image.paste(GREEN, (300, 0, 600, 300))
    thumbnail = opened(read_photo(encoded(image, "PNG")).thumbnail)
    for x, y in ((0.05, 0.05), (0.5, 0.5), (0.95, 0.95)):
        assert alike(pixel(thumbnail, x, y), GREEN)


def test_even_pure_noise_keeps_the_limit() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((2560, 2560), 250) for _ in range(3)])
    photo = read_photo(encoded(noise, "JPEG", quality=80))
    assert 200_000 < len(photo.full) <= images.MAX_OUTPUT_BYTES
    assert photo.width == 2560


def test_a_stream_is_read_like_bytes() -> None:
    data = encoded(quarters())
    assert read_photo(io.BytesIO(data)) == read_photo(data)


def test_the_same_upload_gives_the_same_bytes() -> None:
    data = encoded(quarters(), exif=awkward.exif(6))
    assert read_photo(data) == read_photo(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Refusal.EMPTY),
        (b"\0" * (MAX_BYTES + 1), Refusal.TOO_LARGE),
        (b"\0" * 1000, Refusal.NOT_AN_IMAGE),
        (b"hello, world", Refusal.NOT_AN_IMAGE),
        (b"<html><img></html>", Refusal.NOT_AN_IMAGE),
        (b"PK\x03\x04" + bytes(100), Refusal.NOT_AN_IMAGE),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', Refusal.UNSUPPORTED_FORMAT),
        (b'\n<?xml version="1.0"?><svg/>', Refusal.UNSUPPORTED_FORMAT),
        (b"%PDF-1.7\n", Refusal.UNSUPPORTED_FORMAT),
        (b"%!PS-Adobe-3.0 EPSF-3.0", Refusal.UNSUPPORTED_FORMAT),
        (b"\0\0\0\x1cftypavif" + bytes(40), Refusal.UNSUPPORTED_FORMAT),
        (encoded(quarters(), "GIF"), Refusal.UNSUPPORTED_FORMAT),
        (encoded(quarters(), "BMP"), Refusal.UNSUPPORTED_FORMAT),
        (encoded(quarters(), "TIFF"), Refusal.UNSUPPORTED_FORMAT),
        (awkward.pixel_bomb(), Refusal.TOO_MANY_PIXELS),
        (awkward.header_only_png(10_000, 10_000), Refusal.TOO_MANY_PIXELS),
        (awkward.header_only_png(30_000, 30_000), Refusal.TOO_MANY_PIXELS),
        (awkward.giant_jpeg(), Refusal.TOO_MANY_PIXELS),
        (awkward.giant_webp(), Refusal.TOO_MANY_PIXELS),
        (awkward.scan_bomb(), Refusal.TOO_LARGE),
        (awkward.text_bomb(), Refusal.TRUNCATED),
        (awkward.many_texts(), Refusal.TRUNCATED),
        (awkward.header_only_png(6000, 6000), Refusal.TRUNCATED),
        (b"\0\0\0\x1cftypheic" + bytes(40), Refusal.TRUNCATED),
    ],
    ids=lambda value: value.value if isinstance(value, Refusal) else repr(value[:20]),
)
def test_what_is_no_photo_is_refused_with_its_reason(data: bytes, reason: Refusal) -> None:
    assert refusal(data) == reason


def test_the_bomb_is_as_small_as_they_come() -> None:
    assert len(awkward.pixel_bomb()) < 10_000


def test_forty_megapixels_are_let_in_and_no_more() -> None:
    assert read_photo(awkward.png((8000, 5000), bit_depth=1)).width == 2560
    assert refusal(awkward.png((8000, 5001), bit_depth=1)) == Refusal.TOO_MANY_PIXELS


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_half_an_image_is_refused(kind: str, share: float) -> None:
    noise = Image.effect_noise((300, 300), 80)
    data = encoded(noise, kind)
    assert refusal(data[: int(len(data) * share)]) == Refusal.TRUNCATED


@pytest.mark.filterwarnings("ignore")  # Pillow warns of damage where it can go on, as it may when deployed
@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP"]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_damage_is_repaired_or_refused_and_never_crashes(kind: str, wounds: list[tuple[float, int]]) -> None:
    data = bytearray(encoded(quarters(60, 40), kind, exif=awkward.exif(6), icc_profile=awkward.swapped_profile()))
    for place, value in wounds:
        data[int(place * len(data))] = value
    try:
        photo = read_photo(bytes(data))
    except ImageRefused:
        return
    assert opened(photo.full).size == (photo.width, photo.height)


def test_photos_read_by_many_threads_come_out_as_by_one() -> None:
    uploads = [encoded(awkward.laid_down(quarters(900, 600), turn), exif=awkward.exif(turn)) for turn in range(1, 9)]
    alone = [read_photo(upload) for upload in uploads]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read_photo, uploads * 2)) == alone * 2


def test_pillow_is_left_as_it_was() -> None:
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, sorted(Image.OPEN))
    read_photo(encoded(quarters()))
    refusal(awkward.pixel_bomb())
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, sorted(Image.OPEN)) == before
