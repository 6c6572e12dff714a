"""Signing keys: one in use, at most one retired that is still published, both kept on disk."""

import base64
import hashlib
import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

ALGORITHM = "RS256"
KEY_BITS = 2048


@dataclass(frozen=True)
class SigningKey:
    """An RSA key and the id under which it is published."""

    kid: str
    private: RSAPrivateKey

    @classmethod
    def generate(cls) -> "SigningKey":
        """Make a new key."""
        return cls.of(generate_private_key(public_exponent=65537, key_size=KEY_BITS))

    @classmethod
    def of(cls, private: RSAPrivateKey) -> "SigningKey":
        """Wrap a key; its id is its thumbprint (RFC 7638), so that it is the same after a restart."""
        jwk = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
        required = json.dumps({name: jwk[name] for name in ("e", "kty", "n")}, separators=(",", ":"))
        digest = hashlib.sha256(required.encode()).digest()
        return cls(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), private)

    def public_jwk(self) -> dict[str, Any]:
        """Answer the public half as JWKS lists it."""
        jwk = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {
            "kty": jwk["kty"],
            "use": "sig",
            "alg": ALGORITHM,
            "kid": self.kid,
            "n": jwk["n"],
            "e": jwk["e"],
        }

    def pem(self) -> str:
        """Answer the private key as PEM text."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()


class KeyRing:
    """The issuer's keys, newest first; tokens survive a restart because the keys do.

    Args:
        path: file that holds them, readable by its owner only; made on first use.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._keys = _read(path) if path.exists() else []
        if not self._keys:
            self._keep([SigningKey.generate()])

    @property
    def signing(self) -> SigningKey:
        """Answer the key that signs."""
        return self._keys[0]

    @property
    def published(self) -> list[SigningKey]:
        """Answer the keys that verify."""
        return list(self._keys)

    def rotate(self, *, drop: bool) -> SigningKey:
        """Sign with a new key from now on.

        Args:
            drop: withdraw the old key at once; else it stays published until the next rotation.
        """
        with self._lock:
            retired = [] if drop else self._keys[:1]
            self._keep([SigningKey.generate(), *retired])
            return self.signing

    def _keep(self, keys: list[SigningKey]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(".unfinished")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps([key.pem() for key in keys]))
        unfinished.replace(self._path)
        self._keys = keys


def _read(path: Path) -> list[SigningKey]:
    keys = [serialization.load_pem_private_key(pem.encode(), None) for pem in json.loads(path.read_text())]
    return [SigningKey.of(key) for key in keys if isinstance(key, RSAPrivateKey)]
