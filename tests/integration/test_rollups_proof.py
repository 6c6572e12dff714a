"""The nightly proof, and the operator's command: what is kept is what the trips say, or is made so."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.actions import proof, rollups
from shared.services import Services
from tests.factories import TenantMade, insert_asset, make_tenant
from tests.fixtures.elsewhere import ZONE, zone_at
from tests.fixtures.trips import Trip, days_of, insert_trips, rows, run
from tests.world import Clone
from tools import rollups as tool

FORGOTTEN = "UPDATE analytics_state SET proved_on = NULL WHERE tenant_id = %(tenant_id)s"
AUDITED = "SELECT resource FROM audit_log WHERE action = 'rollup.proof'"
WRONG = {
    "time": "UPDATE util_daily SET active_us = active_us + 1",
    "hours": "UPDATE util_daily SET active_us_by_hour[3] = active_us_by_hour[3] + 1",
    "miles": "UPDATE util_daily SET miles_e6 = miles_e6 - 1",
    "lost": "DELETE FROM util_daily",
    "weeks": "UPDATE util_weekly SET all_miles_e6 = all_miles_e6 + 1",
    "fleet": "UPDATE fleet_daily SET miles_e6 = miles_e6 + 1",
}


def drive(services: Services, clone: Clone, zone: str) -> TenantMade:
    """Make a tenant whose two assets were driven yesterday and the night before, and reckon it."""
    tenant = make_tenant(clone.owner_url, time_zone=zone)
    assets = [insert_asset(services, tenant, purchase_date="2026-01-01") for _ in range(2)]
    day = datetime.now(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    start = day - timedelta(days=1, hours=2)
    trips = [Trip(one, start, start + timedelta(hours=hours), 33.333) for one in assets for hours in (5, 7)]
    insert_trips(services, tenant, trips)
    rollups.catch_up(services, tenant.id)
    return tenant


@pytest.fixture
def driven(services: Services, clone: Clone) -> TenantMade:
    return drive(services, clone, ZONE)


def test_what_is_right_is_left_alone(services: Services, driven: TenantMade) -> None:
    kept = days_of(services, driven)
    assert len(kept) == 4
    proved = proof.prove(services.database, driven.id, 300)
    # both yesterdays, and the others but for those that are the same again
    assert 2 <= proved.days <= 42
    assert proved.differences == []
    assert days_of(services, driven) == kept
    assert rows(services, driven, AUDITED) == []


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_and_made_anew(services: Services, driven: TenantMade, what: str) -> None:
    kept = days_of(services, driven)
    fleet = rows(services, driven, "SELECT * FROM fleet_daily ORDER BY day")
    run(services, driven, WRONG[what])
    run(services, driven, FORGOTTEN)
    proved = proof.prove(services.database, driven.id, 300)
    assert proved.differences
    assert str(proved.differences[0].day) in str(proved.differences[0])
    assert rows(services, driven, AUDITED) == [{"resource": f"rollup/differences/{len(proved.differences)}"}]
    rollups.catch_up(services, driven.id)
    yesterday = max(day for _, day in kept)
    assert {key: row for key, row in days_of(services, driven).items() if key[1] == yesterday} == {
        key: row for key, row in kept.items() if key[1] == yesterday
    }
    assert rows(services, driven, "SELECT * FROM fleet_daily ORDER BY day")[-1] == fleet[-1]


def test_a_week_goes_with_its_last_day(services: Services, driven: TenantMade) -> None:
    weeks = "SELECT sum(driven_days) AS days FROM util_weekly"
    assert rows(services, driven, weeks) == [{"days": 2}]
    run(services, driven, "DELETE FROM trips")
    rollups.catch_up(services, driven.id)
    assert rows(services, driven, weeks) == [{"days": None}]


def test_days_that_are_marked_need_no_proof(services: Services, driven: TenantMade) -> None:
    run(services, driven, "UPDATE trips SET end_time = end_time - interval '1 hour'")
    assert proof.prove(services.database, driven.id, 300).differences == []


@pytest.mark.parametrize(("hour", "told"), [(0, 0), (proof.FROM_HOUR, 1)])
def test_each_tenant_is_proved_once_a_day_when_its_night_is_over(
    services: Services, clone: Clone, hour: int, told: int
) -> None:
    tenant = drive(services, clone, zone_at(hour))
    for _ in range(2):
        run(services, tenant, WRONG["time"])
        proof.prove_rollups(services)
        assert len(rows(services, tenant, AUDITED)) == told


def test_operator_rebuilds_and_proves(
    services: Services, clone: Clone, driven: TenantMade, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = days_of(services, driven)
    run(services, driven, "DELETE FROM util_daily")
    options = ["--tid", driven.tid, "--database-url", clone.owner_url]
    assert tool.main(["status", *options]) == 0
    assert "0 days of assets, 0 marked" in capsys.readouterr().out
    assert tool.main(["rebuild", *options]) == 0
    assert "100%  up to" in capsys.readouterr().out
    assert days_of(services, driven) == kept
    assert tool.main(["prove", *options]) == 0
    assert "0 differed" in capsys.readouterr().out
    run(services, driven, WRONG["miles"])
    assert tool.main(["prove", *options, "--sample", "0"]) == 1
    assert "2 differed" in capsys.readouterr().out
    assert tool.main(["prove", *options, "--sample", "0"]) == 0
    (told,) = rows(services, driven, "SELECT payload FROM websocket_events ORDER BY seq DESC LIMIT 1")
    assert told["payload"]["asset_count"] == 2


def test_operator_is_told_what_is_wrong(clone: Clone, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(["rebuild", "--tid", "nobody", "--database-url", clone.owner_url]) == 1
    assert "There is no tenant nobody" in capsys.readouterr().err
    days = ["--from", "2026-02-01", "--to", "2026-01-01"]
    assert tool.main(["rebuild", *days, "--database-url", clone.owner_url]) == 1
    assert "--from is after --to" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        tool.main(["rebuild", "--from", "yesterday", "--database-url", clone.owner_url])
