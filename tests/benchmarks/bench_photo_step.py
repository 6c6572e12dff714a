"""The memory of the whole photo step, from raw blob to ready row: `python -m tests.benchmarks.bench_photo_step`.

A process does what a worker does, on a real database and real storage: first a small photo, so that libraries are
loaded, then photos of 12 megapixels at once. What it holds before is the worker's; what comes on top is the step's.
"""

import json
import resource
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from shared import settings, wiring
from shared.actions import photos
from shared.actions.photos import Outcome
from shared.services import Services
from tests.benchmarks.bench_photo import ROOT, write_photos
from tests.factories import TenantMade, make_call, make_tenant
from tests.fixtures.photos import uploaded
from tests.world import Clone, World, running

BAR_MB = 150
MEGA = 1024 * 1024


def main() -> int:
    """Measure and print; answer 1 if one photo costs more than the bar."""
    with tempfile.TemporaryDirectory(prefix="motorpool-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        photo, small = folder / "photo.jpg", folder / "small.jpg"
        write_photos((photo, 4032, 3024), (small, 320, 240))
        print(f"12 megapixels, {photo.stat().st_size / 1e6:.1f} MB")
        print(f"{'at once':>8}{'before MB':>11}{'peak MB':>9}{'after MB':>10}{'step MB':>9}")
        with running(folder) as world:
            clone = world.clone()
            tenant = make_tenant(clone.owner_url)
            steps = {count: _measured(world, clone, tenant, [small, *[photo] * count]) for count in (1, 2, 8)}
    print(f"bar: one photo under {BAR_MB} MB; a worker decodes two at a time, whatever comes")
    return int(steps[1] >= BAR_MB)


def _measured(world: World, clone: Clone, tenant: TenantMade, files: list[Path]) -> float:
    environment = world.environment(clone, 7071)
    services = wiring.build(settings.read(environment))
    driver = make_call(services, tenant, "driver")
    names = [str(uploaded(driver, file.read_bytes())) for file in files]
    services.database.close()
    command = [sys.executable, "-m", "tests.benchmarks.bench_photo_step", *names]
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, timeout=120, check=True)
    cost = json.loads(run.stdout)
    step = cost["peak"] - cost["before"]
    print(f"{len(names) - 1:8}{cost['before']:11.0f}{cost['peak']:9.0f}{cost['after']:10.0f}{step:9.0f}")
    return float(step)


def process(names: list[str]) -> None:
    """Process the first photo, then the others at once; print what that took of memory."""
    services = wiring.services()
    _process(services, names[0])
    before = psutil.Process().memory_info().rss / MEGA
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda name: _process(services, name), names[1:]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    after = psutil.Process().memory_info().rss / MEGA
    print(json.dumps({"before": before, "peak": peak, "after": after}))
    services.database.close()


def _process(services: Services, name: str) -> None:
    if photos.process_photo(services, name) is not Outcome.READY:
        raise SystemExit(f"{name} did not become ready")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        process(sys.argv[1:])
    else:
        sys.exit(main())
