"""Check-outs from many phones at once, each with its key, that go on asking until they are answered."""

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

RIVALS = 2
FINAL = {201, 409}


@dataclass
class Wish:
    """A check-out that somebody wants, and what became of it.

    Attributes:
        asset: what is wanted.
        token: of whom.
        key: of the request.
        answers: those that arrived: status, body, whether it was a replay.
        tries: how often it was sent.
    """

    asset: int
    token: str
    key: str
    answers: list[tuple[int, bytes, bool]] = field(default_factory=list)
    tries: int = 0

    @property
    def final(self) -> tuple[int, bytes, bool] | None:
        """Answer the first final answer."""
        return next((answer for answer in self.answers if answer[0] in FINAL), None)


def wishes(assets: Sequence[int], tokens: Sequence[str]) -> list[Wish]:
    """Answer wishes in which every asset is wanted by two, and nobody wants too many."""
    people = itertools.cycle(tokens)
    return [Wish(asset, next(people), f"{asset}-{rival}") for rival in range(RIVALS) for asset in assets]


class Onslaught:
    """Sends wishes to 127.0.0.1, over a few connections at once."""

    def __init__(self, port: int, phones: int = 16) -> None:
        self._port = port
        self._phones = phones
        self._answered = threading.Semaphore(0)

    def wait_for_answers(self, count: int) -> None:
        """Return when so many were answered."""
        for _ in range(count):
            assert self._answered.acquire(timeout=60)

    def send(self, wanted: Sequence[Wish], gone: Callable[[], bool]) -> None:
        """Send each wish once; give up when the other side is gone."""
        waiting = iter(wanted)
        lock = threading.Lock()

        def phone(_: int) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            while not gone():
                with lock:
                    wish = next(waiting, None)
                if wish is None:
                    break
                self._try(connection, wish)
            connection.close()

        with ThreadPoolExecutor(self._phones) as pool:
            list(pool.map(phone, range(self._phones)))

    def insist(self, wanted: Sequence[Wish], seconds: float) -> None:
        """Send again what has no final answer, until all have one or the time is up."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and (left := [wish for wish in wanted if wish.final is None]):
            self.send(left, lambda: False)

    def _try(self, connection: http.client.HTTPConnection, wish: Wish) -> None:
        headers = {"Authorization": f"Bearer {wish.token}", "Idempotency-Key": wish.key}
        wish.tries += 1
        try:
            connection.request(
                "POST",
                f"/api/assets/{wish.asset}/checkout",
                json.dumps({"device_id": wish.key}),
                {**headers, "Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            time.sleep(0.05)
            return
        wish.answers.append((answer.status, body, answer.getheader("Idempotency-Replayed") == "true"))
        if answer.status in FINAL:
            self._answered.release()


def figures(wanted: Sequence[Wish], acknowledged: int) -> str:
    """Say in a line what came of the wishes."""
    again = [wish for wish in wanted if wish.tries > 1]
    statuses = Counter(answer[0] for wish in wanted for answer in wish.answers)
    replayed = sum(1 for wish in again if wish.final and wish.final[2])
    return (
        f"{acknowledged} acknowledged before, {len(again)} sent again, {replayed} of them had been done without an "
        f"answer; statuses {dict(sorted(statuses.items()))}"
    )
