"""The code in a QR label: short, opaque, impossible to forge and impossible to count through.

A code is 32 characters of base64url, which are exactly 24 bytes, so no padding and no second spelling:

    key version (1) | tag (10) | masked subject (13)

The tag is a truncated HMAC-SHA256 over version and subject; the mask is a key stream drawn from the tag
(the synthetic-IV construction). Equal subjects give equal codes, so a label can be printed again and its
image cached, and any other pair of subjects looks unrelated. A forger hits a valid tag once in 2**80 tries.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

CODE_LENGTH = 32
MIN_KEY_BYTES = 32
MAX_TENANT_ID = 2**40 - 1
MAX_SUBJECT_ID = 2**48 - 1
MAX_GENERATION = 2**14 - 1
MAX_KEY_VERSION = 255

_TAG_BYTES = 10
_CODE = re.compile(rf"[A-Za-z0-9_-]{{{CODE_LENGTH}}}")


class TagKind(IntEnum):
    """What the id in a code names."""

    ASSET = 1
    """An asset; the generation rises when its labels are revoked and printed anew."""
    BLANK = 2
    """A tag printed before anybody knew what it would be stuck to."""


@dataclass(frozen=True, slots=True)
class TagSubject:
    """Name what a code stands for.

    Raises:
        ValueError: an id or the generation is outside what a code has room for.
    """

    kind: TagKind
    tenant_id: int
    subject_id: int
    generation: int = 0

    def __post_init__(self) -> None:
        _check_range("tenant id", self.tenant_id, 1, MAX_TENANT_ID)
        _check_range("subject id", self.subject_id, 1, MAX_SUBJECT_ID)
        _check_range("generation", self.generation, 0, MAX_GENERATION)


@dataclass(frozen=True, slots=True)
class _KeyPair:
    mac: bytes
    mask: bytes


class TagCodec:
    """Turn subjects into codes and back with versioned keys: the newest signs, all of them verify.

    Args:
        keys: secret keys of at least 32 bytes by version, 1…255, as `parse_keys` reads them.

    Raises:
        ValueError: there is no key, or one has an unusable version or length.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        if not keys:
            raise ValueError("Tag codes need at least one key.")
        for version, key in keys.items():
            _check_key(version, key)
        self._pairs = {version: _derive(key) for version, key in keys.items()}
        self._newest = max(keys)

    def encode(self, subject: TagSubject) -> str:
        """Return the one code of a subject under the newest key."""
        return self._seal(_pack(subject))

    def _seal(self, plain: bytes) -> str:
        version, pair = bytes([self._newest]), self._pairs[self._newest]
        tag = _tag(pair, version, plain)
        return base64.urlsafe_b64encode(version + tag + _masked(pair, tag, plain)).decode("ascii")

    def decode(self, code: str) -> TagSubject | None:
        """Return the subject of a code, or None for anything that no key of ours has made."""
        if not _CODE.fullmatch(code):
            return None
        raw = base64.urlsafe_b64decode(code)
        version, tag, masked = raw[:1], raw[1 : 1 + _TAG_BYTES], raw[1 + _TAG_BYTES :]
        pair = self._pairs.get(version[0])
        if pair is None:
            return None
        plain = _masked(pair, tag, masked)
        if not hmac.compare_digest(tag, _tag(pair, version, plain)):
            return None
        return _unpack(plain)


def parse_keys(text: str) -> dict[int, bytes]:
    """Read keys written as `1:BASE64,2:BASE64`.

    Raises:
        ValueError: says which entry is wrong and how to write it; never quotes a key.
    """
    keys: dict[int, bytes] = {}
    for position, entry in enumerate(text.split(","), start=1):
        version, key = _parse_entry(position, entry.strip())
        if version in keys:
            raise ValueError(f"Key version {version} is given twice; give each version once.")
        keys[version] = key
    return keys


def _parse_entry(position: int, entry: str) -> tuple[int, bytes]:
    version, colon, encoded = entry.partition(":")
    if not (colon and version.isascii() and version.isdecimal()):
        raise ValueError(f"Key {position} is not written as VERSION:BASE64, for example 1:{'A' * 8}….")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError(f"Key {position} is not base64; make one with `openssl rand -base64 32`.") from error
    _check_key(int(version), key)
    return int(version), key


def _check_range(name: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise ValueError(f"A tag code has room for a {name} of {lowest}…{highest}, not {value}.")


def _check_key(version: int, key: bytes) -> None:
    if not 1 <= version <= MAX_KEY_VERSION:
        raise ValueError(f"Key version {version} is outside 1…{MAX_KEY_VERSION}.")
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(
            f"Key version {version} has {len(key)} bytes and needs {MIN_KEY_BYTES} or more; "
            "make one with `openssl rand -base64 32`."
        )


def _derive(key: bytes) -> _KeyPair:
    return _KeyPair(mac=_hmac(key, b"motorpool tag code: mac"), mask=_hmac(key, b"motorpool tag code: mask"))


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, hashlib.sha256)


def _tag(pair: _KeyPair, version: bytes, plain: bytes) -> bytes:
    return _hmac(pair.mac, version + plain)[:_TAG_BYTES]


def _masked(pair: _KeyPair, tag: bytes, text: bytes) -> bytes:
    stream = _hmac(pair.mask, tag)
    return bytes(a ^ b for a, b in zip(text, stream, strict=False))


def _pack(subject: TagSubject) -> bytes:
    kind_and_generation = subject.kind << 14 | subject.generation
    return subject.tenant_id.to_bytes(5) + subject.subject_id.to_bytes(6) + kind_and_generation.to_bytes(2)


def _unpack(plain: bytes) -> TagSubject | None:
    kind_and_generation = int.from_bytes(plain[11:])
    try:
        return TagSubject(
            kind=TagKind(kind_and_generation >> 14),
            tenant_id=int.from_bytes(plain[:5]),
            subject_id=int.from_bytes(plain[5:11]),
            generation=kind_and_generation & MAX_GENERATION,
        )
    except ValueError:  # signed by a later release with a kind this one does not know
        return None
