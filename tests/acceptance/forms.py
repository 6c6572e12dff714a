"""Writes multipart bodies by hand, so that tests can write wrong ones too."""

from collections.abc import Sequence
from dataclasses import dataclass

BOUNDARY = "form-of-a-test"


@dataclass(frozen=True)
class Part:
    """One part of a form.

    Attributes:
        name: of the field.
        content: its bytes.
        file: the file name, which makes it a file.
        more: further header lines.
    """

    name: str
    content: bytes | str
    file: str | None = None
    more: tuple[str, ...] = ()

    def written(self, boundary: str) -> bytes:
        """Answer the part with the delimiter before it."""
        file = "" if self.file is None else f'; filename="{self.file}"'
        head = [f"--{boundary}", f'Content-Disposition: form-data; name="{self.name}"{file}', *self.more]
        content = self.content.encode() if isinstance(self.content, str) else self.content
        return "\r\n".join([*head, "", ""]).encode("utf-8") + content + b"\r\n"


def body(parts: Sequence[Part], boundary: str = BOUNDARY) -> bytes:
    """Answer a whole form."""
    return b"".join(part.written(boundary) for part in parts) + f"--{boundary}--\r\n".encode()


def headers(boundary: str = BOUNDARY, **more: str) -> dict[str, str]:
    """Answer the header that goes with a form, and others, their names written with underscores."""
    others = {name.replace("_", "-"): value for name, value in more.items()}
    return {"Content-Type": f'multipart/form-data; boundary="{boundary}"', **others}
