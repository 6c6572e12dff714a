"""Authorization codes: a browser's request, and the one use of the code that answers it (RFC 6749, 7636)."""

import base64
import hashlib
import re
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ConfigDict

from local.identity.tokens import Identity

CLIENT_ID = "motorpool-web"
CODE_SECONDS = 60
MOST_CODES = 1000
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
LOOPBACK_NAMES = {"localhost", "127.0.0.1", "::1"}


class BadRequestError(ValueError):
    """A request that must not be answered by a redirect, since its return address cannot be trusted."""


class GrantError(ValueError):
    """A request refused with an error code of OAuth 2.0."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code


class SignInRequest(BaseModel):
    """What a client asks of `/authorize`; its fields are the parameters by name, others are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    client_id: str = ""
    redirect_uri: str = ""
    response_type: str = ""
    scope: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""
    state: str | None = None
    nonce: str | None = None
    login_hint: str | None = None
    prompt: str | None = None

    @classmethod
    def read(cls, given: Mapping[str, str], redirect_uris: frozenset[str]) -> "SignInRequest":
        """Read the parameters.

        Args:
            given: the parameters of the query or the form.
            redirect_uris: addresses that the client may return to beside those of this machine.

        Raises:
            BadRequestError: the client or its return address is unknown.
        """
        request = cls.model_validate(dict(given))
        if request.client_id != CLIENT_ID:
            raise BadRequestError(f"Unknown client_id: the only client here is {CLIENT_ID}.")
        if request.redirect_uri not in redirect_uris and not is_local(request.redirect_uri):
            raise BadRequestError("The redirect_uri must be on http(s)://localhost or 127.0.0.1.")
        return request

    def check(self) -> None:
        """Check the rest of the request, whose faults the client is told by a redirect.

        Raises:
            GrantError: with the code for the client.
        """
        if self.response_type != "code":
            raise GrantError("unsupported_response_type", "Only response_type=code is offered.")
        if self.code_challenge_method != "S256" or not CHALLENGE.fullmatch(self.code_challenge):
            raise GrantError("invalid_request", "PKCE is required: a code_challenge with method S256.")
        if self.prompt == "none":
            raise GrantError("login_required", "Nobody stays signed in here: show the sign-in page.")

    def return_address(self, **answer: str) -> str:
        """Answer the redirect back to the client, with its state."""
        return with_query(self.redirect_uri, answer | ({"state": self.state} if self.state is not None else {}))


@dataclass(frozen=True)
class Grant:
    """Who signed in, for which request, until when (seconds of the monotonic clock)."""

    identity: Identity
    request: SignInRequest
    expires_at: float


class Codes:
    """The codes that wait to be exchanged: each once, within a minute."""

    def __init__(self) -> None:
        self._grants: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def issue(self, identity: Identity, request: SignInRequest) -> str:
        """Make a code for somebody who has signed in."""
        code = secrets.token_urlsafe(32)
        now = time.monotonic()
        with self._lock:
            live = [(key, grant) for key, grant in self._grants.items() if grant.expires_at > now]
            self._grants = dict(live[-MOST_CODES:])
            self._grants[code] = Grant(identity, request, now + CODE_SECONDS)
        return code

    def exchange(self, form: Mapping[str, str]) -> Grant:
        """Use up the code of a token request.

        Raises:
            GrantError: the code is unknown, used or too old, or the request is not its owner's.
        """
        with self._lock:
            grant = self._grants.pop(form.get("code", ""), None)
        if grant is None or grant.expires_at <= time.monotonic():
            raise GrantError("invalid_grant", "The code is unknown, was used before, or is older than a minute.")
        asked = grant.request
        if (form.get("client_id"), form.get("redirect_uri")) != (asked.client_id, asked.redirect_uri):
            raise GrantError("invalid_grant", "The code belongs to another client_id or redirect_uri.")
        verifier = form.get("code_verifier", "")
        if not VERIFIER.fullmatch(verifier) or _challenge_of(verifier) != asked.code_challenge:
            raise GrantError("invalid_grant", "The code_verifier does not fit the code_challenge.")
        return grant


def with_query(address: str, query: Mapping[str, str]) -> str:
    """Answer the address with more query parameters."""
    if not query:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def is_local(address: str) -> bool:
    """Say whether an address is a plain one of this machine, without a fragment or a user."""
    try:
        parts = urlsplit(address)
        named = parts.hostname in LOOPBACK_NAMES and (parts.port or 1) > 0
    except ValueError:
        return False
    plain = parts.username is None and "#" not in address and address.isprintable() and " " not in address
    return parts.scheme in {"http", "https"} and named and plain and "\\" not in address


def _challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
