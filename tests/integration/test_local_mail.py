"""The mail catcher: what the application sends is kept, shown, and shut in."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.identity.server import IdentityServer
from local.mail import MOST_MESSAGES, Mailbox
from local.ports import free_port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityServer]:
    with IdentityServer(tmp_path_factory.mktemp("mail"), free_port(), free_port()) as running:
        yield running


@pytest.fixture
def http(server: IdentityServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.issuer) as client:
        client.delete("/mail")
        yield client


def send(server: IdentityServer, message: EmailMessage | bytes, *to: str) -> None:
    with smtplib.SMTP("127.0.0.1", server._ports[1]) as smtp:
        if isinstance(message, EmailMessage):
            smtp.send_message(message, "app@motorpool.example", to)
        else:
            smtp.sendmail("app@motorpool.example", to, message)


def report() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Überfällig: Wagen 7"
    message["From"] = "Motorpool <app@motorpool.example>"
    message["To"] = "fleet@acme.example"
    message.set_content("Bitte zurückgeben.\n")
    message.add_alternative("<p>Bitte <b>zurückgeben</b><script>alert(1)</script></p>", subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Übersicht 1.pdf")
    return message


def the_only(http: httpx.Client) -> dict[str, Any]:
    mails: list[dict[str, Any]] = http.get("/mail.json").json()
    assert len(mails) == 1
    return mails[0]


def test_a_message_is_read_back_whole(server: IdentityServer, http: httpx.Client) -> None:
    send(server, report(), "fleet@acme.example", "hidden@acme.example")
    mail = the_only(http)
    assert mail["subject"] == "Überfällig: Wagen 7"
    assert (mail["from"], mail["to"]) == ("app@motorpool.example", ["fleet@acme.example", "hidden@acme.example"])
    assert mail["text"].strip() == "Bitte zurückgeben."
    assert mail["received_at"].endswith("Z")
    (attachment,) = mail["attachments"]
    assert (attachment["filename"], attachment["content_type"], attachment["size"]) == (
        "Übersicht 1.pdf",
        "application/pdf",
        8,
    )
    download = http.get(attachment["url"])
    assert download.content == b"%PDF-1.7"
    assert download.headers["content-disposition"].startswith("attachment;")


def test_messages_are_found_by_recipient_newest_first(server: IdentityServer, http: httpx.Client) -> None:
    for to in ("a@x.example", "b@x.example", "a@x.example"):
        send(server, b"Subject: for " + to.encode() + b"\r\n\r\nhello\r\n", to)
    assert len(http.get("/mail.json", params={"to": "a@x.example"}).json()) == 2
    times = [mail["id"] for mail in http.get("/mail.json").json()]
    assert times == sorted(times, reverse=True)


def test_pages_show_messages_without_running_them(server: IdentityServer, http: httpx.Client) -> None:
    send(server, report(), "fleet@acme.example")
    mail = the_only(http)
    assert f"/mail/{mail['id']}" in http.get("/mail").text
    page = http.get(f"/mail/{mail['id']}").text
    assert "<script" not in page
    assert "<iframe sandbox " in page
    shut_in = http.get(f"/mail/{mail['id']}/html")
    assert shut_in.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_a_message_that_is_none_is_still_shown(server: IdentityServer, http: httpx.Client) -> None:
    odd = b"Subject: =?nonsense?q?x?=\r\nContent-Type: text/html; charset=klingon\r\nContent-Type: ???\r\n\r\n\xff\xfe"
    send(server, odd + b"\r\n", "a@x.example")
    mail = the_only(http)
    for path in ("/mail", f"/mail/{mail['id']}", f"/mail/{mail['id']}/html"):
        assert http.get(path).status_code == 200


def test_what_is_not_there_is_404(http: httpx.Client) -> None:
    for path in ("/mail/../secrets", "/mail/0", "/mail/%2e%2e%2fsigning-keys", f"/mail/{'1' * 19}-00000000/html"):
        assert http.get(path).status_code == 404


def test_all_is_thrown_away(server: IdentityServer, http: httpx.Client) -> None:
    send(server, report(), "a@x.example")
    assert http.delete("/mail").status_code == 204
    assert http.get("/mail.json").json() == []


def test_the_oldest_make_room(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    for number in range(MOST_MESSAGES + 3):
        mailbox.keep("a@x", ["b@x"], f"Subject: {number}\r\n\r\n".encode())
    kept = mailbox.newest_first()
    assert len(kept) == MOST_MESSAGES
    assert (kept[0].subject, kept[-1].subject) == (str(MOST_MESSAGES + 2), "3")
