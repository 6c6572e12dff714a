"""How an organisation counts, as its own people see and change it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.factories import TenantMade, make_tenant
from tests.world import Clone

type Clients = Callable[..., httpx.Client]

URL = "/api/settings"


@pytest.fixture
def own(clone: Clone) -> TenantMade:
    return make_tenant(clone.owner_url, "Initech", time_zone="Europe/Athens", currency="EUR")


def test_an_administrator_changes_and_managers_see(client: Clients, own: TenantMade) -> None:
    admin, manager = client("admin", tenant=own), client("manager", tenant=own)
    before = manager.get(URL)
    assert before.json() == {
        "name": "Initech",
        "time_zone": "Europe/Athens",
        "currency": "EUR",
        "custody_hours": 24,
        "require_location": False,
        "shift_start": "08:00",
        "shift_end": "18:00",
        "shift_days": [1, 2, 3, 4, 5],
        "discount_rate": 0.08,
        "reimbursement_per_mile": None,
        "idle_days": 7,
    }
    said = {"shift_start": "06:30", "shift_end": "24:00", "shift_days": [6, 1], "reimbursement_per_mile": 0.725}
    changed = admin.patch(URL, json=said, headers={"If-Match": before.headers["etag"]})
    assert changed.status_code == 200, changed.text
    assert changed.json() == {
        **before.json(),
        "shift_start": "06:30",
        "shift_end": "24:00",
        "shift_days": [1, 6],
        "reimbursement_per_mile": "0.7250",
    }
    assert manager.get(URL).json() == changed.json()
    assert manager.get(URL).headers["etag"] == changed.headers["etag"] != before.headers["etag"]
    late = admin.patch(URL, json={"idle_days": 3}, headers={"If-Match": before.headers["etag"]})
    assert (late.status_code, late.json()["type"]) == (412, "/problems/version-mismatch")
    cleared = admin.patch(URL, json={"reimbursement_per_mile": None, "discount_rate": 0.1})
    assert (cleared.json()["reimbursement_per_mile"], cleared.json()["discount_rate"]) == (None, 0.1)
    actions = [row["action"] for row in admin.get("/api/audit").json()["items"]]
    assert actions.count("settings.change") == 2


def test_only_administrators_change_and_drivers_see_nothing(client: Clients) -> None:
    assert client("manager").patch(URL, json={"idle_days": 3}).status_code == 403
    assert client("dispatcher").get(URL).status_code == 403


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"shift_start": "8:00"}, "/shift_start"),
        ({"shift_start": "24:00"}, "/shift_start"),
        ({"shift_end": "24:30"}, "/shift_end"),
        ({"shift_days": []}, "/shift_days"),
        ({"shift_days": [1, 1]}, "/shift_days"),
        ({"shift_days": [0]}, "/shift_days/0"),
        ({"discount_rate": 1}, "/discount_rate"),
        ({"discount_rate": "0.1"}, "/discount_rate"),
        ({"discount_rate": 0.99999}, "/discount_rate"),
        ({"reimbursement_per_mile": "-1"}, "/reimbursement_per_mile"),
        ({"reimbursement_per_mile": "0.72555"}, "/reimbursement_per_mile"),
        ({"idle_days": 0}, "/idle_days"),
        ({"idle_days": None}, "/idle_days"),
        ({"time_zone": "UTC"}, "/time_zone"),
    ],
)
def test_what_cannot_be_is_refused_by_name(client: Clients, said: dict[str, Any], pointer: str) -> None:
    refused = client("admin").patch(URL, json=said)
    assert refused.status_code == 422, refused.text
    assert [fault["pointer"] for fault in refused.json()["errors"]] == [pointer]


def test_settings_are_ones_own(client: Clients, own: TenantMade) -> None:
    assert client("admin").patch(URL, json={"idle_days": 30}).status_code == 200
    assert client("admin", tenant=own).get(URL).json()["idle_days"] == 7
