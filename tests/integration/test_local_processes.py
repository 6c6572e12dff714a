"""Servers on one machine end with the program that started them, however it ends."""

import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from local.ports import PortInUseError, Ports, free_port, loopback_sockets, require_free
from local.processes import ROOT, Child, ChildFailedError

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]


def commanded(guard: int) -> psutil.Process:
    """Answer the process that a guard runs."""
    deadline = time.monotonic() + 60
    while not (children := psutil.Process(guard).children()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return children[0]


def test_stop_ends_the_process_and_what_it_left_behind(tmp_path: Path) -> None:
    script = "import subprocess, time; subprocess.Popen(['sleep', '60']); print('up', flush=True); time.sleep(60)"
    child = Child("Parent", [sys.executable, "-c", script], tmp_path / "log")
    child.wait_until(lambda: "up" in child.log.read_text(), 60)
    family = psutil.Process(child._guard.pid).children(recursive=True)
    assert len(family) == 2
    child.stop()
    assert child.exit_code == 128 + signal.SIGTERM
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive


def test_a_process_that_will_not_end_is_killed_after_the_grace_period(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    child = Child("Deaf", [sys.executable, "-c", deaf], tmp_path / "log", grace_seconds=0.3)
    child.wait_until(lambda: "up" in child.log.read_text(), 60)
    began = time.monotonic()
    child.stop()
    assert child.exit_code == 128 + signal.SIGKILL
    # by itself it would go on for a minute
    assert time.monotonic() - began < 30


def test_it_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    script = f"""
        import time
        from pathlib import Path
        from local.processes import Child
        child = Child("Sleeper", {SLEEPER!r}, Path({str(tmp_path / "log")!r}))
        print(child._guard.pid, flush=True)
        time.sleep(60)
    """
    starter = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with starter:
        assert starter.stdout is not None
        sleeper = commanded(int(starter.stdout.readline()))
        starter.kill()
    assert psutil.wait_procs([sleeper], timeout=30)[0]


if sys.platform == "linux":  # the only system that tells a child of its parent's death

    def test_it_ends_when_its_guard_is_killed(tmp_path: Path) -> None:
        child = Child("Sleeper", SLEEPER, tmp_path / "log")
        child.wait_until(lambda: "up" in child.log.read_text(), 60)
        sleeper = commanded(child._guard.pid)
        child._guard.kill()
        assert psutil.wait_procs([sleeper], timeout=30)[0]
        child.stop()


def test_one_that_ends_too_early_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    child = Child("Faulty", [sys.executable, "-c", "import sys; sys.exit('no such thing')"], tmp_path / "log")
    with pytest.raises(ChildFailedError, match=r"Faulty ended with exit code 1(.|\n)*no such thing"):
        child.wait_until(lambda: False, 60)
    child.stop()


def test_one_that_is_not_ready_in_time_is_reported(tmp_path: Path) -> None:
    with Child("Slow", SLEEPER, tmp_path / "log") as child, pytest.raises(ChildFailedError, match="not ready after"):
        child.wait_until(lambda: False, 0.2)


def test_the_log_of_the_run_before_is_kept(tmp_path: Path) -> None:
    for word in ("first", "second"):
        with Child("Talker", [sys.executable, "-c", f"print('{word}')"], tmp_path / "log") as child:
            child._guard.wait(60)
    assert (tmp_path / "log").read_text() == "second\n"
    assert (tmp_path / "log.old").read_text() == "first\n"


def test_a_taken_port_is_named_with_the_setting_that_moves_it() -> None:
    ports = Ports.free()
    require_free(ports.settings("app", "storage"), patience_seconds=0)
    with socket.create_server(("127.0.0.1", ports.storage + 1)), pytest.raises(PortInUseError) as caught:
        require_free(ports.settings("app", "storage"), patience_seconds=0)
    assert f"{ports.storage + 1} (set MOTORPOOL_STORAGE_PORT to move it)" in str(caught.value)
    assert "MOTORPOOL_PORT" not in str(caught.value)


def test_a_port_that_comes_free_in_a_moment_is_waited_for() -> None:
    port = free_port()
    script = (
        f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); print(1, flush=True); time.sleep(.5)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        require_free([("SETTING", port)], patience_seconds=10)


def test_ports_are_read_from_their_settings() -> None:
    assert Ports.read({}) == Ports(7071, 8080, 7073, 10000, 1025, 5433)
    assert Ports.read({"MOTORPOOL_PORT": "9000", "MOTORPOOL_STORAGE_PORT": ""}).app == 9000
    for wrong in ("80", "65536", "x", "٩٠٠٠", "-1"):
        with pytest.raises(ValueError, match="MOTORPOOL_SMTP_PORT"):
            Ports.read({"MOTORPOOL_SMTP_PORT": wrong})


def test_localhost_is_reached_by_either_address() -> None:
    port = free_port()
    sockets = loopback_sockets(port)
    try:
        for listening in sockets:
            socket.create_connection(listening.getsockname()[:2], timeout=30).close()
        with pytest.raises(OSError, match="in use"):
            loopback_sockets(port)
    finally:
        for listening in sockets:
            listening.close()
