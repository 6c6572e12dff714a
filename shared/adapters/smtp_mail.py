"""Mail over SMTP, one connection a mail.

The end of a mail is sent on its own, after all the rest has gone out: a server may deliver only what it has seen the
end of (RFC 5321, 4.2.5), so whatever breaks before leaves no doubt, and only what breaks after does.
"""

import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import formatdate
from typing import Any

from shared.domain.errors import DependencyDown
from shared.ports import Letter, MailInDoubt, MailPostponed, MailRefused

log = logging.getLogger("motorpool.mail")

DEPENDENCY = "mail server"
SENDER = "Motorpool"
PORT = 25
WAIT_SECONDS = 20
STARTTLS, TLS = "starttls", "tls"
_NEVER = range(500, 600)
_BYE = 421
_GO_ON = 354
_OK = range(200, 300)


@dataclass(frozen=True)
class Login:
    """Who we are to the mail server."""

    user: str
    password: str


class _Policy(EmailPolicy):
    """Write addresses of pages in one piece: folded as other headers are, a long one would be encoded, and lost."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Answer a header's bytes."""
        if name in {"List-Unsubscribe", "Message-ID"}:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


class SmtpMailer:
    """Hands mails to one server. Nothing is connected before the first use; threads may share it.

    Args:
        address: `host:port`; 25 where no port is named.
        sender: the address that mails come from.
        security: `starttls`, `tls`, or "" for none.
        login: where the server wants one.
    """

    def __init__(self, address: str, sender: str, security: str = "", login: Login | None = None) -> None:
        self._host, _, port = address.rpartition(":") if ":" in address else (address, "", str(PORT))
        self._port = int(port)
        self._sender, self._security, self._login = sender, security, login

    def send(self, letter: Letter) -> None:
        """Hand over a mail; raise MailRefused, MailPostponed, MailInDoubt or DependencyDown."""
        content = written(letter, self._sender).as_bytes()
        with self._session() as smtp:
            _check(smtp.mail(self._sender), _OK)
            _check(smtp.rcpt(letter.to), _OK)
            _check(smtp.docmd("DATA"), range(_GO_ON, _GO_ON + 1))
            smtp.send(_dotted(content))
            _end(smtp)

    def ping(self) -> None:
        """Return if the server answers; raise DependencyDown."""
        with self._session() as smtp:
            _check(smtp.noop(), _OK)

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """Open a session that says goodbye; whatever goes wrong before the end of a mail has sent nothing."""
        try:
            smtp = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise _down(error) from error
        try:
            yield smtp
        except (OSError, smtplib.SMTPException) as error:
            raise _down(error) from error
        finally:
            smtp.close()

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context() if self._security else None
        if self._security == TLS:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=WAIT_SECONDS, context=context)
        else:
            smtp = smtplib.SMTP(self._host, self._port, timeout=WAIT_SECONDS)
        try:
            if self._security == STARTTLS:
                # raises where the server offers none: nothing goes out in the clear because somebody cut that offer out
                smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
            if self._login:
                smtp.login(self._login.user, self._login.password)
        except BaseException:
            smtp.close()
            raise
        return smtp


def written(letter: Letter, sender: str) -> EmailMessage:
    """Write a letter as a message: text, the same as HTML, and files."""
    message = EmailMessage(policy=_Policy(linesep=SMTP.linesep, max_line_length=SMTP.max_line_length))
    message["From"] = Address(SENDER, addr_spec=sender)
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{letter.key}@{sender.rpartition('@')[2]}>"
    # no answering machine is to answer
    message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    for enclosure in letter.enclosures:
        kind = enclosure.content_type.partition(";")[0].partition("/")
        message.add_attachment(enclosure.content, maintype=kind[0], subtype=kind[2], filename=enclosure.name)
    return message


def _dotted(content: bytes) -> bytes:
    """Answer what goes over the wire before the end: whole lines, with a dot before each that begins with one."""
    body = content if content.endswith(b"\r\n") else content + b"\r\n"
    return (b"." if body.startswith(b".") else b"") + body.replace(b"\r\n.", b"\r\n..")


def _end(smtp: smtplib.SMTP) -> None:
    """Send the end of a mail; from here on the server may have taken it."""
    try:
        smtp.send(b".\r\n")
        reply = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise MailInDoubt("the mail server broke off before it said whether it took the mail") from error
    _check(reply, _OK)


def _check(reply: tuple[int, bytes], wanted: range) -> None:
    code, text = reply
    if code in wanted:
        return
    said = f"{code} {text.decode('utf-8', 'replace')}"
    if code in _NEVER:
        raise MailRefused(said)
    # the server shuts down
    if code == _BYE:
        raise smtplib.SMTPResponseException(code, said)
    raise MailPostponed(said)


def _down(error: Exception) -> DependencyDown:
    log.warning("a dependency failed", extra={"dependency": DEPENDENCY, "fault": type(error).__name__})
    return DependencyDown(DEPENDENCY)
