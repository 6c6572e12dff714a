"""The project's own files, and what its Python files import and define."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEPLOYED = ("function_app.py", "functions", "shared", "migrations")
OWN = (*DEPLOYED, "local", "tools", "tests")


def files(places: tuple[str, ...], suffix: str) -> list[Path]:
    """List the files of some places, relative to the root."""
    found: list[Path] = []
    for place in places:
        path = ROOT / place
        found += [path] if path.is_file() else sorted(path.rglob(f"*{suffix}"))
    return [one.relative_to(ROOT) for one in found if "__pycache__" not in one.parts and one.suffix == suffix]


@cache
def parsed(path: Path) -> ast.Module:
    """Parse a Python file."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def lines(path: Path) -> int:
    """Count the lines of a file."""
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def imports(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, wherever in it, and what it takes from them as `module.name`."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_under(path: Path, places: tuple[str, ...]) -> bool:
    """Tell whether a file lies in one of the places."""
    return any(path == Path(place) or Path(place) in path.parents for place in places)
