"""Sign-in at an OpenID Connect issuer: authorization code with PKCE (RFC 7636), without a client secret."""

import base64
import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from shared.adapters.discovery import get_json, read_json
from shared.domain.errors import DependencyDown, Unauthenticated
from shared.ports import AccessToken, SignInSecrets

log = logging.getLogger("motorpool.sign_in")

# RFC 6749 leaves the lifetime out where the issuer has told it otherwise; an hour is the habit
USUAL_SECONDS = 3600
# the status from which on it is the issuer that failed, not what we sent
_OWN_FAULT = 500
_START_ANEW = "This sign-in took too long or was used already. Sign in again."


class OidcSignIn:
    """Sends people to one issuer and redeems what they bring back.

    Args:
        discovery_url: where the issuer describes itself.
        client_id: of this application at the issuer, a public client.
        scope: what to ask for.
        home: the application's own address; people return to `/sign-in/callback` under it.
    """

    def __init__(self, discovery_url: str, client_id: str, scope: str, home: str) -> None:
        self._discovery_url = discovery_url
        self._client_id = client_id
        self._scope = scope
        self._home = home

    def begin(self, hint: str | None) -> tuple[str, SignInSecrets]:
        """Answer the issuer's page to go to, and what to keep until the return; raise DependencyDown."""
        kept = SignInSecrets(*(secrets.token_urlsafe(32) for _ in range(3)))
        asked = {
            "client_id": self._client_id,
            "response_type": "code",
            "response_mode": "query",
            "redirect_uri": self._return_address,
            "scope": self._scope,
            "state": kept.state,
            "nonce": kept.nonce,
            "code_challenge": _challenge_of(kept.verifier),
            "code_challenge_method": "S256",
            **({"login_hint": hint} if hint else {}),
        }
        return _with_query(self._endpoint("authorization_endpoint"), asked), kept

    def finish(self, code: str, kept: SignInSecrets) -> AccessToken:
        """Redeem the code that came back; raise Unauthenticated if it is worth nothing, or DependencyDown."""
        answer = self._redeem(code, kept.verifier)
        self._check_id_token(answer.get("id_token"), kept.nonce)
        token, seconds = answer.get("access_token"), answer.get("expires_in", USUAL_SECONDS)
        if not isinstance(token, str) or not str(seconds).isdecimal():
            raise DependencyDown("identity provider")
        return AccessToken(token, int(seconds))

    def find_sign_out_url(self) -> str | None:
        """Answer the issuer's page that ends its own session, if it has one and can be asked."""
        try:
            page = get_json(self._discovery_url).get("end_session_endpoint")
        except DependencyDown:
            return None
        if not isinstance(page, str):
            return None
        return _with_query(page, {"client_id": self._client_id, "post_logout_redirect_uri": f"{self._home}/"})

    @property
    def _return_address(self) -> str:
        return f"{self._home}/sign-in/callback"

    def _endpoint(self, name: str) -> str:
        endpoint = get_json(self._discovery_url).get(name)
        if not isinstance(endpoint, str) or not endpoint.startswith(("https://", "http://")):
            raise DependencyDown("identity provider")
        return endpoint

    def _redeem(self, code: str, verifier: str) -> Mapping[str, Any]:
        from urllib.error import HTTPError
        from urllib.request import Request

        form = {
            "grant_type": "authorization_code",
            "client_id": self._client_id,
            "redirect_uri": self._return_address,
            "code": code,
            "code_verifier": verifier,
            "scope": self._scope,
        }
        # Entra takes codes of a public web client only from what names its origin, as a browser would
        headers = {"Origin": self._home, "Accept": "application/json"}
        request = Request(self._endpoint("token_endpoint"), urlencode(form).encode(), headers)  # noqa: S310 - checked
        try:
            return read_json(request)
        except HTTPError as error:
            _tell(error)
            fault = Unauthenticated(_START_ANEW) if error.code < _OWN_FAULT else DependencyDown("identity provider")
            raise fault from error
        except (OSError, ValueError) as error:
            raise DependencyDown("identity provider") from error

    def _check_id_token(self, id_token: object, nonce: str) -> None:
        """Check that the issuer answers this very sign-in.

        The token came from the issuer itself, so its signature adds nothing (OpenID Connect Core 1.0, 3.1.3.7);
        who the person is, the access token says, which is verified in full.
        """
        import jwt

        try:
            claims = jwt.decode(str(id_token), options={"verify_signature": False})
        except jwt.PyJWTError as error:
            raise DependencyDown("identity provider") from error
        audience = claims.get("aud")
        ours = self._client_id in (audience if isinstance(audience, list) else [audience])
        if not ours or not hmac.compare_digest(str(claims.get("nonce")).encode(), nonce.encode()):
            raise Unauthenticated(_START_ANEW)


def _tell(error: Any) -> None:
    """Log the issuer's code for a refusal, never its sentence, which may name a person."""
    import json

    try:
        told = json.loads(error.read(64 * 1024))
        reason = {"error": told.get("error"), "error_codes": told.get("error_codes")}
    except (OSError, ValueError, AttributeError):
        reason = {}
    log.warning("the issuer refused a code", extra={"status": error.code, **reason})


def _challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _with_query(address: str, query: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"
