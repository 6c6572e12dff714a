"""The running API against its own description: thousands of requests, well and badly formed, by schemathesis."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import TenantMade
from tests.world import World

# what a schema cannot say, so that well-formed requests are refused nevertheless: cursors that were not issued, keys
# and versions that are somebody else's, times that lie too far back, signatures that are no picture (decision 0006)
BEYOND_SCHEMAS = "positive_data_acceptance"
# a retired asset can still be read, with its code and its history: deleting it is no forgetting (decision 0006)
SOFT_DELETE = "use_after_free"
# a wrong method is 404 (decision 0007)
WRONG_METHOD = "unsupported_method"


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_api_does_what_its_description_says(world: World, app: str, tenant: TenantMade, tmp_path: Path) -> None:
    token = world.token(tenant.tid, "admin-1", ["admin"])
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", f"{app}/api/openapi.json", "--no-color"]
    command += ["--header", f"Authorization: Bearer {token}", "--request-timeout", "20", "--continue-on-failure"]
    command += ["--checks", "all", "--exclude-checks", f"{BEYOND_SCHEMAS},{SOFT_DELETE},{WRONG_METHOD}"]
    command += ["--max-examples", "10"]
    # a database of earlier finds would make one run unlike the next
    command += ["--generation-database", "none"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    # requests with photos fill screens; what was found stands before them
    said = "\n".join(line[:500] for line in run.stdout.splitlines())
    assert run.returncode == 0, said[-10_000:] + run.stderr[-2_000:]
    selected = re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", run.stdout)
    assert selected, run.stdout
    assert len(set(selected.groups())) == 1, "an operation was left out"
    cases = re.search(r"(\d+) generated", run.stdout)
    assert cases, run.stdout
    assert int(cases[1]) > 1000
