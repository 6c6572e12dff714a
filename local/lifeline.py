"""Run one command that ends when the program behind standard input ends.

`local.processes` starts this file as a guard around each server. The guard's standard input is a pipe whose
other end only the supervisor holds, so the kernel closes it however the supervisor goes, kill -9 included.
The reverse is covered too: on Linux a killed guard takes the command along.

Usage: lifeline.py STOP_SIGNAL GRACE_SECONDS COMMAND [ARGUMENT ...]
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1
STANDARD_INPUT = 0


def main(stop_signal: int, grace_seconds: float, command: list[str]) -> int:
    """Run the command to its end and answer its exit code (128 + n for signal n)."""
    # a session of its own, so that Ctrl-C reaches the supervisor only, which then stops things in order
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: _die_with_parent(stop_signal),  # noqa: PLW1509  there is one thread at this point
    )
    watch = (child, stop_signal, grace_seconds)
    threading.Thread(target=_stop_at_end_of_input, args=watch, daemon=True).start()
    code = child.wait()
    _kill_group(child.pid)
    return code if code >= 0 else 128 - code


def _die_with_parent(stop_signal: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, stop_signal)


def _stop_at_end_of_input(child: subprocess.Popen[bytes], stop_signal: int, grace_seconds: float) -> None:
    while os.read(STANDARD_INPUT, 1):
        pass
    child.send_signal(stop_signal)
    threading.Timer(grace_seconds, _kill_group, [child.pid]).start()


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


if __name__ == "__main__":
    # os._exit: a pending grace timer must not hold up a guard whose command has ended
    os._exit(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
