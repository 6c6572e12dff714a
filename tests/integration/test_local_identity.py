"""The identity stand-in, seen as a client, a browser and an API see an OpenID Connect issuer."""

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from local.identity.grants import CODE_SECONDS, Codes, GrantError, SignInRequest, is_local
from local.identity.server import IdentityServer
from local.identity.tokens import Identity
from local.people import ACME, TENANTS
from local.ports import free_port

VERIFIER = "a" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BACK = "http://localhost:5173/callback"
ASKED = {
    "client_id": "motorpool-web",
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": "openid profile offline_access",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
    "state": "s&=1",
    "nonce": "n-1",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityServer]:
    directory = tmp_path_factory.mktemp("identity")
    with IdentityServer(directory, free_port(), free_port()) as running:
        yield running


@pytest.fixture
def http(server: IdentityServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.issuer) as client:
        yield client


def verified(server: IdentityServer, token: str, audience: str = "api://motorpool") -> dict[str, object]:
    """Read a token as any relying party does, from the published keys."""
    key = jwt.PyJWKClient(f"{server.issuer}/keys").get_signing_key_from_jwt(token)
    read: dict[str, object] = jwt.decode(token, key, ["RS256"], audience=audience, issuer=server.issuer)
    return read


def sign_in(http: httpx.Client, **changes: str) -> dict[str, str]:
    """Sign in as a browser does and answer what comes back to the client."""
    who = {"tid": ACME.tid, "oid": "driver-3"}
    answer = http.post("/authorize", data=ASKED | who | changes)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(BACK + "?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def exchange(http: httpx.Client, code: str, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "client_id": "motorpool-web", "redirect_uri": BACK}
    return http.post("/token", data=form | {"code": code, "code_verifier": VERIFIER} | changes)


def test_discovery_names_endpoints_that_exist(server: IdentityServer, http: httpx.Client) -> None:
    configuration = http.get("/.well-known/openid-configuration").json()
    assert configuration["issuer"] == server.issuer
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"):
        assert http.get(configuration[name]).status_code != 404


def test_a_browser_signs_in_with_code_and_pkce(server: IdentityServer, http: httpx.Client) -> None:
    back = sign_in(http)
    assert back["state"] == "s&=1"
    tokens = exchange(http, back["code"]).json()
    claims = verified(server, tokens["access_token"])
    assert (claims["tid"], claims["oid"], claims["roles"]) == (ACME.tid, "driver-3", ["driver"])
    assert (claims["name"], claims["email"]) == ("Priya Raman", "driver-3@acme.example")
    assert {"exp", "nbf", "iat", "sub", "preferred_username", "scp"} <= claims.keys()
    identity = verified(server, tokens["id_token"], "motorpool-web")
    assert (identity["nonce"], identity["sub"]) == ("n-1", claims["sub"])
    who = http.get("/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}).json()
    assert who["name"] == "Priya Raman"


def test_a_refresh_token_buys_new_tokens_and_is_no_access_token(server: IdentityServer, http: httpx.Client) -> None:
    first = exchange(http, sign_in(http)["code"]).json()
    form = {"grant_type": "refresh_token", "client_id": "motorpool-web", "refresh_token": first["refresh_token"]}
    second = http.post("/token", data=form).json()
    assert verified(server, second["access_token"])["oid"] == "driver-3"
    assert http.post("/token", data=form | {"client_id": "x"}).json()["error"] == "invalid_grant"
    assert http.post("/token", data=form | {"refresh_token": first["access_token"]}).status_code == 400
    with pytest.raises(jwt.InvalidAudienceError):
        verified(server, first["refresh_token"])


@pytest.mark.parametrize(
    "changes",
    [{"code_verifier": "b" * 43}, {"code_verifier": ""}, {"redirect_uri": "http://localhost:1/"}, {"client_id": "x"}],
)
def test_a_code_is_only_good_for_its_owner_and_not_after_a_failure(http: httpx.Client, changes: dict[str, str]) -> None:
    code = sign_in(http)["code"]
    assert exchange(http, code, **changes).json()["error"] == "invalid_grant"
    assert exchange(http, code).json()["error"] == "invalid_grant"


def test_a_code_is_used_once(http: httpx.Client) -> None:
    code = sign_in(http)["code"]
    assert exchange(http, code).status_code == 200
    assert exchange(http, code).json()["error"] == "invalid_grant"


def test_a_code_lives_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("local.identity.grants.time.monotonic", lambda: now)
    codes = Codes()
    request = SignInRequest.read(ASKED, frozenset())
    form = {"client_id": "motorpool-web", "redirect_uri": BACK, "code_verifier": VERIFIER}
    issued = [codes.issue(Identity(tid="t", oid="o"), request) for _ in range(2)]
    now += CODE_SECONDS - 1
    assert codes.exchange(form | {"code": issued[0]}).identity.oid == "o"
    now += 1
    with pytest.raises(GrantError):
        codes.exchange(form | {"code": issued[1]})


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_a_faulty_request_goes_back_to_the_client(http: httpx.Client, changes: dict[str, str], error: str) -> None:
    for answer in (http.get("/authorize", params=ASKED | changes), http.post("/authorize", data=ASKED | changes)):
        assert answer.status_code == 303
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        assert (query["error"], query["state"]) == ([error], ["s&=1"])


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "http://localhost.evil.example/",
        "http://localhost@evil.example/",
        "http://localhost\\@evil.example/",
        "//localhost/",
        "javascript:alert(1)//localhost",
        "http://localhost:1/#fragment",
        "http://localhost:1/\r\nX: 1",
        "http://[::1",
        "",
    ],
)
def test_nobody_is_sent_elsewhere(http: httpx.Client, address: str) -> None:
    assert not is_local(address)
    assert http.get("/authorize", params=ASKED | {"redirect_uri": address}).status_code == 400
    assert http.post("/authorize", data=ASKED | {"redirect_uri": address, "tid": "t", "oid": "o"}).status_code == 400
    assert http.get("/logout", params={"post_logout_redirect_uri": address}).status_code == 400


def test_the_client_may_return_to_this_machine_and_to_its_list() -> None:
    for address in ("http://localhost/", "https://127.0.0.1:8443/cb?x=1", "http://[::1]:3000/"):
        assert is_local(address)
    away = "https://motorpool.example/callback"
    assert SignInRequest.read(ASKED | {"redirect_uri": away}, frozenset({away})).return_address(code="1") == (
        f"{away}?code=1&state=s%26%3D1"
    )


def test_the_page_offers_everybody_and_escapes_what_it_is_given(http: httpx.Client) -> None:
    page = http.get("/authorize", params=ASKED | {"state": '"><script>x', "login_hint": "manager-1@acme.example"})
    assert all(person.name in page.text for tenant in TENANTS for person in tenant.people)
    assert "<script" not in page.text
    assert re.findall(r'value="([^"]+)"[^>]*autofocus', page.text) == ["manager-1"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_anyone_can_be_anyone(server: IdentityServer, http: httpx.Client) -> None:
    form = {**ASKED, "tid": "t-9", "oid": "zoe", "name": "Zoë", "anyone": "yes", "roles": ["driver", "admin"]}
    answer = http.post("/authorize", data=form)
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    claims = verified(server, exchange(http, code).json()["access_token"])
    assert (claims["tid"], claims["oid"], claims["name"]) == ("t-9", "zoe", "Zoë")
    assert claims["roles"] == ["driver", "admin"]


def test_a_token_is_ordered_with_any_claims(server: IdentityServer) -> None:
    claims = verified(server, server.token(ACME.tid, "manager-1"))
    assert (claims["name"], claims["roles"]) == ("Robert Ellison", ["manager"])
    assert verified(server, server.token("t", "zoe"))["name"] == "zoe"
    assert verified(server, server.token("t", "zoe"))["roles"] == []
    bent = server.token("t", "o", roles=["x"], claims={"oid": None, "sub": "other", "extra": [1]})
    claims = verified(server, bent)
    assert "oid" not in claims
    assert (claims["sub"], claims["extra"], claims["roles"]) == ("other", [1], ["x"])
    with pytest.raises(jwt.ExpiredSignatureError):
        verified(server, server.token("t", "o", expires_in=-61))
    with pytest.raises(jwt.InvalidIssuerError):
        verified(server, server.token("t", "o", claims={"iss": "https://evil.example"}))


def test_only_this_machine_orders_tokens(server: IdentityServer, http: httpx.Client) -> None:
    order = {"tid": "t", "oid": "o"}
    for host in ("evil.example", "localhost.evil.example", ""):
        assert http.post("/local/token", json=order, headers={"Host": host}).status_code in {400, 403}
    assert http.post("/local/rotate-keys", headers={"Host": "evil.example"}).status_code == 403
    port = server.issuer.rpartition(":")[2]
    assert httpx.post(f"http://127.0.0.1:{port}/local/token", json=order).status_code == 200


def test_browsers_of_this_machine_may_call_and_others_not(http: httpx.Client) -> None:
    for origin, allowed in {"http://localhost:7071": "http://localhost:7071", "https://evil.example": None}.items():
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        assert http.options("/token", headers=headers).headers.get("access-control-allow-origin") == allowed
        assert http.get("/keys", headers={"Origin": origin}).headers.get("access-control-allow-origin") == allowed


def test_keys_rotate_with_and_without_grace(server: IdentityServer, http: httpx.Client) -> None:
    old = server.token("t", "o")
    assert len(http.post("/local/rotate-keys").json()["keys"]) == 2
    assert verified(server, old)["oid"] == "o"
    new = server.token("t", "o")
    assert jwt.get_unverified_header(new)["kid"] != jwt.get_unverified_header(old)["kid"]
    http.post("/local/rotate-keys", params={"drop": "true"})
    for withdrawn in (old, new):
        with pytest.raises(jwt.PyJWKClientError):
            verified(server, withdrawn)
    assert verified(server, server.token("t", "o"))["oid"] == "o"


def test_tokens_survive_a_restart(tmp_path: Path) -> None:
    server = IdentityServer(tmp_path, free_port(), free_port())
    with server:
        token = server.token("t", "o")
    with server:
        assert verified(server, token)["oid"] == "o"
    assert (tmp_path / "signing-keys.json").stat().st_mode & 0o077 == 0


MALFORMED = ["{", "[]", "null", "1", '{"tid":1,"oid":"o"}', '{"tid":"t"}', '{"tid":"t","oid":"o","expires_in":1e99}']
MALFORMED += ['{"tid":"t","oid":"o","claims":{"x":NaN}}', '{"tid":"\\ud800","oid":"o"}', "[" * 60_000, "\xff\xfe"]


@pytest.mark.parametrize("body", MALFORMED)
def test_a_malformed_order_is_told_so(http: httpx.Client, body: str) -> None:
    answer = http.post("/local/token", content=body.encode("latin-1"))
    assert answer.status_code == 422
    assert answer.json()["error"] == "invalid_request"


def test_a_large_body_is_refused(http: httpx.Client) -> None:
    for path in ("/local/token", "/token", "/authorize"):
        assert http.post(path, content=b"a=1&" * 50_000).status_code == 413


PATHS = ["/authorize", "/token", "/userinfo", "/logout", "/local/token", "/local/rotate-keys", "/mail/x", "/keys", "/x"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=st.sampled_from(PATHS),
    fields=st.dictionaries(st.sampled_from([*ASKED, "code", "grant_type", "refresh_token", "drop"]), st.text()),
    header=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    body=st.binary(max_size=200),
)
def test_no_request_is_a_500(
    http: httpx.Client, method: str, path: str, fields: dict[str, str], header: str, body: bytes
) -> None:
    word = header.strip() or "x"
    headers = {"Authorization": f"Bearer {word}", "Host": word}
    answer = http.request(method, path, params=fields, content=body, headers=headers)
    assert answer.status_code < 500
    if answer.status_code >= 400 and answer.status_code != 400:
        assert answer.json()["error_description"]
