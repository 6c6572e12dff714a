"""An operator's access token: given, made by the identity stand-in, or from a sign-in in the browser (PKCE)."""

import base64
import hashlib
import http.server
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tools.database import OperatorFault

LOOPBACK_NAMES = {"localhost", "127.0.0.1", "::1"}
WAIT_SECONDS = 300


def stand_in_token(config: dict[str, Any], tid: str, oid: str) -> str:
    """Answer a token of anybody from the identity stand-in; raise OperatorFault if the issuer is a real one."""
    issuer = str(config["issuer"])
    if urlsplit(issuer).hostname not in LOOPBACK_NAMES:
        raise OperatorFault(f"--as is for the identity stand-in of one machine; {issuer} wants a real sign-in.")
    answer = httpx.post(f"{issuer}/local/token", json={"tid": tid, "oid": oid, "expires_in": 43200}, timeout=30)
    if answer.is_error:
        raise OperatorFault(f"The identity stand-in refused: {answer.text[:300]}")
    return str(answer.json()["access_token"])


def browser_token(config: dict[str, Any], say: Any = print) -> str:
    """Answer the token of whoever signs in at the issuer's page within five minutes."""
    document = httpx.get(config["endpoints"]["discovery"], timeout=30).raise_for_status().json()
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    with _Return(("127.0.0.1", 0), _Page) as server:
        address = f"http://localhost:{server.server_port}/"
        asked = {
            "client_id": config["client_id"],
            "redirect_uri": address,
            "response_type": "code",
            "scope": config["scope"],
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "state": state,
        }
        say(f"Sign in here:\n  {document['authorization_endpoint']}?{urlencode(asked)}")
        code = server.wait_for_code(state)
    form = {
        "grant_type": "authorization_code",
        "client_id": config["client_id"],
        "code": code,
        "redirect_uri": address,
        "code_verifier": verifier,
    }
    answer = httpx.post(document["token_endpoint"], data=form, timeout=30)
    if answer.is_error:
        raise OperatorFault(f"The issuer refused the code: {answer.text[:300]}")
    return str(answer.json()["access_token"])


class _Return(http.server.HTTPServer):
    """Waits on this machine for the browser's return from the issuer's page."""

    timeout = WAIT_SECONDS
    answer: dict[str, list[str]] | None = None

    def wait_for_code(self, state: str) -> str:
        """Answer the code that came with that state."""
        while self.answer is None:
            self.handle_request()
        if self.answer.get("state") != [state] or "code" not in self.answer:
            error = " ".join(self.answer.get("error_description", self.answer.get("error", ["no code came back"])))
            raise OperatorFault(f"Nobody was signed in: {error}.")
        return self.answer["code"][0]

    def handle_timeout(self) -> None:
        """Give up."""
        raise OperatorFault("Nobody signed in within five minutes; try again.")


class _Page(http.server.BaseHTTPRequestHandler):
    """What the browser shows when it has come back."""

    server: _Return

    def do_GET(self) -> None:
        """Keep the answer, and send the person back to the terminal."""
        url = urlsplit(self.path)
        found = url.path == "/" and bool(url.query)
        if found:
            self.server.answer = parse_qs(url.query)
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"Signed in. You can close this page." if found else b"Nothing here.")

    def log_message(self, *_: Any) -> None:
        """Keep the terminal free."""
