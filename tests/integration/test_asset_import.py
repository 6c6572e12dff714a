"""Import of assets on a real database: all rows or none, again and again."""

import csv
import io
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from shared.actions import asset_import, assets, custody
from shared.actions.call import Call
from shared.domain.asset import AssetById, AssetWithCosts, ListAssets, RetireAsset
from shared.domain.asset_import import ImportAssets, Imported
from shared.domain.custody import CheckOut
from shared.domain.errors import Invalid, TooLarge
from shared.domain.media import TABLE_MAX_BYTES
from shared.domain.model import Attachment, Page
from shared.services import Services
from tests.factories import TenantMade, insert_asset, make_call, make_tenant
from tests.world import Clone

type Caller = Callable[..., Call]

HEADER = ["asset_tag", "asset_name", "asset_type"]
FULL = [*HEADER, "make", "purchase_price", "purchase_date", "odometer_miles", "latitude", "longitude", "status"]


@pytest.fixture
def manager(services: Services, clone: Clone) -> Call:
    """Somebody of a tenant without assets."""
    return make_call(services, make_tenant(clone.owner_url), "manager")


def written(rows: list[list[Any]], header: list[str] | None = None) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([header or HEADER, *rows])
    return buffer.getvalue().encode()


def imported(call: Call, content: bytes, **more: Any) -> Imported:
    body = asset_import.import_assets(call, ImportAssets(csv=content, **more)).body
    assert isinstance(body, Imported)
    return body


def refused(call: Call, content: bytes, **more: Any) -> Invalid:
    with pytest.raises(Invalid) as found:
        imported(call, content, **more)
    return found.value


def fleet(call: Call, **wanted: Any) -> dict[str, AssetWithCosts]:
    body = assets.list_assets(call, ListAssets(limit=200, **wanted)).body
    assert isinstance(body, Page)
    shown = {one.asset_tag: one for one in body.items if isinstance(one, AssetWithCosts)}
    assert len(shown) == len(body.items), "managers see what assets cost"
    return shown


def counts(made: Imported) -> tuple[int, int, int, int]:
    return made.received, made.created, made.updated, made.unchanged


def audits(services: Services, call: Call) -> list[str]:
    statement = "SELECT action FROM audit_log WHERE tenant_id = %(tenant_id)s AND action = 'asset.import'"
    with services.database.read(call.principal.tenant.id) as tx:
        return [row["action"] for row in tx.all(statement)]


def test_new_assets_are_added_and_known_ones_changed(manager: Call, services: Services) -> None:
    rows: list[list[Any]] = [
        ["A1", "Ä 🚚", "truck", "Ford", "12345.60", "2024-01-31", "12.5", "40.5", "-75", "in_maintenance"],
        ["A2", "B", "van", "", "", "", "", "", "", ""],
    ]
    assert counts(imported(manager, written(rows, FULL))) == (2, 2, 0, 0)
    first = fleet(manager)["A1"]
    assert first.location is not None
    assert (first.asset_name, str(first.purchase_price), first.location.lng) == ("Ä 🚚", "12345.60", -75.0)
    assert (first.status, fleet(manager)["A2"].status, first.version) == ("in_maintenance", "available", 1)
    assert counts(imported(manager, written(rows, FULL))) == (2, 0, 0, 2)
    assert fleet(manager)["A1"].version == 1
    rows = [["A1", "Ä 🚚", "truck", ""], ["A3", "C", "tool", "Bosch"]]
    assert counts(imported(manager, written(rows, [*HEADER, "make"]))) == (2, 1, 1, 0)
    now = fleet(manager)["A1"]
    assert (now.make, str(now.purchase_price), now.status, now.version) == (None, "12345.60", "in_maintenance", 2)
    assert audits(services, manager) == ["asset.import"] * 3


def test_a_trial_writes_nothing(manager: Call, services: Services) -> None:
    imported(manager, written([["A1", "A", "van"]]))
    tried = imported(manager, written([["A1", "changed", "van"], ["A2", "B", "van"]]), dry_run=True)
    assert (counts(tried), tried.dry_run) == ((2, 1, 1, 0), True)
    assert {tag: one.asset_name for tag, one in fleet(manager).items()} == {"A1": "A"}
    assert audits(services, manager) == ["asset.import"]


@pytest.mark.parametrize("dry_run", [False, True])
def test_one_bad_cell_refuses_all(manager: Call, *, dry_run: bool) -> None:
    rows: list[list[Any]] = [[f"T{number}", "A", "van", "1.00"] for number in range(500)]
    rows[400][3] = "-1"
    found = refused(manager, written(rows, [*HEADER, "purchase_price"]), dry_run=dry_run)
    assert [(one.pointer, one.members) for one in found.faults] == [
        ("/rows/401/purchase_price", {"row": 401, "line": 402, "column": "purchase_price"})
    ]
    assert found.members == {"error_count": 1}
    assert found.detail == "One thing is wrong with this file; nothing was imported."
    assert not fleet(manager)


def test_faults_of_the_file_and_of_the_database_come_together(manager: Call) -> None:
    header = [*HEADER, "status", "disposed_on"]
    out = insert_asset(manager.services, TenantMade(manager.principal.tenant.id, "", ""), asset_tag="OUT")
    insert_asset(
        manager.services, TenantMade(manager.principal.tenant.id, "", ""), asset_tag="OLD", purchase_date="2024-01-01"
    )
    custody.check_out_asset(manager, CheckOut(asset_id=out))
    rows = [
        ["OUT", "A", "van", "available", ""],
        ["OLD", "A", "van", "", "2023-12-31"],
        ["NEW", "A", "van", "retired", ""],
        ["BAD", "A", "boat", "", ""],
    ]
    found = refused(manager, written(rows, header))
    assert [(one.pointer, one.members["line"]) for one in found.faults] == [
        ("/rows/1/status", 2),
        ("/rows/2/disposed_on", 3),
        ("/rows/3/status", 4),
        ("/rows/4/asset_type", 5),
    ]
    assert counts(imported(manager, written([["OUT", "renamed", "van", "checked_out", ""]], header))) == (1, 0, 1, 0)
    assert fleet(manager)["OUT"].status == "checked_out"


def test_a_retired_asset_is_changed_and_returns_only_if_said(manager: Call) -> None:
    imported(manager, written([["A1", "A", "van"]]))
    retired = fleet(manager)["A1"].id
    assets.retire_asset(manager, RetireAsset(asset_id=retired))
    imported(manager, written([["A1", "B", "van"]]))
    assert fleet(manager, status="retired")["A1"].asset_name == "B"
    imported(manager, written([["A1", "B", "van", "available"]], [*HEADER, "status"]))
    assert fleet(manager)["A1"].disposed_on is None


def test_faults_are_counted_beyond_a_thousand(manager: Call) -> None:
    found = refused(manager, written([["", "A", "van"]] * 1_200))
    assert (len(found.faults), found.members) == (1_000, {"error_count": 1_200})
    assert "1200 things" in found.detail


def test_a_repeated_request_is_answered_alike(services: Services, clone: Clone) -> None:
    tenant = make_tenant(clone.owner_url)
    for dry_run in (False, True):
        key = secrets.token_hex(8)
        content = written([[key, "A", "van"]])
        imported(make_call(services, tenant, key=key), content, dry_run=dry_run)
        with pytest.raises(Exception, match="answered before") as replay:
            imported(make_call(services, tenant, key=key), content, dry_run=dry_run)
        assert b'"created":1' in getattr(replay.value, "answer").content  # noqa: B009 - of whatever was raised
        assert len(fleet(make_call(services, tenant), q=key)) == (not dry_run)


def test_simultaneous_imports_of_one_file_add_each_asset_once(manager: Call) -> None:
    imported(manager, written([[f"A{number}", "A", "van"] for number in range(50)]))
    rows = [[f"A{number}", "B", "van"] for number in range(50)]

    def attempt(order: int) -> tuple[int, int, int, int]:
        return counts(imported(manager, written(rows[::order])))

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(attempt, [1, -1] * 3))
    assert sorted(made) == [(50, 0, 0, 50)] * 5 + [(50, 0, 50, 0)]


def test_imports_do_not_see_another_tenants_tags(manager: Call, services: Services, clone: Clone) -> None:
    other = make_call(services, make_tenant(clone.owner_url), "manager")
    content = written([["A1", "A", "van"]])
    assert [imported(one, content).created for one in (manager, other)] == [1, 1]


def test_a_part_larger_than_allowed_is_refused(manager: Call) -> None:
    part = Attachment(io.BytesIO(b""), TABLE_MAX_BYTES + 1)
    with pytest.raises(TooLarge):
        asset_import.import_assets(manager, ImportAssets(file=(part,)))


def test_ten_thousand_rows_are_added_known_again_and_changed(manager: Call) -> None:
    rows = [
        [f"T{number}", f"Asset {number}", "van", "Ford", "12345.60", "2024-01-31", number, 40 + number / 1e4, -75, ""]
        for number in range(10_000)
    ]
    content = written(rows, FULL)
    for expected in ((10_000, 10_000, 0, 0), (10_000, 0, 0, 10_000)):
        assert counts(imported(manager, content)) == expected
    rows = [[*row[:3], "VW", *row[4:]] for row in rows]
    assert counts(imported(manager, written(rows, FULL))) == (10_000, 0, 10_000, 0)


def test_a_file_comes_as_body_or_as_a_part(client: Callable[..., httpx.Client]) -> None:
    manager, url = client("manager"), "/api/assets/import"
    tags = [secrets.token_hex(6) for _ in range(3)]
    contents = [written([[tag, "A", "van"]]) for tag in tags]
    plain = manager.post(url, content=contents[0], headers={"Content-Type": "text/csv; charset=utf-8"})
    assert (plain.status_code, plain.json()["created"]) == (200, 1)
    form = manager.post(url, files={"file": ("fleet.csv", contents[1], "text/csv")})
    assert (form.status_code, form.json()["created"]) == (200, 1)
    tried = manager.post(url, params={"dry_run": "true"}, files={"file": ("fleet.csv", contents[2])})
    assert tried.json() == {"received": 1, "created": 1, "updated": 0, "unchanged": 0, "dry_run": True}
    assert not manager.get("/api/assets", params={"q": tags[2]}).json()["items"]


def test_refusals_over_http_name_row_line_and_column(client: Callable[..., httpx.Client]) -> None:
    manager, url = client("manager"), "/api/assets/import"
    bad = manager.post(url, content=written([["T", "A", "boat"]]), headers={"Content-Type": "text/csv"})
    assert bad.status_code == 422
    (fault,) = bad.json()["errors"]
    assert {**fault, "detail": ""} == {
        "pointer": "/rows/1/asset_type",
        "row": 1,
        "line": 2,
        "column": "asset_type",
        "detail": "",
    }
    statuses = [
        manager.post(url, json={}).status_code,
        manager.post(url, content=b"\xff\xfe", headers={"Content-Type": "text/csv"}).status_code,
        manager.post(url, content=b"", headers={"Content-Type": "text/csv"}).status_code,
        manager.post(url, files={"other": b"x"}).status_code,
        manager.post(url, params={"dry_run": "maybe"}, content=b"x", headers={"Content-Type": "text/csv"}).status_code,
        client("dispatcher").post(url, content=b"x", headers={"Content-Type": "text/csv"}).status_code,
    ]
    assert statuses == [415, 422, 422, 422, 422, 403]


def test_large_files_are_taken_up_to_their_limit(client: Callable[..., httpx.Client]) -> None:
    manager, url = client("manager"), "/api/assets/import"
    tag = secrets.token_hex(6)
    line = f"{tag},A,van".encode()
    large = written([]) + line + b" " * (90_000 - len(line)) + b"\n" + (b" " * 90_000 + b"\n") * 350
    assert len(large) > 30 * 1024**2
    taken = manager.post(url, content=large, headers={"Content-Type": "text/csv"})
    assert (taken.status_code, taken.json().get("created")) == (200, 1)
    over = manager.post(url, content=large + large, headers={"Content-Type": "text/csv"})
    assert over.status_code == 413


def test_an_imported_asset_is_there(manager: Call) -> None:
    imported(manager, written([["A1", "A", "van"]]))
    one = fleet(manager)["A1"]
    assert assets.get_asset(manager, AssetById(asset_id=one.id)).body == one
