"""All clients in one process of their own: they come, are cut off at random, and in the end say what they know."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import aiohttp

from tests.soak.member import HEARTBEAT_SECONDS, Member, Person

SEED = 20_260_101
# connections that are being made at the same time
DOORS = 50


@dataclass(frozen=True)
class Wishes:
    """What the crowd does.

    Attributes:
        base: the application's URL.
        people: one client each.
        cuts_a_second: clients that are cut off each second, at random.
        lookers: so many of the people look at tasks.
        tasks: of each tenant, to look at.
    """

    base: str
    people: Sequence[Person]
    cuts_a_second: float
    lookers: int
    tasks: dict[int, list[int]]


@dataclass
class Report:
    """What became of the crowd."""

    latencies: list[float] = field(default_factory=list)
    delivered: int = 0
    duplicates: int = 0
    gaps: int = 0
    caught_up: int = 0
    incomplete: int = 0
    crossed: int = 0
    cuts: int = 0
    recovered: int = 0
    differing: list[str] = field(default_factory=list)


def run(wishes: Wishes, pipe: Connection) -> None:
    """Run the crowd: say when all are there, go on until told to end, answer the report."""
    asyncio.run(Crowd(wishes, pipe).run())


class Crowd:
    """The clients, and who cuts them off."""

    def __init__(self, wishes: Wishes, pipe: Connection) -> None:
        self._wishes, self._pipe = wishes, pipe
        self._rng = random.Random(SEED)

    async def run(self) -> None:
        """Come, stay, compare."""
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as http:
            self.members = [Member(self._wishes.base, http, person, self._rng) for person in self._wishes.people]
            running = await self._arrive()
            self._pipe.send("here")
            disturbing = [asyncio.create_task(self._cut()), *(await self._look())]
            await asyncio.to_thread(self._pipe.recv)
            for task in disturbing:
                task.cancel()
            await asyncio.sleep(3)
            self._pipe.send(await self._report())
            for task in running:
                task.cancel()

    async def _arrive(self) -> list[asyncio.Task[None]]:
        running: list[asyncio.Task[None]] = []
        for first in range(0, len(self.members), DOORS):
            several = self.members[first : first + DOORS]
            running += [asyncio.create_task(member.run()) for member in several]
            await asyncio.gather(*(member.ready.wait() for member in several))
        return running

    async def _cut(self) -> None:
        while self._wishes.cuts_a_second:
            await asyncio.sleep(self._rng.expovariate(self._wishes.cuts_a_second))
            self._rng.choice(self.members).cut()

    async def _look(self) -> list[asyncio.Task[None]]:
        lookers = self._rng.sample(range(len(self.members)), self._wishes.lookers)
        return [asyncio.create_task(self._look_around(number)) for number in lookers]

    async def _look_around(self, number: int) -> None:
        member = self.members[number]
        await asyncio.sleep(self._rng.uniform(0, HEARTBEAT_SECONDS))
        while True:
            task = self._rng.choice(self._wishes.tasks[member.person.tenant_id])
            for _ in range(3):
                await member.look_at(task, "heartbeat")
                await asyncio.sleep(HEARTBEAT_SECONDS)
            await member.look_at(task, "leave")

    async def _report(self) -> Report:
        report = Report()
        by_tenant: dict[int, list[Member]] = defaultdict(list)
        for member in self.members:
            by_tenant[member.person.tenant_id].append(member)
        for several in by_tenant.values():
            await self._compare(several, report)
        for member in self.members:
            proof = member.proof
            report.latencies += member.latencies
            report.delivered += proof.delivered
            report.duplicates += proof.duplicates
            report.gaps += proof.gaps
            report.caught_up += proof.caught_up
            report.incomplete += not proof.is_complete
            report.crossed += member.crossed
            report.cuts += member.cuts
            report.recovered += member.recovered
        return report

    async def _compare(self, several: Sequence[Member], report: Report) -> None:
        """Compare what each client of a tenant has come to with what is there when it is loaded anew."""
        first = several[0]
        newest = (await first.ask("/api/events", after_seq=max(0, first.proof.last - 1)))["last_seq"]
        tasks = {task["id"]: task for task in (await first.ask("/api/tasks", limit=200))["items"]}
        comments = {one["id"]: one for task_id in tasks for one in await self._comments(first, task_id)}
        for number, member in enumerate(several):
            name = f"client {number} of tenant {member.person.tenant_id}"
            if member.proof.last != newest:
                report.differing.append(f"{name} is at event {member.proof.last} of {newest}")
            if member.board.tasks != tasks:
                report.differing.append(f"{name}: tasks {_differences(member.board.tasks, tasks)}")
            kept = {key: one for key, one in member.board.comments.items() if one["task_id"] in tasks}
            if kept != comments:
                report.differing.append(f"{name}: comments {_differences(kept, comments)}")

    @staticmethod
    async def _comments(member: Member, task_id: int) -> list[Any]:
        found: list[Any] = []
        query: dict[str, Any] = {"limit": 200}
        while True:
            page = await member.ask(f"/api/tasks/{task_id}/comments", **query)
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            query = {"limit": 200, "cursor": page["next_cursor"]}


def _differences(known: dict[int, Any], there: dict[int, Any]) -> str:
    return ", ".join(
        f"{key}: {known.get(key)} instead of {there.get(key)}"
        for key in sorted({*known, *there})
        if known.get(key) != there.get(key)
    )[:600]
