"""Real time: how a client gets in, and what Web PubSub asks before it delivers."""

from shared.actions import users
from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain import realtime
from shared.domain.errors import Forbidden
from shared.domain.negotiation import ENTRY_LIFETIME, Negotiate, Negotiated, groups_of
from shared.domain.principal import Role
from shared.services import Services
from shared.store import events, realtime as store


def negotiate(call: Call, asked: Negotiate) -> Answer[Negotiated]:
    """Answer the way in, with the groups that the caller's role goes with."""
    services, principal = call.services, call.principal
    tenant_id, user_id = principal.tenant.id, principal.user_id
    groups = groups_of(tenant_id, principal.role, compress=asked.compress)
    entry = services.fanout.grant_entry(realtime.person(tenant_id, user_id), groups, ENTRY_LIFETIME)
    with call.transaction() as work:
        # connecting is held to the role last seen, which may not be that of this token while both were in use
        before = store.see_role(work, user_id, principal.role.word, call.address, call.invocation_id)
        call.audit(work, "realtime.negotiate", f"user/{user_id}")
        answer = work.answer(
            Answer(
                Negotiated(
                    url=entry.url,
                    hub=services.settings.web_pubsub_hub,
                    groups=groups,
                    last_seq=events.last_seq(work),
                    expires_at=entry.expires_at,
                ),
                headers={"Cache-Control": "no-store"},
            )
        )
    if before is not None:
        users.withdraw(services, tenant_id, user_id, Role.named(before), principal.role)
    return answer


def allow_origin(services: Services, origin: str) -> Answer:
    """Let our own Web PubSub deliver here, and nobody else."""
    if not services.deliveries.knows(origin):
        raise Forbidden("Only the Web PubSub of this installation delivers here.")
    return Answer(content_type="text/plain", headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"})
