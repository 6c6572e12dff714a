"""The messages of a reliable connection that its client has not acknowledged."""

import time
from collections import deque
from collections.abc import Iterator

MOST_MESSAGES = 1000
MOST_BYTES = 16 * 1024 * 1024


class Backlog:
    """Numbers messages from 1 and keeps each frame as it was sent, until it is acknowledged."""

    __slots__ = ("_bytes", "_entries", "number")

    def __init__(self) -> None:
        self.number = 0
        self._entries: deque[tuple[int, bytes, float]] = deque()
        self._bytes = 0

    def add(self, frame: bytes, expires_at: float) -> None:
        """Keep the frame under the present number."""
        self._entries.append((self.number, frame, expires_at))
        self._bytes += len(frame)

    @property
    def overflows(self) -> bool:
        """Say whether the client has left more unacknowledged than is kept for it."""
        return len(self._entries) > MOST_MESSAGES or self._bytes > MOST_BYTES

    def acknowledge(self, number: int) -> None:
        """Forget everything up to the number."""
        entries = self._entries
        while entries and entries[0][0] <= number:
            self._bytes -= len(entries.popleft()[1])

    def frames(self) -> Iterator[bytes]:
        """Answer what is kept and still worth delivering, oldest first, with the numbers it had."""
        now = time.monotonic()
        return (frame for _, frame, expires_at in self._entries if expires_at > now)
