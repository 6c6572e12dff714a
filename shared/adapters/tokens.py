"""OpenID Connect access tokens, verified with PyJWT against the issuer's published keys."""

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.adapters.discovery import TIMEOUT_SECONDS, get_json
from shared.domain.errors import DependencyDown, Unauthenticated
from shared.domain.principal import Identity, Role

if TYPE_CHECKING:
    from jwt import PyJWK

ALGORITHMS = ["RS256", "ES256"]
SKEW_SECONDS = 60
BELIEVED_SECONDS = 60
BELIEVED_MOST = 10_000
KEYS_SECONDS = 6 * 3600
REFETCH_SECONDS = 60
# while the issuer is away, requests are told so at once instead of queueing for its time-out
RETRY_SECONDS = 1
_TEXT_MAX = 200


class OidcVerifier:
    """Believes tokens of one issuer (or of a template of issuers) for one audience.

    Keys are fetched at first use and kept; a key id that is not known fetches them anew, at most once a minute,
    so that invented ids cannot make us hammer the issuer.
    """

    def __init__(self, issuer: str, audience: str, discovery_url: str) -> None:
        self._issuer = issuer
        self._audience = audience
        self._discovery_url = discovery_url
        self._keys: Mapping[str, PyJWK] = {}
        self._fetched_at = float("-inf")
        self._failed_at = float("-inf")
        self._lock = threading.Lock()
        self._believed: dict[str, tuple[float, Identity]] = {}

    def verify(self, token: str) -> Identity:
        """Answer whom a token speaks for; raise Unauthenticated or DependencyDown.

        A token that was believed is believed again for a minute, as far as it lasts: a person's phone sends the
        same one with every request.
        """
        until, identity = self._believed.get(token, (0.0, None))
        if identity is not None and time.time() < until:
            return identity
        claims = self._claims(token)
        identity = self._identity(claims)
        if len(self._believed) >= BELIEVED_MOST:
            self._believed.clear()
        self._believed[token] = (min(time.time() + BELIEVED_SECONDS, int(claims["exp"]) + SKEW_SECONDS), identity)
        return identity

    def _claims(self, token: str) -> Mapping[str, Any]:
        """Answer what a token claims, once its signature, audience and times hold."""
        import jwt

        try:
            key = self._key(jwt.get_unverified_header(token))
            return jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._audience,
                leeway=SKEW_SECONDS,
                # the issuer may be a template, so it is compared below
                options={"require": ["exp", "aud", "iss"], "verify_iss": False},
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated(f"The access token is not valid: {_plainly(error)}.") from error

    def ping(self) -> None:
        """Fetch the issuer's keys; raise DependencyDown if they cannot be had."""
        self._fetch()

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        tid, oid = _text(claims, "tid"), _text(claims, "oid") or _text(claims, "sub")
        if tid is None or oid is None:
            raise Unauthenticated("The access token names no tenant (tid) or no user (oid or sub).")
        if claims.get("iss", "") != self._issuer.replace("{tid}", tid):
            raise Unauthenticated("The access token was issued by somebody else.")
        email = _text(claims, "email") or _text(claims, "preferred_username")
        return Identity(tid, oid, _text(claims, "name") or email or oid, email, _role(claims.get("roles")))

    def _key(self, header: Mapping[str, Any]) -> "PyJWK":
        kid = header.get("kid")
        if not isinstance(kid, str):
            raise Unauthenticated("The access token names no key (kid).")
        if self._is_due(KEYS_SECONDS) or (kid not in self._keys and self._is_due(REFETCH_SECONDS)):
            self._refresh(kid)
        try:
            return self._keys[kid]
        except KeyError:
            raise Unauthenticated("The access token is signed with a key that the issuer does not publish.") from None

    def _is_due(self, seconds: float) -> bool:
        return time.monotonic() - self._fetched_at >= seconds

    def _refresh(self, kid: str) -> None:
        """Fetch the keys once for all who wait; keep the old ones if the issuer is away and they still serve."""
        with self._lock:
            if kid in self._keys and not self._is_due(KEYS_SECONDS):
                return
            try:
                self._fetch_once()
            except DependencyDown:
                if kid not in self._keys:
                    raise

    def _fetch_once(self) -> None:
        """Fetch the keys unless that was done, or failed, a moment ago."""
        if not self._is_due(REFETCH_SECONDS):
            return
        if time.monotonic() - self._failed_at < RETRY_SECONDS:
            raise DependencyDown("identity provider")
        try:
            self._keys = self._fetch()
            self._fetched_at = time.monotonic()
            # what a key that is no longer published has signed is not believed on
            self._believed.clear()
        except DependencyDown:
            self._failed_at = time.monotonic()
            raise

    def _fetch(self) -> Mapping[str, "PyJWK"]:
        import jwt

        document = get_json(self._discovery_url)
        found = jwt.PyJWKClient(str(document.get("jwks_uri", "")), cache_jwk_set=False, timeout=TIMEOUT_SECONDS)
        try:
            keys = found.get_signing_keys(refresh=True)
        except jwt.PyJWTError as error:
            raise DependencyDown("identity provider") from error
        return {str(key.key_id): key for key in keys if key.algorithm_name in ALGORITHMS}


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    usable = isinstance(value, str) and value.strip() and value.isprintable()
    return value.strip()[:_TEXT_MAX] if isinstance(value, str) and usable else None


def _role(roles: object) -> Role | None:
    """Answer the highest role that means something here; `roles` is a list, or one text at some issuers."""
    names = [roles] if isinstance(roles, str) else roles if isinstance(roles, list) else []
    known = [role for name in names if isinstance(name, str) and (role := Role.named(name))]
    return max(known, default=None)


def _plainly(error: Exception) -> str:
    """Answer the library's word for the fault, which never quotes the token."""
    return str(error).rstrip(".").lower()
