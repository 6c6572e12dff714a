"""Sign-in at the real stand-in for the issuer, and at issuers that misbehave."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import jwt
import pytest

from shared.adapters.sign_in import OidcSignIn
from shared.domain.errors import DependencyDown, Unauthenticated
from shared.ports import SignInSecrets
from tests.world import World

HOME = "http://localhost:7071"
KEPT = SignInSecrets("state", "nonce", "v" * 43)
NOWHERE = "http://127.0.0.1:1/.well-known/openid-configuration"


def sign_in_at(issuer: str) -> OidcSignIn:
    return OidcSignIn(f"{issuer}/.well-known/openid-configuration", "motorpool-web", "openid api://m/.default", HOME)


@pytest.fixture
def sign_in(world: World) -> OidcSignIn:
    return sign_in_at(world.identity)


def code_of(page: str) -> str:
    """Choose a person on the issuer's page, and answer the code that it sends back."""
    asked = {**dict(parse_qsl(urlsplit(page).query)), "tid": "some-tenant", "oid": "driver-1"}
    answer = httpx.post(f"{page.partition('?')[0]}", data=asked)
    assert answer.status_code == 303, answer.text
    returned = parse_qs(urlsplit(answer.headers["location"]).query)
    assert answer.headers["location"].startswith(f"{HOME}/sign-in/callback?")
    assert returned["state"] == [asked["state"]]
    return returned["code"][0]


def test_a_person_who_signs_in_brings_an_access_token(sign_in: OidcSignIn) -> None:
    page, kept = sign_in.begin("driver-1@acme.example")
    token = sign_in.finish(code_of(page), kept)
    claims = jwt.decode(token.text, options={"verify_signature": False})
    assert (claims["tid"], claims["oid"], claims["aud"]) == ("some-tenant", "driver-1", "api://motorpool")
    assert token.seconds == 3600
    assert dict(parse_qsl(urlsplit(page).query))["login_hint"] == "driver-1@acme.example"


def test_no_two_sign_ins_share_a_secret(sign_in: OidcSignIn) -> None:
    (one, first), (other, second) = sign_in.begin(None), sign_in.begin(None)
    secrets = [first.state, first.nonce, first.verifier, second.state, second.nonce, second.verifier]
    assert len({*secrets}) == 6
    assert all(len(secret) >= 43 for secret in secrets)
    assert first.verifier not in one
    assert "login_hint" not in other


@pytest.mark.parametrize("forgotten", ["verifier", "nonce"])
def test_a_code_is_worth_nothing_without_what_the_browser_kept(sign_in: OidcSignIn, forgotten: str) -> None:
    page, kept = sign_in.begin(None)
    with pytest.raises(Unauthenticated):
        sign_in.finish(code_of(page), replace(kept, **{forgotten: "x" * 43}))


def test_a_code_is_good_once(sign_in: OidcSignIn) -> None:
    page, kept = sign_in.begin(None)
    code = code_of(page)
    sign_in.finish(code, kept)
    with pytest.raises(Unauthenticated, match="Sign in again"):
        sign_in.finish(code, kept)


def test_signing_out_ends_the_issuers_session_too(sign_in: OidcSignIn, world: World) -> None:
    page = sign_in.find_sign_out_url()
    assert page is not None
    assert page.startswith(f"{world.identity}/logout?")
    assert parse_qs(urlsplit(page).query)["post_logout_redirect_uri"] == [f"{HOME}/"]
    assert httpx.get(page).headers["location"] == f"{HOME}/"


def test_an_issuer_that_is_away_is_a_dependency_that_is_down() -> None:
    away = OidcSignIn(NOWHERE, "motorpool-web", "openid", HOME)
    with pytest.raises(DependencyDown):
        away.begin(None)
    with pytest.raises(DependencyDown):
        away.finish("code", KEPT)
    assert away.find_sign_out_url() is None


@contextmanager
def issuer_that_answers(answer: Callable[[BaseHTTPRequestHandler], tuple[int, bytes]]) -> Iterator[str]:
    """Run an issuer whose discovery is right and whose token endpoint answers whatever the test says."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            home = f"http://127.0.0.1:{server.server_port}"
            self.say(200, json.dumps({"token_endpoint": f"{home}/token"}).encode())

        def do_POST(self) -> None:
            self.say(*answer(self))

        def say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep the test's output clean."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def id_token(**claims: Any) -> str:
    return jwt.encode({"aud": "motorpool-web", "nonce": "nonce", **claims}, "k" * 32, "HS256")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (503, b"<html>"),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, json.dumps({"access_token": "t"}).encode()),
        (200, json.dumps({"id_token": id_token()}).encode()),
        (200, json.dumps({"id_token": "a.b.c", "access_token": "t"}).encode()),
        (200, json.dumps({"id_token": id_token(), "access_token": "t", "expires_in": "soon"}).encode()),
        (200, json.dumps({"id_token": id_token(), "access_token": 7, "expires_in": 60}).encode()),
    ],
)
def test_an_issuer_that_answers_nonsense_is_a_dependency_that_is_down(status: int, body: bytes) -> None:
    with issuer_that_answers(lambda _: (status, body)) as issuer, pytest.raises(DependencyDown):
        sign_in_at(issuer).finish("code", KEPT)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b'{"error": "invalid_grant", "error_codes": [54005]}'),
        (400, b"[]"),
        (401, b"no"),
        (200, json.dumps({"id_token": id_token(nonce="another"), "access_token": "t"}).encode()),
        (200, json.dumps({"id_token": id_token(nonce=None), "access_token": "t"}).encode()),
        (200, json.dumps({"id_token": id_token(aud="another"), "access_token": "t"}).encode()),
        (200, json.dumps({"id_token": id_token(aud=["another"]), "access_token": "t"}).encode()),
    ],
)
def test_what_the_issuer_does_not_vouch_for_is_nobody(status: int, body: bytes) -> None:
    with issuer_that_answers(lambda _: (status, body)) as issuer, pytest.raises(Unauthenticated):
        sign_in_at(issuer).finish("code", KEPT)


def test_the_code_is_redeemed_as_entra_wants_it_of_a_web_client() -> None:
    seen: dict[str, Any] = {}

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        seen.update(origin=request.headers["Origin"], form=dict(parse_qsl(body.decode())))
        tokens = {"id_token": id_token(aud=["motorpool-web"]), "access_token": "token", "expires_in": "60"}
        return 200, json.dumps(tokens).encode()

    with issuer_that_answers(answer) as issuer:
        token = sign_in_at(issuer).finish("the code", KEPT)
    assert (token.text, token.seconds) == ("token", 60)
    assert seen["origin"] == HOME
    assert seen["form"] == {
        "grant_type": "authorization_code",
        "client_id": "motorpool-web",
        "redirect_uri": f"{HOME}/sign-in/callback",
        "code": "the code",
        "code_verifier": KEPT.verifier,
        "scope": "openid api://m/.default",
    }
