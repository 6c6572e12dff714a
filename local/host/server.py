"""The HTTP side of the host: an ASGI app that routes, limits, converts and calls."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from local.host import requests, responses
from local.host.calls import log_failure, mark
from local.host.cors import Cors
from local.host.hostjson import HostJson
from local.host.protos import InvocationResponse, StatusResult
from local.host.requests import BodyTooLargeError, ClientGoneError, Receive, Scope, Send
from local.host.responses import Answer, Headers
from local.host.routing import Route, Router, decode
from local.host.throttle import Throttle, ThrottledError
from local.host.worker import Call, Worker

TOO_LARGE, TOO_MANY, FAILED, NOT_FOUND = 413, 429, 500, 404
STOPPED = Answer(503, [("content-type", responses.TEXT)], b"Function host is not running.")
HOME = Answer(
    200,
    [("content-type", "text/html; charset=utf-8")],
    b"<!doctype html><html lang=en><title>Local Functions host</title>"
    b"<h1>Your Functions app is up and running</h1>"
    b"<p><a href=/admin/functions>Functions</a> &middot; <a href=/admin/host/status>Status</a></p></html>",
)

log = logging.getLogger("host.http")


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """A request to the host itself."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


Own = Callable[[OwnRequest], Awaitable[Answer]]


@dataclass(slots=True)
class HttpHost:
    """The ASGI app.

    Args:
        router: the HTTP functions.
        worker: what calls them.
        config: host.json.
        cors: who may call from other origins.
        body_limit: bytes.
        own: answers what is below a path of the host itself, by its beginning ("/admin/", "/runtime/").
        homepage: whether / has a page.
    """

    router: Router
    worker: Worker
    config: HostJson
    cors: Cors
    body_limit: int
    own: Mapping[str, Own] = field(default_factory=dict)
    homepage: bool = True
    _throttle: Throttle = field(init=False)
    _extra: Headers = field(init=False)

    def __post_init__(self) -> None:
        """Prepare what is the same for every request."""
        self._throttle = Throttle(self.config.max_outstanding, self.config.max_concurrent)
        self._extra = list(self.config.custom_headers.items())
        if self.config.hsts:
            self._extra.append(("strict-transport-security", self.config.hsts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        headers = requests.headers_of(scope)
        try:
            answer = await self._answer(scope, headers, receive)
        except BodyTooLargeError:
            answer = responses.empty(TOO_LARGE)
        except ThrottledError:
            answer = responses.empty(TOO_MANY)
        except ClientGoneError:
            return
        except asyncio.CancelledError:
            # the host ends and has waited long enough
            answer = STOPPED
        extra = self._extra + self.cors.headers(headers) if self.cors.origins else self._extra
        await responses.send(answer, extra, scope["method"], send)

    async def _answer(self, scope: Scope, headers: dict[str, str], receive: Receive) -> Answer:
        preflight = self.cors.preflight(scope["method"], headers)
        if preflight is not None:
            return preflight
        path = decode(scope["raw_path"])
        for beginning, own in self.own.items():
            if path.lower().startswith(beginning):
                body = await requests.read_body(receive, headers, self.body_limit)
                query = requests.query_of(scope)
                return await own(OwnRequest(scope["method"], path, headers, query, body))
        found = self.router.find(scope["method"], path)
        if found is None:
            return self._without_function(path)
        async with self._throttle:
            body = await requests.read_body(receive, headers, self.body_limit)
            return await self._call(scope, headers, found, body)

    async def _call(
        self, scope: Scope, headers: dict[str, str], found: tuple[Route, dict[str, str]], body: bytes
    ) -> Answer:
        route, parameters = found
        call = Call(
            route.function,
            requests.rpc_request(scope, headers, parameters, body),
            trace_parent=headers.get("traceparent", ""),
            trace_state=headers.get("tracestate", ""),
        )
        started = time.perf_counter()
        result = await self.worker.invoke(call)
        answer = _answer_of(result, call)
        _tell(call, scope, answer, time.perf_counter() - started)
        return answer

    def _without_function(self, path: str) -> Answer:
        if path == "/":
            return HOME if self.homepage else responses.empty(204)
        return responses.empty(NOT_FOUND)


def _answer_of(result: InvocationResponse, call: Call) -> Answer:
    if result.result.status != StatusResult.Success:
        # nothing of it goes to the client, as in Azure
        log_failure(result, call)
        return responses.empty(FAILED)
    try:
        return responses.from_return_value(result.return_value)
    except (ValueError, TypeError) as error:
        log.error("The function's answer cannot be sent: %s", error, extra=mark(call))  # noqa: TRY400  not ours
        return responses.empty(FAILED)


def _tell(call: Call, scope: Scope, answer: Answer, seconds: float) -> None:
    if log.isEnabledFor(logging.INFO):
        log.info(
            "%s %s %d %.1f ms",
            scope["method"],
            scope["raw_path"].decode("latin-1"),
            answer.status,
            seconds * 1000,
            extra=mark(call),
        )
