"""What an action answers, independent of HTTP libraries and ready to be kept under an idempotency key."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Never

import orjson
from pydantic import BaseModel

from shared.domain.errors import Refusal
from shared.domain.media import JSON, PROBLEM


@dataclass(frozen=True)
class Answer[Body: BaseModel = Never]:
    """A status, a body and headers; its type names the model of the body, where that is one.

    The API's description takes that model from what an action is annotated to answer.

    Attributes:
        body: a model, written as JSON; bytes, sent as they are; or None.
        content_type: of the body.
        headers: beside the content type.
        cookies: whole Set-Cookie values; only pages for browsers have any.
    """

    body: Body | bytes | None = None
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()

    @cached_property
    def content(self) -> bytes:
        """Answer the body's bytes."""
        if isinstance(self.body, BaseModel):
            return self.body.model_dump_json().encode()
        return self.body or b""


class Replayed(Exception):
    """The request was answered before; here is that answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered before")
        self.answer = answer


def versioned[Body: BaseModel](
    body: Body, version: int, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer[Body]:
    """Answer a single resource with its entity tag."""
    return Answer(body, status, headers={"ETag": f'"{version}"', **(headers or {})})


def of_refusal(refusal: Refusal, instance: str) -> Answer:
    """Answer the problem document of a refusal.

    Args:
        refusal: what was refused and why.
        instance: the invocation id, which stands in the log too.
    """
    document = {
        "type": f"/problems/{refusal.slug}",
        "title": refusal.title(),
        "status": refusal.status,
        "detail": refusal.detail,
        "instance": instance,
        **refusal.members,
    }
    if refusal.faults:
        document["errors"] = [
            {"pointer": fault.pointer, **fault.members, "detail": fault.detail} for fault in refusal.faults
        ]
    headers = {"Cache-Control": "no-store"}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(refusal.retry_after)))
    return Answer(orjson.dumps(document, option=orjson.OPT_UTC_Z), refusal.status, PROBLEM, headers)
