"""Run the identity stand-in and the mail catcher, which are one process."""

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from local.identity.grants import Codes
from local.identity.keys import KeyRing
from local.identity.routes import IdentityRoutes
from local.identity.tokens import Issuer
from local.identity.web import on_http_error
from local.mail import Mailbox, MailRoutes, Receiver
from local.ports import LOOPBACK, loopback_sockets

# browsers of this machine only: no page of the internet may order itself a token
LOCAL_ORIGINS = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"


def application(identity: IdentityRoutes, mailbox: Mailbox, smtp_port: int) -> Starlette:
    """Build the web application, which also receives mail while it runs."""

    @contextlib.asynccontextmanager
    async def receive_mail(_: Starlette) -> AsyncIterator[None]:
        protocol = Receiver(mailbox).protocol
        async with await asyncio.get_running_loop().create_server(protocol, LOOPBACK, smtp_port):
            yield

    app = Starlette(
        routes=[*identity.routes(), *MailRoutes(mailbox).routes()],
        exception_handlers={HTTPException: on_http_error},
        middleware=[
            Middleware(CORSMiddleware, allow_origin_regex=LOCAL_ORIGINS, allow_methods=["*"], allow_headers=["*"])
        ],
        lifespan=receive_mail,
    )
    app.router.redirect_slashes = False
    return app


def main() -> None:
    """Serve until told to stop."""
    asked = _arguments()
    issuer = Issuer(f"http://localhost:{asked.port}", KeyRing(asked.data / "signing-keys.json"))
    identity = IdentityRoutes(issuer, Codes(), frozenset(asked.redirect_uri))
    app = application(identity, Mailbox(asked.data / "mail"), asked.smtp_port)
    config = uvicorn.Config(app, access_log=False, server_header=False, timeout_graceful_shutdown=3)
    uvicorn.Server(config).run(sockets=loopback_sockets(asked.port))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.identity", description=__doc__)
    parser.add_argument("--port", type=int, default=7073, help="of the issuer and the pages (default 7073)")
    parser.add_argument("--smtp-port", type=int, default=1025, help="of the mail catcher (default 1025)")
    parser.add_argument("--data", type=Path, default=Path(".motorpool/identity"), help="keys and mail are kept here")
    parser.add_argument(
        "--redirect-uri", action="append", default=[], help="the client may return here too; may be repeated"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
