"""One person's client: the state that it loaded, and the events that it applied to it since."""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tools.sequence import Proof, Told, unpacked

PROTOCOL = "json.reliable.webpubsub.azure.v1"
HEARTBEAT_SECONDS = 20
# as the official clients do: what was received is acknowledged once a second
ACK_SECONDS = 1


@dataclass
class Board:
    """What a client knows: tasks by id, comments by id, and who is looking at what."""

    tasks: dict[int, Told] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    comments: dict[int, Told] = field(default_factory=dict)
    present: dict[int, Told] = field(default_factory=dict)

    def apply(self, event: Told) -> None:
        """Apply an event; a repeated or older one changes nothing."""
        kind, data = event["type"], event["data"]
        if kind == "TASK_DELETED":
            self.gone.add(data["task_id"])
            self.tasks.pop(data["task_id"], None)
        elif kind.startswith("TASK_"):
            self.put(data)
        elif kind == "COMMENT_ADDED":
            self.comments[data["id"]] = data
        elif kind.startswith("PRESENCE_"):
            known = self.present.get(data["task_id"])
            if known is None or known["number"] < data["number"]:
                self.present[data["task_id"]] = data

    def put(self, task: Told) -> None:
        """Take a task unless a newer one is known."""
        known = self.tasks.get(task["id"])
        if task["id"] not in self.gone and (known is None or known["version"] < task["version"]):
            self.tasks[task["id"]] = {name: value for name, value in task.items() if name != "changed"}


@dataclass(frozen=True)
class Person:
    """Who a client is: of which tenant, with which token."""

    tenant_id: int
    token: str
    marker: str


class Member:
    """A client of one person, which comes back whenever it is cut off."""

    def __init__(self, base: str, http: aiohttp.ClientSession, person: Person, rng: random.Random) -> None:
        self.person = person
        self.board = Board()
        self.proof = Proof(0)
        self.crossed = 0
        self.cuts = self.recovered = 0
        self.latencies: list[float] = []
        self._base, self._http, self._rng = base, http, rng
        self._headers = {"Authorization": f"Bearer {person.token}"}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._session: dict[str, Any] = {}
        self._url = ""
        self._seen = self._acked = 0
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Be connected until cancelled."""
        while True:
            try:
                await self._connect()
            except (aiohttp.ClientError, OSError, TimeoutError):
                self._session = {}
                await asyncio.sleep(self._rng.uniform(0.2, 1.0))

    def cut(self) -> None:
        """Lose the connection as in a tunnel; come back by recovery or, as often, all anew."""
        if self._socket is None or self._socket.closed or self._socket._response.connection is None:
            return
        self.cuts += 1
        if self._rng.random() < 0.5:
            self._session = {}
        transport = self._socket._response.connection.transport
        if transport is not None:
            transport.abort()

    async def look_at(self, task_id: int, state: str) -> None:
        """Say that this person looks at a task, or no longer does."""
        if self._socket is not None and not self._socket.closed:
            said = {"task_id": task_id, "state": state}
            frame = {"type": "event", "event": "presence", "dataType": "json", "data": said}
            await self._socket.send_str(json.dumps(frame))

    async def ask(self, path: str, **query: Any) -> Any:
        """Answer what the API answers."""
        async with self._http.get(f"{self._base}{path}", params=query, headers=self._headers) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def catch_up(self) -> None:
        """Ask for what was missed."""
        query: dict[str, Any] = {"after_seq": self.proof.last, "limit": 200}
        while True:
            page = await self.ask("/api/events", **query)
            for event in page["items"]:
                self._take_all(self.proof.take(event, asked=True))
            if page["next_cursor"] is None:
                self._take_all(self.proof.skip_to(page["last_seq"]))
                return
            query = {"cursor": page["next_cursor"], "limit": 200}

    async def _connect(self) -> None:
        url = self._url + "&" + urlencode(self._session) if self._session else await self._negotiate()
        recovering = bool(self._session)
        async with self._http.ws_connect(url, protocols=[PROTOCOL], max_msg_size=0) as socket:
            self._socket = socket
            acking = asyncio.create_task(self._acknowledge(socket))
            try:
                async for message in socket:
                    await self._read(json.loads(message.data), recovering=recovering)
            finally:
                acking.cancel()
            if socket.close_code == aiohttp.WSCloseCode.POLICY_VIOLATION:
                self._session = {}

    async def _negotiate(self) -> str:
        async with self._http.post(f"{self._base}/api/realtime/negotiate", headers=self._headers) as answer:
            answer.raise_for_status()
            entry = await answer.json()
        if not self.ready.is_set():
            self.proof.last = entry["last_seq"]
        self._url, self._seen, self._acked = str(entry["url"]), 0, 0
        return self._url

    async def _read(self, frame: dict[str, Any], *, recovering: bool) -> None:
        if frame["type"] == "system" and frame["event"] == "connected":
            self._session = {
                "awps_connection_id": frame["connectionId"],
                "awps_reconnection_token": frame["reconnectionToken"],
            }
            self.recovered += recovering
            if not recovering:
                await self._begin()
        elif frame["type"] == "message":
            number = int(frame["sequenceId"])
            if number > self._seen:
                self._seen = number
                await self._hear(frame)

    async def _begin(self) -> None:
        if self.ready.is_set():
            await self.catch_up()
            return
        for task in (await self.ask("/api/tasks", limit=200))["items"]:
            self.board.put(task)
        self.ready.set()

    async def _hear(self, frame: dict[str, Any]) -> None:
        now = time.time()
        self.crossed += not str(frame.get("group", f"t.{self.person.tenant_id}")).startswith(
            f"t.{self.person.tenant_id}"
        )
        for event in unpacked(frame["data"]):
            if event.get("seq") is None:
                self._take_all([event])
                continue
            self.latencies.append(now - datetime.fromisoformat(event["at"]).timestamp())
            self._take_all(self.proof.take(event))
        if not self.proof.is_complete:
            await self.catch_up()

    def _take_all(self, events: Any) -> None:
        for event in events:
            text = event["data"].get("title") or event["data"].get("body") or self.person.marker
            self.crossed += not str(text).startswith(self.person.marker)
            self.board.apply(event)

    async def _acknowledge(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while not socket.closed:
            await asyncio.sleep(ACK_SECONDS)
            if self._seen > self._acked and not socket.closed:
                self._acked = self._seen
                await socket.send_str(json.dumps({"type": "sequenceAck", "sequenceId": self._seen}))
