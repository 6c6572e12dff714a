"""How a client gets in: what it asks for, whether it may, and as whom."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiohttp.web import BaseRequest
from multidict import MultiMapping

from local.pubsub.events import Correspondent
from local.pubsub.names import check_group, is_unicode
from local.pubsub.refusals import Refusal
from local.pubsub.roles import SEND, Permissions
from local.pubsub.session import Identity, Protocol
from local.pubsub.tokens import Tokens, texts
from local.pubsub.upstream import Decision, Upstream

OFFER = "Sec-WebSocket-Protocol"
SECRETS = {"access_token"}
MODES = {"", "sendEvent", "sendToGroup"}


@dataclass(frozen=True)
class Asked:
    """What a client asks for when it opens a WebSocket.

    Attributes:
        hub: in lower case.
        query: of the address.
        headers: of the request.
        offered: subprotocols, in its order.
        host: by which it reached us.
    """

    hub: str
    query: MultiMapping[str]
    headers: MultiMapping[str]
    offered: tuple[str, ...]
    host: str

    @classmethod
    def read(cls, request: BaseRequest, hub: str) -> "Asked":
        """Read a request."""
        lists = request.headers.getall(OFFER, [])
        offered = tuple(name.strip() for text in lists for name in text.split(",") if name.strip())
        return cls(hub, request.query, request.headers, offered, request.host)

    @property
    def protocol(self) -> Protocol:
        """Answer the first protocol that both sides know; without any, the client is a simple one."""
        known = {protocol.value: protocol for protocol in Protocol if protocol.value}
        return next((known[name] for name in self.offered if name in known), Protocol.SIMPLE)

    @property
    def returning(self) -> tuple[str, str] | None:
        """Answer the connection that the client wants back, and its token for that."""
        connection_id = self.query.get("awps_connection_id")
        token = self.query.get("awps_reconnection_token")
        return None if connection_id is None and token is None else (connection_id or "", token or "")

    @property
    def token(self) -> str:
        """Answer the access token.

        Raises:
            Refusal: there is none.
        """
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        token = self.query.get("access_token") or (given.strip() if scheme.lower() == "bearer" else "")
        if not token:
            raise Refusal(401, "There is no access token: neither access_token in the query nor a Bearer header.")
        return token

    @property
    def own_group(self) -> str | None:
        """Answer the group to which everything goes that a simple client sends, if it asked for that.

        Raises:
            Refusal: it asked for something that there is not.
        """
        mode = self.query.get("webpubsub_mode", "")
        if mode not in MODES:
            raise Refusal(400, "webpubsub_mode is sendEvent or sendToGroup.")
        return check_group(self.query.get("group")) if mode == "sendToGroup" else None


@dataclass(frozen=True)
class Admission:
    """A client that may come in.

    Attributes:
        identity: who it is from now on.
        about: the same for its event handler.
        subprotocol: that it is told; None if nothing was agreed.
        own_group: to which everything goes that a simple client sends, or None for the event handler.
    """

    identity: Identity
    about: Correspondent
    subprotocol: str | None
    own_group: str | None


async def admit(asked: Asked, tokens: Tokens, upstream: Upstream) -> Admission:
    """Decide about a new client.

    Raises:
        Refusal: it may not come in.
    """
    claims = tokens.claims_of_client(asked.token, asked.host, asked.hub)
    user = claims.get("sub") or None
    if user is not None and not is_unicode(user):
        raise Refusal(401, "The access token is not good: its subject is no text.")
    identity = Identity(
        hub=asked.hub,
        user=user,
        protocol=asked.protocol,
        roles=texts(claims.get("role")),
        groups=[check_group(group) for group in texts(claims.get("webpubsub.group"))],
    )
    about = Correspondent(asked.hub, identity.connection_id, identity.user, asked.protocol.value)
    decision = await upstream.connect(about, _body(asked, claims))
    identity, subprotocol = _decided(asked, identity, decision)
    about.user, about.subprotocol = identity.user, subprotocol or ""
    own_group = asked.own_group if identity.protocol is Protocol.SIMPLE else None
    _check_rights(identity, own_group)
    return Admission(identity, about, subprotocol, own_group)


def _decided(asked: Asked, identity: Identity, decision: Decision) -> tuple[Identity, str | None]:
    """Answer the client's identity and subprotocol as the event handler left them."""
    subprotocol = decision.subprotocol or identity.protocol.value or None
    if subprotocol is not None and subprotocol not in asked.offered:
        raise Refusal(500, f"The event handler chose the subprotocol {subprotocol}, which the client does not offer.")
    protocol = next((known for known in Protocol if known.value == (subprotocol or "")), Protocol.SIMPLE)
    changed = replace(
        identity,
        user=decision.user or identity.user,
        protocol=protocol,
        roles=identity.roles if decision.roles is None else decision.roles,
        groups=[check_group(group) for group in decision.groups] if decision.groups else identity.groups,
    )
    return changed, subprotocol


def _check_rights(identity: Identity, own_group: str | None) -> None:
    try:
        permissions = Permissions(identity.roles)
    except ValueError as error:
        raise Refusal(400, str(error)) from error
    if own_group is not None and not permissions.may(SEND, own_group):
        raise Refusal(403, "The token has no role to publish to this group.")


def _body(asked: Asked, claims: Mapping[str, Any]) -> dict[str, Any]:
    """Answer what an event handler learns about a client that wants to connect."""
    headers = {name for name in asked.headers if name.lower() != "authorization"}
    return {
        "claims": {name: texts(value) or [str(value)] for name, value in claims.items()},
        "query": {str(name): asked.query.getall(name) for name in asked.query if name not in SECRETS},
        "headers": {str(name): asked.headers.getall(name) for name in headers},
        "subprotocols": list(asked.offered),
        "clientCertificates": [],
    }
