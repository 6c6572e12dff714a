"""How large a file or a function may grow before it is to be two."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import tree

MOST_LINES_OF_A_FUNCTION = 45
MOST_PARAMETERS = 6
PYTHON_FILES = tree.files(tree.OWN, ".py")
SQL_FILES = tree.files(("shared/sql",), ".sql")

type Function = ast.FunctionDef | ast.AsyncFunctionDef


def most_lines(path: Path) -> int:
    """Answer the limit of a Python file."""
    if path.name.startswith(("test_", "bench_")):
        return 500
    return 150 if path.parts[0] == "functions" else 350


@pytest.mark.parametrize("path", PYTHON_FILES, ids=str)
def test_python_file_is_short(path: Path) -> None:
    assert tree.lines(path) <= most_lines(path)


@pytest.mark.parametrize("path", SQL_FILES, ids=str)
def test_noun_of_sql_is_short(path: Path) -> None:
    assert tree.lines(path) <= 300


def functions(path: Path) -> Iterator[Function]:
    """Yield every function of a file."""
    for node in ast.walk(tree.parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of(function: Function) -> int:
    """Count a function's lines, without its decorators."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


@pytest.mark.parametrize("path", PYTHON_FILES, ids=str)
def test_functions_are_short(path: Path) -> None:
    long = {one.name: lines_of(one) for one in functions(path) if lines_of(one) > MOST_LINES_OF_A_FUNCTION}
    assert long == {}


@pytest.mark.parametrize("path", [path for path in PYTHON_FILES if path.parts[0] != "tests"], ids=str)
def test_functions_take_few_parameters(path: Path) -> None:
    crowded = {}
    for one in functions(path):
        every = [*one.args.posonlyargs, *one.args.args, *one.args.kwonlyargs]
        count = len([each for each in every if each.arg not in {"self", "cls"}])
        if count > MOST_PARAMETERS:
            crowded[one.name] = count
    assert crowded == {}


def test_functions_are_small_by_habit() -> None:
    """The limit is for the exception; what is deployed is written in functions of five to ten lines."""
    every = sorted(lines_of(one) for path in tree.files(tree.DEPLOYED, ".py") for one in functions(path))
    assert every[len(every) // 2] <= 10
