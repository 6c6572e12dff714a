"""From a bearer token to a principal."""

import re

import azure.functions as func

from shared.actions import users
from shared.actions.users import Asked
from shared.domain.errors import Unauthenticated
from shared.domain.principal import Principal
from shared.services import Services

_BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9_\-.~+/]+=*)")
_CHALLENGE = 'Bearer realm="motorpool"'
TOKEN_MAX = 16 * 1024


def authenticate(req: func.HttpRequest, services: Services, asked: Asked) -> Principal:
    """Answer who asks.

    Args:
        req: with its token.
        services: what may be reached.
        asked: what for, should it go on record as refused.

    Raises:
        Unauthenticated: there is no token, or not one that we believe.
        TenantUnknown, Forbidden: it speaks for nobody who may be here.
    """
    header = req.headers.get("authorization", "")
    matched = _BEARER.fullmatch(header.strip())
    if matched is None or len(header) > TOKEN_MAX:
        raise Unauthenticated("Send an access token: Authorization: Bearer <token>.")
    return users.recognise(services, services.tokens.verify(matched[1]), asked)


def challenge(req: func.HttpRequest) -> str:
    """Answer what is asked of whoever is not believed; an error is told of a token only (RFC 6750, 3.1)."""
    scheme, _, token = req.headers.get("authorization", "").strip().partition(" ")
    return f'{_CHALLENGE}, error="invalid_token"' if scheme.lower() == "bearer" and token else _CHALLENGE
