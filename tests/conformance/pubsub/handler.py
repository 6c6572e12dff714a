"""An event handler of a case's own: it keeps what it is told and answers what the case says."""

import asyncio
import hashlib
import hmac
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import orjson
from aiohttp import web

PATIENCE = 60.0
SETTLING_SECONDS = 0.05


@dataclass(frozen=True)
class Told:
    """One call of the emulator.

    Attributes:
        method: POST for an event, OPTIONS for the validation.
        event: its name, as the path has it.
        headers: of the call, which answer in any letter case.
        body: as it came.
    """

    method: str
    event: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Answer the body as JSON."""
        return orjson.loads(self.body)

    def signed_by(self, key: str) -> bool:
        """Say whether its signature shows the key."""
        wanted = hmac.new(key.encode(), self.headers["ce-connectionId"].encode(), hashlib.sha256).hexdigest()
        return f"sha256={wanted}" in self.headers["ce-signature"].split(",")


type Answer = Callable[[Told], web.Response | Awaitable[web.Response]]


class Handler:
    """Listens where the emulator looks for event handlers.

    Args:
        port: to listen on.
        hub: whose calls count; others are of earlier cases.

    Attributes:
        told: the events of the hub so far.
        validations: the validations of the hub so far.
        answers: what to say to an event, by its name; 204 to those not here.
        consent: the value of WebHook-Allowed-Origin.
    """

    def __init__(self, port: int, hub: str) -> None:
        self.told: list[Told] = []
        self.validations: list[Told] = []
        self.answers: dict[str, Answer] = {}
        self.consent = "*"
        self._port = port
        self._hub = hub
        self._more = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    async def event(self, name: str, number: int = 1) -> Told:
        """Wait for an event, the first of its name or a later one, and answer it."""
        async with self._more:
            await asyncio.wait_for(self._more.wait_for(lambda: len(self.of(name)) >= number), PATIENCE)
        return self.of(name)[number - 1]

    def of(self, name: str) -> list[Told]:
        """Answer the events of a name so far."""
        return [told for told in self.told if told.event == name]

    async def _take(self, request: web.Request) -> web.Response:
        hub, event = request.match_info["hub"], request.match_info["event"]
        told = Told(request.method, event, request.headers, await request.read())
        if hub != self._hub:
            return web.Response(status=204, headers={"WebHook-Allowed-Origin": "*"})
        if request.method == "OPTIONS":
            self.validations.append(told)
            return web.Response(headers={"WebHook-Allowed-Origin": self.consent})
        async with self._more:
            self.told.append(told)
            self._more.notify_all()
        answer = self.answers.get(event)
        said = web.Response(status=204) if answer is None else answer(told)
        return await said if inspect.isawaitable(said) else said

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=4 * 1024 * 1024)
        application.router.add_route("*", "/{hub}/{event}", self._take)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        assert self._site is not None
        await self._site.stop()
        # a connection that was just accepted is known to the runner, which ends it, only after the loop's next turns
        await asyncio.sleep(SETTLING_SECONDS)
        await self._runner.cleanup()
        await asyncio.sleep(0)


def says(status: int = 200, body: Any = None, kind: str = "application/json", **headers: str) -> Answer:
    """Answer an answer: JSON unless `kind` is another, in which case `body` is bytes."""
    content = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(_: Told) -> web.Response:
        return web.Response(status=status, body=content, headers={"Content-Type": kind, **named})

    return answer
