"""Connections: what Web PubSub tells of them, and what their clients say.

Every call may come twice. Nothing is taken of a connection that was not let in here, or that is closed.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import orjson

from shared.actions import presence
from shared.actions.answer import Answer, of_refusal
from shared.domain.delivery import Admitted, Claims, Delivery, DeliveryType, read_claims
from shared.domain.errors import (
    DependencyDown,
    Forbidden,
    NotFound,
    Refusal,
    TooManyRequests,
    UnsupportedMediaType,
)
from shared.domain.media import JSON
from shared.domain.model import BIGINT_MAX
from shared.domain.negotiation import groups_of
from shared.domain.presence import PresenceSignal, PresenceState, read_signal
from shared.domain.principal import Role
from shared.domain.realtime import Person, everybody, parse_person, person
from shared.ports import FanoutRefused
from shared.services import Services
from shared.store import realtime as store, tenancy
from shared.store.database import Transaction
from shared.store.realtime import Sent, Taken, Verdict

log = logging.getLogger("motorpool.connections")

# a client says three times a minute that it is there, for each task that it looks at
EVENTS_MOST = 100
EVENTS_WINDOW = timedelta(minutes=1)
PRESENCE = "presence"
_DONE = Answer(status=204)


@dataclass(frozen=True)
class _Told:
    """A delivery about somebody's connection."""

    services: Services
    delivery: Delivery
    who: Person
    invocation_id: str

    def audit(self, tx: Transaction, action: str, user_id: int | None, outcome: str = "done") -> None:
        """Put on record what became of the connection."""
        tenancy.record_audit(
            tx,
            user_id=user_id,
            action=action,
            resource=f"connection/{self.delivery.connection_id}",
            outcome=outcome,
            address=None,
            invocation_id=self.invocation_id,
        )


def take_delivery(services: Services, delivery: Delivery, invocation_id: str) -> Answer[Admitted]:
    """Do what a delivery asks for.

    Raises:
        NotFound: it is of another hub, or of a connection or task that there is not.
        Forbidden: it is of nobody who may be here.
    """
    if delivery.hub.lower() != services.settings.web_pubsub_hub.lower():
        raise NotFound("There is no such hub here.")
    who = parse_person(delivery.person)
    if who is None or max(who.tenant_id, who.user_id) > BIGINT_MAX:
        raise Forbidden("Connections here are those of people: negotiate first.")
    return _BY_TYPE[delivery.type](_Told(services, delivery, who, invocation_id))


def close(services: Services, tenant_id: int, connection_id: str, invocation_id: str) -> bool:
    """Record the end of a connection, and let it leave every task; answer whether it was open."""
    with services.database.transaction(tenant_id) as (tx, _):
        closed = store.close_connection(tx, connection_id)
        known = store.find_connection(tx, connection_id)
        if closed and known is not None:
            tenancy.record_audit(
                tx,
                user_id=known["user_id"],
                action="realtime.disconnect",
                resource=f"connection/{connection_id}",
                outcome="done",
                address=None,
                invocation_id=invocation_id,
            )
    for task_id in known["task_ids"] if known is not None else ():
        presence.leave(services, tenant_id, task_id, connection_id, is_open=False)
    return closed


def _connect(told: _Told) -> Answer[Admitted]:
    """Let a connection in as negotiate has granted it to somebody who still has that role, or refuse it on record."""
    claims = read_claims(told.delivery.content)
    with told.services.database.transaction(told.who.tenant_id) as (tx, _):
        found = store.find_person(tx, told.who.user_id)
        if found is None:
            raise Forbidden("This organisation is not known here.")
        role = Role.named(found["role"] or "")
        refusal = _refusal(told, claims, role) or _opened(told, tx, role)
        if refusal is not None:
            told.audit(tx, "realtime.connect", found["user_id"], outcome="refused")
    if refusal is not None:
        raise Forbidden(refusal)
    return Answer(Admitted(userId=told.delivery.person, groups=sorted(claims.groups)))


def _refusal(told: _Told, claims: Claims, role: Role | None) -> str | None:
    """Answer what this token claims that negotiate would not have granted, or None."""
    tenant_id = told.who.tenant_id
    if role is None:
        return "This user has no role here; negotiate anew."
    if claims.subjects - {person(tenant_id, told.who.user_id)}:
        return "The token is somebody else's."
    if claims.roles:
        return "No connection here may join groups or publish by itself."
    if everybody(tenant_id) not in claims.groups or not claims.groups <= {*groups_of(tenant_id, role)}:
        return "The token's groups are not those that this user may be in; negotiate anew."
    return None


def _opened(told: _Told, tx: Transaction, role: Role | None) -> str | None:
    """Record the connection once; answer why it cannot be this one, or None."""
    connection_id = told.delivery.connection_id
    if role is not None and store.open_connection(tx, connection_id, told.who.user_id, role.word):
        told.audit(tx, "realtime.connect", told.who.user_id)
        return None
    known = store.find_connection(tx, connection_id)
    if known is None or known["user_id"] != told.who.user_id or known["disconnected_at"] is not None:
        return "This connection was another one, or is closed."
    return None


def _connected(told: _Told) -> Answer[Admitted]:
    """Nothing is to be done: the connection is on record since it was let in."""
    _require_known(told)
    return _DONE


def _disconnected(told: _Told) -> Answer[Admitted]:
    _require_known(told)
    close(told.services, told.who.tenant_id, told.delivery.connection_id, told.invocation_id)
    return _DONE


def _require_known(told: _Told) -> None:
    with told.services.database.read(told.who.tenant_id) as tx:
        known = store.find_connection(tx, told.delivery.connection_id)
    if known is None or known["user_id"] != told.who.user_id:
        raise NotFound("There is no such connection of that person.")


def _user_event(told: _Told) -> Answer[Admitted]:
    """Count what a client sent, and do it; one that says nothing is counted too, and one that came before is done."""
    signal = _signal(told.delivery)
    task_id, joins = None, False
    if isinstance(signal, PresenceSignal):
        task_id, joins = signal.task_id, signal.state is not PresenceState.LEAVE
    sent = Sent(told.delivery.connection_id, told.who.user_id, told.delivery.event_id, task_id, joins=joins)
    taken = store.take_user_event(told.services.database, told.who.tenant_id, sent, EVENTS_MOST, EVENTS_WINDOW)
    if taken is None:
        raise NotFound("There is no such open connection of that person.")
    if taken.verdict is Verdict.LIMITED:
        raise _too_many(told, taken)
    if not isinstance(signal, PresenceSignal):
        raise signal
    if not taken.task_is_there:
        raise NotFound("There is no such task.")
    if taken.verdict is Verdict.NEW:
        _done_or_given_back(told, taken, signal)
    return _DONE


def _signal(delivery: Delivery) -> PresenceSignal | Refusal:
    """Answer what a client says, or why it says nothing."""
    if delivery.event != PRESENCE:
        return NotFound(f"The only event that a client sends here is `{PRESENCE}`.")
    if delivery.content_type != JSON:
        return UnsupportedMediaType("The event `presence` is JSON.")
    try:
        return read_signal(delivery.content)
    except Refusal as refusal:
        return refusal


def _done_or_given_back(told: _Told, taken: Taken, signal: PresenceSignal) -> None:
    try:
        _follow(told, taken, signal)
    except BaseException:
        # it will be sent again under the same id, and is to be done then
        with told.services.database.transaction(told.who.tenant_id) as (tx, _):
            store.give_back_user_event(tx, told.delivery.connection_id, told.delivery.event_id)
        raise


def _follow(told: _Told, taken: Taken, signal: PresenceSignal) -> None:
    services, tenant_id, connection_id = told.services, told.who.tenant_id, told.delivery.connection_id
    if signal.state is PresenceState.LEAVE:
        presence.leave(services, tenant_id, signal.task_id, connection_id)
        with services.database.transaction(tenant_id) as (tx, _):
            store.forget_task(tx, connection_id, signal.task_id)
        return
    if presence.attend(services, tenant_id, signal.task_id, connection_id, taken.person):
        with services.database.read(tenant_id) as tx:
            known = store.find_connection(tx, connection_id)
        # it was closed while it took its seat, and whoever closed it may not have seen that seat
        if known is None or known["disconnected_at"] is not None:
            presence.leave(services, tenant_id, signal.task_id, connection_id, is_open=False)


def _too_many(told: _Told, taken: Taken) -> TooManyRequests:
    """Answer the refusal of one event too many, having told the connection once a minute how long to wait."""
    seconds = max(1, round(taken.wait + 0.5))
    refusal = TooManyRequests(
        f"A connection sends at most {EVENTS_MOST} events a minute.",
        members={"retry_after": seconds},
        retry_after=seconds,
    )
    if taken.tell:
        problem = orjson.loads(of_refusal(refusal, told.invocation_id).content)
        try:
            told.services.fanout.send_to_connection(told.delivery.connection_id, orjson.dumps({"error": problem}))
        except (DependencyDown, FanoutRefused) as error:
            log.warning("a connection could not be told to wait", extra={"fault": type(error).__name__})
    return refusal


_BY_TYPE: Mapping[DeliveryType, Callable[[_Told], Answer[Admitted]]] = {
    DeliveryType.CONNECT: _connect,
    DeliveryType.CONNECTED: _connected,
    DeliveryType.DISCONNECTED: _disconnected,
    DeliveryType.USER: _user_event,
}
