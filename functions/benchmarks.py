"""Published figures and own ones over HTTP."""

import azure.functions as func

from shared import actions, http
from shared.domain.errors import DuplicateBenchmark, NotFound
from shared.domain.principal import Role
from shared.http.operation import Operation

bp = func.Blueprint()

LIST_BENCHMARKS = Operation(
    "list_benchmarks",
    "GET",
    "/api/benchmarks",
    Role.MANAGER,
    lambda: actions.benchmarks.list_benchmarks,
    summary="What others have published about vehicles, with source and year, and own figures before it",
)
ADD_BENCHMARK = Operation(
    "add_benchmark",
    "POST",
    "/api/benchmarks",
    Role.MANAGER,
    lambda: actions.benchmarks.add_benchmark,
    summary="Say a figure of one's own, which stands before the published ones of its class and basis",
    status=201,
    problems=(DuplicateBenchmark,),
)
CHANGE_BENCHMARK = Operation(
    "change_benchmark",
    "PATCH",
    "/api/benchmarks/{benchmark_id:long}",
    Role.MANAGER,
    lambda: actions.benchmarks.change_benchmark,
    summary="Change what is given of an own figure",
    problems=(NotFound,),
)
REMOVE_BENCHMARK = Operation(
    "remove_benchmark",
    "DELETE",
    "/api/benchmarks/{benchmark_id:long}",
    Role.MANAGER,
    lambda: actions.benchmarks.remove_benchmark,
    summary="Take an own figure away; the published ones stand again",
    status=204,
    problems=(NotFound,),
)


@bp.route(**LIST_BENCHMARKS.route)
def list_benchmarks(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer published and own figures."""
    return http.endpoint.run(req, context, LIST_BENCHMARKS)


@bp.route(**ADD_BENCHMARK.route)
def add_benchmark(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Add an own figure."""
    return http.endpoint.run(req, context, ADD_BENCHMARK)


@bp.route(**CHANGE_BENCHMARK.route)
def change_benchmark(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Change an own figure."""
    return http.endpoint.run(req, context, CHANGE_BENCHMARK)


@bp.route(**REMOVE_BENCHMARK.route)
def remove_benchmark(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Take an own figure away."""
    return http.endpoint.run(req, context, REMOVE_BENCHMARK)
