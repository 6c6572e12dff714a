"""Signatures drawn on a screen: decoded, and checked to be a PNG or an SVG that can do nothing but be seen.

The bytes are kept as they were signed. An SVG is therefore not cleaned but held to a short list of what a
drawing needs: everything else (scripts, handlers, styles, links, entities, embedded documents) is refused.
"""

import base64
import binascii
import io
import re
from dataclasses import dataclass
from typing import Literal, NoReturn
from urllib.parse import unquote_to_bytes
from xml.parsers import expat

MAX_BYTES = 256 * 1024
MAX_PIXELS = 10_000_000

type MediaType = Literal["image/png", "image/svg+xml"]

_DATA_URL = re.compile(r"data:(?P<type>[^;,]*)(?P<parameters>[^,]*),(?P<body>.*)", re.DOTALL | re.IGNORECASE)
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_SVG_NAMESPACE = "http://www.w3.org/2000/svg"
_SHAPES = frozenset({"svg", "g", "path", "line", "polyline", "polygon", "circle", "ellipse", "rect", "title", "desc"})
_TEXTS = frozenset({"title", "desc"})
_PLACES = frozenset({"x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "d", "points", "pathLength"})
_FRAMES = frozenset({"version", "baseProfile", "id", "class", "width", "height", "viewBox", "preserveAspectRatio"})
_PAINTS = frozenset({"fill", "fill-opacity", "fill-rule", "color", "opacity", "shape-rendering", "transform"})
_LINES = frozenset({"width", "opacity", "linecap", "linejoin", "miterlimit", "dasharray", "dashoffset"})
_ATTRIBUTES = _PLACES | _FRAMES | _PAINTS | {"stroke", "vector-effect"} | {f"stroke-{line}" for line in _LINES}


class SignatureRefused(Exception):
    """Say in a sentence for people why a signature was refused."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class SignatureTooLarge(SignatureRefused):
    """Say that a signature is over the limit."""

    def __init__(self) -> None:
        super().__init__("The signature is over 256 KiB; send a smaller drawing.")


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature exactly as it was sent, and what it is."""

    media_type: MediaType
    data: bytes


def read_signature(text: str) -> Signature:
    """Read a signature given as a data URL or as bare base64.

    Raises:
        SignatureTooLarge: it is over 256 KiB.
        SignatureRefused: it is no base64, not a whole PNG of at most 10 megapixels, not a harmless SVG, or another
            thing than its data URL says.
    """
    declared, data = _decoded(text.strip())
    if not data:
        raise SignatureRefused("The signature is empty; sign again.")
    if len(data) > MAX_BYTES:
        raise SignatureTooLarge
    media_type: MediaType = "image/png" if data.startswith(_PNG_MAGIC) else "image/svg+xml"
    if declared not in {None, media_type}:
        raise SignatureRefused(f"The signature says that it is {declared!r} and is not; send a PNG or an SVG.")
    if media_type == "image/png":
        _check_png(data)
    else:
        _check_svg(data)
    return Signature(media_type, data)


def _decoded(text: str) -> tuple[str | None, bytes]:
    """Return the declared media type, if any, and the bytes."""
    url = _DATA_URL.fullmatch(text)
    if url is None:
        return None, _from_base64(text)
    declared, body = url["type"].strip().lower(), url["body"]
    if url["parameters"].lower().endswith(";base64"):
        return declared, _from_base64(unquote_to_bytes(body).decode("latin-1"))
    return declared, unquote_to_bytes(body)


def _from_base64(text: str) -> bytes:
    if len(text) > 2 * MAX_BYTES:
        raise SignatureTooLarge
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise SignatureRefused("The signature is neither a data URL nor base64; send one of them.") from None


def _check_png(data: bytes) -> None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            _check_pixels(*image.size)
            image.load()
    except (SignatureRefused, MemoryError):
        raise
    except Exception as error:
        raise SignatureRefused("The signature is a damaged PNG; sign again.") from error


def _check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise SignatureRefused("The signature has over 10 megapixels; send a smaller drawing.")


def _check_svg(data: bytes) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    check = _SvgCheck()
    parser.StartDoctypeDeclHandler = check.doctype
    parser.ProcessingInstructionHandler = check.instruction
    parser.StartElementHandler = check.start
    parser.EndElementHandler = check.end
    parser.CharacterDataHandler = check.characters
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise SignatureRefused("The signature is neither a PNG nor a well-formed SVG; sign again.") from error


class _SvgCheck:
    """Refuse, while it is being parsed, whatever a drawing does not need.

    A document type is refused at its first word, before it can declare an entity.
    """

    def __init__(self) -> None:
        self._open: list[str] = []

    def doctype(self, *_: object) -> None:
        _refuse_svg("a document type")

    def instruction(self, target: str, _: str) -> None:
        _refuse_svg(f"the instruction {target!r}")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, shape = name.rpartition(" ")
        if namespace != _SVG_NAMESPACE or shape not in _SHAPES or (not self._open and shape != "svg"):
            _refuse_svg(f"the element {shape!r}")
        for attribute, value in attributes.items():
            # A backslash could spell the `url` of CSS in another way.
            if attribute not in _ATTRIBUTES or "url" in value.lower() or "\\" in value:
                _refuse_svg(f"the attribute {attribute.rpartition(' ')[2]!r}")
        self._open.append(shape)

    def end(self, _: str) -> None:
        self._open.pop()

    def characters(self, text: str) -> None:
        if text.strip() and self._open[-1] not in _TEXTS:
            _refuse_svg("text")


def _refuse_svg(what: str) -> NoReturn:
    raise SignatureRefused(f"The signature's SVG holds {what[:80]}; send a plain drawing or a PNG.")
