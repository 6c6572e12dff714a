"""The set-up behind `make`: quick when there is nothing to do, clear about what is missing, safe beside itself."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from local.processes import ROOT

TOOLS = ("sh", "cat", "cksum", "dirname", "grep", "mkdir", "rm", "sleep", "flock", "true")


class Checkout:
    """A folder with nothing but what the set-up reads, on a machine that has only what a test gives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "machine"
        for part in ("tools", "machine", ".venv/bin"):
            (folder / part).mkdir(parents=True)
        shutil.copy(ROOT / "tools" / "setup.sh", folder / "tools" / "setup.sh")
        (folder / ".python-version").write_text("3.13\n")
        (folder / "requirements-dev.txt").write_text("one==1\n")
        (folder / "package-lock.json").write_text("{}")
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, f"{tool} is missing on this machine"
            (self.bin / tool).symlink_to(found)

    def give(self, command: str, script: str) -> None:
        (self.bin / command).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / command).chmod(0o755)

    def python_is_set_up(self) -> None:
        (self.folder / ".venv" / "bin" / "python").symlink_to(shutil.which("true") or "/bin/true")
        self._stamp("requirements-dev.txt", self.folder / ".venv" / ".installed")

    def node_is_set_up(self) -> None:
        (self.folder / "node_modules").mkdir()
        self._stamp("package-lock.json", self.folder / "node_modules" / ".installed")

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.folder / "tools" / "setup.sh"],
            env={"PATH": str(self.bin), "HOME": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def run(self) -> tuple[str, str, int]:
        with self.start() as process:
            said, complained = process.communicate(timeout=30)
            return said, complained, process.returncode

    def _stamp(self, lock: str, stamp: Path) -> None:
        with (self.folder / lock).open() as content:
            stamp.write_text(subprocess.check_output(["cksum"], stdin=content, text=True))


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_it_is_silent_when_there_is_nothing_to_do(checkout: Checkout) -> None:
    checkout.python_is_set_up()
    checkout.node_is_set_up()
    assert checkout.run() == ("", "", 0)


def test_a_missing_python_is_named_with_where_to_get_it(checkout: Checkout) -> None:
    checkout.give("python3", "exit 1")
    said, complained, code = checkout.run()
    assert (said, code) == ("", 1)
    assert complained.strip().startswith("Python 3.13 is missing: install it (uv python install 3.13")


def test_an_old_node_is_named_with_where_to_get_a_newer(checkout: Checkout) -> None:
    checkout.python_is_set_up()
    checkout.give("node", 'if [ "$1" = --version ]; then echo v18.1.0; else exit 1; fi')
    _, complained, code = checkout.run()
    assert code == 1
    assert "Node.js 20.19 or newer is missing (found: v18.1.0): install it from https://nodejs.org" in complained


def test_a_changed_lock_is_installed_once_by_two_at_once(checkout: Checkout) -> None:
    checkout.python_is_set_up()
    checkout.node_is_set_up()
    (checkout.folder / "package-lock.json").write_text('{"changed": true}')
    checkout.give("node", "exit 0")
    # npm ends when it is told to, so that the second set-up comes while the first is at work however slow the machine
    checkout.give(
        "npm",
        "echo installed >>npm.log; for i in $COUNT; do [ -e go ] && exit 0; sleep 0.1; done".replace(
            "$COUNT", " ".join(map(str, range(200)))
        ),
    )
    first = checkout.start()
    _wait_for(checkout.folder / "npm.log")
    second = checkout.start()
    assert second.stdout is not None
    assert "waiting for it" in second.stdout.readline()
    (checkout.folder / "go").touch()
    for process in (first, second):
        process.communicate(timeout=30)
    assert (first.returncode, second.returncode) == (0, 0)
    assert (checkout.folder / "npm.log").read_text() == "installed\n"


def _wait_for(file: Path) -> None:
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline, f"{file} did not come"
        time.sleep(0.02)


def test_a_failed_installation_is_tried_again(checkout: Checkout) -> None:
    checkout.python_is_set_up()
    checkout.node_is_set_up()
    (checkout.folder / "package-lock.json").write_text('{"changed": true}')
    checkout.give("node", "exit 0")
    checkout.give("npm", "exit 7")
    assert checkout.run()[2] == 7
    checkout.give("npm", "exit 0")
    assert checkout.run()[2] == 0


def test_the_scripts_can_be_run() -> None:
    for script in ("tools/setup.sh", ".ci/run"):
        assert os.access(ROOT / script, os.X_OK)
