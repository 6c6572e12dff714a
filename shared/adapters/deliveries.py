"""Whether a call of the event handler comes from our Web PubSub: by its signature, or by a token of its identity."""

import hashlib
import hmac
from urllib.parse import urlsplit

from shared.adapters.tokens import OidcVerifier
from shared.domain.delivery import Proof
from shared.domain.errors import Unauthenticated

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class _Origin:
    """The service's host, whatever its port: what stands before it may be another one than it listens on."""

    def __init__(self, endpoint: str) -> None:
        self._host = (urlsplit(endpoint).hostname or "").lower()

    def knows(self, origin: str) -> bool:
        """Tell whether an origin, a host or a URL, is the service; the loopback's spellings are one."""
        try:
            host = (urlsplit(origin if "//" in origin else f"//{origin}").hostname or "").lower()
        except ValueError:
            return False
        return bool(host) and (host == self._host or {host, self._host} <= _LOOPBACK)


class SignedDeliveries(_Origin):
    """Believes what is signed with the access key: HMAC-SHA256 of the connection's id.

    Args:
        endpoint: of the service.
        access_key: as it stands in the connection string; the text itself is the key.
    """

    def __init__(self, endpoint: str, access_key: str) -> None:
        super().__init__(endpoint)
        self._key = access_key.encode()

    @classmethod
    def configured(cls, connection_string: str, endpoint: str) -> "SignedDeliveries":
        """Answer what believes signatures; without a connection string there is no key, and nothing is believed."""
        parts = parse_connection_string(connection_string)
        return cls(parts.get("endpoint") or endpoint, parts.get("accesskey", ""))

    def verify(self, proof: Proof) -> None:
        """Return if any of the signatures, of which there is one for each of the service's keys, is ours."""
        signed = hmac.new(self._key, proof.connection_id.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        expected = f"sha256={signed}".encode()
        given = [one.strip().encode("utf-8", "replace") for one in proof.signatures.split(",")]
        # every one is compared, in constant time
        matches = [hmac.compare_digest(expected, one) for one in given]
        if not (self._key and proof.connection_id and any(matches)):
            raise Unauthenticated("This call is not signed with the access key of our Web PubSub.")


class IdentifiedDeliveries(_Origin):
    """Believes a token that the identity provider issued to the service's own identity for our audience.

    Args:
        endpoint: of the service.
        tokens: verifies for that audience.
    """

    def __init__(self, endpoint: str, tokens: OidcVerifier) -> None:
        super().__init__(endpoint)
        self._tokens = tokens

    @classmethod
    def configured(cls, connection_string: str, endpoint: str, tokens: OidcVerifier) -> "IdentifiedDeliveries":
        """Answer what believes tokens."""
        return cls(parse_connection_string(connection_string).get("endpoint") or endpoint, tokens)

    def verify(self, proof: Proof) -> None:
        """Return if the token is good; raise Unauthenticated or DependencyDown."""
        if proof.token is None:
            raise Unauthenticated("Send the access token of our Web PubSub's identity.")
        self._tokens.verify(proof.token)


def parse_connection_string(text: str) -> dict[str, str]:
    """Answer the parts of a connection string, by name in lower case."""
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
