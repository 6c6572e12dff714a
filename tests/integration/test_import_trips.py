"""The command that brings files of trips in, against a running application."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.factories import TenantMade, make_asset
from tests.world import World
from tools import import_trips

Client = Callable[..., httpx.Client]
Run = Callable[..., int]


@pytest.fixture
def run(app: str, world: World, tenant: TenantMade, tmp_path: Path) -> Run:
    token = world.token(tenant.tid, "dispatcher-1", ["dispatcher"])

    def call(content: str, *words: str) -> int:
        file = tmp_path / "trips.csv"
        file.write_text(content, encoding="utf-8")
        return import_trips.main([str(file), "--url", app, "--token", token, *words])

    return call


def test_a_file_goes_in_by_parts_and_again_changes_nothing(
    run: Run, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    tag = make_asset(client("manager"))["asset_tag"]
    lines = [f"cli,{number},{tag},2026-03-02T{number:02}:00:00Z,2026-03-02T{number:02}:30:00Z" for number in range(7)]
    content = "\n".join(["source,external_id,asset_tag,start_time,end_time", *lines])
    assert run(content, "--batch", "3", "--dry-run") == 0
    assert "Tried: 7 rows: 7 created" in capsys.readouterr().out
    assert run(content, "--batch", "3") == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in told] == [
        "3 of 7 (42 %)",
        "6 of 7 (85 %)",
        "7 of 7 (100 %)",
        told[-1].split(",")[0],
    ]
    assert told[-1] == "Done: 7 rows: 7 created, 0 updated, 0 unchanged, 0 rejected, 0 repairs"
    assert run(content) == 0
    assert "0 created, 0 updated, 7 unchanged" in capsys.readouterr().out


def test_rejected_rows_are_numbered_through_the_whole_file(
    run: Run, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    tag = make_asset(client("manager"))["asset_tag"]
    lines = [f"cli,{number}-r,{tag},2026-03-02T08:00:00Z,2026-03-02T0{9 - number // 2}:00:00Z" for number in range(4)]
    content = "\n".join(["source,external_id,asset_tag,start_time,end_time", *lines])
    assert run(content, "--batch", "2") == 1
    assert [line.partition(",")[0] for line in capsys.readouterr().err.splitlines()] == ["row 3", "row 4"]


def test_traccars_report_and_a_mapped_file_go_in(run: Run, client: Client, tmp_path: Path) -> None:
    asset = make_asset(client("manager"))
    line = f"{asset['asset_name']};2026-03-02 08:00;2026-03-02 09:00;10,5"
    report = f"Report type:;Trips\n\nDevice;Start Time;End Time;Distance\n{line}\n"
    assert run(report, "--format", "traccar", "--distance-unit", "km", "--time-zone", "Europe/Berlin") == 0
    columns = tmp_path / "columns.json"
    columns.write_text(json.dumps({"asset_tag": "Unit", "start_time": "Begin", "end_time": "End"}))
    mapped = f"Unit;Begin;End;More\n{asset['asset_tag']};2026-03-03 08:00;2026-03-03 09:00;x\n"
    assert run(mapped, "--format", "telematics", "--columns", str(columns)) == 0
    asked = {"date_from": "2026-03-02", "date_to": "2026-03-03", "group_by": "day", "asset_id": asset["id"]}
    answer = client("manager").get("/api/assets/analytics/utilization", params=asked).json()
    assert [(row["trips_count"], row["total_miles"]) for row in answer["data"]] == [(1, 6.52), (1, 0.0)]


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        ("", (), "has no rows"),
        ("a,b\n1,2", (), "There is no column 'a'"),
        ("a,b\n1,2", ("--columns", "/nowhere", "--format", "telematics"), "cannot be read"),
        ("a,b\n1,2", ("--token", "x"), "stopped"),
        ('source\n"', (), "line 2"),
    ],
)
def test_what_stops_it_is_said(
    run: Run, capsys: pytest.CaptureFixture[str], content: str, words: tuple[str, ...], said: str
) -> None:
    assert run(content, *words) == 2
    assert said in capsys.readouterr().err
