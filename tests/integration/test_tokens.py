"""Which tokens are believed: real keys, a real issuer over HTTP, and every forgery we know of."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from shared.adapters import tokens
from shared.adapters.tokens import OidcVerifier
from shared.domain.errors import DependencyDown, Unauthenticated
from shared.domain.principal import Role
from tests.world import World

AUDIENCE = "api://motorpool"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """An OpenID Connect issuer that publishes keys and counts who asks."""

    def __init__(self) -> None:
        self.keys = {"rsa": RSA_KEY.public_key(), "ec": EC_KEY.public_key()}
        self.asked = 0
        self.is_away = False
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if issuer.is_away:
                    self.send_error(503)
                    return
                issuer.asked += self.path == "/keys"
                body = issuer.document() if self.path != "/keys" else issuer.published()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library calls it
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def document(self) -> dict[str, str]:
        return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}

    def published(self) -> dict[str, Any]:
        return {
            "keys": [
                {**self._jwk(key), "kid": kid, "use": "sig", "alg": "RS256" if kid.startswith("rsa") else "ES256"}
                for kid, key in self.keys.items()
            ]
        }

    @staticmethod
    def _jwk(key: Any) -> dict[str, Any]:
        algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPublicKey) else ECAlgorithm
        return dict(algorithm.to_jwk(key, as_dict=True))

    def claims(self, **more: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "iat": now,
            "nbf": now,
            "exp": now + 600,
            "tid": "acme",
            "oid": "driver-1",
            "name": "Dana Driver",
            "preferred_username": "dana@example.org",
            "roles": ["driver"],
            **more,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, key: Any = RSA_KEY, kid: str | None = "rsa", algorithm: str = "RS256", **claims: Any) -> str:
        headers = {} if kid is None else {"kid": kid}
        return jwt.encode(self.claims(**claims), key, algorithm=algorithm, headers=headers)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def verifier(issuer: Issuer) -> OidcVerifier:
    return OidcVerifier(issuer.url, AUDIENCE, f"{issuer.url}/.well-known/openid-configuration")


def test_a_good_token_names_tenant_user_and_role(issuer: Issuer, verifier: OidcVerifier) -> None:
    found = verifier.verify(issuer.token(roles=["driver", "manager", "somebody-elses-role"]))
    assert (found.tid, found.oid, found.name, found.email) == ("acme", "driver-1", "Dana Driver", "dana@example.org")
    assert found.role is Role.MANAGER


def test_es256_is_believed_too(issuer: Issuer, verifier: OidcVerifier) -> None:
    assert verifier.verify(issuer.token(EC_KEY, "ec", "ES256")).oid == "driver-1"


def test_sub_stands_in_for_oid(issuer: Issuer, verifier: OidcVerifier) -> None:
    assert verifier.verify(issuer.token(oid=None, sub="subject-1")).oid == "subject-1"


def test_a_role_that_means_nothing_here_is_none(issuer: Issuer, verifier: OidcVerifier) -> None:
    for roles in (["Owner", "MANAGER"], [], None, "x", [7, {}]):
        assert verifier.verify(issuer.token(roles=roles)).role is None


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _signed_with_the_public_key(issuer: Issuer) -> str:
    """HS256 keyed with the published key: what fools a verifier that lets the token choose."""
    public = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = _b64(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "rsa"}).encode())
    payload = _b64(json.dumps(issuer.claims()).encode())
    signature = _b64(hmac.new(public, f"{header}.{payload}".encode(), hashlib.sha256).digest())
    return f"{header}.{payload}.{signature}"


def _unsigned(issuer: Issuer) -> str:
    header = _b64(json.dumps({"alg": "none", "kid": "rsa"}).encode())
    return f"{header}.{_b64(json.dumps(issuer.claims()).encode())}."


def _altered(issuer: Issuer) -> str:
    header, _, signature = issuer.token().split(".")
    return f"{header}.{_b64(json.dumps(issuer.claims(roles=['admin'])).encode())}.{signature}"


FORGERIES: dict[str, Callable[[Issuer], str]] = {
    "alg none": _unsigned,
    "HS256 signed with the public key": _signed_with_the_public_key,
    "altered claims": _altered,
    "a stranger's key under a known kid": lambda issuer: issuer.token(STRANGER),
    "no kid": lambda issuer: issuer.token(kid=None),
    "RS512": lambda issuer: issuer.token(algorithm="RS512"),
    "PS256": lambda issuer: issuer.token(algorithm="PS256"),
    "wrong audience": lambda issuer: issuer.token(aud="api://other"),
    "no audience": lambda issuer: issuer.token(aud=None),
    "wrong issuer": lambda issuer: issuer.token(iss="https://elsewhere.example"),
    "no issuer": lambda issuer: issuer.token(iss=None),
    "expired": lambda issuer: issuer.token(exp=int(time.time()) - 61),
    "no expiry": lambda issuer: issuer.token(exp=None),
    "not yet valid": lambda issuer: issuer.token(nbf=int(time.time()) + 70),
    "no tid": lambda issuer: issuer.token(tid=None),
    "blank tid": lambda issuer: issuer.token(tid="  "),
    "tid of another type": lambda issuer: issuer.token(tid=7),
    "no user": lambda issuer: issuer.token(oid=None),
    "rubbish": lambda _: "a.b.c",
    "empty": lambda _: "",
    "one part": lambda _: "abc",
    "a key of ours in the header": lambda issuer: jwt.encode(
        issuer.claims(), STRANGER, "RS256", headers={"kid": "rsa", "jwk": {"kty": "RSA"}, "jku": "http://127.0.0.1:1/"}
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forgeries_are_not_believed(issuer: Issuer, verifier: OidcVerifier, forgery: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        verifier.verify(FORGERIES[forgery](issuer))
    assert refused.value.status == 401


def test_clocks_may_differ_by_a_minute(issuer: Issuer, verifier: OidcVerifier) -> None:
    now = int(time.time())
    assert verifier.verify(issuer.token(exp=now - 50)).oid
    assert verifier.verify(issuer.token(nbf=now + 50)).oid


def test_a_rotated_key_is_fetched_when_it_first_appears(
    issuer: Issuer, verifier: OidcVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "REFETCH_SECONDS", 0.2)
    old = issuer.token()
    verifier.verify(old)
    issuer.keys = {"rsa-2": STRANGER.public_key()}
    time.sleep(0.3)
    assert verifier.verify(issuer.token(STRANGER, "rsa-2")).oid
    with pytest.raises(Unauthenticated):
        verifier.verify(old)


def test_a_believed_token_is_believed_no_longer_than_it_lasts(
    issuer: Issuer, verifier: OidcVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "SKEW_SECONDS", 0)
    token = issuer.token(exp=int(time.time()) + 2)
    assert verifier.verify(token) is verifier.verify(token)
    time.sleep(2.1)
    with pytest.raises(Unauthenticated):
        verifier.verify(token)


def test_believed_tokens_are_forgotten_when_there_are_too_many(
    issuer: Issuer, verifier: OidcVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "BELIEVED_MOST", 3)
    for number in range(10):
        assert verifier.verify(issuer.token(oid=f"driver-{number}")).oid == f"driver-{number}"
    assert len(verifier._believed) <= 3


def test_unknown_keys_ask_the_issuer_once_a_minute(issuer: Issuer, verifier: OidcVerifier) -> None:
    verifier.verify(issuer.token())
    for _ in range(50):
        with pytest.raises(Unauthenticated):
            verifier.verify(issuer.token(STRANGER, secrets.token_hex(4)))
    assert issuer.asked == 1


def test_issuer_away_is_said_and_recovered_from(issuer: Issuer, verifier: OidcVerifier) -> None:
    issuer.is_away = True
    with pytest.raises(DependencyDown):
        verifier.verify(issuer.token())
    with pytest.raises(DependencyDown):
        verifier.ping()
    issuer.is_away = False
    time.sleep(tokens.RETRY_SECONDS)
    assert verifier.verify(issuer.token()).oid
    issuer.is_away = True
    assert verifier.verify(issuer.token()).oid, "known keys serve on"


def test_issuer_may_be_a_template(issuer: Issuer) -> None:
    template = OidcVerifier(f"{issuer.url}/{{tid}}/v2.0", AUDIENCE, f"{issuer.url}/.well-known/openid-configuration")
    assert template.verify(issuer.token(iss=f"{issuer.url}/acme/v2.0")).tid == "acme"
    with pytest.raises(Unauthenticated):
        template.verify(issuer.token(iss=f"{issuer.url}/globex/v2.0"))


def test_the_local_issuer_is_believed_by_the_same_code(world: World) -> None:
    verifier = OidcVerifier(
        world.settings["OIDC_ISSUER"], AUDIENCE, f"{world.identity}/.well-known/openid-configuration"
    )
    found = verifier.verify(world.token("t", "manager-1", ["manager"], name="Mia Manager"))
    assert (found.tid, found.oid, found.name, found.role) == ("t", "manager-1", "Mia Manager", Role.MANAGER)
