"""Reads what Web PubSub sends: CloudEvents 1.0, whose facts are headers, and whose data is the body as it is."""

import re

import azure.functions as func

from shared.domain.delivery import CONNECTION_ID, EVENT_ID, Delivery, DeliveryType, Proof
from shared.domain.errors import Malformed, TooLarge

# what a client may send in one frame, and a little for what stands around it
BODY_MAX = 1024 * 1024 + 64 * 1024
_BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9_\-.~+/]{1,16384}=*)")


def read_proof(req: func.HttpRequest) -> Proof:
    """Answer what shows where a call comes from."""
    token = _BEARER.fullmatch(_header(req, "authorization"))
    return Proof(_header(req, "ce-connectionid"), _header(req, "ce-signature"), token[1] if token else None)


def read_origin(req: func.HttpRequest) -> str:
    """Answer who asks whether it may deliver here; raise Malformed if it does not say."""
    origin = _header(req, "webhook-request-origin")
    if not re.fullmatch(r"[\x21-\x7e]{1,300}", origin):
        raise Malformed("Say who wants to deliver: WebHook-Request-Origin: <host>.")
    return origin


def read_delivery(req: func.HttpRequest) -> Delivery:
    """Answer what is told; raise Malformed where a header is missing or means nothing, TooLarge for a long body."""
    content = req.get_body()
    if len(content) > BODY_MAX:
        raise TooLarge(f"A body of this route has at most {BODY_MAX // 1024} KiB.")
    if _header(req, "ce-specversion") != "1.0":
        raise Malformed("This reads CloudEvents of ce-specversion 1.0, with their facts in headers.")
    kind, event = _kind(_header(req, "ce-type"), _header(req, "ce-eventname"))
    return Delivery(
        kind,
        event,
        _required(req, "ce-hub", re.compile(r"[A-Za-z0-9_`,.\[\]]{1,128}")),
        _required(req, "ce-connectionid", CONNECTION_ID),
        _required(req, "ce-id", EVENT_ID),
        _required(req, "ce-userid", re.compile(r"[\x21-\x7e]{1,200}")),
        _header(req, "content-type").partition(";")[0].strip().lower(),
        content,
    )


def _kind(said: str, event: str) -> tuple[DeliveryType, str]:
    user = f"{DeliveryType.USER}."
    if said.startswith(user):
        name = said.removeprefix(user)
        if event and event != name:
            raise Malformed("ce-type and ce-eventName name two events.")
        return DeliveryType.USER, name
    if said in set(DeliveryType) - {DeliveryType.USER}:
        return DeliveryType(said), ""
    raise Malformed("This ce-type is not known here.")


def _required(req: func.HttpRequest, name: str, shape: re.Pattern[str]) -> str:
    value = _header(req, name)
    if not shape.fullmatch(value):
        raise Malformed(f"The header {name} is missing or means nothing.")
    return value


def _header(req: func.HttpRequest, name: str) -> str:
    return str(req.headers.get(name, "")).strip()
