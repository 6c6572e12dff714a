"""A real Chromium: Debian's, or Playwright's own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, expect, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# nothing of the browser's own goes over the network, and no sandbox, which root and containers do not get
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
INSTALL_SECONDS = 600
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Answer a running Chromium without a window."""
    with sync_playwright() as playwright:
        kind = playwright.chromium
        browser = kind.launch(executable_path=_program(kind), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Answer what makes browser profiles, each with nothing in it."""
    with ExitStack() as opened:

        def make(**options: Any) -> BrowserContext:
            made = chromium.new_context(**options)
            opened.callback(made.close)
            made.set_default_timeout(PATIENCE_MS)
            return made

        yield make


def _program(kind: BrowserType) -> str:
    for find in (_installed, _from_debian, lambda: _of_playwright(kind)):
        if found := find():
            return found
    pytest.fail(
        "Browser tests need a Chromium and none could be installed: run `apt-get install chromium`, or "
        "`.venv/bin/python -m playwright install chromium`.",
        pytrace=False,
    )


def _installed() -> str | None:
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def _from_debian() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    # another worker may be at it already
    apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    for command in (["update"], ["install", "--no-install-recommends", "chromium"]):
        subprocess.run([*apt, *command], check=False, timeout=INSTALL_SECONDS, stdout=subprocess.DEVNULL)
    return _installed()


def _of_playwright(kind: BrowserType) -> str | None:
    if not Path(kind.executable_path).exists():
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, check=False, timeout=INSTALL_SECONDS)
    return kind.executable_path if Path(kind.executable_path).exists() else None
