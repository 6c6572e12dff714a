"""One request on somebody's behalf, and the only way to a write transaction.

The transaction claims the request's idempotency key first and keeps the answer last, in the round trips that BEGIN
and COMMIT need anyway. A final refusal (there is no such thing, the state does not allow it) undoes the work but
keeps the key with its answer; any other fault leaves no trace.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from pydantic import BaseModel

from shared.actions.answer import Answer, Replayed, of_refusal
from shared.domain.errors import IdempotencyInFlight, IdempotencyKeyReused, Refusal
from shared.domain.event import Event
from shared.domain.local_day import local_day
from shared.domain.principal import Principal
from shared.services import Services
from shared.store import events, idempotency, tenancy
from shared.store.database import Busy, Statement, Transaction

IN_FLIGHT_WAIT = "2s"


class Work(Transaction):
    """A write transaction that knows what it will answer and what it will tell others."""

    def __init__(self, tx: Transaction, user_id: int) -> None:
        super().__init__(tx.connection, tx.tenant_id)
        self._user_id = user_id
        self._events: list[Event] = []
        self.kept: Answer[BaseModel] | None = None

    def emit(self, event: Event) -> None:
        """Tell others, once this commits; events are numbered last, because numbering makes others wait."""
        self._events.append(event)

    def answer[Body: BaseModel](self, answer: Answer[Body]) -> Answer[Body]:
        """Decide the answer, so that it commits with the work."""
        self.kept = answer
        return answer

    @property
    def tells(self) -> bool:
        """Tell whether others are to be told."""
        return bool(self._events)

    def commit(self, *last: Statement) -> None:
        """Write events and what else is to be written last, and commit, in one round trip."""
        told = [events.emit(event, self._user_id) for event in self._events]
        self.together(*last, *told, ("COMMIT", {}))


@dataclass(frozen=True)
class Call:
    """Who asks, with what right, under which key, and what may be reached to answer.

    Attributes:
        principal: who asks.
        services: all that may be reached.
        invocation_id: of the platform, for logs and problem documents.
        address: where the request came from, as the platform saw it.
        key: of a request that must not be done twice.
    """

    services: Services
    principal: Principal
    invocation_id: str
    address: str | None = None
    key: idempotency.Key | None = None

    @cached_property
    def today(self) -> date:
        """Answer the tenant's local day: one for all that a request says, also while it ends."""
        return local_day(self.services.clock.now(), self.principal.tenant.time_zone)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a transaction that only reads."""
        with self.services.database.read(self.principal.tenant.id) as tx:
            yield tx

    @contextmanager
    def transaction(self) -> Iterator[Work]:
        """Open the one write transaction of this request.

        Raises:
            Replayed: the request was answered before.
            IdempotencyKeyReused: the key was used for another request.
            IdempotencyInFlight: the first request with this key is still running.
        """
        database, tenant_id = self.services.database, self.principal.tenant.id
        if self.key is None:
            with database.transaction(tenant_id) as (tx, _):
                work = Work(tx, self.principal.user_id)
                yield work
                work.commit()
            self._wake(work)
            return
        with ExitStack() as stack:
            try:
                tx, (claimed, _) = stack.enter_context(
                    database.transaction(
                        tenant_id, [idempotency.claim(self.key), ("SAVEPOINT work", {})], wait=IN_FLIGHT_WAIT
                    )
                )
            except Busy:
                raise IdempotencyInFlight("Try again in a moment with the same key.", retry_after=1) from None
            if not claimed:
                self._replay(tx, self.key)
            work = Work(tx, self.principal.user_id)
            yield from self._claimed(work, self.key)
        self._wake(work)

    def _claimed(self, work: Work, key: idempotency.Key) -> Iterator[Work]:
        try:
            yield work
        except Refusal as refusal:
            if refusal.is_final:
                work.together(
                    ("ROLLBACK TO SAVEPOINT work", {}),
                    _keep(key, of_refusal(refusal, self.invocation_id)),
                    ("COMMIT", {}),
                )
            raise
        if work.kept is None:
            raise RuntimeError("an action with an idempotency key is to answer within its transaction")
        work.commit(_keep(key, work.kept))

    def _wake(self, work: Work) -> None:
        """Let what is committed by now be sent."""
        if work.tells:
            self.services.relay.wake(self.principal.tenant.id)

    @staticmethod
    def _replay(tx: Transaction, key: idempotency.Key) -> None:
        first = idempotency.get_key(tx, key)
        if bytes(first["fingerprint"]) != key.fingerprint:
            raise IdempotencyKeyReused("Choose a new Idempotency-Key for a different request.")
        headers = dict(first["headers"])
        content_type = headers.pop("Content-Type")
        raise Replayed(Answer(bytes(first["body"]), first["status"], content_type, headers))

    def audit(self, tx: Transaction, action: str, resource: str, outcome: str = "done") -> None:
        """Write an audit row with the work that it reports."""
        tenancy.record_audit(
            tx,
            user_id=self.principal.user_id,
            action=action,
            resource=resource,
            outcome=outcome,
            address=self.address,
            invocation_id=self.invocation_id,
        )


def _keep(key: idempotency.Key, answer: Answer[BaseModel]) -> Statement:
    headers = {**answer.headers, "Content-Type": answer.content_type}
    return idempotency.keep_answer(key, answer.status, headers, answer.content)
