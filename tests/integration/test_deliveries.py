"""What Web PubSub tells the application, by signed calls: handshake, proof, connections, and what clients may not."""

from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from local.identity.tokens import AUDIENCE
from shared import settings, wiring
from shared.adapters.deliveries import IdentifiedDeliveries, SignedDeliveries
from shared.adapters.tokens import OidcVerifier
from shared.domain.delivery import Proof
from shared.domain.errors import Unauthenticated
from shared.services import Services
from tests.factories import TenantMade, insert_task, make_tenant
from tests.fixtures.deliveries import EVENTS, Teller, everybody, key_of, signature
from tests.world import Clone, World

type Clients = Callable[..., httpx.Client]
type Tellers = Callable[..., Teller]


@pytest.fixture
def teller(world: World, clone: Clone, app: str, client: Clients, tenant: TenantMade) -> Tellers:
    """Answer what tells of a new connection of somebody who has negotiated."""

    def make(role: str = "driver", oid: str | None = None, of: TenantMade | None = None, **more: Any) -> Teller:
        answer = client(role, oid=oid, tenant=of or tenant).post("/api/realtime/negotiate")
        assert answer.status_code == 200, answer.text
        person = more.pop("person", None) or person_of(clone, of or tenant, oid or f"{role}-1")
        return Teller(app, clone.name, key_of(world), person, **more)

    return make


def person_of(clone: Clone, tenant: TenantMade, oid: str) -> str:
    rows = asked(clone, tenant, "SELECT id FROM users WHERE tenant_id = %(tenant)s AND oid = %(oid)s", oid=oid)
    return f"{tenant.id}|{rows[0][0]}"


def asked(clone: Clone, tenant: TenantMade, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(clone.owner_url) as owner:
        owner.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(tenant.id)])
        return owner.execute(statement.encode(), {"tenant": tenant.id, **values}).fetchall()


def audits(clone: Clone, tenant: TenantMade, teller: Teller) -> list[tuple[str, str]]:
    statement = "SELECT action, outcome FROM audit_log WHERE tenant_id = %(tenant)s AND resource = %(it)s ORDER BY id"
    rows = asked(clone, tenant, statement, it=f"connection/{teller.connection_id}")
    return [(action, outcome) for action, outcome in rows]


def assert_problem(answer: httpx.Response, status: int, slug: str) -> None:
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_only_our_web_pubsub_may_deliver(app: str) -> None:
    for origin in ("127.0.0.1", "localhost:8080", "http://127.0.0.1:9"):
        answer = httpx.options(f"{app}{EVENTS}", headers={"WebHook-Request-Origin": origin})
        assert (answer.status_code, answer.headers["webhook-allowed-origin"]) == (200, origin)
    for other in ("evil.example", "127.0.0.1.evil.example", "http://[", "x@evil.example"):
        answer = httpx.options(f"{app}{EVENTS}", headers={"WebHook-Request-Origin": other})
        assert_problem(answer, 403, "forbidden")
        assert "webhook-allowed-origin" not in answer.headers
    assert_problem(httpx.options(f"{app}{EVENTS}"), 400, "malformed")


def test_what_is_not_signed_is_not_believed(app: str, teller: Tellers, tenant: TenantMade) -> None:
    told = teller()
    good = signature(told.key, told.connection_id)
    for wrong in (None, "", "sha256=", good[:-1], good.upper(), good.removeprefix("sha256="), signature("x", "y"), "é"):
        body = {"claims": {"sub": [told.person], "webpubsub.group": [everybody(tenant)]}}
        headers = told.headers("sys.connect", ce_signature=wrong)
        raw = {name.encode(): value.encode() for name, value in headers.items()}
        assert_problem(httpx.post(f"{app}{EVENTS}", json=body, headers=raw), 401, "unauthenticated")
    assert_problem(told.tell("sys.connect", ce_connectionid="another"), 401, "unauthenticated")
    assert_problem(httpx.post(f"{app}{EVENTS}"), 401, "unauthenticated")


def test_a_token_of_the_services_identity_is_believed_where_its_audience_is_set(world: World, clone: Clone) -> None:
    environment = world.environment(clone, 7071)
    token = world.token("tid", "web-pubsub", [])
    discovery = f"{world.identity}/.well-known/openid-configuration"
    for audience, believed in ((AUDIENCE, True), ("api://web-pubsub-events", False)):
        tokens = OidcVerifier(world.identity, audience, discovery)
        deliveries = IdentifiedDeliveries.configured(environment["WEB_PUBSUB_CONNECTION_STRING"], "", tokens)
        if believed:
            deliveries.verify(Proof("c", "", token))
        else:
            with pytest.raises(Unauthenticated):
                deliveries.verify(Proof("c", "", token))
    built = wiring.build(settings.read(environment | {"WEB_PUBSUB_EVENT_AUDIENCE": "api://web-pubsub-events"}))
    assert built.deliveries.knows("127.0.0.1")
    for proof in (Proof("c", signature(key_of(world), "c"), None), Proof("c", "", token), Proof("c", "", "x.y.z")):
        with pytest.raises(Unauthenticated):
            built.deliveries.verify(proof)
    with pytest.raises(settings.SettingsFault, match="WEB_PUBSUB_EVENT_AUDIENCE"):
        settings.read(environment | {"WEB_PUBSUB_EVENT_AUDIENCE": environment["OIDC_AUDIENCE"]})


def test_without_a_key_no_signature_is_believed() -> None:
    keyless = SignedDeliveries.configured("", "https://x.webpubsub.azure.com")
    assert keyless.knows("x.webpubsub.azure.com")
    with pytest.raises(Unauthenticated):
        keyless.verify(Proof("c", signature("", "c"), None))


def test_either_key_may_have_signed(teller: Tellers, tenant: TenantMade) -> None:
    told = teller()
    assert told.connect([everybody(tenant)]).status_code == 200
    mine, other = signature(told.key, told.connection_id), signature("another key", told.connection_id)
    for both in (f"{other},{mine}", f"{mine}, {other}"):
        assert told.tell("sys.connected", ce_signature=both).status_code == 204


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"ce_specversion": None}, 400),
        ({"ce_type": None}, 400),
        ({"ce_type": "azure.webpubsub.sys.other"}, 400),
        ({"ce_type": "azure.webpubsub.user"}, 400),
        ({"ce_hub": None}, 400),
        ({"ce_hub": "another"}, 404),
        ({"ce_id": None}, 400),
        ({"ce_id": "x" * 200}, 400),
        ({"ce_userid": None}, 400),
        ({"ce_userid": "somebody"}, 403),
        ({"ce_userid": "99999999999999999999|1"}, 403),
        ({"ce_userid": "9999999999999999999|1"}, 403),
        ({"ce_userid": "1|9999999999999999999"}, 403),
    ],
)
def test_a_delivery_that_says_too_little_is_refused(
    teller: Tellers, tenant: TenantMade, changed: dict[str, str | None], status: int
) -> None:
    told = teller()
    answer = told.tell("sys.connect", {"claims": {"webpubsub.group": [everybody(tenant)]}}, **changed)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"claims": 1}', b'{"claims": {"sub": "x"}}'])
def test_a_connect_request_that_is_none_is_malformed(teller: Tellers, body: bytes) -> None:
    assert_problem(teller().tell("sys.connect", body), 400, "malformed")


def test_who_negotiated_is_let_in_once(teller: Tellers, clone: Clone, tenant: TenantMade) -> None:
    told = teller("manager")
    groups = sorted([everybody(tenant), f"t.{tenant.id}.managers", f"t.{tenant.id}.z"])
    for _ in range(3):
        answer = told.connect(groups)
        assert (answer.status_code, answer.json()) == (200, {"userId": told.person, "groups": groups, "roles": []})
    assert told.tell("sys.connected").status_code == 204
    assert audits(clone, tenant, told) == [("realtime.connect", "done")]
    statement = "SELECT role, disconnected_at FROM realtime_connections WHERE connection_id = %(it)s"
    assert asked(clone, tenant, statement, it=told.connection_id) == [("manager", None)]


@pytest.mark.parametrize(
    ("groups", "claims"),
    [
        (["t.{id}", "t.{id}.managers"], {}),
        (["t.{id}", "t.1"], {}),
        (["t.{id}", "t.{id}.task.1"], {}),
        (["t.{id}.z"], {}),
        ([], {}),
        (["t.{id}"], {"role": ["webpubsub.joinLeaveGroup"]}),
        (["t.{id}"], {"role": ["webpubsub.sendToGroup.t.1"]}),
        (["t.{id}"], {"sub": ["1|1"]}),
    ],
)
def test_what_negotiate_would_not_grant_is_refused_on_record(
    teller: Tellers, clone: Clone, tenant: TenantMade, groups: list[str], claims: dict[str, list[str]]
) -> None:
    told = teller()
    answer = told.connect([group.format(id=tenant.id) for group in groups], **claims)
    assert_problem(answer, 403, "forbidden")
    assert audits(clone, tenant, told) == [("realtime.connect", "refused")]
    assert_problem(told.presence(1), 404, "not-found")


def test_nobody_that_is_not_known_is_let_in(teller: Tellers, tenant: TenantMade, clone: Clone) -> None:
    for person in (f"{tenant.id}|987654321", "987654321|1"):
        told = teller(person=person)
        assert_problem(told.connect([f"t.{person.partition('|')[0]}"]), 403, "forbidden")
    stranger = teller(person=f"{tenant.id}|987654321")
    stranger.connect([everybody(tenant)])
    assert audits(clone, tenant, stranger) == [("realtime.connect", "refused")]


def test_a_connection_is_nobody_elses(teller: Tellers, tenant: TenantMade, services: Services) -> None:
    mine, task = teller(oid="driver-a"), insert_task(services, tenant)
    theirs = teller(oid="driver-b", connection_id=mine.connection_id)
    assert mine.connect([everybody(tenant)]).status_code == 200
    assert_problem(theirs.connect([everybody(tenant)]), 403, "forbidden")
    assert_problem(theirs.presence(task), 404, "not-found")
    assert_problem(theirs.tell("sys.disconnected"), 404, "not-found")
    assert mine.presence(task).status_code == 204


def test_nothing_of_a_closed_connection_is_taken(
    teller: Tellers, clone: Clone, tenant: TenantMade, services: Services
) -> None:
    told, task = teller(), insert_task(services, tenant)
    told.connect([everybody(tenant)])
    assert told.presence(task).status_code == 204
    for _ in range(2):
        assert told.tell("sys.disconnected", {"reason": "gone"}).status_code == 204
    assert_problem(told.presence(task), 404, "not-found")
    assert_problem(told.presence(task, "heartbeat"), 404, "not-found")
    assert_problem(told.connect([everybody(tenant)]), 403, "forbidden")
    assert audits(clone, tenant, told) == [
        ("realtime.connect", "done"),
        ("realtime.disconnect", "done"),
        ("realtime.connect", "refused"),
    ]
    assert (
        asked(clone, tenant, "SELECT 1 FROM realtime_marks WHERE connection_id = %(it)s", it=told.connection_id) == []
    )


def test_a_connection_that_never_was_says_nothing(teller: Tellers, tenant: TenantMade, services: Services) -> None:
    told = teller()
    assert_problem(told.presence(insert_task(services, tenant)), 404, "not-found")
    assert_problem(told.tell("sys.connected"), 404, "not-found")
    assert_problem(told.tell("sys.disconnected"), 404, "not-found")


@pytest.mark.parametrize(
    ("content", "status", "slug"),
    [
        (b"", 400, "malformed"),
        (b"{", 400, "malformed"),
        (b"\xff\xfe", 400, "malformed"),
        (b"[]", 422, "invalid"),
        (b"{}", 422, "invalid"),
        (b'{"task_id": 1}', 422, "invalid"),
        (b'{"task_id": "1", "state": "join"}', 422, "invalid"),
        (b'{"task_id": 1.5, "state": "join"}', 422, "invalid"),
        (b'{"task_id": 0, "state": "join"}', 422, "invalid"),
        (b'{"task_id": 99999999999999999999, "state": "join"}', 422, "invalid"),
        (b'{"task_id": 1, "state": "stay"}', 422, "invalid"),
        (b'{"task_id": 1, "state": "join", "user_id": 1}', 422, "invalid"),
        (b'{"task_id": 987654321, "state": "join"}', 404, "not-found"),
        (b'{"task_id": 987654321, "state": "leave"}', 404, "not-found"),
    ],
)
def test_an_event_that_says_nothing_is_refused(
    teller: Tellers, tenant: TenantMade, content: bytes, status: int, slug: str
) -> None:
    told = teller()
    told.connect([everybody(tenant)])
    for _ in range(2):
        assert_problem(told.tell("user.presence", content, ce_id="same"), status, slug)


def test_events_that_nobody_knows_are_refused(teller: Tellers, tenant: TenantMade, services: Services) -> None:
    told, task = teller(), insert_task(services, tenant)
    told.connect([everybody(tenant)])
    assert_problem(told.tell("user.chat", {"task_id": task, "state": "join"}), 404, "not-found")
    text = told.tell("user.presence", {"task_id": task, "state": "join"}, content_type="text/plain")
    assert_problem(text, 415, "unsupported-media-type")
    assert_problem(told.presence(task, ce_eventname="other"), 400, "malformed")


def test_tasks_of_others_and_deleted_ones_are_not_there(
    teller: Tellers, tenant: TenantMade, services: Services, owner_url: str, client: Clients
) -> None:
    told, elsewhere = teller(), make_tenant(owner_url)
    told.connect([everybody(tenant)])
    for task in (insert_task(services, elsewhere), insert_task(services, tenant, deleted_at="2026-01-01T00:00:00Z")):
        assert_problem(told.presence(task), 404, "not-found")
        assert_problem(client("driver").get(f"/api/tasks/{task}/presence"), 404, "not-found")
