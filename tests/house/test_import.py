"""What happens when the application is imported: nothing that costs, and nothing that can fail."""

import json
import subprocess
import sys

from tests.house import tree

# each is imported by the first request that needs it, so that the others start sooner
LATER = (
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

PROGRAM = """
import json, os, socket, sys, time

def refuse(*_args, **_more):
    raise AssertionError("the import went to the network")

for name in ("connect", "connect_ex", "sendto", "bind"):
    setattr(socket.socket, name, refuse)
socket.getaddrinfo = refuse
began = time.perf_counter()
import function_app
seconds = time.perf_counter() - began
print(json.dumps({
    "environment": sorted(os.environ),
    "functions": len(function_app.app.get_functions()),
    "modules": sorted(sys.modules),
    "seconds": round(seconds, 3),
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
