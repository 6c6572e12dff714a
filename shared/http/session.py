"""Who a browser is: a sign-in that is on its way, and the access token that it ends with, each in a cookie.

Only pages read these cookies and no page changes anything, so making a browser send them gains nobody anything;
the API takes bearer tokens only. A cookie is written with the attributes that the worker's library knows: with any
other it would be dropped whole.
"""

import base64
import binascii
import hmac
import re
from dataclasses import asdict, dataclass
from functools import cached_property
from urllib.parse import unquote, urlencode, urlsplit

import azure.functions as func
import orjson

from shared import wiring
from shared.actions import users
from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.actions.users import Asked
from shared.domain.errors import TooLarge, Unauthenticated
from shared.domain.principal import Principal
from shared.http import html
from shared.http.auth import TOKEN_MAX
from shared.http.endpoint import address_of
from shared.ports import SignInSecrets
from shared.services import Services

SESSION = "motorpool_session"
PENDING = "motorpool_sign_in"
PENDING_SECONDS = 600
# browsers drop a cookie of more than 4,096 bytes without a word; this leaves room for its name and attributes
COOKIE_MAX = 3900
HINT_MAX = 200

# a path of our own: one slash at its head (two, or a backslash, lead to another host), and nothing a browser strips
_OWN_PATH = re.compile(r"/(?:[A-Za-z0-9_~.%?=&-][A-Za-z0-9_~.%?=&/-]{0,499})?")


@dataclass(frozen=True)
class Visit:
    """One request of a browser."""

    req: func.HttpRequest
    invocation_id: str

    @cached_property
    def services(self) -> Services:
        """Answer what may be reached; a page that needs none of it does without."""
        return wiring.services()

    @cached_property
    def principal(self) -> Principal | None:
        """Answer who is signed in, or None.

        Raises:
            TenantUnknown, Forbidden: they are, but for nobody who may be here.
            DependencyDown: the issuer's keys cannot be had, or the database.
        """
        token = self.cookie(SESSION)
        if not token or len(token) > TOKEN_MAX:
            return None
        try:
            return users.recognise(self.services, self.services.tokens.verify(token), self.asked)
        except Unauthenticated:  # ended, or never ours: the way on is the same, to sign in
            return None

    def call(self, principal: Principal) -> Call:
        """Answer a call on somebody's behalf."""
        return Call(self.services, principal, self.invocation_id, address_of(self.req))

    @property
    def asked(self) -> Asked:
        """Answer what a refusal is recorded with; of a path's last part its name, as a code opens what it names."""
        path = urlsplit(self.req.url).path
        for name in self.req.route_params:
            path = f"{path.rstrip('/').rpartition('/')[0]}/{{{name}}}"
        return Asked(f"{self.req.method} {path}", self.invocation_id, address_of(self.req))

    def cookie(self, name: str) -> str | None:
        """Answer a cookie of ours; others on this host may be written as they like."""
        for pair in self.req.headers.get("cookie", "").split(";"):
            given, _, value = pair.strip().partition("=")
            if given == name:
                return unquote(value)
        return None


def begin(visit: Visit) -> Answer:
    """Send a browser to the issuer's sign-in page."""
    asked = visit.req.params
    hint = asked.get("login_hint", "")
    usable = len(hint) <= HINT_MAX and hint.isprintable()
    page, kept = visit.services.sign_in.begin(hint if usable else None)
    pending = base64.urlsafe_b64encode(orjson.dumps({**asdict(kept), "back": own_path(asked.get("return", ""))}))
    return go_to(page, _cookie(visit, PENDING, pending.decode(), PENDING_SECONDS, "/sign-in"))


def finish(visit: Visit) -> Answer:
    """Take what the issuer sent back, and return the browser to where it wanted to sign in.

    Raises:
        Unauthenticated: the answer is not to this browser's request, or says no.
        TenantUnknown, Forbidden: the person may not be here.
        TooLarge: the token does not fit into a cookie.
    """
    kept, back = _pending(visit)
    code = visit.req.params.get("code")
    if not code:
        raise Unauthenticated("The sign-in was not completed.")
    token = visit.services.sign_in.finish(code, kept)
    users.recognise(visit.services, visit.services.tokens.verify(token.text), visit.asked)
    if len(token.text) > COOKIE_MAX:
        raise TooLarge(
            f"Your access token has {len(token.text)} characters and a browser keeps {COOKIE_MAX} at most. "
            "Ask whoever runs your organisation's sign-in to put fewer claims into it."
        )
    session = _cookie(visit, SESSION, token.text, token.seconds)
    return go_to(back, session, _cookie(visit, PENDING, "", 0, "/sign-in"))


def end(visit: Visit) -> Answer:
    """Forget who is signed in, here and at the issuer; a foreign page cannot do that to somebody."""
    if visit.req.headers.get("sec-fetch-site") == "cross-site":
        return go_to("/")
    page = visit.services.sign_in.find_sign_out_url()
    return go_to(page or "/", _cookie(visit, SESSION, "", 0), _cookie(visit, PENDING, "", 0, "/sign-in"))


def go_to(place: str, *cookies: str) -> Answer:
    """Send a browser somewhere, for this once."""
    headers = {"Location": place, "Cache-Control": "no-store"}
    return Answer(status=302, content_type=html.HTML, headers=headers, cookies=cookies)


def sign_in_url(visit: Visit, back: str, hint: str = "") -> str:
    """Answer where to sign in, at the address that the issuer returns to: cookies belong to one host."""
    asked = {"return": back, **({"login_hint": hint} if hint else {})}
    return f"{visit.services.settings.public_base_url}/sign-in?{urlencode(asked)}"


def own_path(path: str) -> str:
    """Answer a path of this application, or its start page if that is none: nobody is sent elsewhere."""
    return path if _OWN_PATH.fullmatch(path) else "/"


def _pending(visit: Visit) -> tuple[SignInSecrets, str]:
    """Answer what this browser kept of the sign-in that the request answers."""
    try:
        read = orjson.loads(base64.urlsafe_b64decode(visit.cookie(PENDING) or ""))
        kept, back = SignInSecrets(read["state"], read["nonce"], read["verifier"]), own_path(read["back"])
        ours = hmac.compare_digest(kept.state.encode(), visit.req.params.get("state", "").encode())
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError):
        ours = False
    if not ours:
        raise Unauthenticated("This sign-in began in another browser, or more than ten minutes ago.")
    return kept, back


def _cookie(visit: Visit, name: str, value: str, seconds: int, path: str = "/") -> str:
    secure = "; Secure" if visit.services.settings.public_base_url.startswith("https:") else ""
    return f"{name}={value}; Max-Age={seconds}; Path={path}; HttpOnly; SameSite=Lax{secure}"
