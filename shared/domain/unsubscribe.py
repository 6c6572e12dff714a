"""The token in a mail by which whoever holds it says that they want no more of it: signed, so that nobody makes one.

A token is base64url of 36 bytes: tenant (8) | recipient (8) | truncated HMAC-SHA256 over both (20). The keys are those
of the labels, each turned into one of its own for this purpose; the newest signs, all of them verify.
"""

import base64
import binascii
import hashlib
import hmac
import re
import struct
from collections.abc import Mapping

_IDS = struct.Struct(">QQ")
_TAG_BYTES = 20
_TOKEN = re.compile(r"[A-Za-z0-9_-]{48}")
_PURPOSE = b"motorpool unsubscribe 1"


class UnsubscribeTokens:
    """Make and read tokens.

    Args:
        keys: secrets by version.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._keys = {version: hmac.digest(key, _PURPOSE, hashlib.sha256) for version, key in keys.items()}
        self._newest = max(keys)

    def make(self, tenant_id: int, recipient_id: int) -> str:
        """Answer the token of a recipient."""
        ids = _IDS.pack(tenant_id, recipient_id)
        return base64.urlsafe_b64encode(ids + _tag(self._keys[self._newest], ids)).decode()

    def read(self, token: str) -> tuple[int, int] | None:
        """Answer tenant and recipient of a token, or None if we never made it."""
        if not _TOKEN.fullmatch(token):
            return None
        try:
            plain = base64.urlsafe_b64decode(token)
        except binascii.Error:
            return None
        ids, tag = plain[: _IDS.size], plain[_IDS.size :]
        if not any(hmac.compare_digest(tag, _tag(key, ids)) for key in self._keys.values()):
            return None
        tenant_id, recipient_id = _IDS.unpack(ids)
        return tenant_id, recipient_id


def _tag(key: bytes, ids: bytes) -> bytes:
    return hmac.digest(key, ids, hashlib.sha256)[:_TAG_BYTES]
