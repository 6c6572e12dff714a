"""Benchmarks: what others pay, and a tenant's own figures in place of it."""

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain.benchmark import (
    AddBenchmark,
    BenchmarkFigure,
    Benchmarks,
    ChangeBenchmark,
    ListBenchmarks,
    RemoveBenchmark,
)
from shared.domain.errors import NotFound
from shared.store import benchmarks as store
from shared.store.database import Transaction


def list_benchmarks(call: Call, command: ListBenchmarks) -> Answer[Benchmarks]:
    """Answer the figures, own ones first."""
    with call.read() as tx:
        return Answer(Benchmarks(items=store.list_benchmarks(tx, command.benchmark_class, command.basis)))


def add_benchmark(call: Call, command: AddBenchmark) -> Answer[BenchmarkFigure]:
    """Add an own figure; raise DuplicateBenchmark if there is one of its class and basis."""
    with call.transaction() as work:
        benchmark_id = store.insert_benchmark(work, **command.model_dump())
        call.audit(work, "benchmark.add", f"benchmark/{benchmark_id}")
        return work.answer(Answer(_shown(work, benchmark_id), 201))


def change_benchmark(call: Call, command: ChangeBenchmark) -> Answer[BenchmarkFigure]:
    """Change an own figure; raise NotFound if there is none."""
    with call.transaction() as work:
        if not store.update_benchmark(work, **command.model_dump()):
            raise NotFound
        call.audit(work, "benchmark.change", f"benchmark/{command.benchmark_id}")
        return work.answer(Answer(_shown(work, command.benchmark_id)))


def remove_benchmark(call: Call, command: RemoveBenchmark) -> Answer:
    """Take an own figure away; raise NotFound if there is none."""
    with call.transaction() as work:
        if not store.delete_benchmark(work, command.benchmark_id):
            raise NotFound
        call.audit(work, "benchmark.remove", f"benchmark/{command.benchmark_id}")
        return work.answer(Answer(status=204))


def _shown(tx: Transaction, benchmark_id: int) -> BenchmarkFigure:
    return next(one for one in store.list_benchmarks(tx) if one.id == benchmark_id)
