"""The photo store with an identity instead of a key: links signed with a user delegation key.

Azurite plays this part over HTTPS only, so it runs here with a certificate of the test's own.
"""

import base64
import datetime as dt
import io
import ipaddress
import json
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local.azurite import ACCOUNT, PROGRAM
from local.ports import LOOPBACK, free_port, is_listening
from local.processes import Child
from shared.adapters import blobs
from shared.adapters.blobs import FINISHED, INCOMING, QUARANTINE, AzurePhotoStore
from shared.ports import BlobName

NAME = BlobName(7, uuid4())


class Identity:
    """A credential whose tokens look as Entra's do; Azurite reads them and checks no signature."""

    def get_token(self, *_: str, **__: object) -> AccessToken:
        now = int(time.time())
        claims = {"iss": "https://sts.windows.net/11111111/", "aud": "https://storage.azure.com", "exp": now + 3600}
        claims |= {"nbf": now - 60, "iat": now, "oid": str(uuid4()), "tid": str(uuid4())}
        parts = ({"alg": "RS256", "typ": "JWT"}, claims)
        head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        return AccessToken(f"{head}.{body}.c2ln", now + 3600)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, LOOPBACK)])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))])
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = built.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    signed = made.add_extension(address, critical=False).sign(key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*pem))
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def account_url(certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    cert, key = certificate
    port = free_port(3)
    command = [shutil.which("node") or "node", str(PROGRAM), "--inMemoryPersistence", "--silent"]
    command += ["--oauth", "basic", "--cert", str(cert), "--key", str(key), "--skipApiVersionCheck"]
    for offset, service in enumerate(("blob", "queue", "table")):
        command += [f"--{service}Host", LOOPBACK, f"--{service}Port", str(port + offset)]
    with Child("Azurite", command, tmp_path_factory.mktemp("azurite") / "log") as child:
        child.wait_until(lambda: is_listening(port), seconds=30)
        yield f"https://{LOOPBACK}:{port}/{ACCOUNT}"


@pytest.fixture
def store(account_url: str, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> AzurePhotoStore:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))

    def connect() -> BlobServiceClient:
        return BlobServiceClient(account_url, Identity(), **blobs.patience())

    for container in (INCOMING, FINISHED, QUARANTINE):
        try:
            connect().create_container(container)
        except ResourceExistsError:
            continue
    return AzurePhotoStore(connect)


def test_links_are_signed_by_the_identity(store: AzurePhotoStore) -> None:
    # this SDK signs such links by a newer version of the protocol than Azurite can check: they are read here, and
    # followed in the tests of links that are signed by a key, which differ in nothing but the signature
    until = dt.datetime(2040, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    grant = httpx.URL(store.grant_upload(NAME, "image/png", until).url)
    link = httpx.URL(store.read_url(NAME, "thumbnail", until))
    assert grant.path.endswith(f"/photos-incoming/{NAME}")
    assert link.path.endswith(f"/photos/{NAME}/thumbnail.webp")
    for url, permission in ((grant, "c"), (link, "r")):
        said = dict(url.params)
        assert (said["sp"], said["sr"], said["spr"], said["se"]) == (permission, "b", "https", "2040-01-02T03:04:05Z")
        assert {"skoid", "sktid", "skt", "ske", "sig"} <= said.keys()
    assert (link.params["rsct"], link.params["rscd"]) == ("image/webp", "inline")


def test_bytes_need_no_key(store: AzurePhotoStore) -> None:
    store.ping()
    store.put_finished(NAME, b"full", b"few")
    name = BlobName(7, uuid4())
    store.put_incoming(name, io.BytesIO(b"evil"))
    assert store.read_incoming(name, 100) == b"evil"
    assert store.find_verdict(name) is None
    store.quarantine(name, "evil")
    assert store.read_incoming(name, 1) is None


def test_one_key_serves_many_links_until_it_is_due(store: AzurePhotoStore) -> None:
    asked = threading.Semaphore(0)
    client = store._client
    ask = client.get_user_delegation_key

    def counted(*args: dt.datetime) -> object:
        asked.release()
        return ask(*args)

    client.get_user_delegation_key = counted  # type: ignore[method-assign,assignment]  # counts, then asks Azurite
    until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.read_url(NAME, "full", until), range(40)))
    assert asked._value == 1
    store._signer._ends = dt.datetime.now(dt.UTC) + blobs.KEY_MARGIN - dt.timedelta(seconds=1)
    store.read_url(NAME, "full", until)
    assert asked._value == 2
