"""Asks every dependency whether it is there."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from shared.actions.answer import Answer
from shared.domain.errors import DependencyDown
from shared.domain.health import Dependency, Health, NoQuestion, Readiness
from shared.services import Services

RETRY_SECONDS = 5
# mails wait for their server and are sent later; nobody else is to be kept out meanwhile
NOT_NEEDED = {"mail"}


def live(_: NoQuestion) -> Answer[Health]:
    """Answer that the application runs."""
    return Answer(Health(), headers={"Cache-Control": "no-store"})


def ready(services: Services, _: NoQuestion) -> Answer[Readiness]:
    """Answer whether each dependency answers and how fast; 503 if one does not."""
    pings = {
        "database": services.database.ping,
        "photo_storage": services.photos.ping,
        "identity": services.tokens.ping,
        "web_pubsub": services.fanout.ping,
        "presence_storage": services.presence.ping,
    }
    if services.scanner is not None:
        pings["malware_scanner"] = services.scanner.ping
    if services.mailer is not None:
        pings["mail"] = services.mailer.ping
    with ThreadPoolExecutor(len(pings)) as pool:
        found = list(pool.map(_asked, pings, pings.values()))
    down = any(dependency.is_needed and dependency.status == "down" for dependency in found)
    headers = {"Cache-Control": "no-store", **({"Retry-After": str(RETRY_SECONDS)} if down else {})}
    answer = Readiness(status="down" if down else "ok", dependencies=found)
    return Answer(answer, 503 if down else 200, headers=headers)


def _asked(name: str, ping: Callable[[], None]) -> Dependency:
    began = time.perf_counter()
    try:
        ping()
    except DependencyDown:
        status = "down"
    else:
        status = "ok"
    elapsed = round((time.perf_counter() - began) * 1000, 1)
    return Dependency(
        name=name,
        status="ok" if status == "ok" else "down",
        milliseconds=elapsed,
        is_needed=name not in NOT_NEEDED,
    )
