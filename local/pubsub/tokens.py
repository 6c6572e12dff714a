"""Tokens: of clients and of REST calls, which others sign, and those for coming back, which the emulator signs."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import jwt

from local.pubsub.refusals import Refusal

LEAST_KEY_BYTES = 32
SKEW_SECONDS = 300
WEEK_SECONDS = 7 * 24 * 3600
ALGORITHM = "HS256"
LOOPBACKS = ("127.0.0.1", "localhost", "[::1]")
USUAL_PORTS = (":80", ":443")


@dataclass(frozen=True)
class Audience:
    """What a token is for: a host and a path, spelt in one way."""

    host: str
    path: str

    @classmethod
    def read(cls, address: str) -> "Audience":
        """Read an address: scheme, query, case, escapes and a slash at the end make no difference.

        Raises:
            ValueError: it is no address.
        """
        parts = urlsplit(address)
        host = parts.netloc.lower()
        for port in USUAL_PORTS:
            host = host.removesuffix(port)
        return cls(host, unquote(parts.path).rstrip("/").lower())


class Tokens:
    """Makes and checks the tokens of one access key.

    Args:
        key: the access key; its text, not what it may be the base64 of.
        hosts: names with port under which the emulator is reached, beside what the request itself says.
    """

    def __init__(self, key: str, hosts: Iterable[str]) -> None:
        self._key = key.encode()
        self._hosts = {host.lower() for host in hosts}

    def claims_of_call(self, token: str, host: str, path: str) -> dict[str, Any]:
        """Answer the claims of a REST call's token.

        Raises:
            Refusal: the token is none, or is not for this call.
        """
        return self._claims(token, host, [path])

    def claims_of_client(self, token: str, host: str, hub: str) -> dict[str, Any]:
        """Answer the claims of a client's token.

        Raises:
            Refusal: the token is none, or is not for this hub.
        """
        return self._claims(token, host, [f"/client/hubs/{hub}", f"/client/?hub={hub}"])

    def client_token(self, host: str, hub: str, claims: dict[str, Any], minutes: int) -> str:
        """Sign a client's token, as the service does for callers who have no key."""
        now = int(time.time())
        own = {"aud": f"http://{host}/client/hubs/{hub}", "iat": now, "exp": now + minutes * 60}
        return jwt.encode({**own, **claims}, self._key, ALGORITHM)

    def return_token(self, connection_id: str) -> str:
        """Sign the token with which a client takes up its connection again."""
        claims = {"aud": connection_id, "exp": int(time.time()) + WEEK_SECONDS}
        return jwt.encode(claims, self._key, ALGORITHM)

    def allows_return(self, token: str, connection_id: str) -> bool:
        """Say whether the token is one for coming back to this connection."""
        try:
            jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=connection_id,
                options={"require": ["exp", "aud"]},
            )
        except jwt.InvalidTokenError:
            return False
        return True

    def _claims(self, token: str, host: str, paths: list[str]) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                leeway=SKEW_SECONDS,
                options={"require": ["exp", "aud"], "verify_aud": False},
            )
        except jwt.InvalidTokenError as error:
            raise Refusal(401, f"The access token is not good: {error}.") from None
        wanted = [self._wanted(host, path) for path in paths]
        if not any(self._is_for(audience, wanted) for audience in texts(claims["aud"])):
            raise Refusal(401, "The access token is not good: its audience is another address.")
        return claims

    def _wanted(self, host: str, path: str) -> tuple[str, str, str]:
        _, _, query = path.partition("?")
        try:
            spelt = Audience.read(f"http://{host}{path}")
        except ValueError:
            raise Refusal(400, "The Host header is no host.") from None
        return spelt.host, spelt.path, query.lower()

    def _is_for(self, text: str, wanted: list[tuple[str, str, str]]) -> bool:
        try:
            audience = Audience.read(text)
        except ValueError:
            return False
        query = unquote(urlsplit(text).query).lower()
        return any(
            audience.path == path and (not needed or needed in query.split("&")) and self._is_here(audience.host, host)
            for host, path, needed in wanted
        )

    def _is_here(self, named: str, asked: str) -> bool:
        return named == asked or named in self._hosts


def loopback_hosts(port: int) -> list[str]:
    """Answer the names by which this machine reaches its own port."""
    return [f"{name}:{port}" for name in LOOPBACKS]


def texts(claim: object) -> list[str]:
    """Answer the texts of a claim that may be one text or a list of them."""
    if isinstance(claim, str):
        return [claim]
    return [item for item in claim if isinstance(item, str)] if isinstance(claim, list) else []
