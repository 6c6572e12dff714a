"""The command line of the host."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DESCRIPTION = """\
Run an Azure Functions app (Python v2 model) on this machine, through the worker library that Azure runs.

The app is the directory with function_app.py and host.json. HTTP, timer and Event Grid blob triggers are served, with
the real host's rules of routing, limits and repetition; docs/local-host.md has the whole list. The host listens on
127.0.0.1 and ::1 only and asks for no function keys."""

EPILOG = """\
settings (in the environment, or in the Values of local.settings.json, where the environment wins):
  MOTORPOOL_PORT                    port, when --port is not given
  AzureWebJobsStorage               storage for timers and blobs; UseDevelopmentStorage=true is Azurite
  PYTHON_THREADPOOL_THREAD_COUNT    how many synchronous functions run at once
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT bytes a request may have, 104857600 by default
  PYTHON_ENABLE_DEBUG_LOGGING       1 shows the app's debug messages
  MOTORPOOL_DUPLICATE_BLOB_EVENTS   1 is --duplicate-blob-events
  AzureWebJobs.NAME.Disabled        true leaves out a function
  AzureFunctionsJobHost__a__b       replaces a value of host.json

examples:
  python -m local.host
  python -m local.host --app-dir ../other-app --port 7171 --reload
  curl -X POST localhost:7071/admin/functions/NAME -H 'content-type: application/json' -d '{"input": null}'
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    port: int | None
    app_dir: Path
    settings: Path
    data_dir: Path
    reload: bool
    duplicate_blob_events: bool
    poll_seconds: float
    die_with_parent: bool


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; asks for help and mistakes end the program."""
    return Options(**vars(_parser().parse_args(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.host",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=int, help="port to listen on, 0 for a free one (default: MOTORPOOL_PORT or 7071)")
    add("--app-dir", type=Path, default=Path(), help="directory of the app (default: the current one)")
    add(
        "--settings",
        type=Path,
        default=Path("local.settings.json"),
        help="file with settings, from the app's directory (default: local.settings.json)",
    )
    add(
        "--data-dir",
        type=Path,
        default=Path(".motorpool/host"),
        help="where the host's id is kept, under which storage remembers what was delivered (default: .motorpool/host)",
    )
    add("--reload", action="store_true", help="start again whenever a .py, .json, .sql or .html file changes")
    add(
        "--duplicate-blob-events",
        action="store_true",
        help="deliver every second blob event twice at the same time, as Event Grid may",
    )
    add(
        "--poll-seconds",
        type=float,
        default=1.0,
        help="how often to look for new blobs (default: 1.0)",
    )
    add("--die-with-parent", action="store_true", help="stop when the program that started the host ends")
    return parser
