"""The settings that the application reads are those that people are shown."""

import json
from dataclasses import fields

import pytest

from shared import settings
from tests.house import tree

# what stands in the example beside the application's own settings, and who reads it
READ_BY_OTHERS = {
    "FUNCTIONS_WORKER_RUNTIME": "the Functions host",
    "PYTHON_THREADPOOL_THREAD_COUNT": "the Python worker",
    "AzureWebJobsStorage": "the Functions host",
    "MIGRATIONS_DATABASE_URL": "python -m migrations and the operators' tools",
}
GOOD = {
    "DATABASE_URL": "postgresql://app@127.0.0.1/motorpool",
    "PHOTO_STORAGE": "UseDevelopmentStorage=true",
    "PRESENCE_STORAGE": "UseDevelopmentStorage=true",
    "WEB_PUBSUB_CONNECTION_STRING": "Endpoint=http://127.0.0.1:8080;AccessKey=key;Version=1.0;",
    "PUBLIC_BASE_URL": "http://localhost:7071/",
    "OIDC_ISSUER": "https://login.example.org/{tid}/v2.0",
    "OIDC_AUDIENCE": "api://motorpool",
    "OIDC_CLIENT_ID": "web",
    "QR_SIGNING_KEYS": "1:AAAA",
}


def example() -> dict[str, str]:
    """Read the values of local.settings.json.example."""
    values: dict[str, str] = json.loads((tree.ROOT / "local.settings.json.example").read_text())["Values"]
    return values


def test_example_names_every_setting() -> None:
    assert set(example()) == {*settings.NAMES, *READ_BY_OTHERS}


def test_example_shows_the_defaults() -> None:
    shown = example()
    other_on_one_machine = {
        *("PHOTO_STORAGE", "PRESENCE_STORAGE", "WEB_PUBSUB_CONNECTION_STRING"),
        *("MAIL_FROM", "SMTP_ADDRESS"),
    }
    defaults = {name: value for name, value in settings.NAMES.items() if value is not None}
    assert {name for name, value in defaults.items() if shown[name] != value} <= other_on_one_machine


def test_every_setting_becomes_a_field() -> None:
    read = settings.read(GOOD)
    assert len(fields(read)) == len(settings.NAMES)
    assert read.public_base_url == "http://localhost:7071"
    assert read.oidc_discovery_url == "https://login.example.org/organizations/v2.0/.well-known/openid-configuration"


@pytest.mark.parametrize("missing", [name for name, default in settings.NAMES.items() if default is None])
def test_what_is_missing_is_named(missing: str) -> None:
    with pytest.raises(settings.SettingsFault, match=f"{missing} is not set"):
        settings.read({name: value for name, value in GOOD.items() if name != missing})


@pytest.mark.parametrize(("word", "meant"), [("", False), ("false", False), ("true", True), ("True", True)])
def test_a_switch_is_on_or_off(word: str, *, meant: bool) -> None:
    assert settings.read(GOOD | {"DEFENDER_SCAN": word}).defender_scan is meant


@pytest.mark.parametrize("word", ["yes", "1", "on", "ture"])
def test_a_switch_that_is_not_understood_is_not_off(word: str) -> None:
    with pytest.raises(settings.SettingsFault, match="DEFENDER_SCAN is to be true or false"):
        settings.read(GOOD | {"DEFENDER_SCAN": word})


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(settings.SettingsFault) as caught:
        settings.read(GOOD | {"PUBLIC_BASE_URL": "ftp://x", "DATABASE_POOL_SIZE": "none", "PHOTO_STORAGE": ""})
    said = str(caught.value)
    assert all(name in said for name in ("PUBLIC_BASE_URL", "DATABASE_POOL_SIZE", "PHOTO_STORAGE"))
