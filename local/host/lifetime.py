"""From start to end of a host: load, serve, stop in good order."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import uvicorn

from local.host import assembly, console, hostjson, settings, sockets, worker
from local.host.assembly import Assembly, Events, Host
from local.host.errors import StartError
from local.host.options import Options

GRACE_SECONDS = 10.0
PARENT_CHECK_SECONDS = 1.0
# Kestrel's
KEEP_ALIVE_SECONDS = 130

log = logging.getLogger("host.start")


class _Server(uvicorn.Server):
    """Uvicorn, with signals left to the host: it has more than requests to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def run(options: Options) -> int:
    """Run a host until it is told to stop; answer the exit code."""
    try:
        return asyncio.run(_run(options))
    except StartError as error:
        print(f"The host cannot start: {error}", file=sys.stderr)
        return 1


async def _run(options: Options) -> int:
    parent = os.getppid()
    app_dir = options.app_dir.resolve()
    data_dir = options.data_dir.resolve()
    console.configure({}, debug=False)
    local = settings.load_local_settings(app_dir / options.settings)
    listeners = sockets.listen(settings.port(options.port, local))
    try:
        host = await _load(app_dir, data_dir, options, local, sockets.port_of(listeners[0]))
    except BaseException:
        for listener in listeners:
            listener.close()
        raise
    _announce(host, sockets.port_of(listeners[0]))
    return await _serve(host, listeners, parent if options.die_with_parent else None)


async def _load(app_dir: Path, data_dir: Path, options: Options, local: settings.LocalHost, port: int) -> Host:
    settings.describe_platform(app_dir, port)
    content = settings.read_host_json(app_dir / "host.json")
    levels = hostjson.read(content).log_levels
    marker = console.configure(levels, debug=settings.debug_logging())
    events = Events(options.poll_seconds, options.duplicate_blob_events or settings.duplicate_blob_events())
    found = await worker.index(app_dir)
    builder = Assembly(found, content, local, assembly.host_id(data_dir), events)
    marker.watch(worker.current_invocation_id, builder.worker.function_of)
    return builder.build()


def _announce(host: Host, port: int) -> None:
    for function in host.functions:
        template = {route.function.name: route for route in host.http.router.routes}.get(function.name)
        if template:
            methods = ",".join(sorted(template.methods)) or "ANY"
            log.debug("%s: [%s] http://localhost:%d/%s", function.name, methods, port, template.template.text)
        else:
            log.debug("%s: %s", function.name, function.kind)
    log.info("Listening with %d functions on http://localhost:%d", len(host.functions), port)


async def _serve(host: Host, listeners: list[socket.socket], parent: int | None) -> int:
    # what was loaded so far stays: the collector need not look through it again and again
    gc.freeze()
    server, stopping = _server(host), asyncio.Event()
    _stop_on_signals(server, stopping)
    running = [asyncio.create_task(_guarded(service.run())) for service in host.services]
    watches = [asyncio.create_task(stopping.wait()), asyncio.create_task(_stop_with_parent(parent, stopping))]
    serving = asyncio.create_task(server.serve(listeners))
    await asyncio.wait([serving, watches[0]], return_when=asyncio.FIRST_COMPLETED)
    deadline = _stop(server, host)
    await serving
    for watch in watches:
        watch.cancel()
    await _finish([*running, *host.tasks], deadline)
    return _end(host, deadline)


def _server(host: Host) -> _Server:
    config = uvicorn.Config(
        host.http,
        http="httptools",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        headers=[("Server", "Kestrel")],
        proxy_headers=False,
        backlog=sockets.BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(GRACE_SECONDS),
    )
    return _Server(config)


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("A part of the host ended by a fault of its own; restart the host.")


def _stop_on_signals(server: _Server, stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def stop(*_: object) -> None:
        # a second one is meant: do not wait for what runs
        server.force_exit = stopping.is_set()
        loop.call_soon_threadsafe(stopping.set)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


async def _stop_with_parent(parent: int | None, stopping: asyncio.Event) -> None:
    while parent is not None:
        await asyncio.sleep(PARENT_CHECK_SECONDS)
        if os.getppid() != parent:
            log.warning("The program that started this host is gone.")
            stopping.set()
            return


def _stop(server: _Server, host: Host) -> float:
    """Begin nothing new; answer by when all that has begun must end."""
    log.info("Stopping.")
    server.should_exit = True
    for service in host.services:
        service.stop()
    return time.monotonic() + GRACE_SECONDS


async def _finish(tasks: list[asyncio.Task[None]], deadline: float) -> None:
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=max(0.0, deadline - time.monotonic()))
        for task in late:
            task.cancel()


def _end(host: Host, deadline: float) -> int:
    for storage in host.storages:
        storage.close()
    if worker.stop(max(0.0, deadline - time.monotonic())):
        return 0
    log.warning("Ending with functions still running after %.0f s.", GRACE_SECONDS)
    # a thread cannot be ended, and Python would wait for it
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
