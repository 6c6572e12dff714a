"""Prices of fuel as clients meet them."""

from collections.abc import Callable

import httpx
import pytest

from tests.factories import TenantMade, make_tenant
from tests.world import Clone

type Clients = Callable[..., httpx.Client]

URL = "/api/fuel-prices"


@pytest.fixture
def own(clone: Clone) -> TenantMade:
    return make_tenant(clone.owner_url)


def price(day: str, fuel: str = "diesel", amount: object = 3.849) -> dict[str, object]:
    return {"fuel_type": fuel, "valid_from": day, "price_per_gallon": amount}


def test_prices_are_taken_in_and_corrected_and_shown_latest_first(client: Clients, own: TenantMade) -> None:
    manager = client("manager", tenant=own)
    said = [price("2026-01-05"), price("2026-01-12", amount="3.9001"), price("2026-01-05", "gas", 3.1)]
    taken = manager.post(URL, json={"rows": said})
    assert (taken.status_code, taken.json()["created"]) == (200, 3), taken.text
    # a price is written as a decimal string, and read as it is
    assert [(one["row"], one["field"]) for one in taken.json()["repaired"]] == [(3, "fuel_type")]
    again = manager.post(URL, json={"rows": [price("2026-01-05", amount=3.85), said[1]]})
    assert (again.json()["updated"], again.json()["unchanged"], again.json()["created"]) == (1, 1, 0)
    first = manager.get(URL, params={"limit": 2}).json()
    assert first["items"] == [
        {"fuel_type": "diesel", "valid_from": "2026-01-12", "price_per_gallon": "3.9001"},
        {"fuel_type": "diesel", "valid_from": "2026-01-05", "price_per_gallon": "3.8500"},
    ]
    rest = manager.get(URL, params={"cursor": first["next_cursor"]}).json()
    assert [(row["fuel_type"], row["price_per_gallon"]) for row in rest["items"]] == [("gasoline", "3.1000")]
    only = manager.get(URL, params={"fuel_type": "gasoline"}).json()
    assert only == {"items": rest["items"], "next_cursor": None}
    actions = [row["action"] for row in client("admin", tenant=own).get("/api/audit").json()["items"]]
    assert actions.count("fuel_price.import") == 2
    assert "cost.view" in actions


def test_prices_come_as_a_file_too(client: Clients, own: TenantMade) -> None:
    sheet = "fuel,from,price\nDiesel,2026-02-02,3.75\nGasoline,2026-02-02,3.2105\n"
    taken = client("manager", tenant=own).post(URL, content=sheet, headers={"Content-Type": "text/csv"})
    assert taken.json()["created"] == 2, taken.text


def test_what_is_no_price_is_named(client: Clients, own: TenantMade) -> None:
    manager = client("manager", tenant=own)
    said = [price("2026-01-05", amount=0), price("2026-01-05", "coal"), price("yesterday"), {"fuel_type": "diesel"}]
    taken = manager.post(URL, json={"rows": said}).json()
    assert (taken["created"], taken["rejected_rows"]) == (0, 4)
    assert {(one["row"], one["field"]) for one in taken["rejected"]} == {
        (1, "price_per_gallon"),
        (2, "fuel_type"),
        (3, "valid_from"),
        (4, "valid_from"),
        (4, "price_per_gallon"),
    }
    assert manager.get(URL).json()["items"] == []
    for cursor in ("nonsense", "WyJ4IiwieSJd"):
        assert manager.get(URL, params={"cursor": cursor}).status_code == 422


def test_prices_are_for_managers(client: Clients) -> None:
    assert client("dispatcher").get(URL).status_code == 403
    assert client("dispatcher").post(URL, json={"rows": [price("2026-01-05")]}).status_code == 403
