"""Reads multipart bodies: text parts as text, files as streams over a spooled copy."""

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import multipart
import orjson

from shared.domain.errors import Malformed, TooLarge, UnsupportedMediaType
from shared.domain.model import Attachment

# well above what the fullest form has, so that a list with too many entries is told which it is; far below a burden
MOST_PARTS = 512
TEXT_MAX = 1024 * 1024


@dataclass(frozen=True)
class Shape:
    """Which fields of a form are more than one text.

    Attributes:
        files: become lists of attachments.
        structured: are written as JSON.
        repeated: are lists: JSON, or several parts of one name.
    """

    files: frozenset[str]
    structured: frozenset[str]
    repeated: frozenset[str]


def read(body: bytes, content_type: str, shape: Shape) -> tuple[dict[str, Any], bytes]:
    """Answer the fields of a multipart body, and a digest of its parts' names and bytes.

    Args:
        body: the whole body, as the host has buffered it.
        content_type: with the boundary.
        shape: which fields are files, JSON, or lists.

    Raises:
        Malformed: the body is no multipart body, or a structured field is no JSON.
        TooLarge: there are too many parts, or a text is too long.
    """
    digest = hashlib.sha256()
    with ExitStack() as opened:
        parts = _parts(body, content_type, opened)
        fields = _fields(parts, digest, shape)
        opened.pop_all()
    # a large part is a file on disk; those that are files of the form are closed by who reads them
    for part in parts:
        if part.name not in shape.files:
            part.close()
    return fields, digest.digest()


def _fields(parts: Sequence[multipart.MultipartPart], digest: Any, shape: Shape) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for part in parts:
        name = part.name or ""
        if name in shape.files and part.filename == "" and not part.size:
            # a browser's file input in which nothing was chosen
            continue
        is_file = name in shape.files or _is_no_text(part)
        value = _file(part, digest) if is_file else _text(part, digest, shape)
        if name in shape.files | shape.repeated:
            fields.setdefault(name, []).extend(value if isinstance(value, list) else [value])
        elif name in fields and not is_file:
            raise Malformed(f"The field {name!r} stands twice in the form.")
        else:
            fields[name] = value
    return fields


def _parts(body: bytes, content_type: str, opened: ExitStack) -> list[multipart.MultipartPart]:
    _, options = multipart.parse_options_header(content_type)
    boundary = options.get("boundary")
    if not boundary:
        raise UnsupportedMediaType("A multipart body needs its boundary in the content type.")
    parts = []
    try:
        # the parser spools files beyond its memory limit to disk, so a request costs its own buffer only
        for part in multipart.MultipartParser(
            BytesIO(body), boundary, content_length=len(body), part_limit=MOST_PARTS, strict=True
        ):
            opened.callback(part.close)
            parts.append(part)
    except multipart.ParserLimitReached as error:
        raise TooLarge(f"The form has too many or too large parts ({error}).") from error
    except (multipart.MultipartError, UnicodeError) as error:
        # the parser passes on what it stumbled over; of bytes that are no text, that is nothing to show anybody
        if isinstance(error, UnicodeError) or any(isinstance(one, UnicodeError) for one in error.args):
            raise Malformed("The form cannot be read: a part's name or file name is not UTF-8.") from error
        raise Malformed(f"The form cannot be read ({error}).") from error
    return parts


def _is_no_text(part: multipart.MultipartPart) -> bool:
    """Tell whether a part is a file that cannot be a field's text: under a name that nobody knows, as a rule.

    It is passed on, so that whoever knows the names says which is wrong, and not what is wrong with its bytes.
    """
    if not part.filename or part.size > TEXT_MAX:
        return bool(part.filename)
    try:
        part.raw.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _file(part: multipart.MultipartPart, digest: Any) -> Attachment:
    _mark(part, digest)
    part.file.seek(0)
    while block := part.file.read(1024 * 1024):
        digest.update(block)
    part.file.seek(0)
    return Attachment(part.file, part.size)


def _text(part: multipart.MultipartPart, digest: Any, shape: Shape) -> Any:
    if part.size > TEXT_MAX:
        raise TooLarge("A text field of the form is larger than 1 MiB.")
    _mark(part, digest)
    digest.update(part.raw)
    try:
        text = part.raw.decode("utf-8")
        return orjson.loads(text) if part.name in shape.structured else text
    except UnicodeDecodeError as error:
        raise Malformed(f"The field {part.name!r} is not UTF-8.") from error
    except orjson.JSONDecodeError as error:
        if part.name in shape.repeated and not text.lstrip().startswith(("{", "[")):
            return text
        raise Malformed(f"The field {part.name!r} is not JSON ({error}).") from error


def _mark(part: multipart.MultipartPart, digest: Any) -> None:
    """Enter a part's name and size, so that bytes cannot move from one part into the next unnoticed."""
    digest.update(f"{part.name}\0{part.size}\0".encode("utf-8", "surrogateescape"))
