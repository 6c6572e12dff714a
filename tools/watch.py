"""Watch an organisation's events as they come, and prove that none is missing and none comes twice."""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx

from tools.database import OperatorFault
from tools.live import Live
from tools.sequence import Told
from tools.sign_in import browser_token, stand_in_token

ACME = "11111111-1111-1111-1111-111111111111"

_EPILOG = """\
Who watches, in this order:
  --token TOKEN or JWT_TOKEN   an access token, as `make run` prints one
  --as OID [--tid TID]         anybody, from the identity stand-in of one machine
  neither                      whoever signs in in the browser, on the page that is printed

It ends with Ctrl-C, after --count events, or after --seconds, and says in a line what came:
  42 events up to 217: 0 gaps, 0 events asked for, 0 duplicates
A gap is an event that had not come when the next one did; it is asked for from GET /api/events. The exit status is 0
if nothing is missing at the end, 1 if something is, 2 if watching was not possible.

  python -m tools.watch --as dispatcher-1
  python -m tools.watch --as manager-1 --since 0 --seconds 60 --json > events.jsonl
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Watch, and answer the exit status."""
    asked = _parser().parse_args(arguments)
    # the client's own remarks on its state would stand between the events
    logging.getLogger("azure").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(_watch(asked, _token(asked)))
    except OperatorFault as fault:
        print(fault, file=sys.stderr)
        return 2
    except httpx.HTTPError as error:
        print(f"{asked.url} does not answer: {str(error) or type(error).__name__}. Does it run?", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 2


async def _watch(asked: argparse.Namespace, token: str) -> int:
    ended = asyncio.Event()
    seen = 0

    def show(event: Told) -> None:
        nonlocal seen
        print(json.dumps(event) if asked.json else _line(event), flush=True)
        seen += event.get("seq") is not None
        if asked.count and seen >= asked.count:
            ended.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=asked.url, headers=headers, timeout=30) as api:
        live = Live(api, show, asked.since, compress=asked.compress)
        async with live.connected():
            _note(f"Watching {asked.url} after event {live.proof.last}; Ctrl-C ends it.")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), asked.seconds)
        _note(f"{live.proof}, {max(0, live.reconnects)} reconnections")
        return 0 if live.proof.is_complete else 1


def _line(event: Told) -> str:
    """Show an event on one line: number, time of day, what, of what, by whom."""
    at = event.get("at")
    moment = datetime.fromisoformat(at).astimezone().strftime("%H:%M:%S") if at else "        "
    number = event.get("seq") or "-"
    of = f"{event.get('resource_type', '')}/{event.get('resource_id', '')}"
    return f"{number:>7}  {moment}  {event['type']:<18} {of:<16} by {event.get('user_id')}  {_brief(event)}"


def _brief(event: Told) -> str:
    text = json.dumps(event.get("data", {}), ensure_ascii=False, separators=(", ", ": "))
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


_WIDTH = 100


def _note(line: str) -> None:
    # beside the events, which may be piped elsewhere
    print(line, file=sys.stderr, flush=True)


def _token(asked: argparse.Namespace) -> str:
    given = asked.token or ("" if asked.who else os.environ.get("JWT_TOKEN", ""))
    if given:
        return str(given)
    config: dict[str, Any] = httpx.get(f"{asked.url}/api/config", timeout=30).raise_for_status().json()
    if asked.who:
        return stand_in_token(config, asked.tid, asked.who)
    return browser_token(config, _note)


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m tools.watch", description=__doc__, epilog=_EPILOG, formatter_class=raw
    )
    parser.add_argument("--url", default="http://localhost:7071", help="of the application; %(default)s unless given")
    parser.add_argument("--token", help="access token; the environment's JWT_TOKEN unless given")
    parser.add_argument("--as", dest="who", metavar="OID", help="be this person of the identity stand-in")
    parser.add_argument("--tid", default=ACME, help="organisation of --as; Acme Logistics unless given")
    parser.add_argument(
        "--since", type=_whole, metavar="SEQ", help="begin after this event; only new ones unless given"
    )
    parser.add_argument("--count", type=_whole, metavar="N", help="end after so many events")
    parser.add_argument("--seconds", type=float, metavar="S", help="end after so long")
    parser.add_argument("--json", action="store_true", help="each event as a line of JSON, as it came")
    off = argparse.BooleanOptionalAction
    parser.add_argument("--compress", action=off, default=True, help="take large batches packed")
    return parser


def _whole(given: str) -> int:
    if not (given.isascii() and given.isdigit()):
        raise argparse.ArgumentTypeError(f"{given!r} is no event's number; give 0 or more")
    return int(given)


if __name__ == "__main__":
    sys.exit(main())
