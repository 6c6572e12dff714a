"""Signatures: what pads really send is taken as it is, and nothing that could act."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from shared.render.signatures import MAX_BYTES, Signature, SignatureRefused, read_signature
from tests.fixtures import images as awkward
from tests.fixtures.images import encoded

NS = 'xmlns="http://www.w3.org/2000/svg"'
LINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
PAD = (
    f'<svg {NS} {LINK} viewBox="0 0 300 150" width="300" height="150"><rect width="100%" height="100%" fill="#fff"/>'
    '<path d="M 10,20 C 11,22 13,25 20,30" stroke-width="2.125" stroke="black" fill="none" stroke-linecap="round"/>'
    '<circle r="1.5" cx="40" cy="50" fill="rgb(0,0,0)"/></svg>'
)
PNG = encoded(Image.new("RGBA", (300, 150), (0, 0, 0, 0)), "PNG")


def as_url(data: bytes | str, media_type: str) -> str:
    raw = data.encode() if isinstance(data, str) else data
    return f"data:{media_type};base64,{base64.b64encode(raw).decode()}"


def svg(inner: str, attributes: str = "") -> str:
    return f"<svg {NS} {LINK} {attributes}>{inner}</svg>"


def refusal(text: str) -> str:
    with pytest.raises(SignatureRefused) as refused:
        read_signature(text)
    assert str(refused.value) == refused.value.detail
    return refused.value.detail


@pytest.mark.parametrize(
    "text",
    [
        as_url(PAD, "image/svg+xml"),
        as_url(PAD, "IMAGE/SVG+XML"),
        as_url(PAD, "image/svg+xml;charset=utf-8"),
        "data:image/svg+xml;utf8," + quote(PAD),
        "data:image/svg+xml," + quote(PAD),
        base64.b64encode(PAD.encode()).decode(),
    ],
)
def test_an_svg_is_taken_as_it_was_drawn(text: str) -> None:
    assert read_signature(text) == Signature("image/svg+xml", PAD.encode())


@pytest.mark.parametrize(
    "text", [as_url(PNG, "image/png"), base64.b64encode(PNG).decode(), f" {as_url(PNG, 'image/png')}\n"]
)
def test_a_png_is_taken_as_it_was_drawn(text: str) -> None:
    assert read_signature(text) == Signature("image/png", PNG)


def test_base64_broken_into_lines_is_taken() -> None:
    assert read_signature(base64.encodebytes(PNG).decode()).data == PNG


def test_an_xml_declaration_a_title_and_groups_are_taken() -> None:
    drawing = '<?xml version="1.0" encoding="UTF-8"?>\n' + svg(
        '<title>Šárka & co</title><g fill="none"></g>'.replace("&", "&amp;")
    )
    assert read_signature(as_url(drawing, "image/svg+xml")).data == drawing.encode()


@pytest.mark.parametrize(
    ("drawing", "complaint"),
    [
        (svg("<script>alert(1)</script>"), "element 'script'"),
        (svg("<SCRIPT/>"), "element 'SCRIPT'"),
        (svg('<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>'), "element 'script'"),
        (svg('<path xmlns="http://www.w3.org/1999/xhtml"/>'), "element 'path'"),
        (svg("", 'onload="alert(1)"'), "attribute 'onload'"),
        (svg('<path onclick="alert(1)" d=""/>'), "attribute 'onclick'"),
        (svg("<foreignObject><p/></foreignObject>"), "element 'foreignObject'"),
        (svg('<image href="https://evil.example/x.png"/>'), "element 'image'"),
        (svg('<use xlink:href="https://evil.example/x.svg#a"/>'), "element 'use'"),
        (svg('<path xlink:href="javascript:alert(1)"/>'), "attribute 'href'"),
        (svg('<a href="javascript:alert(1)"/>'), "element 'a'"),
        (svg('<animate attributeName="href"/>'), "element 'animate'"),
        (svg("<style>@import url(https://evil.example)</style>"), "element 'style'"),
        (svg('<path style="fill:red"/>'), "attribute 'style'"),
        (svg('<path fill="url(https://evil.example/x)"/>'), "attribute 'fill'"),
        (svg('<path fill="URL ( #x )"/>'), "attribute 'fill'"),
        (svg(r'<path fill="\75rl(https://evil.example/x)"/>'), "attribute 'fill'"),
        (svg("hello"), "holds text"),
        (f"<?xml-stylesheet href='https://evil.example'?>{PAD}", "instruction 'xml-stylesheet'"),
        (f"<!DOCTYPE svg>{PAD}", "document type"),
        (f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>{svg("&x;")}', "document type"),
        (f'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "{"&a;" * 50}">]>{svg("&b;")}', "document type"),
        (f"<g {NS}><svg/></g>", "element 'g'"),
        ("<svg/>", "element 'svg'"),
        ("<html><svg/></html>", "element 'html'"),
        (PAD[:-3], "well-formed"),
        (PAD + PAD, "well-formed"),
        (svg("&undefined;"), "well-formed"),
        ('<?xml version="1.0" encoding="nonsense"?>' + PAD, "well-formed"),
        ("not a picture", "well-formed"),
    ],
)  # fmt: skip
def test_an_svg_that_could_do_more_than_be_seen_is_refused(drawing: str, complaint: str) -> None:
    assert complaint in refusal(as_url(drawing, "image/svg+xml"))
    assert complaint in refusal(base64.b64encode(drawing.encode()).decode())


def test_a_script_hidden_in_another_encoding_is_refused() -> None:
    hidden = '<?xml version="1.0" encoding="UTF-16"?>' + svg("<script/>")
    assert "element 'script'" in refusal(as_url(hidden.encode("utf-16"), "image/svg+xml"))
    assert "SVG" in refusal(as_url(svg("<script/>").encode("utf-7"), "image/svg+xml"))


def test_a_deep_drawing_is_read_without_recursion() -> None:
    deep = svg("<g>" * 20_000 + "</g>" * 20_000)
    assert read_signature(as_url(deep, "image/svg+xml")).data == deep.encode()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty"),
        ("data:image/png;base64,", "empty"),
        ("data:,", "empty"),
        ("hello!", "neither a data URL nor base64"),
        ("é", "neither a data URL nor base64"),
        (as_url(PNG, "image/svg+xml"), "is not"),
        (as_url(PAD, "image/png"), "is not"),
        (as_url(PNG, "text/html"), "is not"),
        (as_url(encoded(Image.new("RGB", (9, 9))), "image/jpeg"), "is not"),
        (base64.b64encode(encoded(Image.new("RGB", (9, 9)))).decode(), "neither a PNG nor"),
        (base64.b64encode(b"%PDF-1.7").decode(), "neither a PNG nor"),
        (base64.b64encode(PNG[:60]).decode(), "damaged PNG"),
        (base64.b64encode(PNG[:8]).decode(), "damaged PNG"),
        (base64.b64encode(awkward.text_bomb()).decode(), "damaged PNG"),
        (base64.b64encode(awkward.pixel_bomb()).decode(), "over 10 megapixels"),
        (base64.b64encode(bytes(MAX_BYTES + 1)).decode(), "over 256 KiB"),
        ("A" * 2_000_000, "over 256 KiB"),
        ("data:image/svg+xml," + "A" * (MAX_BYTES + 1), "over 256 KiB"),
    ],
    ids=lambda value: value[:40],
)
def test_what_is_no_signature_is_refused_with_what_to_do(text: str, complaint: str) -> None:
    assert complaint in refusal(text)


@settings(deadline=None)
@given(
    st.one_of(st.text(), st.binary().map(lambda data: base64.b64encode(data).decode()), st.text().map("data:".__add__))
)
def test_no_text_crashes(text: str) -> None:
    with pytest.raises(SignatureRefused):
        read_signature(text)


@settings(deadline=None)
@given(st.integers(0, len(PNG) - 1), st.integers(0, 255))
def test_a_damaged_png_is_taken_or_refused(place: int, value: int) -> None:
    damaged = PNG[:place] + bytes([value]) + PNG[place + 1 :]
    try:
        signature = read_signature(as_url(damaged, "image/png"))
    except SignatureRefused:
        return
    assert signature == Signature("image/png", damaged)
