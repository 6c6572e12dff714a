"""QR codes: read back by a decoder, from the SVG's own path as from pixels."""

import io
import re
import time
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings, strategies as st
from PIL import Image, ImageFilter

from shared.domain.tag_code import TagCodec, TagKind, TagSubject
from shared.render.qr import QUIET_ZONE, TextTooLong, dark_runs, qr_matrix, qr_png, qr_svg

CODEC = TagCodec({1: bytes(32)})
SVG = "{http://www.w3.org/2000/svg}"


def url(number: int) -> str:
    return f"https://fleet.example.com/a/{CODEC.encode(TagSubject(TagKind.ASSET, 1, number))}"


def read(image: Image.Image) -> list[str]:
    pixels = np.asarray(image.convert("L"))
    return [found.text for found in zxingcpp.read_barcodes(pixels)]


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  our own output


def drawn(svg: str, scale: int) -> Image.Image:
    """Draw the SVG's two paths, knowing only the commands that they use."""
    root = parsed(svg)
    _, _, width, height = map(int, root.attrib["viewBox"].split())
    image = Image.new("L", (width, height), 128)
    background, modules = root.findall(f"{SVG}path")
    assert background.attrib == {"fill": "#fff", "d": f"M0 0h{width}v{height}H0z"}
    image.paste(255, (0, 0, width, height))
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", modules.attrib["d"]):
        image.paste(0, (int(x), int(y), int(x) + int(length), int(y) + 1))
    return image.resize((width * scale, height * scale), Image.Resampling.NEAREST)


def test_the_svg_is_read_back() -> None:
    assert read(drawn(qr_svg(url(1)), 4)) == [url(1)]


def test_the_svg_and_the_png_show_the_same() -> None:
    with Image.open(io.BytesIO(qr_png(url(1), scale=3))) as png:
        assert png.mode == "1"
        assert drawn(qr_svg(url(1)), 3).tobytes() == png.convert("L").tobytes()


def test_the_quiet_zone_is_white() -> None:
    with Image.open(io.BytesIO(qr_png(url(1), scale=1))) as png:
        pixels = np.asarray(png.convert("L"))
    inner = pixels[QUIET_ZONE:-QUIET_ZONE, QUIET_ZONE:-QUIET_ZONE]
    assert QUIET_ZONE == 4
    assert (pixels == 0).sum() == (inner == 0).sum()
    assert (inner[0] == 0).any()
    assert (inner[:, 0] == 0).any()


@settings(deadline=None)
@given(st.text(min_size=1, max_size=120))
def test_any_text_is_read_back(text: str) -> None:
    with Image.open(io.BytesIO(qr_png(text, scale=3))) as png:
        found = zxingcpp.read_barcodes(np.asarray(png.convert("L")))
    assert [barcode.bytes.decode() for barcode in found] == [text]


@pytest.mark.parametrize("text", ["A", "0" * 60, "HTTPS://A.EXAMPLE/" + "A" * 40, "~" * 400, "x" * 1500])
def test_monotonous_texts_of_all_sizes_are_read_back(text: str) -> None:
    """The fixed mask must not leave a pattern that a decoder cannot find."""
    with Image.open(io.BytesIO(qr_png(text, scale=4))) as png:
        assert read(png) == [text]


@pytest.mark.parametrize("turn", [0, 17, 45, 90, 180])
def test_a_turned_blurred_small_picture_is_read_back(turn: int) -> None:
    for number in range(1, 21):
        with Image.open(io.BytesIO(qr_png(url(number), scale=4))) as png:
            picture = png.convert("L").rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        picture = picture.filter(ImageFilter.GaussianBlur(1.2)).point(lambda level: 60 + level // 2)
        assert read(picture) == [url(number)]


def test_a_code_with_a_scratch_is_read_back() -> None:
    with Image.open(io.BytesIO(qr_png(url(1), scale=4))) as png:
        picture = png.convert("L")
    picture.paste(255, (70, 70, 90, 90))
    assert read(picture) == [url(1)]


def test_runs_are_the_dark_modules() -> None:
    matrix = qr_matrix(url(1))
    rebuilt = [[False] * len(matrix) for _ in matrix]
    for x, y, length in dark_runs(matrix):
        assert not any(rebuilt[y][x : x + length])
        rebuilt[y][x : x + length] = [True] * length
    assert rebuilt == matrix


def test_a_short_url_keeps_the_symbol_small() -> None:
    assert len(url(1)) == 60
    assert len(qr_matrix(url(1))) == 33


def test_the_same_text_gives_the_same_bytes() -> None:
    assert qr_svg(url(1)) == qr_svg(url(1))
    assert qr_png(url(1)) == qr_png(url(1))


def test_the_title_is_text_whatever_it_holds() -> None:
    root = parsed(qr_svg("x", title="<script>&\"'\x00\x0b\ud800 Škoda"))
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == "<script>&\"' Škoda"
    assert root.attrib["role"] == "img"


@pytest.mark.parametrize("scale", [1, 40])
def test_a_scale_is_pixels_a_module(scale: int) -> None:
    with Image.open(io.BytesIO(qr_png(url(1), scale))) as png:
        assert png.size == (41 * scale, 41 * scale)


@pytest.mark.parametrize("scale", [0, -1, 41])
def test_a_scale_out_of_range_is_refused(scale: int) -> None:
    with pytest.raises(ValueError, match="1 to 40 pixels a module"):
        qr_png("x", scale)


def test_a_text_without_room_is_refused() -> None:
    assert len(qr_matrix("a" * 2331)) == 177
    with pytest.raises(TextTooLong, match="shorten the text"):
        qr_matrix("a" * 2332)


def test_a_code_is_made_in_a_fraction_of_the_time_allowed() -> None:
    """The bar of 3 ms is held by the benchmark; ten times that here forgives a busy machine."""
    qr_svg(url(1))
    started = time.process_time()
    for number in range(50):
        qr_svg(url(number + 1))
    assert (time.process_time() - started) / 50 < 0.03
