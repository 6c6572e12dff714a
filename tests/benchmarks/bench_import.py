"""How long the application takes to import, beside the library that every such application imports."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROUNDS = 7
BAR_SECONDS = 0.4
APPLICATION = "import function_app"
# what comes with a worker's first check-out, beyond that
CHECK_OUT = """
from shared import http
from shared.http.operation import CATALOGUE
http.endpoint, CATALOGUE["check_out_asset"].command.model_rebuild()
"""


def main() -> int:
    """Measure and print; answer 1 if the application is slower than its bar and than twice the library."""
    bare, whole, ready = [], [], []
    for _ in range(ROUNDS):
        # in turn, so that a busy moment of the machine touches both
        bare.append(seconds("import azure.functions"))
        whole.append(seconds(APPLICATION))
        ready.append(seconds(APPLICATION + CHECK_OUT))
    library, application = statistics.median(bare), statistics.median(whole)
    print(
        f"cold import of function_app {application * 1000:.0f} ms (bar {BAR_SECONDS * 1000:.0f}),"
        f" azure.functions alone {library * 1000:.0f} ms: {application / library:.2f} times;"
        f" with all that a first check-out loads {statistics.median(ready) * 1000:.0f} ms"
    )
    return 0 if application < BAR_SECONDS or application < 2 * library else 1


def seconds(statement: str) -> float:
    """Time an import in a fresh process by that process's own clock."""
    program = f"import time\nbegan = time.perf_counter()\n{statement}\nprint(time.perf_counter() - began)"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={}, capture_output=True, text=True, check=True)
    time.sleep(0.05)
    return float(run.stdout)


if __name__ == "__main__":
    sys.exit(main())
