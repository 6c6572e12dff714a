"""host.json's limits on how many requests run and wait at once."""

import asyncio
from types import TracebackType

from local.host.hostjson import UNBOUNDED


class ThrottledError(Exception):
    """As many requests as may be are in the host already."""


class Throttle:
    """Lets so many requests run, so many more wait, and turns away the rest.

    Use it as an asynchronous context around a request.

    Args:
        outstanding: how many may run or wait, -1 without bound.
        concurrent: how many may run, -1 without bound.
    """

    def __init__(self, outstanding: int = UNBOUNDED, concurrent: int = UNBOUNDED) -> None:
        self._outstanding = outstanding
        self._inside = 0
        self._slots = asyncio.Semaphore(concurrent) if concurrent != UNBOUNDED else None

    async def __aenter__(self) -> None:
        """Enter, or wait for a slot.

        Raises:
            ThrottledError: no room even to wait.
        """
        if self._outstanding != UNBOUNDED and self._inside >= self._outstanding:
            raise ThrottledError
        self._inside += 1
        if self._slots is None:
            return
        try:
            await self._slots.acquire()
        except asyncio.CancelledError:
            self._inside -= 1
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave, and let the next one in."""
        self._inside -= 1
        if self._slots is not None:
            self._slots.release()
