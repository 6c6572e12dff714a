"""The way into real time: what is granted to whom, and what becomes of a role that changes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from shared.actions import realtime, sweeps
from shared.actions.answer import Replayed
from shared.actions.call import Call
from shared.adapters.fanout import AzureFanout
from shared.domain.errors import Forbidden
from shared.domain.negotiation import ENTRY_LIFETIME, Negotiate, Negotiated
from shared.services import Services
from shared.store import realtime as store
from tests.factories import TenantMade, make_call

type Caller = Callable[..., Call]


@dataclass
class Overheard:
    """The real fan-out, and whom it was asked to expel from where."""

    fanout: Any
    expelled: list[tuple[str, str]] = field(default_factory=list)

    def expel(self, person: str, group: str) -> None:
        self.fanout.expel(person, group)
        self.expelled.append((person, group))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.fanout, name)


def negotiated(call: Call, **asked: Any) -> Negotiated:
    body = realtime.negotiate(call, Negotiate(**asked)).body
    assert isinstance(body, Negotiated)
    return body


def rows(services: Services, tenant: TenantMade, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with services.database.read(tenant.id) as tx:
        return [tuple(row.values()) for row in tx.all(statement, **values)]


def role_of(call: Call) -> str | None:
    statement = "SELECT role FROM users WHERE tenant_id = %(tenant_id)s AND id = %(id)s"
    ((role,),) = rows(call.services, tenant_of(call), statement, id=call.principal.user_id)
    return str(role) if role else None


def tenant_of(call: Call) -> TenantMade:
    tenant = call.principal.tenant
    return TenantMade(tenant.id, tenant.tid, tenant.name)


def changes_of(call: Call) -> list[str]:
    statement = (
        "SELECT resource FROM audit_log WHERE tenant_id = %(tenant_id)s AND user_id = %(id)s"
        " AND action = 'role.change' ORDER BY id"
    )
    found = rows(call.services, tenant_of(call), statement, id=call.principal.user_id)
    return [resource.rpartition("/")[2] for (resource,) in found]


@pytest.mark.parametrize(
    ("role", "more"), [("driver", []), ("dispatcher", []), ("manager", ["managers"]), ("admin", ["managers"])]
)
@pytest.mark.parametrize("compress", [False, True])
def test_the_server_decides_on_groups(call: Caller, role: str, more: list[str], *, compress: bool) -> None:
    caller = call(role)
    answer = negotiated(caller, compress=compress)
    tenant_id, user_id = caller.principal.tenant.id, caller.principal.user_id
    suffixes = [*more, *(["z"] if compress else [])]
    assert answer.groups == [f"t.{tenant_id}", *(f"t.{tenant_id}.{one}" for one in suffixes)]
    claims = jwt.decode(answer.url.partition("access_token=")[2], options={"verify_signature": False})
    assert (claims["sub"], claims["webpubsub.group"]) == (f"{tenant_id}|{user_id}", answer.groups)
    assert "role" not in claims
    left = datetime.fromtimestamp(claims["exp"], UTC) - datetime.now(UTC)
    assert ENTRY_LIFETIME - timedelta(seconds=30) < left <= ENTRY_LIFETIME
    assert abs(answer.expires_at - datetime.fromtimestamp(claims["exp"], UTC)) < timedelta(seconds=30)
    assert role_of(caller) == role


def test_it_is_on_record_with_the_newest_event(call: Caller, services: Services, tenant: TenantMade) -> None:
    caller = call("driver", oid="recorded")
    before = negotiated(caller).last_seq
    with services.database.transaction(tenant.id) as (tx, _):
        tx.run("SELECT emit_event(%(tenant_id)s, 'PHOTO_READY', 'photo', 'x', NULL, '{}')")
    assert negotiated(caller).last_seq == before + 1
    statement = "SELECT action FROM audit_log WHERE tenant_id = %(tenant_id)s AND resource = %(it)s"
    found = rows(services, tenant, statement, it=f"user/{caller.principal.user_id}")
    assert found == [("realtime.negotiate",)] * 2


def test_by_http_it_reads_one_flag(client: Callable[..., httpx.Client], tenant: TenantMade) -> None:
    driver = client("driver")
    for word, wanted in (("1", True), ("true", True), ("0", False), ("false", False)):
        answer = driver.post(f"/api/realtime/negotiate?compress={word}")
        assert (answer.status_code, f"t.{tenant.id}.z" in answer.json()["groups"]) == (200, wanted), answer.text
        assert answer.headers["cache-control"] == "no-store"
    assert driver.post("/api/realtime/negotiate?compress=2").status_code == 422
    assert driver.post("/api/realtime/negotiate?groups=t.1").status_code == 422
    assert driver.post("/api/realtime/negotiate", json={"groups": ["t.1"]}).status_code == 422


def test_the_same_key_is_answered_the_same(call: Caller) -> None:
    first = negotiated(call("driver", oid="again", key="k"))
    with pytest.raises(Replayed) as replayed:
        negotiated(call("driver", oid="again", key="k"))
    assert replayed.value.answer.content == first.model_dump_json().encode()


def test_a_role_that_changes_is_on_record(call: Caller) -> None:
    for role in ("manager", "manager", "driver", "admin"):
        caller = call(role, oid="climber")
        assert role_of(caller) == role
    assert changes_of(caller) == ["driver", "admin"]
    # a token of before is used beside the new one: connecting is held to the role of the last that negotiated
    negotiated(call("driver", oid="climber"))
    assert role_of(caller) == "driver"
    assert changes_of(caller) == ["driver", "admin", "driver"]


def test_a_role_lost_is_lost_in_real_time(services: Services, tenant: TenantMade) -> None:
    overheard = Overheard(services.fanout)
    own = replace(services, fanout=overheard, recognised={})
    caller = make_call(own, tenant, "manager", oid="falling")
    person = f"{tenant.id}|{caller.principal.user_id}"
    make_call(own, tenant, "admin", oid="falling")
    assert overheard.expelled == []
    make_call(own, tenant, "dispatcher", oid="falling")
    make_call(own, tenant, "driver", oid="falling")
    assert overheard.expelled == [(person, f"t.{tenant.id}.managers")]
    overheard.expelled.clear()
    with pytest.raises(Forbidden, match="no role"):
        make_call(own, tenant, "nobody", oid="falling")
    assert overheard.expelled == [(person, f"t.{tenant.id}"), (person, f"t.{tenant.id}.z")]
    assert role_of(caller) == "none"
    assert changes_of(caller) == ["admin", "dispatcher", "driver", "none"]


def test_what_could_not_be_taken_away_is_taken_by_the_sweep(
    services: Services, tenant: TenantMade, caplog: pytest.LogCaptureFixture
) -> None:
    silent = AzureFanout.configured(f"Endpoint=http://127.0.0.1:9;AccessKey={'k' * 32};Version=1.0;", "", "hub")
    deaf = replace(services, fanout=silent, recognised={})
    caller = make_call(deaf, tenant, "manager", oid="unlucky")
    person = f"{tenant.id}|{caller.principal.user_id}"
    with services.database.transaction(tenant.id) as (tx, _):
        assert store.open_connection(tx, "unlucky-1", caller.principal.user_id, "manager")
    with caplog.at_level(logging.WARNING, "motorpool.users"):
        assert make_call(deaf, tenant, "driver", oid="unlucky").principal.role.word == "driver"
    assert "still in groups" in caplog.text
    overheard = Overheard(services.fanout)
    for _ in range(2):
        sweeps.end_stale_presence(replace(services, fanout=overheard))
    assert overheard.expelled == [(person, f"t.{tenant.id}.managers")]
