"""From a bearer token to a principal."""

import re

import azure.functions as func

from shared.actions import users
from shared.domain.errors import Unauthenticated
from shared.domain.principal import Principal
from shared.services import Services

_BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9_\-.~+/]+=*)")
TOKEN_MAX = 16 * 1024


def authenticate(req: func.HttpRequest, services: Services) -> Principal:
    """Answer who asks.

    Raises:
        Unauthenticated: there is no token, or not one that we believe.
        TenantUnknown, Forbidden: it speaks for nobody who may be here.
    """
    header = req.headers.get("authorization", "")
    matched = _BEARER.fullmatch(header.strip())
    if matched is None or len(header) > TOKEN_MAX:
        raise Unauthenticated("Send an access token: Authorization: Bearer <token>.")
    return users.recognise(services, services.tokens.verify(matched[1]))
