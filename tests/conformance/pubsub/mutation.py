"""Shows that the suite would notice: puts each of many faults into a copy of the emulator and runs the suite.

    python -m tests.conformance.pubsub.mutation [words of a fault's name]

It ends with 1 if the suite lets a fault pass, or if one has no place in the emulator any more.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local.processes import ROOT
from tests.conformance.pubsub.faults import FAULTS, Fault
from tests.conformance.pubsub.target import CODE

SUITE = Path(__file__).parent
AT_ONCE = 2
SECONDS = 240
FAILED = re.compile(r"^(?:FAILED|ERROR) \S+?/(test_\w+\.py.*?)(?: - .*)?$", re.MULTILINE)
UNSTARTED = "ChildFailedError"


@dataclass(frozen=True)
class Verdict:
    """What became of a fault: by which case it was caught, or why it proves nothing."""

    fault: Fault
    caught_by: str | None
    trouble: str = ""


def judge(fault: Fault) -> Verdict:
    """Put one fault into a copy of the emulator and run the suite against it."""
    with tempfile.TemporaryDirectory(prefix="motorpool-fault-") as folder:
        code = Path(folder)
        for package in ("local", "shared"):
            shutil.copytree(ROOT / package, code / package, ignore=shutil.ignore_patterns("__pycache__"))
        file = code / "local" / "pubsub" / fault.file
        text = file.read_text(encoding="utf-8")
        if text.count(fault.old) != 1:
            return Verdict(fault, None, "NO PLACE")
        file.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
        for tests in (SUITE / f"test_{fault.first}.py", SUITE):
            status, output = _suite(tests, code)
            if UNSTARTED in output:
                return Verdict(fault, None, "DOES NOT START")
            if status:
                found = FAILED.search(output)
                return Verdict(fault, found[1] if found else f"an end with {status}")
        return Verdict(fault, None, "SURVIVED")


def _suite(tests: Path, code: Path) -> tuple[int, str]:
    """Run tests until the first that fails; the test suite's own servers are not needed for that."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=short", "-p", "no:randomly", "-p", "no:cacheprovider"]
    command += [f"--confcutdir={SUITE}", "--timeout=60", f"--ignore={SUITE / 'test_faults.py'}", str(tests)]
    environment = {**os.environ, CODE: str(code), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ended = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return -1, f"not ended after {SECONDS} s"
    return ended.returncode, ended.stdout


def main(words: Sequence[str]) -> int:
    """Judge the faults, print the table, answer the exit code."""
    chosen = [fault for fault in FAULTS if all(word in fault.name for word in words)]
    caught = 0
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for verdict in threads.map(judge, chosen):
            caught += verdict.caught_by is not None
            sys.stdout.write(f"{verdict.fault.name:45} {verdict.caught_by or verdict.trouble}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{caught} of {len(chosen)} faults caught\n")
    return 0 if caught == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
