"""What decides where use counts is changed over HTTP, and the next report has it: nobody waits for a sweep."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from shared.actions import rollups
from shared.services import Services
from tests import factories
from tests.factories import TenantMade, insert_asset
from tests.fixtures.trips import insert_trips, trip
from tests.world import Clone

type Clients = Callable[..., httpx.Client]

# a Tuesday in New York, from seven to nine
USED = ("2025-03-04T07:00-05:00", "2025-03-04T09:00-05:00", 30)


@pytest.fixture
def company(clone: Clone) -> TenantMade:
    """Answer a tenant of this test's own."""
    return factories.make_tenant(clone.owner_url)


@pytest.fixture
def manager(client: Clients, company: TenantMade) -> httpx.Client:
    return client("manager", tenant=company)


@pytest.fixture
def van(services: Services, company: TenantMade) -> int:
    """Answer a van that was used for two hours."""
    asset_id = insert_asset(services, company, in_service_on="2025-01-01", asset_type="van", asset_tag="V-1")
    insert_trips(services, company, [trip(asset_id, *USED)])
    rollups.catch_up(services, company.id)
    return asset_id


def use(client: httpx.Client, **asked: Any) -> tuple[int, float, float]:
    days = {"date_from": "2025-03-04", "date_to": "2025-03-04"}
    answer = client.get("/api/assets/analytics/utilization", params={**days, **asked})
    assert answer.status_code == 200, answer.text
    summary = answer.json()["summary"]
    return summary["trips_count"], summary["counted_minutes"], summary["base_minutes"]


def change(client: httpx.Client, url: str, **said: Any) -> None:
    tag = client.get(url).headers["ETag"]
    answer = client.patch(url, json=said, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text


def test_an_asset_of_another_type_counts_there_at_once(manager: httpx.Client, van: int) -> None:
    assert use(manager, asset_type="van") == (1, 120, 1_440)
    change(manager, f"/api/assets/{van}", asset_type="truck")
    assert use(manager, asset_type="van") == (0, 0, 0)
    assert use(manager, asset_type="truck") == use(manager) == (1, 120, 1_440)


def test_use_before_an_asset_came_into_service_counts_no_more_at_once(manager: httpx.Client, van: int) -> None:
    change(manager, f"/api/assets/{van}", in_service_on="2025-03-05")
    assert use(manager) == use(manager, asset_id=van) == (0, 0, 0)
    file = "asset_tag,asset_name,asset_type,in_service_on\nV-1,Van,van,2025-03-04\n"
    answer = manager.post("/api/assets/import", content=file, headers={"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json()["updated"]) == (200, 1)
    assert use(manager) == use(manager, asset_id=van) == (1, 120, 1_440)


def test_other_working_hours_count_at_once(
    manager: httpx.Client, client: Clients, company: TenantMade, van: int
) -> None:
    assert use(manager, base="shift") == (1, 60, 600)
    change(client("admin", tenant=company), "/api/settings", shift_start="06:00")
    assert use(manager, base="shift") == use(manager, base="shift", asset_id=van) == (1, 120, 720)
