"""No cost reaches anybody below a manager: by no route that is described, no event, no file, nothing that is kept.

Figures that follow from costs need not look like them. So each reading is done twice, with all costs changed between:
what a driver or a dispatcher is answered stays the same to the letter, whatever it is called; a manager's changes.
"""

import io
import itertools
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pypdf
import pytest

import function_app
from shared.actions import rollups
from shared.actions.call import Call
from shared.domain.event import EventType
from shared.domain.kept_report import Report
from shared.domain.principal import Role
from shared.http.operation import CATALOGUE
from shared.services import Services
from tests import factories
from tests.fixtures import trips
from tests.fixtures.elsewhere import TODAY, ZONE
from tests.house.test_every_route import GUARDED, SCHEMAS, ask, least_role, named
from tests.world import Clone

type Clients = Callable[..., httpx.Client]
type Operation = tuple[str, str, dict[str, Any]]

BELOW = ("driver", "dispatcher")
# every planted amount begins so, and nothing else does
MARK = "717171"
NAMES = re.compile(
    r"price|cost|revenue|roi|payback|amount|salvage|(current|book|market)_value|depreciation|life_years|reimburse|discount"
)
# exact numbers that are no costs
HARMLESS = {
    *(("assets", name) for name in ("useful_life_years", "useful_life_miles")),
    *(("benchmarks", name) for name in ("figure", "figure_to")),
    *(("utilization_targets", name) for name in ("hours_per_week", "miles_per_week")),
}
PLANT = {
    "maintenance_records": "(tenant_id, source, external_id, asset_id, performed_on, category, total_cost)"
    " VALUES (%(tenant)s, 's', 'm', %(asset)s, %(day)s, 'repair', 717171.31)",
    "cost_entries": "(tenant_id, source, external_id, asset_id, category, amount, period_start, period_end)"
    " VALUES (%(tenant)s, 's', 'c', %(asset)s, 'insurance', 717171.41, %(day)s, %(day)s)",
    "revenue_entries": "(tenant_id, source, external_id, asset_id, amount, earned_on)"
    " VALUES (%(tenant)s, 's', 'r', %(asset)s, 717171.51, %(day)s)",
    "fuel_prices": "(tenant_id, fuel_type, valid_from, price_per_gallon)"
    " VALUES (%(tenant)s, 'diesel', '2020-01-01', 717171.61)",
    "asset_valuations": "(tenant_id, asset_id, as_of, amount, source)"
    " VALUES (%(tenant)s, %(asset)s, %(day)s, 717171.21, 'test')",
    "tenant_benchmarks": "(tenant_id, benchmark_class, basis, figure, unit, year, source)"
    " VALUES (%(tenant)s, 'van', 'ownership', 717171.81, 'USD', '2025', 'test')",
}
CHANGES = {
    "assets": "SET purchase_price = purchase_price * 3, current_value = current_value * 2, salvage_value = 71717",
    "maintenance_records": "SET total_cost = total_cost * 3",
    "cost_entries": "SET amount = amount * 3",
    "revenue_entries": "SET amount = amount * 5",
    "fuel_prices": "SET price_per_gallon = price_per_gallon / 3",
    "asset_valuations": "SET amount = amount * 2",
    "tenant_benchmarks": "SET figure = figure * 2",
    "tenants": "SET discount_rate = 0.2, reimbursement_per_mile = 9.9",
}


@dataclass(frozen=True)
class Fleet:
    """A tenant with costs of every kind, and one of everything that a path can name."""

    tenant: factories.TenantMade
    ids: Mapping[str, Any]
    owner_url: str

    def run(self, statement: str) -> None:
        """Execute a statement of this file's own."""
        day = TODAY - timedelta(days=10)
        with psycopg.connect(self.owner_url) as owner:
            owner.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(self.tenant.id)])
            owner.execute(statement, {"tenant": self.tenant.id, "asset": self.ids["asset_id"], "day": day})

    def change_costs(self) -> None:
        """Make every cost another one."""
        for table, change in CHANGES.items():
            column = "id" if table == "tenants" else "tenant_id"
            self.run(f"UPDATE {table} {change} WHERE {column} = %(tenant)s")


@pytest.fixture(scope="module")
def tenant(clone: Clone) -> factories.TenantMade:
    """Answer a tenant whose day does not end while it is asked."""
    return factories.make_tenant(clone.owner_url, time_zone=ZONE)


@pytest.fixture(scope="module")
def fleet(services: Services, tenant: factories.TenantMade, client: Clients, owner_url: str) -> Fleet:
    prices = {"purchase_price": "717171.11", "current_value": "717171.21", "salvage_value": "717.17"}
    manager = client("manager")
    day = datetime.now(UTC) - timedelta(days=2)
    asset = factories.make_asset(manager, fuel_type="diesel", purchase_date="2024-01-01", **prices)["id"]
    made = Fleet(tenant, {"asset_id": asset, **_one_of_everything(client, asset)}, owner_url)
    trips.insert_trips(services, tenant, [(asset, day, day + timedelta(hours=2), 50.0, 5.0, 1.0)])
    for table, values in PLANT.items():
        made.run(f"INSERT INTO {table} {values}")
    rollups.catch_up(services, tenant.id)
    return made


def _one_of_everything(client: Clients, asset: int) -> dict[str, Any]:
    manager, driver = client("manager"), client("driver")
    custody = driver.post(f"/api/assets/{asset}/checkout", json={}).json()
    tag = manager.post("/api/tags", json={"count": 1}).json()["items"][0]
    task = driver.post("/api/tasks", json={"title": "Wash it", "asset_id": asset}).json()
    export = driver.get("/api/assets/analytics/export", params={"report": "asset_days", "background": "true"}).json()
    return {
        "custody_id": custody["id"],
        "photo_id": driver.post("/api/uploads", json={}).json()["upload_id"],
        "tag_id": tag["id"],
        "code": tag["code"],
        "task_id": task["id"],
        "change_id": manager.get(f"/api/tasks/{task['id']}/history").json()["items"][0]["id"],
        "schedule_id": manager.post("/api/reports/schedules", json=factories.SCHEDULE).json()["id"],
        "export_id": export["id"],
    }


def queries(one: Operation, *, whole: bool) -> Iterator[dict[str, str]]:
    """Yield queries of an operation: each choice that it must be given, and with each that it may, one at a time."""
    parameters = [each for each in one[2]["parameters"] if each.get("in") == "query"]
    must = [[(each["name"], value) for value in choices(each)] for each in parameters if each["required"]]
    may = [(each["name"], value) for each in parameters if not each["required"] for value in choices(each)]
    for least in itertools.product(*must):
        yield dict(least)
        yield from ({**dict(least), name: value} for name, value in may if whole)


def choices(parameter: Mapping[str, Any]) -> list[str]:
    """Answer the values of a parameter that are counted out."""
    schema = parameter["schema"]
    target = SCHEMAS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return [str(value) for value in target.get("enum", ())]


def readable(role: str) -> list[Operation]:
    """Answer what is read by that role."""
    return [one for one in GUARDED if one[0] == "GET" and least_role(one[2]) <= Role[role.upper()]]


def readings(client: httpx.Client, role: str, ids: Mapping[str, Any]) -> dict[str, str]:
    """Answer everything that a role can read, by what was asked, without what is different every time."""
    found: dict[str, str] = {}
    for one in readable(role):
        # what a manager is answered only shows that there are costs to see
        for query in queries(one, whole=role in BELOW):
            answer = client.get(one[1].format(**ids), params=query, follow_redirects=False)
            assert answer.status_code < 500, f"{named(one)} {query}: {answer.text}"
            found[f"{named(one)} {query}"] = plain(answer)
    return found


def plain(answer: httpx.Response) -> str:
    """Answer an answer as text, whatever file it is, without moments, versions and the like."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind == "application/pdf":
        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    elif "spreadsheet" in kind:
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            text = "\n".join(book.read(name).decode() for name in book.namelist() if "docProps" not in name)
    else:
        text = answer.text
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:[\d.]+)?(Z|[+-][\d:]+)?|\b\d\d?:\d\d(:\d\d)?\b", "<moment>", text)
    return re.sub(r'(?<="version":)\d+|(?<="instance":")[^"]+|(?<=\?)[^"]*\bsig=[^"]+', "0", text)


def names(value: Any) -> set[str]:
    """Answer the names of the fields that say something within a value of JSON."""
    if isinstance(value, dict):
        return {name for name, one in value.items() if one is not None}.union(*map(names, value.values()))
    return set().union(*map(names, value)) if isinstance(value, list) else set()


def assert_without_costs(text: str, what: str) -> None:
    """Check that a text shows neither an amount nor the name of a cost."""
    assert MARK not in text.replace(",", ""), what
    fields = names(json.loads(text)) if text.startswith(("{", "[")) else {*re.split(r"[,\r\n]", text[:500])}
    assert {name for name in fields if NAMES.search(name)} == set(), what


def test_every_amount_of_the_database_is_planted_and_changed(fleet: Fleet) -> None:
    statement = (
        "SELECT c.table_name, c.column_name FROM information_schema.columns AS c"
        " JOIN information_schema.tables AS t USING (table_schema, table_name)"
        " WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type = 'numeric'"
    )
    with psycopg.connect(fleet.owner_url) as owner:
        amounts = {(table, column) for table, column in owner.execute(statement)} - HARMLESS
    assert {(table, column) for table, column in amounts if column not in CHANGES.get(table, "")} == set()
    assert {table for table, _ in amounts} == {*CHANGES}


def test_every_path_can_be_asked(fleet: Fleet) -> None:
    asked = [one for one in GUARDED if one[0] == "GET" or least_role(one[2]) < Role.MANAGER]
    in_paths = {name for one in asked for name in re.findall(r"\{(\w+)\}", one[1])}
    assert in_paths <= {*fleet.ids}, "a new kind of id: make one in `_one_of_everything`"


def test_what_is_read_below_managers_does_not_depend_on_any_cost(fleet: Fleet, client: Clients) -> None:
    asking = {role: client(role) for role in (*BELOW, "manager")}
    for one in asking.values():
        # who was never seen is in no list of people
        one.get("/api/users")
    before = {role: readings(one, role, fleet.ids) for role, one in asking.items()}
    fleet.change_costs()
    after = {role: readings(one, role, fleet.ids) for role, one in asking.items()}
    for role in BELOW:
        for what, text in after[role].items():
            assert_without_costs(before[role][what], f"{role}: {what}")
            assert text == before[role][what], f"{role}: {what}"
    moved = {what.partition(" ")[0] for what, text in after["manager"].items() if text != before["manager"][what]}
    assert {"list_assets", "get_asset"} < moved, "a manager is to see costs, or this shows nothing"
    assert any(MARK in text for text in before["manager"].values())


def test_what_is_kept_for_others_than_managers_holds_no_cost(
    fleet: Fleet, services: Services, call: Callable[..., Call]
) -> None:
    assert function_app.app is not None
    reports = [one for one in CATALOGUE.values() if issubclass(one.command, Report)]
    for role, one in itertools.product(("driver", "manager"), reports):
        if one.role is not None and one.role <= Role[role.upper()]:
            known = {name: fleet.ids[name] for name in one.path_parameters}
            if not any(field.is_required() for name, field in one.command.model_fields.items() if name not in known):
                one.action(call(role), one.command.model_validate(known))
    kept = dict(services.kept_reports._kept)
    assert {mark.with_costs for mark in kept} == {True, False}
    for mark, report in kept.items():
        if not mark.with_costs:
            assert_without_costs(report.content.decode(), mark.asked)
    assert any(NAMES.search(report.content.decode()) for mark, report in kept.items() if mark.with_costs)


@pytest.mark.parametrize("role", BELOW)
def test_what_is_answered_to_a_change_shows_no_cost(fleet: Fleet, client: Clients, role: str) -> None:
    changes = [one for one in GUARDED if one[0] != "GET" and least_role(one[2]) <= Role[role.upper()]]
    assert changes
    # what takes away goes last
    for one in sorted(changes, key=lambda one: one[0] == "DELETE"):
        answer = ask(client(role), one, dict(fleet.ids))
        assert answer.status_code < 500, answer.text
        assert MARK not in answer.text, named(one)
        if answer.status_code < 300 and answer.content:
            assert_without_costs(plain(answer), named(one))


def test_no_event_carries_a_cost(fleet: Fleet, services: Services, client: Clients) -> None:
    asset = factories.make_asset(client("manager"), purchase_price="717171.91")
    client("manager").patch(f"/api/assets/{asset['id']}", json={"current_value": "717171.92"})
    with services.database.read(fleet.tenant.id) as tx:
        events = tx.all("SELECT event_type, payload FROM websocket_events WHERE tenant_id = %(tenant_id)s")
    assert {event["event_type"] for event in events} & {EventType.ASSET_CHECKED_OUT, EventType.METRICS_UPDATED}
    for event in events:
        assert_without_costs(json.dumps(event["payload"]), event["event_type"])
