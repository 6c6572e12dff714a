"""POST /runtime/webhooks/blobs: where Event Grid would deliver, its validation handshake included."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from local.host import responses
from local.host.blobs import BlobTrigger
from local.host.responses import Answer
from local.host.server import OwnRequest
from local.host.storage import BlobVersion, blob_of_url

PATH = "/runtime/webhooks/blobs"
CREATED = "Microsoft.Storage.BlobCreated"
VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"

Event = Mapping[str, Any]


class BlobWebhook:
    """Takes events for blob functions.

    Args:
        triggers: the blob functions.
        tasks: keeps deliveries alive until they end.
    """

    def __init__(self, triggers: Sequence[BlobTrigger], tasks: "set[asyncio.Task[None]]") -> None:
        self._triggers = {trigger.function.listener_id.lower(): trigger for trigger in triggers}
        self._tasks = tasks

    async def __call__(self, request: OwnRequest) -> Answer:
        """Answer 202 at once, or the code of a validation; deliver afterwards."""
        trigger = self._triggers.get(request.query.get("functionName", "").lower())
        if request.path.rstrip("/").lower() != PATH or request.method != "POST" or trigger is None:
            return responses.empty(404)
        try:
            events = _events(request.body)
            return self._take(trigger, events)
        except (KeyError, TypeError, ValueError) as error:
            return responses.as_json({"error": f"no Event Grid events: {error!r}"}, 400)

    def _take(self, trigger: BlobTrigger, events: Sequence[Event]) -> Answer:
        for event in events:
            if event["eventType"] == VALIDATION:
                return responses.as_json({"validationResponse": event["data"]["validationCode"]})
        for version in [_version(event) for event in events if event["eventType"] == CREATED]:
            task = asyncio.create_task(trigger.deliver(version))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return responses.empty(202)


def _events(body: bytes) -> Sequence[Event]:
    content = json.loads(body)
    return content if isinstance(content, list) else [content]


def _version(event: Event) -> BlobVersion:
    container, name = blob_of_url(event["data"]["url"])
    return BlobVersion(container, name, str(event["data"].get("eTag", "")).strip('"'))
