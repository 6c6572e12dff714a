"""Check-out and check-in on a real database: rules, races, answers."""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from shared.actions import custody, photos
from shared.actions.call import Call
from shared.domain.custody import (
    AssetHistory,
    CheckIn,
    CheckOut,
    Custody as Record,
    CustodyById,
    ListCustody,
    Moment,
)
from shared.domain.errors import (
    AssetAlreadyCheckedOut,
    AssetNotCheckedOut,
    AssetUnavailable,
    CustodyOverlaps,
    Invalid,
    NotFound,
    NotTheHolder,
    Refusal,
    TooManyRequests,
)
from shared.domain.model import Page
from shared.domain.photo import GrantUpload, Upload
from shared.services import Services
from shared.store.database import Transaction
from tests.factories import TenantMade, insert_asset, make_tenant
from tests.world import Clone

type Caller = Callable[..., Call]

SIGNATURE = "data:image/svg+xml," + quote(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1L8 8" stroke="black"/></svg>'
)


@pytest.fixture
def asset(services: Services, tenant: TenantMade) -> int:
    return insert_asset(services, tenant, odometer_miles=1000)


@pytest.fixture
def driver(call: Caller) -> Call:
    """Somebody new, so that no test uses up another's rate."""
    return call("driver", oid=f"driver-{secrets.token_hex(4)}")


def check_out(call: Call, asset_id: int, **facts: Any) -> Record:
    answer = custody.check_out_asset(call, CheckOut(asset_id=asset_id, **facts))
    assert answer.status == 201
    assert isinstance(answer.body, Record)
    return answer.body


def upload(call: Call) -> UUID:
    granted = photos.grant_upload(call, GrantUpload()).body
    assert isinstance(granted, Upload)
    return granted.upload_id


def check_in(call: Call, asset_id: int, **facts: Any) -> Record:
    answer = custody.check_in_asset(call, CheckIn(**{"asset_id": asset_id, "condition_rating": 4, **facts}))
    assert isinstance(answer.body, Record)
    return answer.body


def history(call: Call, asset_id: int, **more: Any) -> Page[Record]:
    body = custody.list_asset_history(call, AssetHistory(asset_id=asset_id, **more)).body
    assert isinstance(body, Page)
    return body


def events(services: Services, tenant: TenantMade, asset_id: int) -> list[str]:
    statement = (
        "SELECT event_type FROM websocket_events WHERE tenant_id = %(tenant_id)s"
        " AND resource_type = 'asset' AND resource_id = %(asset)s ORDER BY seq"
    )
    with services.database.read(tenant.id) as tx:
        return [row["event_type"] for row in tx.all(statement, asset=str(asset_id))]


def test_check_out_opens_custody_with_everything_said(driver: Call, asset: int) -> None:
    place = {"lat": 40.7, "lng": -74.0, "accuracy_m": 12.5}
    damage = [{"area": "left door", "severity": "minor", "notes": "scratch"}]
    made = check_out(
        driver, asset, location=place, odometer_miles=1000.5, fuel_level_percent=80, damage=damage, condition_rating=5
    )
    assert made.user.oid == driver.principal.oid
    assert made.checkout_location is not None
    assert made.checkout_location.model_dump() == place
    assert (made.checkout_odometer_miles, made.checkin_time, made.version) == (1000.5, None, 1)
    assert made.due_at == made.checkout_time + timedelta(hours=24)
    assert made.damage[0].area == "left door"


def test_second_check_out_is_refused_with_holder_and_since(call: Caller, driver: Call, asset: int) -> None:
    first = check_out(driver, asset)
    with pytest.raises(AssetAlreadyCheckedOut) as refused:
        check_out(call("driver", oid="driver-2"), asset)
    assert refused.value.members["holder"]["oid"] == driver.principal.oid
    assert refused.value.members["since"] == first.checkout_time


def test_exactly_one_of_fifty_simultaneous_check_outs_wins(call: Caller, asset: int) -> None:
    calls = [call("driver", oid=f"racer-{number}") for number in range(50)]

    def attempt(one: Call) -> str:
        try:
            check_out(one, asset)
        except Refusal as refusal:
            return refusal.slug
        return "won"

    with ThreadPoolExecutor(50) as pool:
        results = list(pool.map(attempt, calls))
    assert sorted(results) == ["asset-already-checked-out"] * 49 + ["won"]


def test_check_in_closes_custody_and_frees_the_asset(driver: Call, asset: int) -> None:
    opened = check_out(driver, asset, odometer_miles=1010)
    closed = check_in(driver, asset, odometer_miles=1042, condition_notes="fine")
    assert (closed.id, closed.version, closed.condition_rating) == (opened.id, 2, 4)
    assert closed.checkin_time is not None
    assert closed.checkin_time >= opened.checkout_time
    assert closed.checked_in_by == closed.user
    assert check_out(driver, asset).id != opened.id


def test_each_act_keeps_what_it_said_of_the_condition(driver: Call, asset: int) -> None:
    scratch, dent = ({"area": area, "severity": "minor", "photo_index": 0} for area in ("door", "roof"))
    shots = [upload(driver) for _ in range(3)]
    out = check_out(
        driver, asset, condition_rating=5, condition_notes="perfect", signature=SIGNATURE, damage=[scratch],
        photo_upload_ids=shots[:2],
    )  # fmt: skip
    assert [(one.moment, one.photo_id) for one in out.damage] == [(Moment.CHECKOUT, shots[0])]
    back = check_in(driver, asset, condition_rating=1, damage=[dent], photo_upload_ids=shots[2:])
    assert [(one.area, one.moment, one.photo_id) for one in back.damage] == [
        ("door", Moment.CHECKOUT, shots[0]),
        ("roof", Moment.CHECKIN, shots[2]),
    ]
    assert (back.checkout_condition_rating, back.checkin_condition_rating, back.condition_rating) == (5, 1, 1)
    assert (back.checkout_condition_notes, back.checkin_condition_notes, back.condition_notes) == (
        "perfect",
        None,
        None,
    )
    assert back.checkout_signature_sha256 == out.signature_sha256 is not None
    assert (back.checkin_signature_sha256, back.signature_sha256) == (None, None)
    assert custody.get_custody(driver, CustodyById(custody_id=back.id)).body == back
    assert history(driver, asset).items[0] == back


def test_a_clock_that_is_ahead_keeps_nobody_waiting(driver: Call, call: Caller, asset: int) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=90)
    opened = check_out(driver, asset, occurred_at=soon)
    assert opened.checkout_time <= datetime.now(UTC)
    closed = check_in(driver, asset, occurred_at=soon)
    assert closed.checkin_time is not None
    assert opened.checkout_time <= closed.checkin_time <= datetime.now(UTC)
    assert check_out(call("driver", oid="next"), asset).checkout_time >= closed.checkin_time


def test_everything_that_cannot_be_is_told_at_once(driver: Call, asset: int) -> None:
    check_out(driver, asset, odometer_miles=1000, engine_hours=10)
    with pytest.raises(Invalid) as refused:
        check_in(driver, asset, odometer_miles=999, engine_hours=9)
    assert [fault.pointer for fault in refused.value.faults] == ["/odometer_miles", "/engine_hours"]


def test_only_the_holder_or_a_dispatcher_checks_in(call: Caller, driver: Call, asset: int) -> None:
    check_out(driver, asset)
    with pytest.raises(NotTheHolder):
        check_in(call("driver", oid="driver-9"), asset)
    closed = check_in(call("dispatcher"), asset)
    assert closed.checked_in_by is not None
    assert (closed.user.oid, closed.checked_in_by.oid) == (driver.principal.oid, "dispatcher-1")


def test_check_in_of_what_nobody_holds_is_refused(driver: Call, asset: int) -> None:
    with pytest.raises(AssetNotCheckedOut):
        check_in(driver, asset)


@pytest.mark.parametrize("status", ["in_maintenance", "retired"])
def test_what_is_out_of_use_cannot_be_had(services: Services, tenant: TenantMade, driver: Call, status: str) -> None:
    with pytest.raises(AssetUnavailable) as refused:
        check_out(driver, insert_asset(services, tenant, status=status))
    assert refused.value.members["reason"] == status


def test_unknown_asset_and_another_tenants_asset_look_alike(
    services: Services, other_tenant: TenantMade, driver: Call
) -> None:
    theirs = insert_asset(services, other_tenant)
    for asset_id in (theirs, 2**62):
        for act in (check_out, check_in):
            with pytest.raises(NotFound):
                act(driver, asset_id)
        with pytest.raises(NotFound):
            history(driver, asset_id)


@pytest.mark.parametrize(("field", "reading"), [("odometer_miles", 999.9), ("engine_hours", 9.9)])
def test_meters_never_fall(services: Services, tenant: TenantMade, driver: Call, field: str, reading: float) -> None:
    asset = insert_asset(services, tenant, odometer_miles=1000, engine_hours=10)
    with pytest.raises(Invalid) as refused:
        check_out(driver, asset, **{field: reading})
    assert [fault.pointer for fault in refused.value.faults] == [f"/{field}"]
    assert refused.value.members["last_known"] == {"odometer_miles": 1000, "engine_hours": 10}[field]
    check_out(driver, asset, **{field: 2000})
    with pytest.raises(Invalid):
        check_in(driver, asset, **{field: 1999})


def test_time_on_the_device_is_kept_and_bounded(driver: Call, asset: int) -> None:
    now = datetime.now(UTC)
    for moment in (now + timedelta(minutes=3), now - timedelta(days=30, minutes=1)):
        with pytest.raises(Invalid) as refused:
            check_out(driver, asset, occurred_at=moment)
        assert [fault.pointer for fault in refused.value.faults] == ["/occurred_at"]
    moment = now - timedelta(hours=3)
    assert check_out(driver, asset, occurred_at=moment).checkout_time == moment
    with pytest.raises(Invalid):
        check_in(driver, asset, occurred_at=moment - timedelta(minutes=1))


def test_a_late_check_out_does_not_overlap_what_was_recorded(driver: Call, call: Caller, asset: int) -> None:
    now = datetime.now(UTC)
    check_out(driver, asset, occurred_at=now - timedelta(hours=5))
    check_in(driver, asset, occurred_at=now - timedelta(hours=2))
    other = call("driver", oid="late")
    with pytest.raises(CustodyOverlaps):
        check_out(other, asset, occurred_at=now - timedelta(hours=3))
    check_out(other, asset, occurred_at=now - timedelta(hours=2))


def test_eleventh_check_out_in_a_minute_waits(services: Services, tenant: TenantMade, driver: Call) -> None:
    assets = [insert_asset(services, tenant) for _ in range(11)]
    for asset_id in assets[:10]:
        check_out(driver, asset_id)
    with pytest.raises(TooManyRequests) as refused:
        check_out(driver, assets[10])
    assert refused.value.retry_after is not None
    assert 30 < refused.value.retry_after <= 60


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(gaps=st.lists(st.sampled_from([0, 0, 10, 20, 30, 60]), min_size=1, max_size=25), most=st.integers(1, 4))
def test_any_minute_holds_no_more_than_its_rate(
    services: Services, tenant: TenantMade, driver: Call, gaps: list[int], most: int
) -> None:
    user_id, subject = driver.principal.user_id, secrets.token_hex(6)
    ages: list[int] = []
    began = time.monotonic()
    with services.database.transaction(tenant.id) as (tx, _):
        for gap in gaps:
            # time goes by: what was counted is so much longer ago
            tx.run(
                "UPDATE rate_limits AS r SET moments = array("
                "SELECT m - make_interval(secs => %(gap)s) FROM unnest(r.moments) WITH ORDINALITY AS u (m, n)"
                " ORDER BY n) WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s AND subject = %(subject)s",
                gap=gap,
                user_id=user_id,
                subject=subject,
            )
            ages = [age + gap for age in ages if age + gap < 60]
            wait = tx.one(
                "SELECT take_rate(%(tenant_id)s, %(user_id)s, %(subject)s, %(most)s, interval '1 minute') AS wait",
                user_id=user_id,
                subject=subject,
                most=most,
            )["wait"]
            if len(ages) < most:
                assert wait is None
                ages.append(0)
            else:
                # until the first of the last so many is a minute ago; the test itself takes a moment, too
                assert 60 - ages[-most] - (time.monotonic() - began) - 0.1 < wait <= 60 - ages[-most]


def test_who_waited_for_others_is_not_told_to_wait_for_longer(
    services: Services, tenant: TenantMade, driver: Call
) -> None:
    who: dict[str, Any] = {"user_id": driver.principal.user_id, "subject": secrets.token_hex(6)}

    def take(tx: Transaction) -> float | None:
        taken = "SELECT take_rate(%(tenant_id)s, %(user_id)s, %(subject)s, 1, interval '1 minute') AS wait"
        wait: float | None = tx.one(taken, **who)["wait"]
        return wait

    def take_alone() -> float | None:
        with services.database.transaction(tenant.id) as (tx, _):
            return take(tx)

    with ThreadPoolExecutor(1) as pool, services.database.transaction(tenant.id) as (tx, _):
        take(tx)
        tx.run(
            "UPDATE rate_limits AS r SET moments = ARRAY[now() - interval '1 hour']"
            " WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s AND subject = %(subject)s",
            **who,
        )
        late = pool.submit(take_alone)
        while not services.database.recall("SELECT 1 FROM pg_locks WHERE NOT granted", {}):
            assert not late.done()
        # counted after the other has begun
        assert take(tx) is None
    wait = late.result()
    assert wait is not None
    assert 0 < wait <= 60


def test_refused_check_outs_use_up_no_rate(services: Services, tenant: TenantMade, driver: Call) -> None:
    retired = insert_asset(services, tenant, status="retired")
    for _ in range(15):
        with pytest.raises(AssetUnavailable):
            check_out(driver, retired)
    check_out(driver, insert_asset(services, tenant))


def test_each_act_writes_its_event_and_its_audit_row(
    services: Services, tenant: TenantMade, driver: Call, asset: int
) -> None:
    opened = check_out(driver, asset, device_id="tablet-7", client_seq=3)
    check_in(driver, asset)
    assert events(services, tenant, asset) == ["ASSET_CHECKED_OUT", "ASSET_CHECKED_IN"]
    with services.database.read(tenant.id) as tx:
        written = tx.all(
            "SELECT kind, device_id, client_seq FROM custody_events"
            " WHERE tenant_id = %(tenant_id)s AND custody_id = %(id)s ORDER BY id",
            id=opened.id,
        )
        audited = tx.all(
            "SELECT action, address FROM audit_log WHERE tenant_id = %(tenant_id)s AND resource = %(resource)s",
            resource=f"custody/{opened.id}",
        )
    assert [tuple(row.values()) for row in written] == [("checkout", "tablet-7", 3), ("checkin", None, None)]
    assert {(row["action"], row["address"]) for row in audited} == {
        ("custody.checkout", "203.0.113.7"),
        ("custody.checkin", "203.0.113.7"),
    }


def test_event_numbers_have_no_gaps_even_when_acts_fail(services: Services, tenant: TenantMade, call: Caller) -> None:
    assets = [insert_asset(services, tenant) for _ in range(8)]

    def compete(number: int) -> None:
        one = call("driver", oid=f"gap-{number}")
        for asset_id in assets:
            try:
                check_out(one, asset_id)
                check_in(one, asset_id)
            except Refusal:
                continue

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(compete, range(6)))
    with services.database.read(tenant.id) as tx:
        rows = tx.all("SELECT seq FROM websocket_events WHERE tenant_id = %(tenant_id)s ORDER BY seq")
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))


def test_history_pages_newest_first(services: Services, tenant: TenantMade, call: Caller) -> None:
    asset_id = insert_asset(services, tenant)
    made = []
    for number in range(5):
        one = call("driver", oid=f"paged-{number}")
        made.append(check_out(one, asset_id).id)
        check_in(one, asset_id)
    seen, cursor = [], None
    while True:
        page = history(call("driver"), asset_id, limit=2, cursor=cursor)
        seen += [one.id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == made[::-1]


def test_what_is_out_and_what_is_late_is_listed(services: Services, clone: Clone, call: Caller) -> None:
    tenant = make_tenant(clone.owner_url, "Late & Co", custody_hours=1)
    mine = [insert_asset(services, tenant) for _ in range(3)]
    driver = call("driver", tenant=tenant)
    check_out(driver, mine[0], occurred_at=datetime.now(UTC) - timedelta(hours=2))
    check_out(driver, mine[1])
    check_out(driver, mine[2])
    check_in(driver, mine[2])

    def listed(**wanted: bool) -> set[int]:
        body = custody.list_custody(call("dispatcher", tenant=tenant), ListCustody(**wanted)).body
        assert isinstance(body, Page)
        return {one.asset_id for one in body.items}

    assert listed() == set(mine)
    assert listed(open=True) == {mine[0], mine[1]}
    assert listed(open=True, overdue=True) == {mine[0]}
    assert listed(open=False) == {mine[2]}


def test_a_tenant_may_require_the_place(services: Services, clone: Clone, call: Caller) -> None:
    tenant = make_tenant(clone.owner_url, "Strict", require_location=True)
    asset_id = insert_asset(services, tenant)
    driver = call("driver", tenant=tenant)
    with pytest.raises(Invalid) as refused:
        check_out(driver, asset_id)
    assert [fault.pointer for fault in refused.value.faults] == ["/location"]
    check_out(driver, asset_id, location={"lat": 1, "lng": 2})
