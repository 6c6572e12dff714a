"""Runs an operation for a request: token to principal, body to command, one action, answer or problem."""

import logging
import re
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

import azure.functions as func
from pydantic import BaseModel

from shared import wiring
from shared.actions import users
from shared.actions.answer import Answer, Replayed, of_refusal
from shared.actions.call import Call
from shared.actions.users import Asked
from shared.domain.errors import Forbidden, Refusal, Unauthenticated, Unexpected
from shared.domain.principal import Principal
from shared.http import reading, webhook
from shared.http.auth import authenticate, challenge
from shared.http.operation import Operation
from shared.store.idempotency import Key

log = logging.getLogger("motorpool.request")

NOBODY: Mapping[str, int] = MappingProxyType({})
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]{2,45}")


def run(req: func.HttpRequest, context: func.Context, operation: Operation) -> func.HttpResponse:
    """Answer a request; whatever goes wrong becomes a problem document with the invocation's id."""
    who: dict[str, int] = {}
    return guarded(req, context, lambda: _perform(req, context.invocation_id, operation, who), who=who)


def guarded(
    req: func.HttpRequest,
    context: func.Context,
    perform: Callable[[], Answer[BaseModel]],
    refused: Callable[[Refusal, str], Answer] = of_refusal,
    who: Mapping[str, int] = NOBODY,
) -> func.HttpResponse:
    """Render what `perform` answers or raises, by way of `refused`, and log one line about it, with `who` asked."""
    began = time.perf_counter()
    more: dict[str, str] = {}
    try:
        answer = perform()
    except Replayed as replay:
        answer, more = replay.answer, {"Idempotency-Replayed": "true"}
    except Refusal as refusal:
        answer = refused(refusal, context.invocation_id)
    except Exception:
        log.exception("unexpected", extra={"invocation_id": context.invocation_id})
        answer = refused(Unexpected("The fault is on record under this instance."), context.invocation_id)
    log.info(
        "request",
        extra={
            "invocation_id": context.invocation_id,
            "function": context.function_name,
            "method": req.method,
            "path": urlsplit(req.url).path,
            "status": answer.status,
            "milliseconds": round((time.perf_counter() - began) * 1000, 1),
            **who,
        },
    )
    if answer.status == Unauthenticated.status:
        more["WWW-Authenticate"] = challenge(req)
    return _response(answer, more)


def _perform(req: func.HttpRequest, invocation_id: str, operation: Operation, who: dict[str, int]) -> Answer[BaseModel]:
    services = wiring.services()
    asked = Asked(f"{operation.method} {operation.plain_path}", invocation_id, address_of(req))
    principal = authenticate(req, services, asked)
    # ids only: the log keeps no names
    who.update(tenant=principal.tenant.id, user=principal.user_id)
    call = Call(services, principal, invocation_id, asked.address)
    try:
        return _authorised(req, operation, call, principal)
    except Forbidden:
        users.record_refusal(services, principal.tenant.id, principal.user_id, asked)
        raise


def _authorised(req: func.HttpRequest, operation: Operation, call: Call, principal: Principal) -> Answer[BaseModel]:
    if operation.role is None or not principal.may(operation.role):
        least = operation.role.word if operation.role else "nobody"
        raise Forbidden(f"This takes the role {least}; yours is {principal.role.word}.")
    key = reading.idempotency_key(req) if operation.method == "POST" else None
    read = reading.read(req, operation)
    if key is not None:
        named = Key(principal.user_id, operation.name, key, read.fingerprint)
        call = Call(call.services, principal, call.invocation_id, call.address, named)
    return operation.action(call, read.command)


def run_public(req: func.HttpRequest, context: func.Context, operation: Operation) -> func.HttpResponse:
    """Answer a request that needs no token; its action takes the services and the command."""

    def perform() -> Answer[BaseModel]:
        return operation.action(wiring.services(), reading.read(req, operation).command)

    return guarded(req, context, perform)


def run_alone(req: func.HttpRequest, context: func.Context, operation: Operation) -> func.HttpResponse:
    """Answer a request that touches no service at all; its action takes the command."""
    return guarded(req, context, lambda: operation.action(reading.read(req, operation).command))


def run_delivery(req: func.HttpRequest, context: func.Context, operation: Operation) -> func.HttpResponse:
    """Answer a call of Web PubSub, which proves itself otherwise than people do, before anything of it is read."""

    def perform() -> Answer[BaseModel]:
        services = wiring.services()
        services.deliveries.verify(webhook.read_proof(req))
        return operation.action(services, webhook.read_delivery(req), context.invocation_id)

    return guarded(req, context, perform)


def run_handshake(req: func.HttpRequest, context: func.Context, operation: Operation) -> func.HttpResponse:
    """Answer whether somebody may deliver events here."""
    return guarded(req, context, lambda: operation.action(wiring.services(), webhook.read_origin(req)))


def address_of(req: func.HttpRequest) -> str | None:
    """Answer the caller's address as the platform's own front end saw it: the last hop, which no client writes."""
    last = req.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    # an address of IPv6 has colons of its own, and stands in brackets where a port follows
    host = last.rpartition(":")[0] if last.count(":") == 1 or "]:" in last else last
    host = host.removeprefix("[").removesuffix("]")
    return host if _ADDRESS.fullmatch(host) else None


def _response(answer: Answer[BaseModel], more: dict[str, str]) -> func.HttpResponse:
    headers = {**answer.headers, **more}
    response = func.HttpResponse(
        body=answer.content, status_code=answer.status, headers=headers, mimetype=answer.content_type
    )
    for cookie in answer.cookies:
        response.headers.add("Set-Cookie", cookie)
    return response
