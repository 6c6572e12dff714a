"""What a browser must know of this installation before anybody has signed in."""

from typing import Annotated

from pydantic import Field

from shared.domain.model import Model


class Endpoints(Model):
    """Where a browser finds what it needs."""

    discovery: Annotated[str, Field(description="the issuer's OpenID Connect discovery document")]
    app: Annotated[str, Field(description="where people reach the app; QR codes begin with it")]
    api: str
    openapi: str
    docs: str


class ClientConfig(Model):
    """How to sign in here (OpenID Connect, authorization code with PKCE), and where everything is."""

    issuer: Annotated[str, Field(description="what `iss` is in tokens; may hold `{tid}`")]
    authority: Annotated[str, Field(description="the address to sign in at, for OpenID Connect libraries")]
    client_id: str
    audience: Annotated[str, Field(description="what `aud` holds in access tokens")]
    scope: Annotated[str, Field(description="what to ask for at sign-in")]
    endpoints: Endpoints
