"""Child processes with a log of their own that never outlive the program that started them."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

LIFELINE = Path(__file__).with_name("lifeline.py")
# where every child runs, so that `python -m local.…` finds the package
ROOT = Path(__file__).parents[1]


class ChildFailedError(RuntimeError):
    """A server ended, or was not ready in time; the message carries the last lines of its log."""


class Child:
    """One server process under a guard (see `local.lifeline`), writing to a log file.

    Args:
        name: what people call it, for messages.
        command: the program and its arguments.
        log: file for its output; what an earlier run wrote is kept with the suffix `.old`.
        env: its whole environment; this process's own when not given.
        stop_signal: what asks it to end in good order.
        grace_seconds: how long it may take over that before it is killed.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace_seconds: float = 15.0,
    ) -> None:
        self.name = name
        self.log = log
        self._told = 0
        self._grace_seconds = grace_seconds
        guard = [
            sys.executable,
            "-I",
            "-S",
            str(LIFELINE),
            str(int(stop_signal)),
            str(grace_seconds),
            *command,
        ]
        with _fresh(log).open("wb") as output:
            self._guard = subprocess.Popen(
                guard,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=ROOT,
                start_new_session=True,
            )

    @property
    def exit_code(self) -> int | None:
        """Answer the code it ended with, or None while it runs."""
        return self._guard.poll()

    def stop(self) -> None:
        """Ask it to end, wait until it has; killed after the grace period."""
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        try:
            self._guard.wait(self._grace_seconds + 5)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `ready` answers True.

        Raises:
            ChildFailedError: it ended before, or the time ran out.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if self.exit_code is not None:
                raise ChildFailedError(self.obituary())
            if time.monotonic() > deadline:
                raise ChildFailedError(f"{self.name} was not ready after {seconds:.0f} s.\n{self.last_lines()}")
            time.sleep(0.03)

    def obituary(self) -> str:
        """Say how it ended, with the last lines of its log."""
        return f"{self.name} ended with exit code {self.exit_code}.\n{self.last_lines()}"

    def unread(self) -> str:
        """Answer what it wrote since the last call, in whole lines."""
        with self.log.open("rb") as log:
            log.seek(self._told)
            lines, newline, _ = log.read().rpartition(b"\n")
        self._told += len(lines + newline)
        return lines.decode(errors="replace")

    def last_lines(self, count: int = 15) -> str:
        """Answer the end of its log under a line that names the file."""
        lines = self.log.read_text(errors="replace").splitlines()[-count:]
        return "\n".join([f"The last lines of {self.log}:", *(f"  | {line}" for line in lines)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _fresh(log: Path) -> Path:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_name(log.name + ".old"))
    return log
