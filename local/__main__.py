"""Run Motorpool and everything around it on this machine, until Ctrl-C (behind `make run`)."""

import argparse
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from local.azurite import AzuriteError
from local.people import ACME
from local.ports import PortInUseError, Ports
from local.postgres import PostgresError
from local.processes import ROOT, ChildFailedError
from local.stack import Plan, Stack, StackError

FAULTS = (AzuriteError, ChildFailedError, PortInUseError, PostgresError, StackError, ValueError)
OWN_DATA = ROOT / ".motorpool"
TOKEN_SECONDS = 12 * 3600


class RunningAlreadyError(StackError):
    """Another `make run` has the data directory."""


def main() -> int:
    """Run until told to stop; answer 0 then, 1 when something went wrong."""
    asked = _arguments()
    # SIGINT too: a shell that starts this in the background lets it ignore that signal
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        return _run(_plan(asked))
    except FAULTS as error:
        print(f"\nMotorpool could not run. {error}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        _say("Stopped.")
        return 0


def _run(plan: Plan) -> int:
    with _alone(plan), contextlib.ExitStack() as opened:
        _say("Starting Motorpool; Ctrl-C stops it.")
        stack = Stack(plan, _say)
        stack.start()
        opened.callback(_stop, stack)
        _note_differences(stack.differing_settings)
        stack.relay()
        _say(_addresses(stack))
        return _watch(stack)


def _watch(stack: Stack) -> int:
    while True:
        stack.relay()
        dead = stack.dead_child()
        if dead is not None:
            print(f"\n{dead.obituary()}", file=sys.stderr, flush=True)
            return 1
        time.sleep(0.3)


def _stop(stack: Stack) -> None:
    _say("\nStopping …")
    stack.stop()


def _addresses(stack: Stack) -> str:
    app, identity = f"http://localhost:{stack.plan.ports.app}", stack.identity.issuer
    manager = next(person for person in ACME.people if "manager" in person.roles)
    return "\n".join(
        [
            "",
            f"  web app and API   {app}",
            f"  API description   {app}/api/docs",
            f"  identity          {identity}",
            f"  mail              {identity}/mail",
            f"  Web PubSub        {stack.pubsub.connection_string}",
            "",
            f"Sign in as {manager.name}, manager of {ACME.name} (or anyone else):",
            f"  {app}/?login_hint={manager.email}",
            "",
            f"For curl, the same person for {TOKEN_SECONDS // 3600} hours:",
            f"  export JWT_TOKEN={stack.identity.token(manager.tid, manager.oid, expires_in=TOKEN_SECONDS)}",
            "",
        ]
    )


def _note_differences(names: list[str]) -> None:
    if names:
        _say(
            f"local.settings.json says otherwise about {', '.join(names)}; what runs here wins. "
            "Delete the file to have it written anew."
        )


@contextlib.contextmanager
def _alone(plan: Plan) -> Iterator[None]:
    plan.data.mkdir(parents=True, exist_ok=True)
    note = plan.data / "running.json"
    lock = FileLock(plan.data / "running.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunningAlreadyError(_who_runs(note)) from None
    with lock:
        note.write_text(json.dumps({"pid": os.getpid(), "address": f"http://localhost:{plan.ports.app}"}))
        try:
            yield
        finally:
            note.unlink(missing_ok=True)


def _who_runs(note: Path) -> str:
    try:
        other = json.loads(note.read_text())
    except (OSError, ValueError):
        other = {"address": "(starting)", "pid": "unknown"}
    return (
        f"It runs already: {other['address']}, process {other['pid']}. Stop that one first, or give this one "
        "its own MOTORPOOL_DATA and ports (see docs/local.md)."
    )


def _plan(asked: argparse.Namespace) -> Plan:
    # the one place of this package that reads the environment
    environment = dict(os.environ)
    data = Path(environment.get("MOTORPOOL_DATA") or OWN_DATA).absolute()
    ports = Ports.read(environment)
    # `func start` has one file of settings, which belongs to the data in their usual place
    settings_file = ROOT / "local.settings.json" if data == OWN_DATA else None
    plan = Plan(data, ports, environment, host=asked.host, reload=asked.reload, demo=asked.demo)
    return replace(plan, settings_file=settings_file)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    off = argparse.BooleanOptionalAction
    parser.add_argument("--host", action=off, default=True, help="run the application, not only what it needs")
    parser.add_argument("--reload", action=off, default=True, help="start the host anew when files change")
    parser.add_argument("--demo", action=off, default=True, help="fill an empty database with the demo data")
    return parser.parse_args()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
