"""What the terminal shows: one line per message, with the function and the id of the call it belongs to."""

import json
import logging
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from local.host.functions import Function

# the worker library and the storage SDK tell of every call at INFO
QUIET = ("azure.functions", "azure.core", "azure.identity", "uvicorn", "watchfiles")

FunctionOf = Callable[[str], Function | None]
CurrentCall = Callable[[], str | None]


def configure(levels: Mapping[str, int], *, debug: bool) -> "Marker":
    """Show messages of the app and the host on standard error from now on.

    Args:
        levels: level by category, from host.json's logging.logLevel.
        debug: show the app's debug messages too.
    """
    marker = Marker(levels)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    handler.addFilter(marker)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # asked before a line is made, because an app that tells of its own requests needs no second line about each
    logging.getLogger("host.http").setLevel(levels.get("Host.http", logging.NOTSET))
    return marker


class Marker(logging.Filter):
    """Stamps each record with its call and drops what host.json's levels drop.

    Categories are the host's: Function.NAME.User for what the app logs while a function runs, Function.NAME for what
    the host says of it, Host for the rest.
    """

    def __init__(self, levels: Mapping[str, int]) -> None:
        super().__init__()
        self._level_of = lru_cache(maxsize=512)(_level_finder(levels))
        self._current: CurrentCall = lambda: None
        self._function_of: FunctionOf = lambda _: None

    def watch(self, current: CurrentCall, function_of: FunctionOf) -> None:
        """Take calls from here: the id of the current one, and the function it belongs to."""
        self._current, self._function_of = current, function_of

    def filter(self, record: logging.LogRecord) -> bool:
        """Stamp the record, say whether to show it."""
        invocation = getattr(record, "invocation", None) or self._current()
        record.invocation = invocation
        record.function = getattr(record, "function", None) or self._name(invocation)
        return record.levelno >= self._level_of(_category(record))

    def _name(self, invocation: str | None) -> str | None:
        function = self._function_of(invocation) if invocation else None
        return function.name if function else None


def _category(record: logging.LogRecord) -> str:
    function = getattr(record, "function", None)
    if record.name.startswith("host."):
        return f"Function.{function}" if function else f"Host.{record.name[5:]}"
    return f"Function.{function}.User" if function else record.name


def _level_finder(levels: Mapping[str, int]) -> Callable[[str], int]:
    def level_of(category: str) -> int:
        """Answer the level of the longest dotted prefix that has one."""
        while category:
            if category in levels:
                return levels[category]
            category = category.rpartition(".")[0]
        return levels.get("default", logging.DEBUG)

    return level_of


# what every record has, and what the stamp shows already
_STANDARD = {
    *logging.makeLogRecord({}).__dict__,
    *("message", "asctime", "function", "invocation", "invocation_id", "detail"),
}


class LineFormatter(logging.Formatter):
    """`time level function=NAME invocation=ID logger=NAME message`, on one line; a traceback follows indented."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record as a line."""
        line = f"{_time(record.created)} {record.levelname:<8}{_stamp(record)}{_one_line(record.getMessage())}"
        line += _fields(record)
        detail = getattr(record, "detail", "")
        if record.exc_info:
            detail = self.formatException(record.exc_info)
        return line + _indented(detail)


def _stamp(record: logging.LogRecord) -> str:
    stamp = f"logger={record.name} "
    if invocation := getattr(record, "invocation", None):
        stamp = f"invocation={invocation} {stamp}"
    if function := getattr(record, "function", None):
        stamp = f"function={function} {stamp}"
    return stamp


def _fields(record: logging.LogRecord) -> str:
    """Answer what a program gave by `extra=`, as NAME=VALUE; production keeps these as dimensions."""
    given = record.__dict__.keys() - _STANDARD
    return "".join(f" {name}={_one_line(str(record.__dict__[name]))}" for name in sorted(given))


def _indented(detail: str) -> str:
    return "".join(f"\n    {line}" for line in detail.splitlines())


def _one_line(message: str) -> str:
    # a message with line breaks could pass for several records: it is shown as a JSON text
    return message if message.isprintable() else json.dumps(message, ensure_ascii=False)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
