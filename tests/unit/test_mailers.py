"""Both ways of handing a mail over, to servers that speak their protocols: what is sent, and what a failure means."""

import base64
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from shared.adapters.communication_mail import AzureMailer
from shared.adapters.smtp_mail import Login, SmtpMailer, written
from shared.domain.errors import DependencyDown
from shared.domain.mail_address import ADDRESS
from shared.ports import Enclosure, Letter, MailInDoubt, MailPostponed, MailRefused
from tests.fixtures.certificates import server_side
from tests.fixtures.communication import CUT as BROKEN_OFF, mail_service
from tests.fixtures.smtpd import CUT, mail_server

SENDER = "motorpool@example.org"
LINK = "https://motorpool.example.org/reports/unsubscribe/" + "T" * 48
LETTER = Letter(
    key="report.1.2.20260302T120000.000000.3",
    to="fleet@acme.example",
    subject="Übersicht: Auslastung der Flotte, Acme, 23 Feb 2026 to 1 Mar 2026, und noch einiges mehr zu sagen",
    text="Grüße\n.\n..zwei\n",
    html="<p>Grüße</p>",
    enclosures=(Enclosure("Übersicht.csv", "text/csv; charset=utf-8", b"a,b\r\n1,2\r\n"),),
    headers={"List-Unsubscribe": f"<{LINK}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
)


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Answer a server's side of TLS, with a certificate that this process believes in."""
    context, believed = server_side(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", believed)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", believed)
    return context


def test_a_mail_goes_over_smtp_whole() -> None:
    with mail_server() as server:
        SmtpMailer(server.address, SENDER).send(LETTER)
    (mail,) = server.mails(LETTER.to)
    assert mail["Subject"] == LETTER.subject
    assert mail["Message-ID"] == f"<{LETTER.key}@example.org>"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == LETTER.text
    assert html.get_content().strip() == LETTER.html
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("Übersicht.csv", "text/csv")
    assert file.get_payload(decode=True) == LETTER.enclosures[0].content
    lines = server.taken[0][1].split(b"\r\n")
    assert f"List-Unsubscribe: <{LINK}>".encode() in lines
    # encoded words are at most 75 characters (RFC 2047)
    assert all(len(word) <= 75 for line in lines for word in line.split() if word.startswith(b"=?"))


def test_no_header_holds_another() -> None:
    two_lines = "a@x.org\r\nBcc: b@x.org"
    for letter in (replace(LETTER, to=two_lines), replace(LETTER, subject=two_lines)):
        with pytest.raises(ValueError, match="linefeed or carriage return"):
            written(letter, SENDER)
    assert not ADDRESS.match("a@x.org\nBcc: b@x.org")
    assert not ADDRESS.match("a@x.org\n")


@pytest.mark.parametrize(
    ("stage", "answer", "meaning"),
    [
        ("hello", CUT, DependencyDown),
        ("hello", "554 not you", DependencyDown),
        ("rcpt", "550 nobody", MailRefused),
        ("rcpt", "451 later", MailPostponed),
        ("rcpt", "421 closing", DependencyDown),
        ("rcpt", CUT, DependencyDown),
        ("data", "552 too large", MailRefused),
        ("data", CUT, DependencyDown),
        ("end", "554 spam", MailRefused),
        ("end", "452 full", MailPostponed),
        ("end", CUT, MailInDoubt),
    ],
)
def test_what_a_mail_server_says_is_understood(stage: str, answer: str, meaning: type[Exception]) -> None:
    with (
        mail_server(lambda now, _: answer if now == stage else None) as server,
        pytest.raises((DependencyDown, MailRefused, MailPostponed, MailInDoubt)) as caught,
    ):
        SmtpMailer(server.address, SENDER).send(LETTER)
    assert caught.type is meaning
    assert len(server.taken) == (stage == "end")


def test_a_server_that_is_not_there_is_down() -> None:
    mailer = SmtpMailer("127.0.0.1:1", SENDER)
    with pytest.raises(DependencyDown):
        mailer.ping()
    with mail_server() as server:
        SmtpMailer(server.address, SENDER).ping()


def test_a_password_goes_out_over_tls_only(tls: ssl.SSLContext) -> None:
    login = Login("motorpool", "secret")
    with mail_server(tls=tls) as server:
        SmtpMailer(server.address, SENDER, "starttls", login).send(LETTER)
    said = [command.partition(" ")[0].upper() for command in server.commands]
    assert said.index("STARTTLS") < said.index("AUTH") < said.index("MAIL")
    with mail_server() as server, pytest.raises(DependencyDown):
        SmtpMailer(server.address, SENDER, "starttls", login).send(LETTER)
    assert [command for command in server.commands if command.upper().startswith(("AUTH", "MAIL"))] == []


def test_a_certificate_of_anybody_is_not_believed(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with mail_server(tls=tls) as server, pytest.raises(DependencyDown):
        SmtpMailer(server.address, SENDER, "starttls").send(LETTER)
    assert server.taken == []


def test_a_mail_goes_to_communication_services_as_their_contract_says(tls: ssl.SSLContext) -> None:
    with mail_service(tls) as service:
        mailer = AzureMailer.configured(service.connection_string, "", SENDER)
        mailer.send(LETTER)
        mailer.send(LETTER)
        mailer.ping()
    asked = service.asked[0]
    assert asked["senderAddress"] == SENDER
    assert asked["recipients"] == {"to": [{"address": LETTER.to}]}
    assert asked["content"] == {"subject": LETTER.subject, "plainText": LETTER.text, "html": LETTER.html}
    assert asked["headers"] == dict(LETTER.headers)
    (file,) = asked["attachments"]
    assert base64.b64decode(file.pop("contentInBase64")) == LETTER.enclosures[0].content
    assert file == {"name": "Übersicht.csv", "contentType": "text/csv"}
    # the same mail has the same name there
    assert len(set(service.operations)) == 1


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (400, MailRefused),
        (413, MailRefused),
        (401, DependencyDown),
        (404, DependencyDown),
        (429, DependencyDown),
        (503, DependencyDown),
        (500, MailInDoubt),
        (BROKEN_OFF, MailInDoubt),
    ],
)
def test_what_the_service_says_is_understood(status: int, meaning: type[Exception], tls: ssl.SSLContext) -> None:
    with (
        mail_service(tls, status) as service,
        pytest.raises((DependencyDown, MailRefused, MailPostponed, MailInDoubt)) as caught,
    ):
        AzureMailer.configured(service.connection_string, "", SENDER).send(LETTER)
    assert caught.type is meaning
    # asked once: whatever went wrong, it might have gone out
    assert len(service.asked) == 1


def test_a_mail_that_fails_there_is_refused(tls: ssl.SSLContext) -> None:
    with mail_service(tls, results=("Running", "Failed")) as service, pytest.raises(MailRefused, match="Failed"):
        AzureMailer.configured(service.connection_string, "", SENDER).send(LETTER)


def test_a_service_that_is_not_there_or_does_not_know_us_is_down(tls: ssl.SSLContext) -> None:
    with mail_service(tls) as service:
        stranger = service.connection_string.replace("accesskey=", "accesskey=AAAA")
        with pytest.raises(DependencyDown):
            AzureMailer.configured(stranger, "", SENDER).ping()
    gone = AzureMailer.configured(service.connection_string, "", SENDER)
    with pytest.raises(DependencyDown):
        gone.ping()
    with pytest.raises(DependencyDown):
        gone.send(LETTER)
