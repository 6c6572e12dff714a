"""The audit log: what was done and refused is there, newest first, for admins of that organisation alone."""

from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from shared.actions import audit
from shared.actions.call import Call
from shared.domain.audit import ListAudit
from shared.domain.errors import Invalid
from shared.services import Services
from tests.factories import TenantMade, insert_asset, make_call
from tests.world import World

Calls = Callable[..., Call]


def listed(call: Call, **wanted: Any) -> dict[str, Any]:
    """Read a page of the log."""
    page: dict[str, Any] = orjson.loads(audit.list_audit(call, ListAudit(**wanted)).content)
    return page


@pytest.fixture(scope="module", autouse=True)
def done(services: Services, tenant: TenantMade, other_tenant: TenantMade) -> None:
    """Put on record five acts of two people, and one of another organisation."""
    driver, admin = make_call(services, tenant, "driver"), make_call(services, tenant, "admin")
    for number, call in enumerate([driver, driver, admin, driver, admin]):
        with call.transaction() as work:
            call.audit(work, f"thing.{'made' if number % 2 else 'seen'}", f"thing/{number}")
    stranger = make_call(services, other_tenant, "admin")
    with stranger.transaction() as work:
        stranger.audit(work, "thing.made", "thing/theirs", outcome="refused")


def test_newest_is_first_and_pages_meet_without_a_gap(call: Calls) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        page = listed(call("admin"), limit=2, cursor=cursor)
        seen += [entry["resource"] for entry in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    # other tests of this file may have come first, and left their acts
    assert [resource for resource in seen if resource.startswith("thing/")] == [f"thing/{n}" for n in (4, 3, 2, 1, 0)]


def test_entry_says_who_what_and_from_where(call: Calls) -> None:
    (entry,) = listed(call("admin"), limit=1, action="thing.seen")["items"]
    assert entry["user"]["oid"] == "admin-1"
    assert (entry["action"], entry["resource"], entry["outcome"]) == ("thing.seen", "thing/4", "done")
    assert entry["address"] == "203.0.113.7"
    assert entry["at"].endswith("Z")
    assert entry["invocation_id"].startswith("test-")


def test_filters_narrow(call: Calls) -> None:
    driver = call("driver").principal.user_id
    assert {entry["resource"] for entry in listed(call("admin"), action="thing.made")["items"]} == {
        "thing/1",
        "thing/3",
    }
    of_driver = {entry["resource"] for entry in listed(call("admin"), user_id=driver)["items"]}
    assert {one for one in of_driver if one.startswith("thing/")} == {"thing/0", "thing/1", "thing/3"}
    assert listed(call("admin"), user_id=driver, action="thing.seen")["items"][0]["resource"] == "thing/0"
    assert listed(call("admin"), action="nothing")["items"] == []


def test_another_organisation_sees_its_own(call: Calls, other_tenant: TenantMade) -> None:
    items = listed(call("admin", tenant=other_tenant))["items"]
    assert [(entry["resource"], entry["outcome"]) for entry in items] == [("thing/theirs", "refused")]


def test_cursor_of_another_list_is_refused(call: Calls) -> None:
    with pytest.raises(Invalid):
        listed(call("admin"), cursor="WyJhIl0")


def test_refused_access_is_on_record(client: Callable[..., httpx.Client]) -> None:
    refused = client("manager").get("/api/audit")
    assert refused.status_code == 403
    entries = client("admin").get("/api/audit", params={"action": "access"}).json()["items"]
    assert entries[0]["outcome"] == "refused"
    assert entries[0]["resource"] == "GET /api/audit"
    assert entries[0]["user"]["oid"] == "manager-1"
    assert entries[0]["address"] == "127.0.0.1"
    assert entries[0]["invocation_id"] == refused.json()["instance"]


def test_refusal_of_who_has_no_role_is_on_record(
    client: Callable[..., httpx.Client], world: World, app: str, tenant: TenantMade
) -> None:
    token = world.token(tenant.tid, "visitor-1", ["something else"])
    with httpx.Client(base_url=app, headers={"X-Forwarded-For": "203.0.113.9:4711"}, timeout=60) as visitor:
        header = {"Authorization": f"Bearer {token}"}
        refused = visitor.get("/api/assets/17", headers=header)
        page = visitor.get("/a/some-code", headers={"Cookie": f"motorpool_session={token}"})
    assert (refused.status_code, page.status_code) == (403, 403)
    entries = client("admin").get("/api/audit", params={"action": "access", "limit": 2}).json()["items"]
    assert [entry["resource"] for entry in entries] == ["GET /a/{code}", "GET /api/assets/{asset_id}"]
    assert {(entry["outcome"], entry["user"]["oid"], entry["address"]) for entry in entries} == {
        ("refused", "visitor-1", "127.0.0.1")
    }
    assert [entry["invocation_id"] for entry in entries] == [one.json()["instance"] for one in (page, refused)]


def test_custody_is_on_record(client: Callable[..., httpx.Client], services: Services, tenant: TenantMade) -> None:
    asset_id = insert_asset(services, tenant)
    custody = client("driver").post(f"/api/assets/{asset_id}/checkout", json={}).json()
    entries = client("admin").get("/api/audit", params={"action": "custody.checkout"}).json()["items"]
    assert entries[0]["resource"] == f"custody/{custody['id']}"
    assert entries[0]["outcome"] == "done"
