"""Run a fleet of clients against a stack of its own: `python -m tests.soak --help`."""

import argparse
import asyncio
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local.ports import Ports
from local.stack import Plan, Stack
from tests.factories import TenantMade, make_tenant
from tests.soak import crowd
from tests.soak.crowd import Report, Wishes
from tests.soak.edits import Editors
from tests.soak.member import Person

FIRST_TASKS = 10


@dataclass(frozen=True)
class Soak:
    """How many, how often, how long."""

    connections: int = 1000
    tenants: int = 20
    seconds: float = 300
    writes_a_second: float = 30
    cuts_a_second: float = 2
    lookers: int = 100


def soak(plan: Soak, folder: Path, say: Any = print) -> tuple[Report, Editors]:
    """Run it on a stack of its own and answer what came of it."""
    environment = {name: value for name, value in os.environ.items() if "DATABASE_URL" not in name}
    with Stack(Plan(folder, Ports.free(), environment)) as stack:
        base = f"http://127.0.0.1:{stack.plan.ports.app}"
        tenants = [
            make_tenant(stack.settings["MIGRATIONS_DATABASE_URL"], f"Soak {number}") for number in range(plan.tenants)
        ]
        writers = [person(stack, tenant, "manager-1", "manager") for tenant in tenants]
        tasks = {tenant.id: first_tasks(base, writer) for tenant, writer in zip(tenants, writers, strict=True)}
        people = [
            person(stack, tenants[number % plan.tenants], f"driver-{number // plan.tenants % 8 + 1}", "driver")
            for number in range(plan.connections)
        ]
        wishes = Wishes(base, people, plan.cuts_a_second, plan.lookers, {key: [*ids] for key, ids in tasks.items()})
        return watched(plan, wishes, Editors(base, writers, tasks), say)


def watched(plan: Soak, wishes: Wishes, editors: Editors, say: Any) -> tuple[Report, Editors]:
    """Let the crowd in, edit while it watches, and ask it what it saw."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=crowd.run, args=(wishes, theirs), daemon=True)
    process.start()
    try:
        began = time.monotonic()
        expect(ours, 300)
        say(f"{plan.connections} clients of {plan.tenants} tenants are there after {time.monotonic() - began:.0f} s")
        asyncio.run(editors.run(plan.writes_a_second, plan.seconds))
        time.sleep(5)
        ours.send("end")
        report: Report = expect(ours, 300)
    finally:
        process.terminate()
        process.join(30)
    return report, editors


def expect(pipe: Any, seconds: float) -> Any:
    """Answer what comes through the pipe."""
    if not pipe.poll(seconds):
        raise TimeoutError("the crowd says nothing")
    return pipe.recv()


def person(stack: Stack, tenant: TenantMade, oid: str, role: str) -> Person:
    """Answer somebody of a tenant."""
    asked = {"tid": tenant.tid, "oid": oid, "roles": [role], "name": oid, "expires_in": 7200}
    answer = httpx.post(f"{stack.settings['OIDC_ISSUER']}/local/token", json=asked, timeout=30).raise_for_status()
    return Person(tenant.id, answer.json()["access_token"], f"[{tenant.id}]")


def first_tasks(base: str, writer: Person) -> list[int]:
    """Make a tenant's first tasks and answer their ids."""
    headers = {"Authorization": f"Bearer {writer.token}"}
    with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
        made = [client.post("/api/tasks", json={"title": f"{writer.marker} first {i}"}) for i in range(FIRST_TASKS)]
    return [answer.raise_for_status().json()["id"] for answer in made]


def figures(report: Report, editors: Editors) -> str:
    """Say what came of it in a few lines."""
    cuts = statistics.quantiles(report.latencies or [0.0, 0.0], n=1000, method="inclusive")
    p50, p95, p99 = (1000 * cuts[index] for index in (499, 949, 989))
    lines = [
        f"writes answered {dict(sorted(editors.done.items()))}, {editors.conflicts} conflicts named",
        f"{report.delivered} events shown in order, {report.duplicates} that came twice shown once",
        f"{report.cuts} cuts, {report.recovered} sessions recovered, {report.caught_up} events asked for",
        f"clients that differ from what is loaded anew: {len(report.differing)}, incomplete: {report.incomplete}",
        f"of another tenant: {report.crossed}",
        f"from the transaction's begin to the client: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms",
    ]
    return "\n".join([*lines, *report.differing[:10]])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak and say whether every client ended with the server's state."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    for name, value in vars(Soak()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value, help="%(default)s")
    plan = Soak(**vars(parser.parse_args(arguments)))
    with tempfile.TemporaryDirectory(prefix="motorpool-soak-") as folder:
        Path(folder).chmod(0o755)
        report, editors = soak(plan, Path(folder))
    print(figures(report, editors))
    return 0 if not (report.differing or report.incomplete or report.crossed) else 1


if __name__ == "__main__":
    sys.exit(main())
