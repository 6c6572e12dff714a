"""What happens when the application is imported: nothing that costs, and nothing that can fail."""

import json
import subprocess
import sys

from tests.house import tree

# what triggers and routes are told by; the rest of the application comes with the first request that needs it
EARLY = {
    "shared",
    "shared.actions",
    "shared.domain",
    "shared.domain.errors",
    "shared.domain.media",
    "shared.domain.principal",
    "shared.http",
    "shared.http.operation",
    "shared.wiring",
}
# and so do the libraries
LATER = (
    "pydantic",
    "PIL",
    "psycopg",
    "psycopg_pool",
    "reportlab",
    "qrcode",
    "jinja2",
    "jwt",
    "cryptography",
    "azure.storage",
    "azure.identity",
    "azure.communication",
    "smtplib",
)
BAR_SECONDS = 0.4

PROGRAM = """
import json, os, socket, sys

def refuse(*_args, **_more):
    raise AssertionError("the import went to the network")

for name in ("connect", "connect_ex", "sendto", "bind"):
    setattr(socket.socket, name, refuse)
socket.getaddrinfo = refuse
import function_app
print(json.dumps({
    "environment": sorted(os.environ),
    "functions": len(function_app.app.get_functions()),
    "modules": sorted(sys.modules),
}))
"""


def imported() -> dict[str, object]:
    """Import the application in a fresh process with an empty environment and no network."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tree.ROOT, env={}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    answer: dict[str, object] = json.loads(run.stdout)
    return answer


def test_import_needs_no_setting_and_no_network() -> None:
    found = imported()
    assert isinstance(found["functions"], int)
    assert found["functions"] > 10
    assert "DATABASE_URL" not in str(found["environment"])


def test_import_leaves_for_later_what_only_some_requests_need() -> None:
    modules = imported()["modules"]
    assert isinstance(modules, list)
    early = sorted({one for one in LATER for module in modules if module == one or module.startswith(f"{one}.")})
    assert early == []
    assert {module for module in modules if module.partition(".")[0] == "shared"} <= EARLY


def test_import_takes_little_longer_than_that_of_its_library() -> None:
    library = min(processor_seconds("import azure.functions") for _ in range(3))
    application = min(processor_seconds("import function_app") for _ in range(3))
    assert application < max(BAR_SECONDS, 2 * library)


def processor_seconds(statement: str) -> float:
    """Measure an import in a fresh process by what it asks of the processor, which others cannot take from it."""
    program = f"import time; began = time.process_time(); {statement}; print(time.process_time() - began)"
    run = subprocess.run([sys.executable, "-c", program], cwd=tree.ROOT, env={}, capture_output=True, check=True)
    return float(run.stdout)
