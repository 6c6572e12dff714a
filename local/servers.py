"""What all servers of the one-machine world have in common: they run as a child process from `start` to `stop`."""

from abc import ABC, abstractmethod
from typing import ClassVar, Self

from local.processes import Child


class Server(ABC):
    """A server that stops with the program that started it.

    Attributes:
        NAME: what people call it, for messages.
        READY_SECONDS: how long it may take to answer.
    """

    NAME: ClassVar[str]
    READY_SECONDS: ClassVar[float] = 30

    def __init__(self) -> None:
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """Answer the running process.

        Raises:
            RuntimeError: it was not started.
        """
        if self._child is None:
            raise RuntimeError(f"{self.NAME} is not running: call start() first.")
        return self._child

    def start(self) -> None:
        """Run it, return when it answers; a second call does nothing.

        Raises:
            ChildFailedError: it did not come up; the message holds the end of its log.
            RuntimeError: what it needs is missing; the message says what to do about it.
        """
        if self._child is not None and self._child.exit_code is None:
            return
        self.stop()
        self._child = self._launch()
        try:
            self._child.wait_until(self._answers, self.READY_SECONDS)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it in good order, and wait until it has gone."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abstractmethod
    def _launch(self) -> Child:
        """Start the process."""

    @abstractmethod
    def _answers(self) -> bool:
        """Tell whether it is ready."""
