"""The running API against its own description: thousands of requests, well and badly formed, by schemathesis."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import ROOT
from tests.acceptance.description_checks import CONFIG
from tests.factories import TenantMade
from tests.world import World


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_api_does_what_its_description_says(world: World, app: str, tenant: TenantMade, tmp_path: Path) -> None:
    token = world.token(tenant.tid, "admin-1", ["admin"])
    command = [str(Path(sys.executable).parent / "schemathesis"), f"--config-file={CONFIG}", "run", "--no-color"]
    command += [f"{app}/api/openapi.json"]
    command += ["--header", f"Authorization: Bearer {token}", "--request-timeout", "20", "--continue-on-failure"]
    command += ["--checks", "all"]
    command += ["--max-examples", "10"]
    # how often the generator has to try anew says nothing about the API
    command += ["--suppress-health-check", "filter_too_much,too_slow"]
    # a database of earlier finds would make one run unlike the next
    command += ["--generation-database", "none"]
    hooks = {"SCHEMATHESIS_HOOKS": "tests.acceptance.description_checks", "PYTHONPATH": str(ROOT)}
    environment = {**os.environ, **hooks}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    # requests with photos fill screens; what was found stands before them
    said = "\n".join(line[:500] for line in run.stdout.splitlines())
    assert run.returncode == 0, said[-10_000:] + run.stderr[-2_000:]
    selected = re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", run.stdout)
    assert selected, run.stdout
    assert len(set(selected.groups())) == 1, "an operation was left out"
    cases = re.search(r"(\d+) generated", run.stdout)
    assert cases, run.stdout
    assert int(cases[1]) > 1000
