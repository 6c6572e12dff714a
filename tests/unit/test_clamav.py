"""The ClamAV adapter against servers that speak its protocol, well and badly."""

import socket
import threading
import time

import pytest

from local.ports import free_port
from shared.adapters import clamav
from shared.adapters.clamav import ClamAv
from shared.domain.errors import DependencyDown
from tests.fixtures.clamd import EICAR, daemon


def test_clean_bytes_pass() -> None:
    with daemon() as address:
        assert ClamAv(address).find_threat(b"nothing but pixels") is None
        assert ClamAv(address).find_threat(b"") is None


def test_a_threat_is_named_wherever_it_hides() -> None:
    # across the border of two chunks, at the end of many
    hidden = bytes(clamav.CHUNK_BYTES * 3 - 10) + EICAR
    with daemon() as address:
        assert ClamAv(address).find_threat(EICAR) == "Eicar-Test-Signature"
        assert ClamAv(address).find_threat(hidden) == "Eicar-Test-Signature"


def test_fifteen_mebibytes_are_scanned_at_once() -> None:
    with daemon() as address:
        assert ClamAv(address).find_threat(bytes(15 * 1024 * 1024)) is None


def test_it_can_be_pinged() -> None:
    with daemon() as address:
        ClamAv(address).ping()
    with pytest.raises(DependencyDown):
        ClamAv(address).ping()


@pytest.mark.parametrize(
    "reply",
    [
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream:  FOUND\0",
        b"FOUND\0",
        b"stream: OK",  # and the end: the verdict may have been longer
        b"stream: OKAY\0",
        b"\xff\xfe\x00",
        b"\0",
        b"",
        b"stream: " + b"A" * 10_000 + b" FOUND\0",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
)
def test_what_is_no_verdict_clears_nothing(reply: bytes) -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(reply)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    with daemon(answer) as address, pytest.raises(DependencyDown, match="malware scanner"):
        ClamAv(address).find_threat(b"pixels")


def test_a_connection_that_is_closed_in_the_middle_clears_nothing() -> None:
    with daemon(lambda connection: connection.close()) as address, pytest.raises(DependencyDown):
        ClamAv(address).find_threat(bytes(5_000_000))


def test_a_daemon_that_dawdles_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clamav, "SCAN_SECONDS", 0.5)
    leave = threading.Event()

    def dribble(connection: socket.socket) -> None:
        # each byte comes in good time, the whole never does
        while not leave.wait(0.05):
            try:
                connection.sendall(b".")
            except OSError:
                return

    with daemon(dribble) as address:
        began = time.monotonic()
        with pytest.raises(DependencyDown):
            ClamAv(address).find_threat(b"pixels")
        leave.set()
    assert 0.4 < time.monotonic() - began < 30


def test_a_daemon_that_does_not_read_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clamav, "SCAN_SECONDS", 0.5)
    leave = threading.Event()

    def stare(_: socket.socket) -> None:
        leave.wait()

    with daemon(stare) as address:
        with pytest.raises(DependencyDown):
            ClamAv(address).find_threat(bytes(15_000_000))
        leave.set()


def test_nobody_there_is_said_soon() -> None:
    began = time.monotonic()
    with pytest.raises(DependencyDown):
        ClamAv(f"127.0.0.1:{free_port()}").find_threat(b"pixels")
    assert time.monotonic() - began < 30


def test_an_address_names_a_host() -> None:
    assert (ClamAv("scanner")._host, ClamAv("scanner")._port) == ("scanner", 3310)
    assert (ClamAv("[::1]:99")._host, ClamAv("[::1]:99")._port) == ("::1", 99)
    for address in (":3310", "scanner:port", "scanner:99999"):
        with pytest.raises(ValueError, match="CLAMAV_ADDRESS is to be host:port"):
            ClamAv(address)
