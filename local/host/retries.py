"""A function's retry policy: how often a failed call is made again, and when."""

import asyncio
import random
from collections.abc import Callable

from local.host.calls import log_failure
from local.host.protos import InvocationResponse, RpcRetryOptions, StatusResult
from local.host.worker import Call, Retries, Worker

FOREVER = -1


async def invoke(worker: Worker, make_call: Callable[[Retries], Call], policy: RpcRetryOptions | None) -> bool:
    """Call a function until it succeeds or its policy is used up; say whether it succeeded.

    Args:
        worker: what calls it.
        make_call: makes the call for an attempt.
        policy: None for one attempt.
    """
    limit = policy.max_retry_count if policy else 0
    retries = Retries(max_retry_count=limit)
    while True:
        call = make_call(retries)
        answer = await worker.invoke(call)
        if _is_success(answer):
            return True
        log_failure(answer, call)
        if policy is None or (limit != FOREVER and retries.retry_count >= limit):
            return False
        await asyncio.sleep(delay_seconds(policy, retries.retry_count))
        retries = Retries(retries.retry_count + 1, limit, answer.result.exception)


def delay_seconds(policy: RpcRetryOptions, retries_made: int) -> float:
    """Answer how long to wait before the next retry: a fixed time, or one that doubles, up to a fifth longer."""
    if policy.delay_interval is not None:
        return policy.delay_interval.total_seconds()
    low = policy.minimum_interval.total_seconds() if policy.minimum_interval else 0.0
    high = policy.maximum_interval.total_seconds() if policy.maximum_interval else low
    doubled = max(low, 1.0) * 2.0 ** min(retries_made, 30) * random.uniform(1.0, 1.2)  # noqa: S311  spreads load
    return float(min(high, doubled))


def _is_success(answer: InvocationResponse) -> bool:
    return answer.result.status == StatusResult.Success
