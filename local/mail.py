"""A mail server that delivers nothing: it keeps what the application sends and shows it.

Messages lie as files in one directory, newest last by name, and the oldest go when there are too many.
"""

import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.identity.web import page

MOST_MESSAGES = 500
MOST_BYTES_EACH = 25 * 1024 * 1024
MOST_BYTES_TOGETHER = 250 * 1024 * 1024
MESSAGE_ID = re.compile(r"\d{19}-[0-9a-f]{8}")
# a message is somebody else's page: no scripts, no requests to anywhere, no access to what is around it
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True)
class Attachment:
    """A file in a message."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """A message as it was received; texts are empty where it has none."""

    id: str
    received_at: datetime
    sender: str
    recipients: list[str]
    subject: str
    text: str
    html: str
    attachments: list[Attachment]

    def as_json(self) -> dict[str, Any]:
        """Answer it as `/mail.json` lists it."""
        return {
            "id": self.id,
            "received_at": self.received_at.isoformat().replace("+00:00", "Z"),
            "from": self.sender,
            "to": self.recipients,
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "attachments": [
                {
                    "filename": attachment.filename,
                    "content_type": attachment.content_type,
                    "size": len(attachment.content),
                    "url": f"/mail/{self.id}/attachments/{number}",
                }
                for number, attachment in enumerate(self.attachments)
            ],
        }


class Mailbox:
    """All messages, one file each.

    Args:
        directory: made if missing.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def keep(self, sender: str, recipients: list[str], content: bytes) -> str:
        """Write a message down and answer its id; the oldest make room."""
        message_id = f"{time.time_ns():019d}-{secrets.token_hex(4)}"
        envelope = "\r\n".join([f"X-Envelope-From: {sender}", *(f"X-Envelope-To: {to}" for to in recipients), ""])
        unfinished = self._directory / f"{message_id}.unfinished"
        unfinished.write_bytes(envelope.encode("utf-8", "replace") + content)
        unfinished.replace(self._path(message_id))
        self._make_room()
        return message_id

    def newest_first(self, recipient: str | None = None) -> list[Mail]:
        """Answer the messages, newest first; those to one address if asked."""
        mails = (_read(path) for path in reversed(self._paths()))
        return [mail for mail in mails if recipient is None or recipient in mail.recipients]

    def find(self, message_id: str) -> Mail | None:
        """Answer one message, if it is there."""
        path = self._path(message_id)
        return _read(path) if MESSAGE_ID.fullmatch(message_id) and path.exists() else None

    def clear(self) -> None:
        """Throw all messages away."""
        for path in self._paths():
            path.unlink(missing_ok=True)

    def _paths(self) -> list[Path]:
        return sorted(self._directory.glob("*.eml"))

    def _path(self, message_id: str) -> Path:
        return self._directory / f"{message_id}.eml"

    def _make_room(self) -> None:
        held = 0
        for number, path in enumerate(reversed(self._paths()), start=1):
            held += path.stat().st_size
            if number > MOST_MESSAGES or held > MOST_BYTES_TOGETHER:
                path.unlink(missing_ok=True)


class Receiver:
    """The side of the mailbox that speaks SMTP (a handler of aiosmtpd)."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def protocol(self) -> SMTP:
        """Answer the protocol of one connection."""
        return SMTP(self, data_size_limit=MOST_BYTES_EACH, enable_SMTPUTF8=True, hostname="localhost")

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        """Keep the message."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        await run_in_threadpool(self._mailbox.keep, envelope.mail_from or "", envelope.rcpt_tos, raw)
        return "250 Kept"


@dataclass(frozen=True)
class MailRoutes:
    """The side of the mailbox that a browser or a test reads."""

    mailbox: Mailbox

    def routes(self) -> list[Route]:
        """Answer the routes for a Starlette application."""
        return [
            Route("/mail", self.show_list, methods=["GET"]),
            Route("/mail", self.clear, methods=["DELETE"]),
            Route("/mail.json", self.show_json, methods=["GET"]),
            Route("/mail/{message_id}", self.show_message),
            Route("/mail/{message_id}/html", self.show_html),
            Route("/mail/{message_id}/attachments/{number:int}", self.download),
        ]

    def show_list(self, _: Request) -> Response:
        """Show the messages as a page."""
        return page("mail_list.html", mails=self.mailbox.newest_first())

    def show_json(self, request: Request) -> Response:
        """Answer the messages as JSON, newest first; `?to=` asks for those to one address."""
        mails = self.mailbox.newest_first(request.query_params.get("to"))
        return JSONResponse([mail.as_json() for mail in mails], headers={"Cache-Control": "no-store"})

    def clear(self, _: Request) -> Response:
        """Throw all messages away."""
        self.mailbox.clear()
        return Response(status_code=204)

    def show_message(self, request: Request) -> Response:
        """Show one message."""
        return page("mail_message.html", mail=self._wanted(request))

    def show_html(self, request: Request) -> Response:
        """Answer the HTML of a message, shut in."""
        headers = {"Content-Security-Policy": SANDBOX, "X-Content-Type-Options": "nosniff"}
        return Response(self._wanted(request).html, media_type="text/html", headers=headers)

    def download(self, request: Request) -> Response:
        """Answer an attachment as a file to save."""
        attachments = self._wanted(request).attachments
        number = request.path_params["number"]
        if number >= len(attachments):
            raise HTTPException(404, "The message has no such attachment.")
        file = attachments[number]
        name = f"attachment; filename*=UTF-8''{quote(file.filename, safe='', errors='replace')}"
        headers = {
            "Content-Disposition": name,
            "X-Content-Type-Options": "nosniff",
            "Content-Type": file.content_type,
        }
        return Response(file.content, headers=headers)

    def _wanted(self, request: Request) -> Mail:
        mail = self.mailbox.find(request.path_params["message_id"])
        if mail is None:
            raise HTTPException(404, "There is no such message: it may have made room for newer ones.")
        return mail


def _read(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), EmailMessage, policy=SMTP_POLICY)
    return Mail(
        id=path.stem,
        received_at=datetime.fromtimestamp(int(path.stem[:10]), UTC),
        sender=_header(message, "X-Envelope-From"),
        recipients=[str(to) for to in message.get_all("X-Envelope-To", [])],
        subject=_header(message, "Subject"),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        attachments=list(_attachments(message)),
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except Exception:  # noqa: BLE001  the parser raises many things over headers no mail program would write
        return "(unreadable)"


def _body(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body((kind,))
        return str(part.get_content()) if part else ""
    except Exception as error:  # noqa: BLE001  as for headers
        return f"(unreadable: {error})"


def _attachments(message: EmailMessage) -> Iterator[Attachment]:
    for number, part in enumerate(message.iter_attachments(), start=1):
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            name = part.get_filename() or f"attachment-{number}"
            yield Attachment(name, part.get_content_type(), content)
