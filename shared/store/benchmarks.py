"""Benchmarks: figures, own and published, and which classes they are for."""

from itertools import groupby

from shared.domain.benchmark import BenchmarkFigure, Published
from shared.store.database import Transaction
from shared.store.queries import Queries

_SQL = Queries("benchmarks")


def list_benchmarks(
    tx: Transaction, benchmark_class: str | None = None, basis: str | None = None
) -> list[BenchmarkFigure]:
    """Answer the figures of a class and basis, or all, own ones first."""
    rows = tx.all(_SQL["list_benchmarks"], benchmark_class=benchmark_class, basis=basis)
    return [BenchmarkFigure.model_validate({name: row[name] for name in BenchmarkFigure.model_fields}) for row in rows]


def read_published(tx: Transaction) -> Published:
    """Answer all figures, and which assets they are for."""
    rows = tx.all(_SQL["list_benchmark_classes"])
    classes = {
        name: [(row["benchmark_class"], row["fuel_type"]) for row in some]
        for name, some in groupby(rows, lambda row: str(row["name"]))
    }
    return Published(list_benchmarks(tx), classes)


def insert_benchmark(tx: Transaction, **figure: object) -> int:
    """Add an own figure and answer its id: benchmark_class, basis, figure, unit, year, source, note."""
    return int(tx.one(_SQL["insert_benchmark"], **figure)["id"])


def update_benchmark(tx: Transaction, benchmark_id: int, **figure: object) -> bool:
    """Change what is not None of figure, year, source and note; False if there is no such figure."""
    return tx.find(_SQL["update_benchmark"], benchmark_id=benchmark_id, **figure) is not None


def delete_benchmark(tx: Transaction, benchmark_id: int) -> bool:
    """Take an own figure away; False if there is none."""
    return tx.find(_SQL["delete_benchmark"], benchmark_id=benchmark_id) is not None
