"""Whatever people do to a few assets, in whatever order, ends as in a model of custody in plain Python."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from shared.services import Services
from tests.acceptance.custody_model import ModelAsset
from tests.acceptance.problems import assert_problem
from tests.factories import TenantMade, make_tenant
from tests.world import Clone, World

DRIVERS = ("driver-1", "driver-2", "driver-3")
PEOPLE = (*DRIVERS, "dispatcher-1")
MOST_CHECK_OUTS = 9  # of one person, who may ten times a minute
FINAL = {200, 201, 404, 409}

# few and near each other, so that acts meet
assets = st.integers(min_value=0, max_value=1)
readings = st.sampled_from([None, None, None, 0, 250.5, 501, 751.5])
ages = st.sampled_from([None, None, *range(1, 60)])  # hours since it happened on the device
hours = st.integers(min_value=0, max_value=12)
people = st.sampled_from(PEOPLE)
kinds = st.sampled_from(["checkout", "checkout", "checkin"])
statuses = st.sampled_from(["available", "available", "in_maintenance", "retired"])


@dataclass(frozen=True)
class Act:
    """A request that somebody sent."""

    user: str
    kind: str
    asset: int
    said: dict[str, Any]
    key: str


@dataclass(frozen=True)
class Stage:
    """Where the acts happen."""

    world: World
    clone: Clone
    services: Services
    http: httpx.Client


class Custody(RuleBasedStateMachine):
    """People check assets out and in, repeat themselves, come late, and a manager interferes."""

    acts: Bundle[Act] = Bundle("acts")
    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.answers: dict[tuple[str, str, str], tuple[Act, httpx.Response]] = {}
        self.told: list[tuple[str, int]] = []
        self.check_outs = dict.fromkeys(PEOPLE, 0)
        self.touched: set[int] = set()

    @initialize()
    def begin(self) -> None:
        self.tenant: TenantMade = make_tenant(self.stage.clone.owner_url, "Model")
        roles = {person: person.rpartition("-")[0] for person in (*PEOPLE, "manager-1")}
        self.tokens = {who: self.stage.world.token(self.tenant.tid, who, [role]) for who, role in roles.items()}
        self.assets = [self._new_asset(number) for number in range(2)]

    @rule(target=acts, user=people, kind=kinds, asset=assets, reading=readings, age=ages)
    def act(self, user: str, kind: str, asset: int, reading: float | None, age: int | None) -> Any:
        """Somebody checks something out or in, whether that can be or not."""
        return self._try(user, kind, asset, {**self._reading(reading), **self._hours_ago(age)})

    @rule(target=acts, user=people, asset=assets, later=hours, length=hours, reading=readings)
    def round_trip(self, user: str, asset: int, later: int, length: int, reading: float | None) -> Any:
        """Somebody has an asset for a while after those who had it before, as far as that goes."""
        ends = [span.end for span in self.assets[asset].spans if span.end]
        start = min(max([*ends, self.now - timedelta(hours=200)]) + timedelta(hours=later), self.now)
        end = min(start + timedelta(hours=length), self.now)
        self._try(user, "checkout", asset, {**self._reading(reading), "occurred_at": start.isoformat()})
        return self._try(user, "checkin", asset, {**self._reading(reading), "occurred_at": end.isoformat()})

    @rule(act=acts)
    def repeat(self, act: Act) -> None:
        """A phone that did not hear the answer sends the same again."""
        self._send(act)

    @rule(act=consumes(acts), asset=assets, note=st.sampled_from(["", "scratched"]))
    def reuse_the_key(self, act: Act, asset: int, note: str) -> None:
        """A client with a fault sends something else under the same key."""
        said = {**act.said, "condition_notes": note} if note else act.said
        self._send(Act(act.user, act.kind, asset, said, act.key))

    @rule(asset=assets, status=statuses)
    def interfere(self, asset: int, status: str) -> None:
        model, url = self.assets[asset], f"/api/assets/{self.assets[asset].id}"
        if status == "retired":
            answer, done = self._ask("DELETE", url, "manager-1"), 204
        else:
            answer, done = self._ask("PATCH", url, "manager-1", json={"status": status}), 200
        if model.open_span:
            assert_problem(answer, 409, "asset-is-out")
            return
        assert answer.status_code == done, answer.text
        model.status = status
        self.touched.add(asset)

    @invariant()
    def what_was_touched_is_as_modelled(self) -> None:
        for index in self.touched:
            self._compare(self.assets[index])
        self.touched.clear()

    def teardown(self) -> None:
        """Compare everything that is on record with every act that was acknowledged."""
        if not hasattr(self, "assets"):
            return
        for model in self.assets:
            self._compare(model)
        listed = self._ask("GET", "/api/custody?open=true&limit=200", "dispatcher-1").json()["items"]
        held = {model.id: model.open_span.holder for model in self.assets if model.open_span}
        assert {one["asset_id"]: one["user"]["oid"] for one in listed} == held
        assert len(listed) == len(held)
        self._compare_events()

    def _compare(self, model: ModelAsset) -> None:
        shown = self._ask("GET", f"/api/assets/{model.id}", "driver-1").json()
        assert (shown["status"], shown["odometer_miles"]) == (model.shown_status, model.odometer)
        history = self._ask("GET", f"/api/assets/{model.id}/history?limit=200", "driver-1").json()["items"]
        assert [_facts(one) for one in history] == [
            (span.id, span.holder, span.start, span.end, *span.readings) for span in model.newest_first()
        ]
        assert sum(one["checkin_time"] is None for one in history) <= 1

    def _compare_events(self) -> None:
        with self.stage.services.database.read(self.tenant.id) as tx:
            events = tx.all(
                "SELECT seq, event_type, resource_id FROM websocket_events WHERE tenant_id = %(tenant_id)s ORDER BY seq"
            )
            acts = tx.all(
                "SELECT 'ASSET_CHECKED_' || CASE kind WHEN 'checkout' THEN 'OUT' ELSE 'IN' END, asset_id"
                " FROM custody_events WHERE tenant_id = %(tenant_id)s ORDER BY id"
            )
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        # a custody whose meter rose is a trip, and the days that it touched are reckoned with the asset's next change
        of_custody = [event for event in events if event["event_type"] != "METRICS_UPDATED"]
        assert [(event["event_type"], int(event["resource_id"])) for event in of_custody] == self.told
        assert [tuple(act.values()) for act in acts] == self.told

    def _try(self, user: str, kind: str, asset: int, said: dict[str, Any]) -> Any:
        """Send a new request; what is returned is for the bundle of acts."""
        rating = {"condition_rating": 4} if kind == "checkin" else {}
        act = Act(user, kind, asset, {**rating, **said}, secrets.token_hex(8))
        self._send(act)
        return act

    def _send(self, act: Act) -> None:
        if act.kind == "checkout" and self.check_outs[act.user] >= MOST_CHECK_OUTS:
            return
        model = self.assets[act.asset]
        url = f"/api/assets/{model.id}/{act.kind}"
        answer = self._ask("POST", url, act.user, json=act.said, headers={"Idempotency-Key": act.key})
        kept = self.answers.get((act.user, act.kind, act.key))
        if kept is not None:
            self._expect_kept(act, answer, *kept)
            return
        assert "idempotency-replayed" not in answer.headers
        status, slug = (
            model.check_out_verdict(act.said) if act.kind == "checkout" else model.check_in_verdict(act.said, act.user)
        )
        if slug:
            assert_problem(answer, status, slug)
        else:
            assert answer.status_code == status, answer.text
            self._acknowledge(act, model, answer.json())
        if status in FINAL:
            self.answers[act.user, act.kind, act.key] = act, answer

    def _expect_kept(self, act: Act, answer: httpx.Response, first: Act, first_answer: httpx.Response) -> None:
        if (act.asset, act.said) == (first.asset, first.said):
            assert answer.headers["idempotency-replayed"] == "true"
            assert (answer.status_code, answer.content) == (first_answer.status_code, first_answer.content)
        else:
            assert_problem(answer, 422, "idempotency-key-reused")

    def _acknowledge(self, act: Act, model: ModelAsset, custody: dict[str, Any]) -> None:
        model.apply(custody, act.said)
        self.touched.add(act.asset)
        self.told.append(("ASSET_CHECKED_OUT" if act.kind == "checkout" else "ASSET_CHECKED_IN", model.id))
        self.check_outs[act.user] += act.kind == "checkout"

    def _new_asset(self, number: int) -> ModelAsset:
        asked = {"asset_tag": f"M-{number}", "asset_name": f"Van {number}", "asset_type": "van"}
        answer = self._ask("POST", "/api/assets", "manager-1", json=asked)
        assert answer.status_code == 201, answer.text
        return ModelAsset(answer.json()["id"])

    @staticmethod
    def _reading(reading: float | None) -> dict[str, Any]:
        return {} if reading is None else {"odometer_miles": reading}

    def _hours_ago(self, age: int | None) -> dict[str, Any]:
        return {} if age is None else {"occurred_at": (self.now - timedelta(hours=age)).isoformat()}

    def _ask(self, method: str, url: str, who: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[who]}", **more.pop("headers", {})}
        return self.stage.http.request(method, url, headers=headers, **more)


def _facts(custody: dict[str, Any]) -> tuple[Any, ...]:
    start, end = custody["checkout_time"], custody["checkin_time"]
    return (
        custody["id"],
        custody["user"]["oid"],
        datetime.fromisoformat(start),
        datetime.fromisoformat(end) if end else None,
        custody["checkout_odometer_miles"],
        custody["checkin_odometer_miles"],
    )


@pytest.fixture
def stage(world: World, clone: Clone, services: Services, app: str) -> Iterator[Stage]:
    with httpx.Client(base_url=app, timeout=60) as http:
        yield Stage(world, clone, services, http)


def test_custody_is_as_modelled(stage: Stage) -> None:
    class Staged(Custody):
        pass

    Staged.stage = stage
    bounds = settings(
        max_examples=30, stateful_step_count=40, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Staged, settings=bounds)
