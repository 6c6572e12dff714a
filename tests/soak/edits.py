"""What people do on the boards meanwhile: create, edit (also at the same time), assign, comment, delete."""

import asyncio
import itertools
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

from tests.soak.member import Person

STATUSES = ("open", "in_progress", "blocked", "done", "cancelled")
PRIORITIES = ("low", "normal", "high", "urgent")


@dataclass
class Editors:
    """Writers over HTTP, at a steady rate.

    Attributes:
        done: how many writes were answered, by status.
        conflicts: fields that two had changed at once.
    """

    base: str
    people: Sequence[Person]
    tasks: dict[int, list[int]]
    done: dict[int, int] = field(default_factory=dict)
    conflicts: int = 0

    async def run(self, writes_a_second: float, seconds: float) -> None:
        """Write so often for so long; a slow answer does not make the next one late."""
        rng = random.Random(7)
        ends = time.monotonic() + seconds
        due = time.monotonic()
        under_way: set[asyncio.Task[None]] = set()
        connector = aiohttp.TCPConnector(limit=32)
        async with aiohttp.ClientSession(connector=connector) as http:
            for number in itertools.count():
                due += 1 / writes_a_second
                await asyncio.sleep(max(0, due - time.monotonic()))
                if time.monotonic() > ends:
                    break
                task = asyncio.create_task(self._write(http, rng, number))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            await asyncio.gather(*under_way)

    async def _write(self, http: aiohttp.ClientSession, rng: random.Random, number: int) -> None:
        person = rng.choice(self.people)
        own = self.tasks[person.tenant_id]
        kind = rng.choices(("edit", "comment", "assign", "create", "delete"), (60, 25, 6, 6, 3))[0]
        if kind == "create" or len(own) < 5:
            made = await self._send(http, person, "POST", "/api/tasks", {"title": f"{person.marker} task {number}"})
            if made:
                own.append(made["id"])
            return
        path = f"/api/tasks/{rng.choice(own)}"
        if kind == "edit":
            answer = await self._send(http, person, "PATCH", path, self._edit(person, rng, number))
            self.conflicts += len(answer.get("conflicts", ()))
        elif kind == "comment":
            await self._send(http, person, "POST", f"{path}/comments", {"body": f"{person.marker} says {number}"})
        elif kind == "assign":
            await self._send(http, person, "POST", f"{path}/assign", {"assignee_id": None})
        elif len(own) > 5:
            own.remove(int(path.rpartition("/")[2]))
            await self._send(http, person, "DELETE", path, None)

    @staticmethod
    def _edit(person: Person, rng: random.Random, number: int) -> dict[str, Any]:
        """Answer an edit made on what was known long ago, so that others have edited since."""
        now = datetime.now(UTC).isoformat()
        fields: dict[str, Any] = {
            "status": rng.choice(STATUSES),
            "priority": rng.choice(PRIORITIES),
            "description": f"as of {number}",
            "title": f"{person.marker} task, now {number}",
        }
        chosen = rng.sample(sorted(fields), rng.randint(1, 3))
        # a replica of each edit's own: nobody's counter is used twice
        more = {"base": {}, "replica": f"soak-{number}", "changed_at": now, "sent_at": now}
        return {**{name: fields[name] for name in chosen}, **more}

    async def _send(self, http: aiohttp.ClientSession, person: Person, method: str, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {person.token}"}
        async with http.request(method, f"{self.base}{path}", json=body, headers=headers) as answer:
            self.done[answer.status] = self.done.get(answer.status, 0) + 1
            return await answer.json() if answer.status in {200, 201} else {}
