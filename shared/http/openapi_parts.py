"""The parts of the OpenAPI document that every operation shares."""

from collections.abc import Mapping
from typing import Any

INTRODUCTION = """\
Custody of vehicles, trailers, machines and tools: who has what, since when, in what condition.

**Identity.** Send an OpenID Connect access token: `Authorization: Bearer <token>`. `GET /api/config` says who \
issues them and what to ask for. Everything belongs to one organisation, which is the token's `tid`; what belongs to \
another one answers exactly as what does not exist. The roles are `driver`, `dispatcher`, `manager` and `admin`, and \
each includes those before it.

**Errors** are RFC 9457 problem documents (`application/problem+json`). Go by `type`, which is stable; `errors` lists \
every fault of a request that is well-formed but not acceptable; `instance` finds the request in the log.

**Times** are RFC 3339 with an offset and are answered in UTC. Dates are local to the organisation. Money is a decimal \
string in the organisation's currency.

**Lists** take `limit` and `cursor` and answer `next_cursor`, which is null on the last page.

**Doing it once.** Every POST takes an `Idempotency-Key`: the same request under the same key is answered again, not \
done again, for 30 days.

**Limits.** A request has at most 100 MiB as a whole, files included; beyond that the answer is a 413 without a \
document. A body that is no form has at most 1 MiB unless its operation says otherwise.

**Changing what you saw.** A single resource has an `ETag`; with it as `If-Match` a write changes that version only.
"""

PARAMETERS: Mapping[str, Any] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Names this request, so that it is done once however often it is sent. A UUID is a good one.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]{1,255}$"},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag of the version to change, or `*` for whichever is there; another one there is 412.",
        "schema": {"type": "string"},
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag of the copy at hand; if it is the present one, the answer is 304.",
        "schema": {"type": "string"},
    },
    "WebHookRequestOrigin": {
        "name": "WebHook-Request-Origin",
        "in": "header",
        "required": True,
        "description": "Who asks whether it may deliver, by its host's name.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 300, "pattern": r"^[\x21-\x7e]{1,300}$"},
    },
}

HEADERS: Mapping[str, Any] = {
    "ETag": {"description": "Names this version.", "schema": {"type": "string", "pattern": '^(W/)?"[!#-~]*"$'}},
    "Location": {"description": "Where it is.", "schema": {"type": "string"}},
    "Cache-Control": {"description": "How long it may be kept, and by whom.", "schema": {"type": "string"}},
    "Content-Disposition": {"description": "What the file is called.", "schema": {"type": "string"}},
    "WWW-Authenticate": {
        "description": 'What to send instead; `error="invalid_token"` of a token that was sent and is not accepted.',
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "Idempotency-Replayed": {
        "description": "The request was answered before; this is that answer.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}

SECURITY_SCHEMES: Mapping[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of the issuer that `GET /api/config` names.",
    },
}

PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457). Some types carry further members.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "which problem it is; stable"},
        "title": {"type": "string", "description": "the same for all problems of this type"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "what happened this time"},
        "instance": {"type": "string", "description": "finds this request in the log"},
        "errors": {
            "type": "array",
            "description": "every fault that was found",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "where: a JSON pointer, or the parameter's name"},
                    "detail": {"type": "string", "description": "what is wrong there"},
                },
            },
        },
    },
}
