"""Which room may know which, and what: the arrows of the house."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import tree

# what is imported -> where it may be; the longest prefix decides
HOMES: dict[str, tuple[str, ...]] = {
    "azure": ("shared/adapters",),
    "azure.functions": ("function_app.py", "functions", "shared/http"),
    "jwt": ("shared/adapters",),
    "PIL": ("shared/render",),
    "qrcode": ("shared/render",),
    "reportlab": ("shared/render",),
    "xlsxwriter": ("shared/render",),
    "jinja2": ("shared/http",),
    "multipart": ("shared/http",),
    "cronsim": ("shared/domain",),
    "psycopg": ("shared/store", "migrations"),
    "psycopg_pool": ("shared/store",),
    "local": (),
    "tools": (),
    "tests": (),
}
# who may ask the environment: the settings; each program of ours in the one file that reads its options
ENVIRONMENT_READERS = {
    "shared/settings.py": "the application",
    "migrations/__main__.py": "the operator's command",
    "tools/database.py": "the operators' other commands",
    "tools/import_trips.py": "the token of who imports",
    "tools/watch.py": "the token of who watches",
    "local/__main__.py": "make run",
    "local/host/settings.py": "the local host",
    "local/demo/__main__.py": "the demo data",
    "local/schema.py": "the snapshot of the schema",
}
REFUSED_NAMES = {"utils", "helpers", "common", "base", "manager", "misc"}
DEPLOYED_FILES = tree.files(tree.DEPLOYED, ".py")


def test_import_linter_finds_every_contract_kept() -> None:
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=tree.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("path", DEPLOYED_FILES, ids=str)
def test_libraries_stay_in_their_rooms(path: Path) -> None:
    strays = []
    for name in tree.imports(path):
        known = [home for home in HOMES if name == home or name.startswith(f"{home}.")]
        if known and not tree.is_under(path, HOMES[max(known, key=len)]):
            strays.append(name)
    assert not strays


def test_every_home_is_lived_in() -> None:
    """A rule about a library that nobody imports any more guards nothing."""
    imported = {name for path in DEPLOYED_FILES for name in tree.imports(path)}
    later = {"xlsxwriter", "local", "tools", "tests"}  # of later rounds, and what must never be imported
    idle = {home for home in HOMES if not any(name == home or name.startswith(f"{home}.") for name in imported)}
    assert idle <= later


def test_only_settings_read_the_environment() -> None:
    readers = {
        str(path)
        for path in tree.files((*tree.DEPLOYED, "local", "tools"), ".py")
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "environb", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    }
    assert readers <= set(ENVIRONMENT_READERS)
    assert {str(path) for path in tree.files(tree.OWN, ".py") if "os.environ" in set(tree.imports(path))} == set()


def test_nothing_is_called_by_a_name_that_says_nothing() -> None:
    names = [path for suffix in (".py", ".sql") for path in tree.files(tree.OWN, suffix)]
    assert [path for path in names if REFUSED_NAMES & {path.stem, *path.parent.parts}] == []


def test_a_noun_of_the_triggers_has_its_action() -> None:
    """Whoever knows a noun finds it in every room; what has no use case of its own says so here."""
    without_action = {
        "openapi": "describes the application itself",
        "pages": "pages of the HTTP room",
        "zz_web": "answers what no route does",
    }
    nouns = {path.stem for path in tree.files(("functions",), ".py")} - {"__init__"}
    actions = {path.stem for path in tree.files(("shared/actions",), ".py")}
    assert nouns - actions == set(without_action)
