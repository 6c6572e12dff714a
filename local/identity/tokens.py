"""The tokens of the issuer, with the claims that Microsoft Entra ID puts into them."""

import base64
import hashlib
import json
import time
from typing import Any

import jwt
from pydantic import BaseModel, ConfigDict, Field

from local.identity.keys import ALGORITHM, KeyRing
from local.people import find_person, find_tenant, roles_of

AUDIENCE = "api://motorpool"
LIFETIME_SECONDS = 3600
REFRESH_SECONDS = 24 * 3600
# far enough for any test, near enough that times remain times
LONGEST_SECONDS = 10 * 365 * 24 * 3600


class Identity(BaseModel):
    """Who a token speaks for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    tid: str = Field(min_length=1, max_length=200)
    oid: str = Field(min_length=1, max_length=200)
    name: str | None = Field(default=None, max_length=200)
    roles: list[str] | None = Field(default=None, max_length=50)

    def claims(self) -> dict[str, Any]:
        """Answer what the token says of the person; demo people bring their own name and address."""
        person = find_person(self.tid, self.oid)
        tenant = find_tenant(self.tid)
        domain = tenant.people[0].email.partition("@")[2] if tenant else "local.example"
        email = person.email if person else f"{self.oid}@{domain}"
        return {
            "tid": self.tid,
            "oid": self.oid,
            # as in Entra, the subject is no other identifier of the person, and stays the same
            "sub": _digest(f"{self.tid}/{self.oid}"),
            "name": self.name or (person.name if person else self.oid),
            "preferred_username": email,
            "email": email,
            "roles": roles_of(self.oid) if self.roles is None else self.roles,
        }


class TokenOrder(Identity):
    """A wish for an access token that says anything at all; for people with curl, and for tests.

    `claims` overrides any claim, and removes it where the value is null. `expires_in` may be negative.
    """

    expires_in: int = Field(default=LIFETIME_SECONDS, ge=-LONGEST_SECONDS, le=LONGEST_SECONDS)
    overrides: dict[str, Any] = Field(default_factory=dict, alias="claims")


class BadTokenError(ValueError):
    """A token that this issuer did not make, or that is no longer good."""


class Issuer:
    """Makes and reads the tokens of one issuer URL."""

    def __init__(self, url: str, keys: KeyRing) -> None:
        self.url = url
        self.keys = keys

    def access_token(self, identity: Identity, client_id: str, expires_in: int = LIFETIME_SECONDS) -> str:
        """Make the token that the API takes."""
        return self._sign(self._access_claims(identity, client_id, expires_in))

    def ordered_token(self, order: TokenOrder, client_id: str) -> str:
        """Make an access token as ordered, whatever it says.

        Raises:
            ValueError: a claim has no JSON form (NaN, an infinite number).
        """
        claims = self._access_claims(order, client_id, order.expires_in) | order.overrides
        return self._sign({name: value for name, value in claims.items() if value is not None})

    def id_token(self, identity: Identity, client_id: str, nonce: str | None) -> str:
        """Make the token that tells the client who signed in."""
        answer = {"nonce": nonce} if nonce else {}
        return self._sign(self._times(LIFETIME_SECONDS) | identity.claims() | {"aud": client_id} | answer)

    def refresh_token(self, identity: Identity, client_id: str, scope: str) -> str:
        """Make a token that buys the others anew; it holds all it needs, so it survives a restart."""
        about = {"aud": self._refresh_audience, "azp": client_id, "scope": scope}
        return self._sign(self._times(REFRESH_SECONDS) | about | {"identity": identity.model_dump()})

    def read_access_token(self, token: str) -> dict[str, Any]:
        """Answer the claims of a good access token.

        Raises:
            BadTokenError: it is not one.
        """
        return self._read(token, AUDIENCE)

    def read_refresh_token(self, token: str) -> tuple[Identity, str, str]:
        """Answer the identity, client and scope of a good refresh token.

        Raises:
            BadTokenError: it is not one.
        """
        claims = self._read(token, self._refresh_audience)
        return Identity.model_validate(claims["identity"]), claims["azp"], claims["scope"]

    @property
    def _refresh_audience(self) -> str:
        return f"{self.url}/token"

    def _access_claims(self, identity: Identity, client_id: str, expires_in: int) -> dict[str, Any]:
        about = {"aud": AUDIENCE, "azp": client_id, "scp": "access", "ver": "2.0"}
        return self._times(expires_in) | about | identity.claims()

    def _times(self, expires_in: int) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self.url, "iat": now, "nbf": now, "exp": now + expires_in}

    def _sign(self, claims: dict[str, Any]) -> str:
        key = self.keys.signing
        # PyJWS, because PyJWT's own encoder refuses some of the false claims that tests want to see refused
        payload = json.dumps(claims, allow_nan=False, separators=(",", ":")).encode()
        headers = {"kid": key.kid, "typ": "JWT"}
        return jwt.PyJWS().encode(payload, key.private, algorithm=ALGORITHM, headers=headers)

    def _read(self, token: str, audience: str) -> dict[str, Any]:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = next((key for key in self.keys.published if key.kid == kid), None)
            if key is None:
                raise BadTokenError("The token was not signed with a key of this issuer.")
            public = key.private.public_key()
            read: dict[str, Any] = jwt.decode(token, public, algorithms=[ALGORITHM], audience=audience, issuer=self.url)
        except jwt.InvalidTokenError as error:
            raise BadTokenError(f"The token is not good: {error}.") from error
        return read


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
