"""Every statement: named, said why, used, for one tenant, and understood by the migrated database."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from shared.store.queries import statements
from tests.house import tree

NOUNS = [path.stem for path in tree.files(("shared/sql",), ".sql")]
EVERY = [(noun, name) for noun in NOUNS for name in statements(noun)]
# who may ask without saying for which tenant
FOR_NO_TENANT = {
    "ensure_ledger_months": "a month of trips is one table for all tenants",
    "recognise_user": "finds the tenant that a token names, before its number is known",
    "prepare_trip_months": "a month of trips holds those of all tenants",
    "list_tenant_ids": "sweeps go through the tenants one by one",
    "list_benchmark_classes": "what is published is the same for everybody",
}

# tables where rows arrive: temporary, so that nobody but the session that brings them sees them
_STAGED = re.compile(r"\bstaged_(\w+)")
_PARAMETER = re.compile(r"%\((\w+)\)s")
_QUERIES = re.compile(r"^(\w+) = Queries\(\"(\w+)\"\)", re.MULTILINE)


def prepared(statement: str) -> str:
    """Write a statement with the server's own kind of parameters."""
    names: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _PARAMETER.sub(numbered, statement).replace("%%", "%")


@pytest.mark.parametrize(("noun", "name"), EVERY)
def test_statement_is_understood(noun: str, name: str, database_url: str) -> None:
    statement = statements(noun)[name]
    with psycopg.connect(database_url) as connection:
        for stage in sorted(set(_STAGED.findall(statement))):
            connection.execute(statements(noun)[f"stage_{stage}"])
        # a table that is made cannot be prepared; it was made just now
        if not name.startswith("stage_"):
            connection.execute(f"PREPARE one AS {prepared(statement)}".encode())


@pytest.mark.parametrize(("noun", "name"), EVERY)
def test_statement_says_why(noun: str, name: str) -> None:
    assert re.match(r"-- \w.{5,}\n", statements(noun)[name])


@pytest.mark.parametrize(("noun", "name"), EVERY)
def test_statement_is_for_one_tenant(noun: str, name: str) -> None:
    assert ("%(tenant_id)s" in statements(noun)[name]) is not (name in FOR_NO_TENANT or name.startswith("stage_"))


@pytest.mark.parametrize("noun", NOUNS)
def test_statements_end_with_semicolons(noun: str) -> None:
    text = (tree.ROOT / "shared" / "sql" / f"{noun}.sql").read_text()
    bodies = re.split(r"^-- name: \w+$", text, flags=re.MULTILINE)[1:]
    assert [body for body in bodies if not body.rstrip().endswith(";")] == []
    assert text.count("-- name:") == len(bodies)


def stores() -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield the store's files with the nouns that each loads, by variable."""
    for path in tree.files(("shared/store",), ".py"):
        yield path, dict(_QUERIES.findall((tree.ROOT / path).read_text()))


def test_every_statement_is_used() -> None:
    used: set[tuple[str, str]] = set()
    for path, nouns in stores():
        # a name may also be chosen from a table of names
        texts = {node.value for node in ast.walk(tree.parsed(path)) if isinstance(node, ast.Constant)}
        used |= {(noun, name) for noun, name in EVERY if noun in nouns.values() and name in texts}
    assert sorted({*EVERY} - used) == []


def test_every_statement_that_is_used_is_there() -> None:
    asked = {
        (noun, name)
        for path, nouns in stores()
        for variable, noun in nouns.items()
        for name in re.findall(rf"\b{variable}\[\"(\w+)\"\]", (tree.ROOT / path).read_text())
    }
    assert asked
    assert sorted(asked - {*EVERY}) == []


def test_sql_stands_in_its_own_files() -> None:
    """Statements belong to shared/sql; code may only say what opens and closes a transaction.

    And what cannot be prepared: the COPY around a statement that is, and the one into a table.
    """
    kept = re.compile(r"\"((SELECT set_config|SELECT 1|BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b|COPY \(\"|COPY {} )")
    verb = re.compile(r"\"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|MERGE|COPY|CREATE|ALTER)\b ")
    strays = [
        f"{path}: {line.strip()}"
        for path in tree.files(("shared", "functions"), ".py")
        for line in (tree.ROOT / path).read_text().splitlines()
        if verb.search(line) and not kept.search(line)
    ]
    assert strays == []


def test_a_noun_of_sql_has_its_store() -> None:
    stores = {path.stem for path in tree.files((str(Path("shared/store")),), ".py")}
    assert set(NOUNS) <= stores
