"""Tokens of the Web PubSub emulator."""

import time
from typing import Any

import jwt
import pytest
from azure.messaging.webpubsubservice import WebPubSubServiceClient

from local.pubsub.refusals import Refusal
from local.pubsub.tokens import Tokens, loopback_hosts

KEY = "a key that is long enough for HS384, too: 48 bytes or more"
HERE = "127.0.0.1:8080"
CLIENT = f"http://{HERE}/client/hubs/chat"
CALL = "/api/hubs/chat/groups/a%20b/:send"


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(KEY, loopback_hosts(8080))


def signed(key: str = KEY, algorithm: str = "HS256", **claims: Any) -> str:
    given = {"aud": CLIENT, "exp": int(time.time()) + 60, **claims}
    return jwt.encode({name: value for name, value in given.items() if value is not None}, key, algorithm)


@pytest.mark.parametrize(
    "audience",
    [
        CLIENT,
        CLIENT.replace("http", "ws"),
        CLIENT.upper(),
        CLIENT + "/",
        CLIENT + "?x=1",
        CLIENT.replace("127.0.0.1", "localhost"),
        CLIENT.replace("chat", "c%68at"),
        "http://somewhere:99/client/hubs/chat",
        "ws://somewhere:99/client/?hub=chat",
        ["http://elsewhere/", CLIENT],
    ],
)
def test_an_audience_may_be_spelt_in_many_ways(tokens: Tokens, audience: object) -> None:
    assert tokens.claims_of_client(signed(aud=audience, sub="ann"), "somewhere:99", "chat")["sub"] == "ann"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "no.token.atall",
        signed(aud=CLIENT + "s"),
        signed(aud="http://elsewhere:8080/client/hubs/chat"),
        signed(aud=f"http://{HERE}/api/hubs/chat"),
        signed(aud=f"http://{HERE}/client/?hub=other"),
        signed(aud=f"http://{HERE}/client"),
        signed(aud=None),
        signed(aud=5),
        signed(aud="http://[/"),
        signed(exp=None),
        signed(exp=int(time.time()) - 301),
        signed(key="another key of at least thirty-two bytes"),
        signed(algorithm="HS384"),
        jwt.encode({"aud": CLIENT, "exp": int(time.time()) + 60}, "", "none"),
    ],
)
def test_what_is_not_for_this_hub_is_refused(tokens: Tokens, token: str) -> None:
    with pytest.raises(Refusal) as refused:
        tokens.claims_of_client(token, HERE, "chat")
    assert refused.value.status == 401


def test_clocks_may_differ_by_five_minutes(tokens: Tokens) -> None:
    assert tokens.claims_of_client(signed(exp=int(time.time()) - 290), HERE, "chat")


def test_a_token_of_the_sdk_is_good(tokens: Tokens) -> None:
    service = WebPubSubServiceClient.from_connection_string(
        f"Endpoint=http://LOCALHOST:8080/;AccessKey={KEY};Version=1.0;", hub="Chat"
    )
    token = service.get_client_access_token(user_id="ann", groups=["g"])["token"]
    assert tokens.claims_of_client(token, HERE, "chat")["webpubsub.group"] == ["g"]


@pytest.mark.parametrize("path", [CALL, CALL.replace("%20", " "), CALL + "?filter=x", CALL + "/"])
def test_a_call_is_for_its_path(tokens: Tokens, path: str) -> None:
    assert tokens.claims_of_call(signed(aud=f"http://{HERE}{path}"), HERE, CALL)


def test_a_call_for_another_path_is_refused(tokens: Tokens) -> None:
    with pytest.raises(Refusal):
        tokens.claims_of_call(signed(aud=f"http://{HERE}{CALL}"), HERE, "/api/hubs/chat/:send")


def test_what_a_caller_has_signed_for_it_is_good(tokens: Tokens) -> None:
    token = tokens.client_token("somewhere:1", "chat", {"sub": "ann"}, 1)
    assert tokens.claims_of_client(token, "somewhere:1", "chat")["sub"] == "ann"


def test_a_way_back_is_for_one_connection(tokens: Tokens) -> None:
    token = tokens.return_token("c1")
    assert tokens.allows_return(token, "c1")
    assert not tokens.allows_return(token, "c2")
    assert not tokens.allows_return(token[:-2], "c1")
    assert not tokens.allows_return(signed(), "c1")


def test_a_way_back_lets_nobody_in(tokens: Tokens) -> None:
    with pytest.raises(Refusal):
        tokens.claims_of_client(tokens.return_token("c1"), HERE, "chat")
