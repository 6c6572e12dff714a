"""Photos of vehicles: whatever a phone or a stranger sends, made into one small clean WebP and a thumbnail.

Only pixels pass through. All metadata stays behind (where a photo was taken is recorded in its row, not in
the file), and so does anything that hides before, after or between the pixels. Nothing here changes Pillow's
global state, so any number of threads may read photos at once.
"""

import importlib.util
import io
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, ClassVar, NoReturn

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_OUTPUT_BYTES = 2_000_000
LONGEST_SIDE = 2560
THUMBNAIL_SIDE = 150

_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITIES = (80, 65, 45, 25, 0)
_MAX_SCANS = 100
_WEBP_METHOD = 4
_WHITE = (255, 255, 255)
_ORIENTATION = 0x0112

_JPEG_MAGIC = b"\xff\xd8\xff"
_JPEG_SCAN = re.compile(rb"\xff\xda\x00[\x08\x0a\x0c\x0e]")
_OUR_MAGIC = (_JPEG_MAGIC, b"\x89PNG\r\n\x1a\n", b"RIFF")
_OTHER_MAGIC = (
    b"GIF8",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"%PDF-",
    b"%!PS",
    b"8BPS",
    b"<svg",
    b"<?xml",
    b"\0\0\1\0",
)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


class Refusal(StrEnum):
    """Why an image was refused; stored with the photo and shown to whoever sent it."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED_FORMAT = "unsupported_format"
    TOO_MANY_PIXELS = "too_many_pixels"
    TRUNCATED = "truncated"


class ImageRefused(Exception):
    """Say why an image was refused, as a code for programs and a sentence for people."""

    def __init__(self, reason_code: Refusal, detail: str) -> None:
        super().__init__(detail)
        self.reason_code = reason_code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is kept: upright, sRGB, without metadata; width and height are those of `full`."""

    MEDIA_TYPE: ClassVar[str] = "image/webp"

    full: bytes
    thumbnail: bytes
    width: int
    height: int


def read_photo(source: bytes | BinaryIO) -> Photo:
    """Make the kept photo and its thumbnail from an uploaded JPEG, PNG or WebP (HEIC if pillow-heif is there).

    `full` is WebP of at most 2,000,000 bytes with no side over 2,560 px, `thumbnail` WebP of 150 x 150 px cut
    from the centre. Animations give their first frame; transparency becomes white.

    Raises:
        ImageRefused: the upload is empty, over 15 MiB or 40 megapixels, damaged, or no such image.
    """
    picture = _shrunk(_eight_bit(_decoded(_opened(_bounded(source)))))
    picture = _upright(_as_srgb(picture), _orientation(picture))
    full = _webp_within(picture, MAX_OUTPUT_BYTES)
    return Photo(full, _webp(_centre(picture, THUMBNAIL_SIDE), 80), picture.width, picture.height)


def _bounded(source: bytes | BinaryIO) -> bytes:
    data = source if isinstance(source, bytes) else source.read(MAX_BYTES + 1)
    if not data:
        raise ImageRefused(Refusal.EMPTY, "The file is empty; take the photo again.")
    if len(data) > MAX_BYTES:
        raise ImageRefused(Refusal.TOO_LARGE, "The file is over 15 MiB; send a smaller photo.")
    if data.startswith(_JPEG_MAGIC) and len(_JPEG_SCAN.findall(data)) > _MAX_SCANS:
        # A scan of a few bytes makes the decoder walk over all pixels: 15 MiB of them would take hours.
        raise ImageRefused(Refusal.TOO_LARGE, "The JPEG has over 100 scans; save it anew and send that.")
    return data


def _opened(data: bytes) -> "Image.Image":
    """Read the header alone and refuse by it: decoding is what a bomb waits for."""
    from PIL import Image, UnidentifiedImageError

    try:
        image = _opened_heif(data) or Image.open(io.BytesIO(data), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        _refuse_pixels()
    except UnidentifiedImageError:
        _refuse_unidentified(data)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  parsers of hostile bytes raise anything
        _refuse_damaged(error)
    if image.width * image.height > MAX_PIXELS:
        _refuse_pixels()
    return image


def _opened_heif(data: bytes) -> "Image.Image | None":
    if data[4:8] != b"ftyp" or data[8:12] not in _HEIF_BRANDS or not importlib.util.find_spec("pillow_heif"):
        return None
    import pillow_heif

    heif = pillow_heif.open_heif(io.BytesIO(data))
    if heif.size[0] * heif.size[1] > MAX_PIXELS:
        _refuse_pixels()
    return heif.to_pillow()


def _decoded(image: "Image.Image") -> "Image.Image":
    """Decode the pixels, of a large JPEG only as many as are needed."""
    image.draft(None, _fitting(image.size))
    try:
        image.load()
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  decoders of hostile bytes raise anything
        _refuse_damaged(error)
    return image


def _refuse_pixels() -> NoReturn:
    raise ImageRefused(Refusal.TOO_MANY_PIXELS, "The image has over 40 megapixels; send a smaller photo.") from None


def _refuse_damaged(error: Exception | None = None) -> NoReturn:
    detail = "The image is damaged or incomplete; send it again or take another photo."
    raise ImageRefused(Refusal.TRUNCATED, detail) from error


def _refuse_unidentified(data: bytes) -> NoReturn:
    if data.startswith(_OUR_MAGIC):
        _refuse_damaged()
    if data.lstrip()[:5].startswith(_OTHER_MAGIC) or data[4:8] == b"ftyp":
        detail = "This format is not supported; send a JPEG, PNG or WebP photo."
        raise ImageRefused(Refusal.UNSUPPORTED_FORMAT, detail) from None
    raise ImageRefused(Refusal.NOT_AN_IMAGE, "The file is not an image; send a JPEG, PNG or WebP photo.") from None


def _eight_bit(image: "Image.Image") -> "Image.Image":
    """Return an image of mode L, RGB or CMYK: what resizing and colour profiles understand."""
    if image.mode.startswith("I;16"):
        return _keeping_info(image, image.point(lambda level: level / 256).convert("L"))
    if image.has_transparency_data:
        return _keeping_info(image, _on_white(image if image.mode == "RGBA" else image.convert("RGBA")))
    if image.mode in {"L", "RGB", "CMYK"}:
        return image
    return _keeping_info(image, image.convert("L" if image.mode == "1" else "RGB"))


def _keeping_info(source: "Image.Image", image: "Image.Image") -> "Image.Image":
    image.info = source.info
    return image


def _on_white(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    flat = Image.new("RGB", image.size, _WHITE)
    flat.paste(image, mask=image)
    return flat


def _fitting(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, LONGEST_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _shrunk(image: "Image.Image") -> "Image.Image":
    """Scale to the longest side; Hamming's filter reads as Lanczos' here and costs half of it."""
    from PIL import Image

    if max(image.size) <= LONGEST_SIDE:
        return image
    width, height = _fitting(image.size)
    # what one call does too, first across, then down; but between the two the large image can go
    for size in ((width, image.height), (width, height)):
        image = _keeping_info(image, image.resize(size, Image.Resampling.HAMMING, reducing_gap=2.0))
    return image


def _as_srgb(image: "Image.Image") -> "Image.Image":
    """Apply the embedded colour profile; one that is broken or of another kind of image counts as none."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if not profile:
        return image if image.mode == "RGB" else image.convert("RGB")
    try:
        embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, embedded, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image.convert("RGB")
    return converted or image


def _orientation(image: "Image.Image") -> int:
    """Return the EXIF orientation, 1…8; unreadable EXIF means upright."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001  EXIF is written by every phone in its own way and read by a lenient parser
        return 1


def _upright(image: "Image.Image", orientation: int) -> "Image.Image":
    from PIL import Image

    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def _centre(image: "Image.Image", side: int) -> "Image.Image":
    """Return the largest square around the centre, scaled to `side` pixels."""
    from PIL import Image

    edge = min(image.size)
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    box = (left, top, left + edge, top + edge)
    return image.resize((side, side), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)


def _webp_within(image: "Image.Image", limit: int) -> bytes:
    """Return WebP of quality 80, or the best below it that keeps the limit."""
    for quality in _QUALITIES:
        data = _webp(image, quality)
        if len(data) <= limit:
            break
    return data


def _webp(image: "Image.Image", quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=_WEBP_METHOD)
    return buffer.getvalue()
