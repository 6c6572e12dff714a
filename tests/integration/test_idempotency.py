"""A request with a key is done once, answered the same each time, and leaves both or neither."""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.actions import custody
from shared.actions.answer import Answer, Replayed
from shared.actions.call import Call
from shared.domain.custody import CheckOut, Custody
from shared.domain.errors import (
    AssetAlreadyCheckedOut,
    IdempotencyInFlight,
    IdempotencyKeyReused,
    Invalid,
    NotFound,
    Refusal,
)
from shared.services import Services
from shared.store.idempotency import forget_keys
from tests.factories import TenantMade, insert_asset

type Caller = Callable[..., Call]


def check_out(call: Call, asset_id: int, **facts: object) -> Answer[Custody]:
    return custody.check_out_asset(call, CheckOut.model_validate({"asset_id": asset_id, **facts}))


def replay(call: Call, asset_id: int) -> Answer:
    with pytest.raises(Replayed) as replayed:
        check_out(call, asset_id)
    return replayed.value.answer


@pytest.fixture
def asset(services: Services, tenant: TenantMade) -> int:
    return insert_asset(services, tenant)


@pytest.fixture
def keyed(call: Caller) -> Call:
    return call("driver", oid=f"driver-{secrets.token_hex(4)}", key=secrets.token_hex(8))


def kept_keys(services: Services, tenant: TenantMade, call: Call) -> int:
    assert call.key is not None
    with services.database.read(tenant.id) as tx:
        return int(
            tx.one(
                "SELECT count(*) AS n FROM idempotency_keys WHERE tenant_id = %(tenant_id)s AND key = %(key)s",
                key=call.key.key,
            )["n"]
        )


def test_second_request_with_the_key_is_answered_like_the_first(keyed: Call, asset: int) -> None:
    first = check_out(keyed, asset)
    again = replay(keyed, asset)
    assert (again.status, again.content, again.headers) == (first.status, first.content, first.headers)


def test_twenty_at_once_with_one_key_make_one_custody(
    services: Services, tenant: TenantMade, keyed: Call, asset: int
) -> None:
    def attempt(_: int) -> bytes:
        try:
            return check_out(keyed, asset).content
        except Replayed as replayed:
            return replayed.answer.content

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(attempt, range(20)))
    assert len(answers) == 1
    with services.database.read(tenant.id) as tx:
        rows = tx.all(
            "SELECT id FROM asset_checkout_history WHERE tenant_id = %(tenant_id)s AND asset_id = %(asset)s",
            asset=asset,
        )
    assert len(rows) == 1


def test_key_of_another_request_is_refused(call: Caller, asset: int) -> None:
    key, oid = secrets.token_hex(8), f"driver-{secrets.token_hex(4)}"
    check_out(call("driver", oid=oid, key=key, asked=b"one"), asset)
    with pytest.raises(IdempotencyKeyReused):
        check_out(call("driver", oid=oid, key=key, asked=b"two"), asset)


def test_keys_of_two_people_do_not_meet(call: Caller, services: Services, tenant: TenantMade) -> None:
    key = secrets.token_hex(8)
    for oid in ("ann", "bob"):
        assert check_out(call("driver", oid=oid, key=key), insert_asset(services, tenant)).status == 201


def test_a_lost_race_is_answered_the_same_again(
    services: Services, tenant: TenantMade, call: Caller, keyed: Call, asset: int
) -> None:
    check_out(call("driver", oid=f"driver-{secrets.token_hex(4)}"), asset)
    with pytest.raises(AssetAlreadyCheckedOut):
        check_out(keyed, asset)
    again = replay(keyed, asset)
    assert again.status == 409
    assert b"asset-already-checked-out" in again.content
    assert again.content_type == "application/problem+json"
    assert kept_keys(services, tenant, keyed) == 1


def test_a_fault_of_the_request_keeps_no_key(services: Services, tenant: TenantMade, keyed: Call, asset: int) -> None:
    with pytest.raises(Invalid):
        check_out(keyed, asset, photo_upload_ids=["11111111-1111-4111-8111-111111111111"])
    assert kept_keys(services, tenant, keyed) == 0
    assert check_out(keyed, asset).status == 201


def test_a_missing_thing_stays_missing_under_its_key(keyed: Call) -> None:
    with pytest.raises(NotFound):
        check_out(keyed, 2**62)
    assert replay(keyed, 2**62).status == 404


def test_while_the_first_still_runs_the_second_is_told_to_come_back(keyed: Call, asset: int) -> None:
    with keyed.transaction() as work:
        began = time.monotonic()
        with ThreadPoolExecutor(1) as pool, pytest.raises(IdempotencyInFlight) as refused:
            pool.submit(check_out, keyed, asset).result()
        assert 1.5 < time.monotonic() - began < 30
        assert refused.value.retry_after == 1
        work.answer(Answer(b"{}"))


def test_work_that_dies_leaves_neither_work_nor_key(
    services: Services, tenant: TenantMade, keyed: Call, asset: int
) -> None:
    def die() -> None:
        with keyed.transaction() as work:
            work.run("UPDATE assets SET asset_name = 'gone' WHERE tenant_id = %(tenant_id)s AND id = %(id)s", id=asset)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        die()
    assert kept_keys(services, tenant, keyed) == 0
    with services.database.read(tenant.id) as tx:
        found = tx.one("SELECT asset_name FROM assets WHERE tenant_id = %(tenant_id)s AND id = %(id)s", id=asset)
    assert found["asset_name"] != "gone"


def test_keys_are_forgotten_after_thirty_days(services: Services, tenant: TenantMade, call: Caller) -> None:
    old, young = (call("driver", oid=f"d-{secrets.token_hex(4)}", key=secrets.token_hex(8)) for _ in range(2))
    for one in (old, young):
        check_out(one, insert_asset(services, tenant))
    with services.database.transaction(tenant.id) as (tx, _):
        tx.run(
            "UPDATE idempotency_keys SET created_at = now() - interval '30 days 1 minute'"
            " WHERE tenant_id = %(tenant_id)s AND key = %(key)s",
            key=old.key and old.key.key,
        )
        assert forget_keys(tx) == 1
    assert (kept_keys(services, tenant, old), kept_keys(services, tenant, young)) == (0, 1)


def test_every_refusal_says_whether_it_is_final() -> None:
    finals = {one.slug for one in _all(Refusal) if one.is_final}
    assert "asset-already-checked-out" in finals
    assert not finals & {"invalid", "too-many-requests", "dependency-down", "idempotency-in-flight"}


def _all(kind: type[Refusal]) -> list[type[Refusal]]:
    return [kind, *(deeper for one in kind.__subclasses__() for deeper in _all(one))]
