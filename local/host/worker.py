"""The worker: Microsoft's library that indexes the app and calls its functions, run inside this process."""

import asyncio
import logging
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import azure_functions_runtime as runtime

from local.host import functions, protos
from local.host.errors import StartError
from local.host.functions import Function
from local.host.protos import InvocationResponse, ParameterBinding, StatusResult, TypedData

# what the library needs to stream requests, and this host does not offer
STREAMING = "HttpUri"

log = logging.getLogger("host.worker")


@dataclass(slots=True)
class Retries:
    """Where a call stands among its attempts, for `context.retry_context`."""

    retry_count: int = 0
    max_retry_count: int = 0
    exception: protos.RpcException | None = None


@dataclass(slots=True)
class Call:
    """One call of a function: its trigger's data and what came along."""

    function: Function
    data: TypedData
    metadata: Mapping[str, TypedData] = field(default_factory=dict)
    trace_parent: str = ""
    trace_state: str = ""
    retries: Retries = field(default_factory=Retries)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


async def index(app_dir: Path) -> list[Function]:
    """Import the app and answer its functions, sorted as the host sorts them.

    Must run on the loop that will call the functions; asynchronous ones are awaited on it.

    Raises:
        StartError: with the library's own words on what is wrong with the app.
    """
    runtime.start_threadpool_executor()
    # the library imports the app by its module name, so the app's directory has to win
    sys.path.insert(0, str(app_dir))
    os.chdir(app_dir)
    request = SimpleNamespace(
        request=SimpleNamespace(
            worker_init_request=SimpleNamespace(capabilities={}, function_app_directory=str(app_dir))
        ),
        properties={"host": "127.0.0.1", "protos": protos},
    )
    answer = await runtime.worker_init_request(request)
    _check(answer)
    found = (await runtime.functions_metadata_request(None)).function_metadata_results
    if not found:
        raise StartError(
            f"No functions in {app_dir}: it needs a function_app.py with a FunctionApp and at least one function. "
            "Name another directory with --app-dir."
        )
    return functions.read(found)


def _check(answer: protos.WorkerInitResponse) -> None:
    if answer.result.status != StatusResult.Success:
        trouble = answer.result.exception
        raise StartError(f"{trouble.message}\n{trouble.stack_trace}" if trouble else "The worker did not start.")
    if STREAMING in answer.capabilities:
        raise StartError(
            "The app imports azurefunctions.extensions.http.fastapi; this host does not stream requests. "
            "Take azure.functions.HttpRequest and HttpResponse instead."
        )


class Worker:
    """Calls functions and knows which calls are running.

    Args:
        timeout_seconds: host.json's functionTimeout; a call that runs longer is reported, not ended. None: never.
    """

    def __init__(self, timeout_seconds: float | None = None) -> None:
        self.timeout_seconds = timeout_seconds
        self.running: dict[str, Function] = {}

    async def invoke(self, call: Call) -> InvocationResponse:
        """Call the function; what it raises is in the answer."""
        self.running[call.id] = call.function
        # the library sets this for synchronous functions only, in their thread
        token = runtime.invocation_id_cv.set(call.id)
        cancel_watch = self._watch(call)
        try:
            answer: InvocationResponse = await runtime.invocation_request(_request(call))
        finally:
            cancel_watch()
            runtime.invocation_id_cv.reset(token)
            del self.running[call.id]
        return answer

    def function_of(self, invocation_id: str) -> Function | None:
        """Answer the function that a running call belongs to."""
        return self.running.get(invocation_id)

    def _watch(self, call: Call) -> Callable[[], object]:
        if self.timeout_seconds is None:
            return lambda: None
        loop = asyncio.get_running_loop()
        return loop.call_later(self.timeout_seconds, self._report_timeout, call).cancel

    def _report_timeout(self, call: Call) -> None:
        log.error(
            "Timeout value of %s s exceeded by function %s (id %s). In Azure its worker process is restarted now, "
            "ending every call in it; here it runs on.",
            self.timeout_seconds,
            call.function.name,
            call.id,
        )


def current_invocation_id() -> str | None:
    """Answer the id of the call that this task or thread works for."""
    found: str | None = runtime.invocation_id_cv.get()
    return found


def stop(seconds: float) -> bool:
    """Take no more work for the threads and wait for what runs; False when some of it runs on after that time."""
    pool = runtime.get_threadpool_executor()
    if pool is None:
        return True
    pool.shutdown(wait=False, cancel_futures=True)
    return _all_end(list(pool._threads), seconds)  # noqa: SLF001  the pool offers no wait with a limit


def _all_end(threads: Sequence[threading.Thread], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return not any(thread.is_alive() for thread in threads)


def _request(call: Call) -> SimpleNamespace:
    invocation = SimpleNamespace(
        invocation_id=call.id,
        function_id=call.function.id,
        input_data=[ParameterBinding(call.function.parameter, call.data)],
        trigger_metadata=call.metadata,
        trace_context=SimpleNamespace(
            trace_parent=call.trace_parent or _trace_parent(call.id), trace_state=call.trace_state, attributes={}
        ),
        retry_context=call.retries,
    )
    return SimpleNamespace(request=SimpleNamespace(invocation_request=invocation))


def _trace_parent(invocation_id: str) -> str:
    """Begin a trace, as the real host does when the caller began none."""
    trace = invocation_id.replace("-", "")
    return f"00-{trace}-{trace[:16]}-00"
