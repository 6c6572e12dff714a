"""Everything that an action may reach, as one frozen value."""

from dataclasses import dataclass, field

from shared.domain.kept_report import KeptReports
from shared.domain.principal import Identity, Principal
from shared.domain.tag_code import TagCodec
from shared.ports import (
    Clock,
    DeliveryVerifier,
    ExportStore,
    Fanout,
    Mailer,
    PhotoStore,
    PresenceStore,
    Relay,
    Scanner,
    SignIn,
    TokenVerifier,
)
from shared.settings import Settings
from shared.store.database import Database


@dataclass(frozen=True)
class Services:
    """Built once per worker, on first use, by the wiring.

    Attributes:
        recognised: people seen lately, until when they need no new look, so that a request is one transaction.
        kept_reports: reports that were made lately.
    """

    settings: Settings
    database: Database
    photos: PhotoStore
    exports: ExportStore
    tokens: TokenVerifier
    sign_in: SignIn
    scanner: Scanner | None
    fanout: Fanout
    presence: PresenceStore
    deliveries: DeliveryVerifier
    relay: Relay
    mailer: Mailer | None
    clock: Clock
    tag_codec: TagCodec
    recognised: dict[Identity, tuple[float, Principal]] = field(default_factory=dict)
    kept_reports: KeptReports = field(default_factory=KeptReports)
