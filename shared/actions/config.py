"""Tells a browser how to sign in, and where everything is."""

from shared.actions.answer import Answer
from shared.domain.config import ClientConfig, Endpoints
from shared.domain.health import NoQuestion
from shared.services import Services
from shared.settings import Settings

_DISCOVERY = "/.well-known/openid-configuration"


def get_config(services: Services, _: NoQuestion) -> Answer[ClientConfig]:
    """Answer what a browser must know before anybody has signed in; nothing of it is secret."""
    return Answer(_config(services.settings), headers={"Cache-Control": "public, max-age=300"})


def _config(settings: Settings) -> ClientConfig:
    base = settings.public_base_url
    return ClientConfig(
        issuer=settings.oidc_issuer,
        authority=settings.oidc_discovery_url.removesuffix(_DISCOVERY),
        client_id=settings.oidc_client_id,
        audience=settings.oidc_audience,
        scope=settings.oidc_scope,
        endpoints=Endpoints(
            discovery=settings.oidc_discovery_url,
            app=base,
            api=f"{base}/api",
            openapi=f"{base}/api/openapi.json",
            docs=f"{base}/api/docs",
        ),
    )
