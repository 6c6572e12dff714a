"""The composition root: builds the services of this worker, once, on first use."""

import gc
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.ports import DeliveryVerifier, Mailer
    from shared.services import Services
    from shared.settings import Settings

_lock = threading.Lock()
_built: "Services | None" = None


def services() -> "Services":
    """Answer the services of this worker; raise SettingsFault if the settings cannot be used."""
    global _built  # noqa: PLW0603 - one per worker is what this module is for
    if _built is None:
        with _lock:
            if _built is None:
                from shared.settings import settings

                _built = build(settings())
                # what is loaded by now stays: the collector need not look through it again with every large report
                gc.freeze()
    return _built


def build(configured: "Settings") -> "Services":
    """Build services from settings; nothing is connected until it is used."""
    from shared.actions.relay import OutboxRelay
    from shared.adapters.blobs import AzurePhotoStore
    from shared.adapters.clamav import ClamAv
    from shared.adapters.clock import SystemClock
    from shared.adapters.exports import AzureExportStore
    from shared.adapters.fanout import AzureFanout
    from shared.adapters.presence import AzurePresenceStore
    from shared.adapters.sign_in import OidcSignIn
    from shared.adapters.tokens import OidcVerifier
    from shared.domain.tag_code import TagCodec, parse_keys
    from shared.services import Services
    from shared.store.database import Database

    database = Database(configured.database_url, configured.database_pool_size)
    fanout = AzureFanout.configured(
        configured.web_pubsub_connection_string, configured.web_pubsub_endpoint, configured.web_pubsub_hub
    )
    return Services(
        settings=configured,
        database=database,
        photos=AzurePhotoStore.configured(configured.photo_storage, configured.photo_storage_url),
        exports=AzureExportStore.configured(configured.photo_storage, configured.photo_storage_url),
        tokens=OidcVerifier(configured.oidc_issuer, configured.oidc_audience, configured.oidc_discovery_url),
        sign_in=OidcSignIn(
            configured.oidc_discovery_url,
            configured.oidc_client_id,
            configured.oidc_scope,
            configured.public_base_url,
        ),
        scanner=ClamAv(configured.clamav_address) if configured.clamav_address else None,
        presence=AzurePresenceStore.configured(configured.presence_storage, configured.presence_storage_url),
        deliveries=_deliveries(configured),
        fanout=fanout,
        relay=OutboxRelay(database, fanout),
        mailer=_mailer(configured),
        clock=SystemClock(),
        tag_codec=TagCodec(parse_keys(configured.qr_signing_keys)),
    )


def _deliveries(configured: "Settings") -> "DeliveryVerifier":
    """Build what believes Web PubSub: by tokens of its identity where their audience is set, else by signatures."""
    from shared.adapters.deliveries import IdentifiedDeliveries, SignedDeliveries
    from shared.adapters.tokens import OidcVerifier

    secret, endpoint = configured.web_pubsub_connection_string, configured.web_pubsub_endpoint
    audience = configured.web_pubsub_event_audience
    if not audience:
        return SignedDeliveries.configured(secret, endpoint)
    tokens = OidcVerifier(configured.oidc_issuer, audience, configured.oidc_discovery_url)
    return IdentifiedDeliveries.configured(secret, endpoint, tokens)


def _mailer(configured: "Settings") -> "Mailer | None":
    """Build what sends mail: Azure Communication Services where it is set, else SMTP, else nothing."""
    from shared.adapters.communication_mail import AzureMailer
    from shared.adapters.smtp_mail import Login, SmtpMailer

    if configured.acs_connection_string or configured.acs_endpoint:
        return AzureMailer.configured(configured.acs_connection_string, configured.acs_endpoint, configured.mail_from)
    if configured.smtp_address:
        login = Login(configured.smtp_user, configured.smtp_password) if configured.smtp_user else None
        return SmtpMailer(configured.smtp_address, configured.mail_from, configured.smtp_security, login)
    return None
