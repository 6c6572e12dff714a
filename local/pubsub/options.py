"""What the emulator is told on its command line."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from local.pubsub.names import HUB
from local.pubsub.tokens import LEAST_KEY_BYTES
from local.pubsub.upstream import ANY_HUB

PORT = 8080
RETENTION_SECONDS = 30.0
RETRY_DELAYS = (1.0, 3.0, 5.0)
KEEP_ALIVE_SECONDS = 20.0
NUMBER = re.compile(r"\d+(\.\d+)?")
EPILOG = """\
examples:
  python -m local.pubsub --access-key "$(openssl rand -base64 48)"
  python -m local.pubsub --access-key KEY --event-handler 'chat=http://127.0.0.1:7071/api/events/{event}'

Give the SDKs this connection string, and any hub:
  Endpoint=http://127.0.0.1:8080;AccessKey=KEY;Version=1.0;

What it does as the service does, and what not: docs/web-pubsub.md."""


@dataclass(frozen=True)
class Options:
    """How the emulator runs.

    Attributes:
        access_key: signs and checks all tokens.
        port: on the loopback addresses.
        handlers: hub in lower case, or `*` for all others, and the address of its event handler.
        retention: seconds for which a reliable connection is kept after its socket broke.
        retry_delays: seconds before each further attempt to deliver an event.
        keep_alive: seconds between pings.
        hosts: further names, with port, for which tokens may be.
    """

    access_key: str
    port: int = PORT
    handlers: dict[str, str] = field(default_factory=dict)
    retention: float = RETENTION_SECONDS
    retry_delays: tuple[float, ...] = RETRY_DELAYS
    keep_alive: float = KEEP_ALIVE_SECONDS
    hosts: tuple[str, ...] = ()

    @classmethod
    def read(cls, arguments: Sequence[str] | None = None) -> Self:
        """Read the command line; one that cannot be carried out ends the program with a sentence."""
        parser = _parser()
        given = parser.parse_args(arguments)
        hubs = [hub for hub, _ in given.event_handler]
        if len(hubs) > len(set(hubs)):
            parser.error("A hub can have one event handler, and --event-handler names more for the same.")
        return cls(
            access_key=given.access_key,
            port=given.port,
            handlers=dict(given.event_handler),
            retention=given.retention,
            retry_delays=given.retry_delays,
            keep_alive=given.keep_alive,
            hosts=tuple(given.host),
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.pubsub",
        description="An emulator of Azure Web PubSub on this machine, for the official SDKs as they are. "
        "It listens on 127.0.0.1 and ::1, knows every hub without configuration, and keeps nothing on disk.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--access-key", type=_key, required=True, metavar="KEY", help="signs all tokens; 32 bytes or more, any text"
    )
    parser.add_argument("--port", type=_port, default=PORT, help=f"to listen on (default {PORT})")
    parser.add_argument(
        "--event-handler",
        type=_handler,
        action="append",
        default=[],
        metavar="HUB=URL",
        help="where the events of a hub go; HUB may be * for all others, URL may hold {hub} and {event}; "
        "may be repeated",
    )
    parser.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="NAME:PORT",
        help="another name under which the emulator is reached, so that tokens for it are good; may be repeated",
    )
    _add_times(parser)
    return parser


def _add_times(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--retention",
        type=_seconds,
        default=RETENTION_SECONDS,
        metavar="SECONDS",
        help="how long a reliable client can come back after its connection broke (default 30)",
    )
    parser.add_argument(
        "--retry-delays",
        type=_delays,
        default=RETRY_DELAYS,
        metavar="SECONDS,...",
        help="before each further attempt to deliver an event (default 1,3,5; none for no further attempt)",
    )
    parser.add_argument(
        "--keep-alive",
        type=_seconds,
        default=KEEP_ALIVE_SECONDS,
        metavar="SECONDS",
        help="between pings; a client that is silent for half of that after one is gone (default 20)",
    )


def _key(text: str) -> str:
    if len(text.encode()) < LEAST_KEY_BYTES:
        raise argparse.ArgumentTypeError(
            f"The key has {len(text.encode())} bytes; HS256 wants {LEAST_KEY_BYTES} or more, and the SDKs warn of less."
        )
    return text


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):  # noqa: PLR2004  TCP's own limit
        raise argparse.ArgumentTypeError(f"{text} is no port: give a number from 1 to 65535.")
    return int(text)


def _handler(text: str) -> tuple[str, str]:
    hub, _, address = text.partition("=")
    if hub != ANY_HUB and not HUB.fullmatch(hub):
        raise argparse.ArgumentTypeError(f"{text} does not begin with a hub's name, or *, and =.")
    if urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).netloc:
        raise argparse.ArgumentTypeError(f"{address or 'What follows the ='} is no http or https address.")
    return hub.lower(), address


def _seconds(text: str) -> float:
    if not NUMBER.fullmatch(text) or float(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds above 0.")
    return float(text)


def _delays(text: str) -> tuple[float, ...]:
    if text == "none":
        return ()
    return tuple(_seconds(part.strip()) for part in text.split(","))
