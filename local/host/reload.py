"""--reload: a supervisor that starts the host again when the app's files change.

The host is a process of its own each time: the worker library keeps one app for as long as its process lives.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

SUFFIXES = (".py", ".json", ".sql", ".html", ".css")
# of the .json files in the top directory, those that the host reads; others are somebody's results and notes
SETTINGS_FILES = frozenset({"host.json", "local.settings.json"})
IGNORED = frozenset({"node_modules", "__pycache__"})

log = logging.getLogger("host.reload")


class AppFiles(DefaultFilter):
    """Lets pass changes of files that the app is made of."""

    def __init__(self, app_dir: Path) -> None:
        super().__init__()
        self._top = app_dir.resolve()

    def __call__(self, change: Change, path: str) -> bool:
        """Say whether a changed file matters."""
        file = Path(path)
        is_foreign = file.suffix == ".json" and file.parent == self._top and file.name not in SETTINGS_FILES
        return path.endswith(SUFFIXES) and not is_foreign and super().__call__(change, path)


class Supervisor:
    """Keeps one host running.

    Args:
        app_dir: whose files are watched.
        arguments: the host's command line, without --reload.
    """

    def __init__(self, app_dir: Path, arguments: Sequence[str]) -> None:
        self._app_dir = app_dir
        self._command = [sys.executable, "-m", "local.host", *arguments, "--die-with-parent"]
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()

    async def run(self) -> int:
        """Run hosts one after the other until a signal; answer the exit code of the last."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(self._stopping.set))
        watches = [asyncio.create_task(self._watch(paths, deep=deep)) for paths, deep in self._watched()]
        code = 0
        while not self._stopping.is_set():
            self._changed.clear()
            code = await self._run_once()
        for watch in watches:
            watch.cancel()
        return code

    async def _run_once(self) -> int:
        """Run one host until a change or a signal; one that ended by itself is started again by a change."""
        # a session of its own: Ctrl-C reaches the supervisor only, which then stops the host in order
        child = await asyncio.create_subprocess_exec(*self._command, start_new_session=True)
        ended = asyncio.create_task(child.wait())
        reasons = [asyncio.create_task(event.wait()) for event in (self._changed, self._stopping)]
        done, _ = await asyncio.wait([ended, *reasons], return_when=asyncio.FIRST_COMPLETED)
        if ended in done and not self._stopping.is_set():
            log.warning("The host ended with code %s; it starts again when a file changes.", ended.result())
            await asyncio.wait(reasons, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            child.terminate()
        code = await ended
        for reason in reasons:
            reason.cancel()
        return code

    def _watched(self) -> list[tuple[list[Path], bool]]:
        """Answer what to watch: the top directory by itself, those of the app below it with all they hold."""
        below = [
            path
            for path in self._app_dir.iterdir()
            if path.is_dir() and not path.name.startswith(".") and path.name not in self._left_out()
        ]
        return [([self._app_dir], False), *([(below, True)] if below else [])]

    def _left_out(self) -> frozenset[str]:
        """Answer the directories that are not deployed and so are no part of the app."""
        file = self._app_dir / ".funcignore"
        lines = file.read_text().splitlines() if file.exists() else []
        return IGNORED | {line.strip().rstrip("*").strip("/") for line in lines}

    async def _watch(self, paths: Sequence[Path], *, deep: bool) -> None:
        async for changes in awatch(*paths, watch_filter=AppFiles(self._app_dir), recursive=deep):
            names = sorted({Path(path).name for _, path in changes})
            log.warning("Changed: %s. Starting again.", ", ".join(names[:5]))
            self._changed.set()
