"""Tasks, their changes and comments as clients meet them."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.factories import TenantMade, make_asset

type Clients = Callable[..., httpx.Client]
BEYOND = 2**63


def make(client: httpx.Client, **said: Any) -> dict[str, Any]:
    answer = client.post("/api/tasks", json={"title": f"Task {secrets.token_hex(4)}", **said})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def patch(client: httpx.Client, task: dict[str, Any], said: dict[str, Any], **headers: str) -> httpx.Response:
    return client.patch(f"/api/tasks/{task['id']}", json=said, headers=headers)


def edit(client: httpx.Client, task: dict[str, Any], replica: str, at: str, **said: Any) -> dict[str, Any]:
    """Edit upon what `task` shows, as a device that was away."""
    answer = patch(client, task, {"base": task["vector"], "replica": replica, "changed_at": at, **said})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def history(client: httpx.Client, task: dict[str, Any]) -> list[dict[str, Any]]:
    answer = client.get(f"/api/tasks/{task['id']}/history", params={"limit": 200})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def whoami(client: httpx.Client, oid: str) -> int:
    """Answer a person's id, once they have asked for anything."""
    found = client.get("/api/users", params={"limit": 200}).json()["items"]
    return int(next(one["id"] for one in found if one["oid"] == oid))


def pointers(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {fault["pointer"] for fault in answer.json()["errors"]}


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


def test_a_tasks_life(client: Clients) -> None:
    driver = client("driver")
    made = driver.post("/api/tasks", json={"title": " Wash it ", "due_at": "2026-12-01T09:00:00-05:00"})
    where, task = made.headers["location"], made.json()
    assert (made.status_code, made.headers["etag"], where) == (201, '"1"', f"/api/tasks/{task['id']}")
    assert (task["title"], task["status"], task["priority"], task["vector"]) == (
        "Wash it",
        "open",
        "normal",
        {"server": 1},
    )
    assert task["due_at"] == "2026-12-01T14:00:00Z"
    seen = driver.get(where)
    assert (seen.json(), seen.headers["etag"]) == (task, '"1"')
    changed = driver.patch(where, json={"status": "done", "due_at": None}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    body = changed.json()
    assert (body["status"], body["due_at"], body["conflicts"], body["vector"]) == ("done", None, [], {"server": 2})
    assert kind(driver.delete(where, headers={"If-Match": '"1"'})) == (412, "/problems/version-mismatch")
    assert driver.delete(where).status_code == 204
    for answer in (
        driver.get(where),
        driver.delete(where),
        driver.patch(where, json={"title": "x"}, headers={"If-Match": '"3"'}),
        driver.post(f"{where}/assign", json={"assignee_id": None}),
        driver.get(f"{where}/history"),
        driver.get(f"{where}/comments"),
        driver.post(f"{where}/comments", json={"body": "x"}),
    ):
        assert kind(answer) == (404, "/problems/not-found")
    assert task["id"] not in [one["id"] for one in driver.get("/api/tasks").json()["items"]]


def test_an_edit_says_what_it_was_made_on(client: Clients) -> None:
    driver = client("driver")
    task = make(driver)
    assert kind(patch(driver, task, {"title": "x"})) == (428, "/problems/precondition-required")
    assert kind(patch(driver, task, {"title": "x"}, **{"If-Match": '"9"'})) == (412, "/problems/version-mismatch")
    both = {"title": "x", "base": task["vector"], "replica": "a"}
    assert patch(driver, task, both, **{"If-Match": '"9"'}).status_code == 412
    assert pointers(patch(driver, task, {"title": "x", "base": {}, "replica": "server"})) == {"/replica"}
    assert driver.get(f"/api/tasks/{task['id']}").json() == task


def test_a_star_is_whatever_version_there_is(client: Clients) -> None:
    driver, star = client("driver"), {"If-Match": "*"}
    task = make(driver)
    for number in (2, 3):
        assert patch(driver, task, {"title": f"T{number}"}, **star).json()["version"] == number
    both = {"title": "x", "base": {"server": 3}, "replica": "a"}
    assert patch(driver, task, both, **star).json()["vector"] == {"server": 3, "a": 1}
    where = f"/api/tasks/{task['id']}"
    assert kind(patch(driver, task, {"title": "x"}, **{"If-Match": "x"})) == (412, "/problems/version-mismatch")
    assert driver.delete(where, headers=star).status_code == 204
    assert kind(driver.delete(where, headers=star)) == (404, "/problems/not-found")


def test_a_device_that_does_not_name_itself_counts_for_its_user(client: Clients) -> None:
    driver = client("driver")
    edited = patch(driver, make(driver), {"title": "x", "base": {"server": 1}}).json()
    assert edited["title"] == "x"
    assert list(edited["vector"].values()) == [1, 1]


def test_no_clock_makes_an_edit_older_than_the_task_that_it_edits(client: Clients) -> None:
    driver = client("driver")
    task = make(driver)
    for replica, at, title in (("a", 1, "first"), ("b", 5, "last"), ("c", 3, "between")):
        said = {"base": {}, "replica": replica, "changed_at": f"2020-01-01T00:00:0{at}Z", "title": title}
        edited = patch(driver, task, said)
    assert edited.json()["title"] == "last"
    (conflict,) = edited.json()["conflicts"]
    assert conflict == {"field": "title", "yours": "between", "theirs": "last", "winner": "theirs"}


BAD = [
    ({"title": ""}, "/title"),
    ({"title": "x" * 201}, "/title"),
    ({"title": "a\u0000b"}, "/title"),
    ({"title": None}, "/title"),
    ({"title": 5}, "/title"),
    ({"description": "x" * 4001}, "/description"),
    ({"description": "\u0007"}, "/description"),
    ({"status": "finished"}, "/status"),
    ({"priority": 1}, "/priority"),
    ({"asset_id": BEYOND}, "/asset_id"),
    ({"asset_id": 2**62}, "/asset_id"),
    ({"asset_id": 0}, "/asset_id"),
    ({"asset_id": True}, "/asset_id"),
    ({"assignee_id": BEYOND}, "/assignee_id"),
    ({"assignee_id": 2**62}, "/assignee_id"),
    ({"due_at": "tomorrow"}, "/due_at"),
    ({"due_at": "2026-12-01T09:00:00"}, "/due_at"),
    ({"replica": "a b"}, "/replica"),
    ({"replica": "x" * 65}, "/replica"),
    ({"replica": "server"}, "/replica"),
    ({"colour": "red"}, "/colour"),
    ({"version": 3}, "/version"),
]


@pytest.mark.parametrize(("said", "pointer"), BAD)
def test_what_is_wrong_is_named(client: Clients, said: dict[str, Any], pointer: str) -> None:
    dispatcher = client("dispatcher")
    task = make(dispatcher)
    answer = dispatcher.post("/api/tasks", json={"title": "A", **said})
    assert pointers(answer) == {pointer}
    edited = {"base": {"server": 1}, "replica": "a", **said}
    assert pointers(patch(dispatcher, task, edited)) == {pointer}
    assert dispatcher.get(f"/api/tasks/{task['id']}").json() == task


@pytest.mark.parametrize(
    "said",
    [
        {"base": {"a": 0}},
        {"base": {"a": 2**31 + 1}},
        {"base": {"a": "1"}},
        {"base": {"a": 2**70}},
        {"base": {"": 1}},
        {"base": {"a\u0000": 1}},
        {"base": {f"r{n}": 1 for n in range(501)}},
        {"base": []},
        {"base": {"a": 2**31}},
        {"changed_at": 5},
        {"changed_at": "2026-13-01T00:00:00Z"},
        {"sent_at": "now"},
    ],
)
def test_what_is_wrong_with_an_edit_is_refused(client: Clients, said: dict[str, Any]) -> None:
    driver = client("driver")
    task = make(driver)
    answer = patch(driver, task, {"title": "x", "base": {"server": 1}, "replica": "a", **said})
    assert all(pointer.startswith(f"/{next(iter(said))}") for pointer in pointers(answer))


def test_lone_surrogates_and_nul_are_no_text(client: Clients) -> None:
    driver = client("driver")
    task, headers = make(driver), {"Content-Type": "application/json"}
    where = f"/api/tasks/{task['id']}"
    for content in (b'{"title":"\\ud800"}', b'{"title":"a\\u0000"}'):
        assert driver.post("/api/tasks", content=content, headers=headers).status_code in {400, 422}
        assert driver.patch(where, content=content, headers={**headers, "If-Match": '"1"'}).status_code in {400, 422}
    for body in (b'{"body":"\\ud800"}', b'{"body":"\\u0000"}', b'{"body":" "}', b"{}", b'{"body":null}'):
        assert driver.post(f"{where}/comments", content=body, headers=headers).status_code in {400, 422}
    for query in ("q=%00", "q=%ff", "q=", "status=x", "assignee_id=you", "asset_id=9223372036854775808", "sort=title"):
        assert driver.get(f"/api/tasks?{query}").status_code == 422
    assert driver.get("/api/users?q=%00").status_code == 422


def test_times_at_the_end_of_the_calendar_do_no_harm(client: Clients) -> None:
    driver = client("driver")
    first, last = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"
    task = make(driver, due_at=last)
    for changed, sent in ((first, last), (last, first), (first, None), (last, None)):
        said = {"base": {"server": 1}, "replica": secrets.token_hex(4), "due_at": first, "changed_at": changed}
        answer = patch(driver, task, said | ({"sent_at": sent} if sent else {}))
        assert answer.status_code == 200, answer.text
    assert driver.get(f"/api/tasks/{task['id']}").json()["due_at"] == first
    assert len(history(driver, task)) == 11


def test_ids_beyond_all_ids_are_ids_of_nothing(client: Clients) -> None:
    driver = client("driver")
    for one in (2**62, BEYOND - 1, BEYOND, 10**30):
        assert driver.get(f"/api/tasks/{one}").status_code == 404
        assert driver.get(f"/api/tasks/{one}/comments").status_code == 404
        assert driver.post(f"/api/tasks/{make(driver)['id']}/history/{one}/restore", json={}).status_code == 404


def test_a_change_belongs_to_its_task(client: Clients) -> None:
    driver = client("driver")
    one, other = make(driver), make(driver)
    change = history(driver, one)[0]["id"]
    assert driver.post(f"/api/tasks/{other['id']}/history/{change}/restore", json={}).status_code == 404


def test_who_gives_work_to_whom(client: Clients) -> None:
    dispatcher, ann, ben = client("dispatcher"), client("driver", "ann"), client("driver", "ben")
    task = make(ben)
    where = f"/api/tasks/{task['id']}/assign"
    ann_id, ben_id = whoami(ann, "ann"), whoami(ben, "ben")
    assert kind(ann.post(where, json={"assignee_id": ben_id})) == (403, "/problems/forbidden")
    assert ann.post("/api/tasks", json={"title": "x", "assignee_id": ben_id}).status_code == 403
    assert ann.post(where, json={"assignee_id": ann_id}).json()["assignee_id"] == ann_id
    assert ben.post(where, json={"assignee_id": None}).status_code == 403
    assert patch(ben, task, {"assignee_id": ben_id}, **{"If-Match": '"2"'}).status_code == 200
    assert patch(ann, task, {"assignee_id": None}, **{"If-Match": '"3"'}).status_code == 403
    # whoever could hand on what they took could give anybody's work to anybody
    assert kind(ben.post(where, json={"assignee_id": ann_id})) == (403, "/problems/forbidden")
    assert patch(ben, task, {"assignee_id": ann_id}, **{"If-Match": '"3"'}).status_code == 403
    assert ben.post(where, json={"assignee_id": None}).json()["version"] == 4
    assert dispatcher.post(where, json={"assignee_id": ben_id}).headers["etag"] == '"5"'
    assert dispatcher.post(where, json={"assignee_id": ben_id}).headers["etag"] == '"5"'
    assert pointers(dispatcher.post(where, json={"assignee_id": 2**50})) == {"/assignee_id"}
    assert pointers(dispatcher.post(where, json={})) == {"/assignee_id"}
    changes = [one for one in history(ann, task) if one["field"] == "assignee_id"]
    to_ann = next(one for one in changes if one["to"] == ann_id and one["from"] is None)
    assert client("driver", "cleo").post(f"{where[:-7]}/history/{to_ann['id']}/restore", json={}).status_code == 403
    assert ben.post(f"{where[:-7]}/history/{to_ann['id']}/restore", json={}).status_code == 403
    assert ann.post(f"{where[:-7]}/history/{to_ann['id']}/restore", json={}).json()["assignee_id"] == ann_id
    mine = ann.get("/api/tasks", params={"assignee_id": "me"}).json()["items"]
    assert [one["id"] for one in mine] == [task["id"]]


def test_what_is_anothers_is_nothing(client: Clients, other_tenant: TenantMade) -> None:
    theirs = client("dispatcher", tenant=other_tenant)
    their_asset, their_task = make_asset(client("manager", tenant=other_tenant)), make(theirs)
    their_id = whoami(theirs, "dispatcher-1")
    ours = client("dispatcher")
    task = make(ours)
    assert pointers(ours.post("/api/tasks", json={"title": "x", "asset_id": their_asset["id"]})) == {"/asset_id"}
    assert pointers(ours.post("/api/tasks", json={"title": "x", "assignee_id": their_id})) == {"/assignee_id"}
    # also where it would lose
    lost = {"base": {}, "replica": "a", "changed_at": "2020-01-01T00:00:00Z"}
    assert pointers(patch(ours, task, {**lost, "asset_id": their_asset["id"]})) == {"/asset_id"}
    assert pointers(patch(ours, task, {**lost, "assignee_id": their_id})) == {"/assignee_id"}
    assert ours.get(f"/api/tasks/{their_task['id']}").status_code == 404
    assert their_id not in [one["id"] for one in ours.get("/api/users").json()["items"]]


@pytest.mark.parametrize("early_first", [True, False])
def test_two_who_edit_offline_end_alike_in_either_order(client: Clients, *, early_first: bool) -> None:
    ann, ben = client("driver", "ann"), client("driver", "ben")
    task = make(ann, priority="low")
    early, late = (datetime.now(UTC).isoformat() for _ in range(2))
    edits: list[Callable[[], dict[str, Any]]] = [
        lambda: edit(ben, task, "z", early, title="Ben's", status="blocked"),
        lambda: edit(ann, task, "a", late, title="Ann's", priority="high"),
    ]
    first, second = (one() for one in (edits if early_first else edits[::-1]))
    now = ann.get(f"/api/tasks/{task['id']}").json()
    assert (now["title"], now["status"], now["priority"]) == ("Ann's", "blocked", "high")
    assert now["vector"] == {"server": 1, "a": 1, "z": 1}
    assert first["conflicts"] == []
    yours, theirs, winner = ("Ann's", "Ben's", "yours") if early_first else ("Ben's", "Ann's", "theirs")
    assert second["conflicts"] == [{"field": "title", "yours": yours, "theirs": theirs, "winner": winner}]
    lost = [one for one in history(ben, task) if one["outcome"] == "lost"]
    assert [(one["field"], one["to"], one["replica"], one["user"]["oid"]) for one in lost] == [
        ("title", "Ben's", "z", "ben")
    ]
    assert (edits[1] if early_first else edits[0])() == second
    back = ben.post(f"/api/tasks/{task['id']}/history/{lost[0]['id']}/restore", json={})
    assert (back.status_code, back.json()["title"]) == (200, "Ben's")
    newest = history(ann, task)[0]
    assert [newest[name] for name in ("field", "from", "to", "outcome")] == ["title", "Ann's", "Ben's", "restored"]


def test_a_wrong_clock_wins_nothing(client: Clients) -> None:
    driver = client("driver")
    task = make(driver)
    made = datetime.now(UTC)
    # a year ahead, but sent only a moment after it was made
    edit(driver, task, "right", (made + timedelta(hours=1)).isoformat(), title="At receipt")
    wrong = made + timedelta(days=365)
    said = {"changed_at": wrong.isoformat(), "sent_at": (wrong + timedelta(hours=2)).isoformat(), "title": "Ahead"}
    lost = patch(driver, task, {"base": task["vector"], "replica": "wrong", **said}).json()
    assert (lost["title"], lost["conflicts"][0]["winner"]) == ("At receipt", "theirs")


def test_comments_stay_as_they_were_said(client: Clients) -> None:
    ann, ben = client("driver", "ann"), client("driver", "ben")
    task = make(ann)
    where = f"/api/tasks/{task['id']}/comments"
    said = [who.post(where, json={"body": f" {n} "}) for n, who in enumerate((ann, ben, ann))]
    assert [one.status_code for one in said] == [201] * 3
    first = ann.get(where, params={"limit": 2}).json()
    rest = ann.get(where, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    shown = first["items"] + rest["items"]
    assert shown == [one.json() for one in said]
    assert [(one["body"], one["user"]["oid"]) for one in shown] == [("0", "ann"), ("1", "ben"), ("2", "ann")]
    assert rest["next_cursor"] is None


def test_a_key_makes_once(client: Clients) -> None:
    driver, headers = client("driver"), {"Idempotency-Key": secrets.token_hex(8)}
    first, second = (driver.post("/api/tasks", json={"title": "Once"}, headers=headers) for _ in range(2))
    assert (second.json(), second.headers["idempotency-replayed"]) == (first.json(), "true")


@pytest.mark.parametrize("sort", ["updated_at", "-updated_at", "due_at", "-due_at", "id", "-id"])
def test_every_order_is_whole_page_by_page(client: Clients, sort: str) -> None:
    driver, word = client("driver"), secrets.token_hex(6)
    days = (3, None, 1, 3, None, 2)
    made = [
        make(driver, title=f"{word} %_\\", **({"due_at": f"2027-01-0{day}T00:00:00Z"} if day else {})) for day in days
    ]
    if "updated" in sort:
        patch(driver, made[0], {"status": "done"}, **{"If-Match": '"1"'})
        made = [*made[1:], made[0]]
    if "due" in sort:
        made = sorted(made, key=lambda one: (one["due_at"] or "9", one["id"]))
    shown: list[int] = []
    wanted: dict[str, Any] = {"q": f"{word.upper()} %_\\", "sort": sort, "limit": 2}
    for _ in range(3):
        page = driver.get("/api/tasks", params=wanted).json()
        shown += [one["id"] for one in page["items"]]
        wanted["cursor"] = page["next_cursor"]
    ids = [one["id"] for one in made]
    assert shown == (ids[::-1] if sort.startswith("-") else ids)
    assert wanted["cursor"] is None


def test_a_cursor_is_of_one_order(client: Clients) -> None:
    driver, orders = client("driver"), ("updated_at", "-updated_at", "due_at", "-due_at", "id", "-id")
    for _ in range(2):
        make(driver)
    for made_for in orders:
        page = driver.get("/api/tasks", params={"sort": made_for, "limit": 1}).json()
        for sort in orders:
            answer = driver.get("/api/tasks", params={"sort": sort, "limit": 1, "cursor": page["next_cursor"]})
            assert answer.status_code == 200 if sort == made_for else pointers(answer) == {"/cursor"}, (made_for, sort)


def test_lists_are_filtered(client: Clients) -> None:
    manager = client("manager")
    asset = make_asset(manager)["id"]
    one = make(manager, asset_id=asset, priority="urgent", due_at="2026-11-01T00:00:00Z")
    make(manager, asset_id=asset, status="done", description="Find ME here")
    expected: list[tuple[dict[str, Any], int]] = [
        ({}, 2),
        ({"priority": "urgent"}, 1),
        ({"status": "done"}, 1),
        ({"q": "find me"}, 1),
        ({"due_before": "2026-11-02T00:00:00Z"}, 1),
        ({"due_before": one["due_at"]}, 0),
        ({"assignee_id": "me"}, 0),
    ]
    for wanted, count in expected:
        found = manager.get("/api/tasks", params={"asset_id": asset, **wanted}).json()["items"]
        assert len(found) == count, wanted


@pytest.mark.parametrize("cursor", ["x", "WzEsMl0", "WzFlOTksMV0", "WzkyMjMzNzIwMzY4NTQ3NzU4MDYsMV0", "WyJhIiwxXQ"])
def test_cursors_of_others_are_refused_or_lead_nowhere(client: Clients, cursor: str) -> None:
    for path in ("/api/tasks", "/api/users", f"/api/tasks/{make(client('driver'))['id']}/history"):
        assert client("driver").get(path, params={"cursor": cursor}).status_code in {200, 422}
