"""Schedules over HTTP, and the page by which people get no more mails of them."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from shared.actions import unsubscribe
from shared.domain.errors import NotFound
from shared.services import Services
from tests.factories import SCHEDULE, TenantMade
from tests.fixtures.mailing import address
from tests.world import Clone, World, application

PATH = "/api/reports/schedules"

type Clients = Callable[..., httpx.Client]


@pytest.fixture
def manager(client: Clients) -> httpx.Client:
    return client("manager")


def create(client: httpx.Client, **more: Any) -> dict[str, Any]:
    answer = client.post(PATH, json={**SCHEDULE, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def pointers(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [fault["pointer"] for fault in answer.json()["errors"]]


def test_a_schedule_is_made_read_changed_and_taken_away(manager: httpx.Client) -> None:
    made = create(manager, filters={"period": "last_month", "asset_type": "van"}, format="xlsx")
    path = f"{PATH}/{made['id']}"
    read = manager.get(path)
    assert read.json() == made
    assert read.headers["etag"] == '"1"'
    assert made["filters"]["period"] == "last_month"
    assert made["owner"]["oid"] == "manager-1"
    assert made["next_run_at"].endswith("Z")
    assert made["last_result"] is None
    # at another hour, for the first of a month may be a Monday
    changed = manager.patch(path, json={"cron": "0 8 1 * *", "recipients": ["a@x.org", "b@x.org"]})
    assert changed.status_code == 200, changed.text
    assert changed.json()["recipients"] == ["a@x.org", "b@x.org"]
    assert changed.json()["next_run_at"] != made["next_run_at"]
    assert changed.json()["filters"] == made["filters"]
    assert pointers(manager.patch(path, json={"report": "idle_assets", "filters": {"base": "shift"}})) == [
        "/filters/base"
    ]
    assert manager.patch(path, json={"name": "x"}, headers={"If-Match": '"1"'}).status_code == 412
    assert manager.get(PATH).json()["items"][0]["id"] == made["id"]
    assert manager.delete(path).status_code == 204
    assert manager.get(path).status_code == manager.delete(path).status_code == 404
    assert made["id"] not in [one["id"] for one in manager.get(PATH).json()["items"]]


def test_a_list_comes_in_pages(manager: httpx.Client) -> None:
    made = [create(manager)["id"] for _ in range(3)]
    page = manager.get(PATH, params={"limit": 2}).json()
    assert [one["id"] for one in page["items"]] == made[:0:-1]
    following = manager.get(PATH, params={"limit": 1, "cursor": page["next_cursor"]}).json()
    assert [one["id"] for one in following["items"]] == made[:1]


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"cron": "0 7 31 2 *"}, "/cron"),
        ({"recipients": []}, "/recipients"),
        ({"recipients": [f"p{number}@x.org" for number in range(21)]}, "/recipients"),
        ({"recipients": ["a@x.org", "A@X.org"]}, "/recipients"),
        ({"recipients": ["a@x.org\r\nBcc: b@x.org"]}, "/recipients/0"),
        ({"recipients": ["a@x.org", "Some One <b@x.org>"]}, "/recipients/1"),
        ({"recipients": ["a@x.org,b@x.org"]}, "/recipients/0"),
        ({"recipients": ["a@localhost"]}, "/recipients/0"),
        ({"recipients": ["ä@x.org"]}, "/recipients/0"),
        ({"report": "secrets"}, "/report"),
        ({"format": "exe"}, "/format"),
        ({"filters": {"period": "for ever"}}, "/filters/period"),
        ({"filters": {"tenant_id": 1}}, "/filters/tenant_id"),
        ({"name": " "}, "/name"),
        ({"filters": {"min_days": 3}}, "/filters/min_days"),
        ({"filters": {"group_by": "moon"}}, "/filters/group_by"),
        ({"report": "idle_assets", "filters": {"asset_id": 1}}, "/filters/asset_id"),
        ({"filters": {"asset_id": 2**62}}, "/filters/asset_id"),
    ],
)
def test_what_cannot_be_is_refused(manager: httpx.Client, said: dict[str, Any], pointer: str) -> None:
    assert pointers(manager.post(PATH, json={**SCHEDULE, **said})) == [pointer]


def test_a_name_of_two_lines_ends_no_header(manager: httpx.Client) -> None:
    assert create(manager, name="Fleet\nBcc: b@x.org")["name"] == "Fleet\nBcc: b@x.org"


def test_a_report_is_asked_for_once_by_one_key(manager: httpx.Client) -> None:
    made = create(manager, enabled=False)
    asked = [manager.post(f"{PATH}/{made['id']}/run", headers={"Idempotency-Key": "now"}) for _ in range(2)]
    assert [one.status_code for one in asked] == [202, 202]
    assert asked[1].headers["idempotency-replayed"] == "true"
    assert asked[0].json()["state"] == "claimed"
    assert [mail["state"] for mail in asked[0].json()["mails"]] == ["waiting"]
    runs = manager.get(asked[0].headers["location"]).json()["items"]
    assert [one["id"] for one in runs] == [asked[0].json()["id"]]


def link(services: Services, tenant: TenantMade, address: str) -> str:
    """Answer the link in mails to an address, which only the mails hold."""
    with services.database.read(tenant.id) as tx:
        row = tx.one("SELECT id FROM report_recipients WHERE address = %(address)s", address=address)
    return f"/reports/unsubscribe/{unsubscribe.tokens(services).make(tenant.id, row['id'])}"


def unsubscribed(client: httpx.Client, schedule: dict[str, Any]) -> list[str]:
    """Answer who wants no more, as the owner sees it."""
    found = client.get(f"{PATH}/{schedule['id']}").json()["unsubscribed"]
    return [one["address"] for one in found]


@pytest.fixture
def stranger(app: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app, headers={"Accept": "text/html"}, timeout=30) as client:
        yield client


def test_looking_at_the_page_changes_nothing_and_the_button_does(
    manager: httpx.Client, stranger: httpx.Client, services: Services, tenant: TenantMade
) -> None:
    to, other = address(), address()
    made = create(manager, recipients=[to, other], name="Fleet <b>&</b>")
    path = link(services, tenant, to)
    for ask in (stranger.get, stranger.head):
        page = ask(path)
        assert page.status_code == 200
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "form-action 'self'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
    shown = stranger.get(path).text
    assert to in shown
    assert "Fleet &lt;b&gt;" in shown
    assert unsubscribed(manager, made) == []
    assert "no more" in stranger.post(path, data={"choice": "stop"}).text
    assert unsubscribed(manager, made) == [to]
    # somebody puts the address back
    manager.patch(f"{PATH}/{made['id']}", json={"recipients": [other]})
    manager.patch(f"{PATH}/{made['id']}", json={"recipients": [other, to]})
    assert unsubscribed(manager, made) == [to]
    assert "again" in stranger.post(path, data={"choice": "again"}).text
    assert unsubscribed(manager, made) == []


def test_mail_programs_unsubscribe_by_one_click(
    manager: httpx.Client, stranger: httpx.Client, services: Services, tenant: TenantMade
) -> None:
    to = address()
    made = create(manager, recipients=[to])
    answer = stranger.post(link(services, tenant, to), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert unsubscribed(manager, made) == [to]
    # who is unsubscribed gets none
    run = manager.post(f"{PATH}/{made['id']}/run").json()
    assert [mail["state"] for mail in run["mails"]] == ["unsubscribed"]
    # also when the schedule is gone
    manager.delete(f"{PATH}/{made['id']}")
    assert stranger.get(link(services, tenant, to)).status_code == 200


def test_a_link_that_is_not_ours_leads_nowhere(
    manager: httpx.Client, stranger: httpx.Client, services: Services, tenant: TenantMade, other_tenant: TenantMade
) -> None:
    to = address()
    create(manager, recipients=[to])
    good = link(services, tenant, to)
    token = good.rpartition("/")[2]
    ids = unsubscribe.tokens(services).read(token)
    assert ids is not None
    assert ids[0] == tenant.id
    foreign = unsubscribe.tokens(services).make(other_tenant.id, ids[1])
    turned = re.sub(".$", "A" if token[-1] != "A" else "B", token)
    for wrong in (turned, token[:-1], "A" * 48, foreign, "%00", "a" * 4000):
        for answer in (stranger.get(f"/reports/unsubscribe/{wrong}"), stranger.post(f"/reports/unsubscribe/{wrong}")):
            assert answer.status_code in {404, 414}, answer.text
            assert to not in answer.text
    with pytest.raises(NotFound):
        unsubscribe.find_subscription(services, foreign)
    assert urlsplit(good).path == good


def test_the_timer_of_the_host_mails_what_was_asked_for(manager: httpx.Client, world: World, clone: Clone) -> None:
    to = address()
    made = create(manager, recipients=[to], enabled=False)
    assert manager.post(f"{PATH}/{made['id']}/run").status_code == 202
    # one whose timers do not stand still
    with application(world, clone) as host:
        assert httpx.post(f"{host}/admin/functions/mail_reports", json={"input": None}, timeout=60).status_code == 202
        deadline = time.monotonic() + 60
        while not (mails := httpx.get(f"{world.identity}/mail.json", params={"to": to}, timeout=30).json()):
            assert time.monotonic() < deadline, manager.get(f"{PATH}/{made['id']}/runs").text
            time.sleep(0.2)
    (mail,) = mails
    assert [file["filename"] for file in mail["attachments"]] == ["utilization.pdf"]
    token = re.search(r"/reports/unsubscribe/([\w-]{48})", mail["text"])
    assert token is not None
    assert to in httpx.get(f"{manager.base_url}/reports/unsubscribe/{token[1]}", timeout=30).text
