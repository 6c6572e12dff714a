"""Check-outs a second through HTTP, beside the same transaction by pgbench and 50 racing for one asset.

python -m tests.benchmarks.bench_checkout [--checkouts 3000] [--clients 16]
"""

import argparse
import json
import re
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg

from local.postgres import binary
from tests.benchmarks import load
from tests.factories import TenantMade, make_tenant
from tests.world import Clone, World, application, running

BODY = json.dumps({"location": {"lat": 40.7, "lng": -74.1, "accuracy_m": 9}, "odometer_miles": 1200}).encode()
A_USER = 10
BAR_PER_SECOND = 300
BAR_P95 = 100


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="motorpool-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with running(folder) as world:
            clone = world.clone()
            _through_http(world, clone, arguments.checkouts, arguments.clients)
            _by_pgbench(clone, folder, arguments.checkouts, arguments.clients)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_checkout", description=__doc__)
    parser.add_argument("--checkouts", type=int, default=3000)
    parser.add_argument("--clients", type=int, default=16)
    return parser.parse_args()


def _through_http(world: World, clone: Clone, count: int, clients: int) -> None:
    tenant = make_tenant(clone.owner_url)
    assets = _insert_assets(clone, tenant, count + 51)
    people = [world.token(tenant.tid, f"driver-{n}", ["driver"]) for n in range(count // A_USER + 51)]
    with application(world, clone) as address:
        port = int(address.rpartition(":")[2])
        # as by pgbench, each client is somebody else: a person's own check-outs wait for one another
        sent = [
            load.request(port, f"/api/assets/{asset}/checkout", people[index % (count // A_USER)], f"key-{asset}", BODY)
            for index, asset in enumerate(assets[:count])
        ]
        # the first requests pay for connections, keys and prepared statements
        load.run(port, sent[: clients * 4], clients)
        with psycopg.connect(clone.owner_url, autocommit=True) as owner:
            # as the server does by itself within a minute: plans made for empty tables look through all of one
            owner.execute("ANALYZE")
        host = _host_on(port)
        before = sum(host.cpu_times()[:2])
        measured = load.run(port, sent[clients * 4 :], clients)
        spent = (sum(host.cpu_times()[:2]) - before) / len(measured.milliseconds) * 1000
        print(
            f"check-out through HTTP, {clients} clients: {measured.per_second:.0f}/s"
            f" (bar {BAR_PER_SECOND}), p50 {measured.percentile(0.5):.1f} ms,"
            f" p95 {measured.percentile(0.95):.1f} ms (bar {BAR_P95}), statuses {measured.statuses};"
            f" {spent:.2f} ms CPU of the application each"
        )
        path = f"/api/assets/{assets[-1]}/checkout"
        racing = [load.request(port, path, token, f"race-{n}", BODY) for n, token in enumerate(people[-50:])]
        race = load.run(port, racing, 50)
        print(f"50 at once for one asset: {race.statuses}, all answered within {race.seconds * 1000:.0f} ms")


def _host_on(port: int) -> psutil.Process:
    """Answer the process that listens there, to know its CPU time: it says more than seconds on a busy machine."""
    found = (process for process in psutil.Process().children(recursive=True) if _is_host_on(process, port))
    return max(found, key=lambda process: process.memory_info().rss)


def _is_host_on(process: psutil.Process, port: int) -> bool:
    # the server's own processes come and go
    with suppress(psutil.NoSuchProcess):
        return {"local.host", str(port)} <= {*process.cmdline()}
    return False


def _insert_assets(clone: Clone, tenant: TenantMade, count: int) -> list[int]:
    with psycopg.connect(clone.owner_url) as owner:
        owner.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(tenant.id)])
        rows = owner.execute(
            "INSERT INTO assets (tenant_id, asset_tag, asset_name, asset_type, odometer_miles)"
            " SELECT %s, 'B-' || gen_random_uuid(), 'Van ' || n, 'van', 1000 FROM generate_series(1, %s) AS n"
            " RETURNING id",
            [tenant.id, count],
        ).fetchall()
    return [row[0] for row in rows]


_SCRIPT = """
\\set n :n + 1
\\set asset {first} + :client_id * {each} + :n
\\set person {person} + (:client_id * {each} + :n) / 10
BEGIN;
SELECT set_config('motorpool.tenant_id', '{tenant}', true), set_config('lock_timeout', '2s', true);
SELECT claim_key({tenant}, :person, 'check_out_asset', 'bench-' || :asset, '\\x00');
SAVEPOINT work;
SELECT take_rate({tenant}, :person, 'checkout', 10, interval '1 minute');
SELECT * FROM check_out_asset(
    {tenant}, :person, :asset, '{{"location": {{"lat": 40.7, "lng": -74.1, "accuracy_m": 9}}, "odometer_miles": 1200}}',
    '{{}}', '{{}}', '{{}}'
);
SELECT keep_answer({tenant}, :person, 'check_out_asset', 'bench-' || :asset, 201, '{{}}', '\\x00');
SELECT emit_event({tenant}, 'ASSET_CHECKED_OUT', 'asset', :asset::text, :person, '{{"asset_id": 1, "version": 2}}');
COMMIT;
"""


def _by_pgbench(clone: Clone, folder: Path, count: int, clients: int) -> None:
    """Run the same statements without HTTP, Python or tokens: what PostgreSQL itself has to give here."""
    tenant = make_tenant(clone.owner_url)
    assets = _insert_assets(clone, tenant, count + clients)
    with psycopg.connect(clone.owner_url) as owner:
        owner.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(tenant.id)])
        people = owner.execute(
            "INSERT INTO users (tenant_id, oid, name) SELECT %s, 'p' || n, 'p' FROM generate_series(0, %s) AS n"
            " RETURNING id",
            [tenant.id, count],
        ).fetchall()
    each = count // clients
    script = folder / "checkout.sql"
    script.write_text(
        _SCRIPT.format(first=assets[0] - 1, each=each, person=people[0][0], tenant=tenant.id), encoding="utf-8"
    )
    command = [binary("pgbench"), "-n", "-f", str(script), "-c", str(clients), "-j", "2", "-t", str(each)]
    command += ["-M", "prepared", "-D", "n=0", clone.application_url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+) \(without", done.stdout)
    print(f"the same transaction by pgbench: {found[1] if found else done.stderr[-400:]}/s")


if __name__ == "__main__":
    main()
