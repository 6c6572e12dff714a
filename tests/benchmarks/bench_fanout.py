"""Event, from its commit to each client: many connections of many tenants, beside a bare broadcast to the same.

python -m tests.benchmarks.bench_fanout [--connections 1000] [--tenants 20] [--rate 60] [--seconds 20]

Events come at random moments for random tenants. The bare broadcast sends the same texts to the same groups at the
same moments through Web PubSub's REST API, without database, outbox and gathering.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared import settings, wiring
from shared.domain import realtime
from shared.domain.event import Envelope, Event, EventType
from shared.render.events import make_batch
from shared.services import Services
from tests.factories import TenantMade, make_call, make_tenant
from tests.world import World, running

BAR_P99 = 30
WRITERS = 8
QUIET_SECONDS = 1.5


@dataclass(frozen=True)
class Due:
    """An event that is to happen: when, for which tenant, and its number over all."""

    after: float
    tenant: int
    number: int


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="motorpool-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with running(folder) as world:
            _measure(world, asked)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_fanout", description=__doc__)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--tenants", type=int, default=20)
    parser.add_argument("--rate", type=float, default=60)
    parser.add_argument("--seconds", type=float, default=20)
    return parser.parse_args()


def _measure(world: World, asked: argparse.Namespace) -> None:
    clone = world.clone()
    services = wiring.build(settings.read(world.environment(clone, 7071)))
    tenants = [make_tenant(clone.owner_url, f"Tenant {number}") for number in range(asked.tenants)]
    owners = [tenants[number % len(tenants)] for number in range(asked.connections)]
    chance = random.Random(5)
    schedule = list(_schedule(chance, asked.rate, asked.seconds, len(tenants)))
    print(
        f"{asked.connections} connections in {asked.tenants} tenants, {len(schedule)} events in {asked.seconds:.0f} s"
    )
    for name, send in (("relay", _through_relay), ("bare broadcast", _bare)):
        one = send(services, tenants)
        # the first pays for connections to the database and to the service
        for number in range(len(tenants)):
            one(Due(0, number, -1))
        time.sleep(QUIET_SECONDS)
        with _ears(services, owners) as report:
            moments = _send(schedule, one)
            time.sleep(QUIET_SECONDS)
        _print(name, schedule, moments, [owners.index(owner) for owner in owners], report)
    services.relay.close()
    services.database.close()


def _schedule(chance: random.Random, rate: float, seconds: float, tenants: int) -> Iterator[Due]:
    after, number = chance.expovariate(rate), 0
    while after < seconds:
        yield Due(after, chance.randrange(tenants), number)
        after, number = after + chance.expovariate(rate), number + 1


def _data(number: int) -> dict[str, int | str | None]:
    return {"number": number, "asset_id": 17, "holder_id": 5, "due_at": None, "occurred_at": "2026-01-31T09:30:00Z"}


def _through_relay(services: Services, tenants: Sequence[TenantMade]) -> Callable[[Due], float]:
    """Answer what commits an event and says when it was committed."""
    calls = [make_call(services, tenant, "driver") for tenant in tenants]

    def tell(due: Due) -> float:
        with calls[due.tenant].transaction() as work:
            work.emit(Event(EventType.ASSET_CHECKED_OUT, "asset", "17", _data(due.number)))
        return time.monotonic()

    return tell


def _bare(services: Services, tenants: Sequence[TenantMade]) -> Callable[[Due], float]:
    """Answer what sends the same text straight away and says when it began to."""
    at = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)

    def tell(due: Due) -> float:
        event = Envelope(
            seq=due.number + 2,
            type="ASSET_CHECKED_OUT",
            resource_type="asset",
            resource_id="17",
            user_id=5,
            at=at,
            data=dict(_data(due.number)),
        )
        (message,) = make_batch(tenants[due.tenant].id, [event]).messages
        began = time.monotonic()
        services.fanout.send_to_group(message.group, message.content)
        return began

    return tell


def _send(schedule: Sequence[Due], tell: Callable[[Due], float]) -> list[float]:
    """Tell each event at its moment and answer when it was true."""
    began = time.monotonic()

    def at_its_moment(due: Due) -> float:
        time.sleep(max(0, began + due.after - time.monotonic()))
        return tell(due)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(at_its_moment, schedule))


@contextmanager
def _ears(services: Services, owners: Sequence[TenantMade]) -> Iterator[list[list[tuple[int, float]]]]:
    """Connect a client for each owner; the report is there at the end."""
    report: list[list[tuple[int, float]]] = []
    urls = [
        services.fanout.grant_entry(
            realtime.person(owner.id, index + 1), [realtime.everybody(owner.id)], timedelta(hours=1)
        ).url
        for index, owner in enumerate(owners)
    ]
    command = [sys.executable, "-m", "tests.benchmarks.ears"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as ears:
        assert ears.stdin is not None
        assert ears.stdout is not None
        ears.stdin.write(json.dumps(urls) + "\n")
        ears.stdin.flush()
        assert ears.stdout.readline() == "ready\n"
        yield report
        ears.stdin.close()
        report += json.load(ears.stdout)


def _print(
    name: str,
    schedule: Sequence[Due],
    moments: Sequence[float],
    tenant_of: Sequence[int],
    report: Sequence[Sequence[tuple[int, float]]],
) -> None:
    wanted = Counter(due.tenant for due in schedule)
    delays: list[float] = []
    lost = crossed = twice = 0
    for tenant, heard in zip(tenant_of, report, strict=True):
        mine = {number for number, _ in heard if schedule[number].tenant == tenant}
        crossed += sum(schedule[number].tenant != tenant for number, _ in heard)
        twice += len(heard) - len({number for number, _ in heard})
        lost += wanted[tenant] - len(mine)
        delays += [(moment - moments[number]) * 1000 for number, moment in heard]
    delays.sort()
    p50, p95, p99 = (delays[min(len(delays) - 1, int(share * len(delays)))] for share in (0.5, 0.95, 0.99))
    bar = f" (bar {BAR_P99})" if name == "relay" else ""
    print(
        f"{name}: {len(delays)} arrivals, p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms{bar},"
        f" longest {delays[-1]:.1f} ms; lost {lost}, crossed {crossed}, twice {twice}",
        flush=True,
    )


if __name__ == "__main__":
    main()
