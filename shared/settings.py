"""The settings, read once from the environment, checked, and frozen. Nothing else reads the environment.

Names here, in local.settings.json.example and in the infrastructure are the same; a test compares them.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from shared.domain.mail_address import ADDRESS


class SettingsFault(Exception):
    """A setting is missing or cannot be used; the message names every one."""


@dataclass(frozen=True)
class Settings:
    """What differs between one machine and another.

    Attributes:
        database_url: PostgreSQL as the application's role, which owns nothing.
        database_pool_size: connections that one worker holds at the most.
        photo_storage: a storage connection string, or "" where `photo_storage_url` is used with an identity.
        photo_storage_url: the blob endpoint, for managed identity.
        presence_storage: a storage connection string for tables, or "" where `presence_storage_url` is used.
        presence_storage_url: the table endpoint, for managed identity.
        web_pubsub_connection_string: of Web PubSub, or "" where `web_pubsub_endpoint` is used with an identity.
        web_pubsub_endpoint: of Web PubSub, for managed identity.
        web_pubsub_hub: the hub that all of the application's connections are in.
        web_pubsub_event_audience: what `aud` the tokens of Web PubSub's own identity hold; "" where its calls are
            signed with the access key.
        public_base_url: where people reach the app; QR codes begin with it.
        oidc_issuer: what `iss` must be; may hold `{tid}`.
        oidc_audience: what `aud` must hold.
        oidc_client_id: the id that the browser signs in with.
        oidc_scope: what a sign-in asks for; the API's whole audience (`AUDIENCE/.default`, Entra's word) unless set.
        oidc_discovery_url: where the issuer describes itself; derived from the issuer unless set.
        qr_signing_keys: `VERSION:BASE64` pairs, comma-separated; the highest version signs.
        clamav_address: `host:port` of a ClamAV daemon, or "" for no scan of our own.
        mail_from: the address that mails come from.
        smtp_address: `host:port` of a mail server, or "" for none.
        smtp_security: `starttls`, `tls` (from the first byte), or "" for none, as within one machine.
        smtp_user: whom to log in as, or "".
        smtp_password: of that user.
        acs_connection_string: of Azure Communication Services, or "" where `acs_endpoint` is used with an identity.
        acs_endpoint: of Azure Communication Services, for managed identity; either goes before SMTP.
        defender_scan: whether Defender for Storage scans uploads, so that none is touched before its verdict.
    """

    database_url: str
    database_pool_size: int
    photo_storage: str
    photo_storage_url: str
    presence_storage: str
    presence_storage_url: str
    web_pubsub_connection_string: str
    web_pubsub_endpoint: str
    web_pubsub_hub: str
    web_pubsub_event_audience: str
    public_base_url: str
    oidc_issuer: str
    oidc_audience: str
    oidc_client_id: str
    oidc_scope: str
    oidc_discovery_url: str
    qr_signing_keys: str
    clamav_address: str
    mail_from: str
    smtp_address: str
    smtp_security: str
    smtp_user: str
    smtp_password: str
    acs_connection_string: str
    acs_endpoint: str
    defender_scan: bool


# name -> default; None: there is none and the setting must be given.
NAMES: Mapping[str, str | None] = {
    "DATABASE_URL": None,
    "DATABASE_POOL_SIZE": "8",
    "PHOTO_STORAGE": "",
    "PHOTO_STORAGE__blobServiceUri": "",
    "PRESENCE_STORAGE": "",
    "PRESENCE_STORAGE__tableServiceUri": "",
    "WEB_PUBSUB_CONNECTION_STRING": "",
    "WEB_PUBSUB_ENDPOINT": "",
    "WEB_PUBSUB_HUB": "motorpool",
    "WEB_PUBSUB_EVENT_AUDIENCE": "",
    "PUBLIC_BASE_URL": None,
    "OIDC_ISSUER": None,
    "OIDC_AUDIENCE": None,
    "OIDC_CLIENT_ID": None,
    "OIDC_SCOPE": "",
    "OIDC_DISCOVERY_URL": "",
    "QR_SIGNING_KEYS": None,
    "CLAMAV_ADDRESS": "",
    "MAIL_FROM": "",
    "SMTP_ADDRESS": "",
    "SMTP_SECURITY": "",
    "SMTP_USER": "",
    "SMTP_PASSWORD": "",
    "ACS_CONNECTION_STRING": "",
    "ACS_ENDPOINT": "",
    "DEFENDER_SCAN": "",
}

_FIELDS = {
    "PHOTO_STORAGE__blobServiceUri": "photo_storage_url",
    "PRESENCE_STORAGE__tableServiceUri": "presence_storage_url",
}
_URLS = (
    "PUBLIC_BASE_URL",
    "OIDC_ISSUER",
    "OIDC_DISCOVERY_URL",
    "PHOTO_STORAGE__blobServiceUri",
    "PRESENCE_STORAGE__tableServiceUri",
    "WEB_PUBSUB_ENDPOINT",
    "ACS_ENDPOINT",
)
# what is reached with a secret, or else with an identity
_EITHER = (
    ("PHOTO_STORAGE", "PHOTO_STORAGE__blobServiceUri"),
    ("PRESENCE_STORAGE", "PRESENCE_STORAGE__tableServiceUri"),
    ("WEB_PUBSUB_CONNECTION_STRING", "WEB_PUBSUB_ENDPOINT"),
)


@cache
def settings() -> Settings:
    """Read the settings of this process, at first use; raise SettingsFault naming all that is wrong."""
    return read(os.environ)


def read(environment: Mapping[str, str]) -> Settings:
    """Check and freeze the settings of an environment; raise SettingsFault naming all that is wrong."""
    values = {name: environment.get(name, "").strip() or default for name, default in NAMES.items()}
    faults = [f"{name} is not set" for name, value in values.items() if value is None]
    given = {name: value for name, value in values.items() if value is not None}
    faults += _unusable(given)
    if faults:
        raise SettingsFault("; ".join(faults) + ". See local.settings.json.example.")
    return _freeze(given)


def _freeze(given: Mapping[str, str]) -> Settings:
    fields = {_FIELDS.get(name, name.lower()): value for name, value in given.items()}
    pool_size = int(fields.pop("database_pool_size"))
    defender_scan = fields.pop("defender_scan").lower() == "true"
    issuer = fields["oidc_issuer"].rstrip("/") if "{tid}" not in fields["oidc_issuer"] else fields["oidc_issuer"]
    fields["oidc_discovery_url"] = fields["oidc_discovery_url"] or _discovery_of(issuer)
    fields["oidc_scope"] = fields["oidc_scope"] or f"openid profile email {fields['oidc_audience']}/.default"
    fields["public_base_url"] = fields["public_base_url"].rstrip("/")
    return Settings(**fields, database_pool_size=pool_size, defender_scan=defender_scan)


def _discovery_of(issuer: str) -> str:
    """Answer where an issuer describes itself; Entra publishes a template's keys under `organizations`."""
    return issuer.replace("{tid}", "organizations").rstrip("/") + "/.well-known/openid-configuration"


def _unusable(given: Mapping[str, str]) -> list[str]:
    faults = [
        f"{name} is to be an http(s) URL"
        for name in _URLS
        if given.get(name) and urlsplit(given[name]).scheme not in {"http", "https"}
    ]
    faults += [
        f"{secret} (or {endpoint}) is not set"
        for secret, endpoint in _EITHER
        if not (given.get(secret) or given.get(endpoint))
    ]
    if not (given.get("DATABASE_POOL_SIZE", "").isdigit() and int(given["DATABASE_POOL_SIZE"]) > 0):
        faults.append("DATABASE_POOL_SIZE is to be a positive number")
    # whoever may sign in here must not thereby pass for Web PubSub
    if given.get("WEB_PUBSUB_EVENT_AUDIENCE") and given.get("WEB_PUBSUB_EVENT_AUDIENCE") == given.get("OIDC_AUDIENCE"):
        faults.append("WEB_PUBSUB_EVENT_AUDIENCE is to be another audience than OIDC_AUDIENCE")
    # a word that is not understood must not switch a scan off
    if given.get("DEFENDER_SCAN", "").lower() not in {"", "true", "false"}:
        faults.append("DEFENDER_SCAN is to be true or false")
    return faults + _unusable_mail(given)


def _unusable_mail(given: Mapping[str, str]) -> list[str]:
    servers = ("SMTP_ADDRESS", "ACS_CONNECTION_STRING", "ACS_ENDPOINT")
    faults = []
    if any(given.get(name) for name in servers) and not ADDRESS.match(given.get("MAIL_FROM", "")):
        faults.append("MAIL_FROM is to be the address that mails come from")
    # a word that is not understood must not send a password in the clear
    if given.get("SMTP_SECURITY", "") not in {"", "starttls", "tls"}:
        faults.append("SMTP_SECURITY is to be starttls or tls")
    if given.get("SMTP_USER") and not given.get("SMTP_SECURITY"):
        faults.append("SMTP_USER logs in over starttls or tls only; set SMTP_SECURITY")
    return faults
