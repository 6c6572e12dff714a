"""What the host tells of calls."""

import logging

from local.host.protos import InvocationResponse
from local.host.worker import Call

log = logging.getLogger("host.calls")


def log_failure(result: InvocationResponse, call: Call) -> None:
    """Tell what a function raised, with its traceback."""
    trouble = result.result.exception
    message, detail = (trouble.message, trouble.stack_trace) if trouble else ("no reason given", "")
    log.error("Failed: %s", message, extra={**mark(call), "detail": detail})


def mark(call: Call) -> dict[str, str]:
    """Make a log record's `extra` that names the call."""
    return {"invocation": call.id, "function": call.function.name}
