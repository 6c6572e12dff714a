"""The operator's tenant command on a real database."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from local.processes import ROOT
from shared.domain.principal import Identity
from shared.services import Services
from shared.store import tenancy
from tests.world import Clone
from tools import tenant

Run = Callable[..., int]


@pytest.fixture
def run(owner_url: str) -> Run:
    def call(*words: str) -> int:
        return tenant.main([*words, "--database-url", owner_url])

    return call


def add(run: Run, tid: str, *more: str) -> int:
    return run("add", "--tid", tid, "--name", "Initech", "--time-zone", "Europe/Athens", *more)


def row(owner_url: str, tid: str) -> dict[str, Any] | None:
    with psycopg.connect(owner_url, row_factory=dict_row) as owner:
        owner.execute("SELECT set_config('motorpool.tid', %s, true)", [tid])
        return owner.execute("SELECT * FROM tenants WHERE tid = %s", [tid]).fetchone()


def audited(owner_url: str, tid: str) -> list[tuple[Any, ...]]:
    found = row(owner_url, tid)
    with psycopg.connect(owner_url) as owner:
        owner.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(found["id"] if found else "")])
        return owner.execute("SELECT action, user_id, resource, outcome FROM audit_log ORDER BY id").fetchall()


def test_a_tenant_that_was_added_can_be_signed_in_to(run: Run, services: Services, owner_url: str) -> None:
    assert add(run, "added") == 0
    known = tenancy.recognise_user(services.database, Identity("added", "u-1", "Una", None, None))
    assert known is not None
    assert (known["tenant_name"], known["time_zone"], known["currency"]) == ("Initech", "Europe/Athens", "USD")
    assert audited(owner_url, "added") == [("tenant.add", None, "tenant/added", "done")]


def test_every_setting_is_taken_when_added(run: Run, owner_url: str) -> None:
    assert add(run, "all", "--currency", "EUR", "--custody-hours", "8", "--require-location") == 0
    found = row(owner_url, "all")
    assert found is not None
    assert (found["currency"], found["custody_hours"], found["require_location"]) == ("EUR", 8, True)


def test_a_second_of_the_same_tid_is_refused_with_a_way_out(
    run: Run, owner_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(run, "twice") == 0
    assert add(run, "twice", "--currency", "EUR") == 1
    assert "settings --tid twice" in capsys.readouterr().err
    found = row(owner_url, "twice")
    assert found is not None
    assert found["currency"] == "USD"


def test_only_what_is_given_changes_and_the_change_is_audited(run: Run, owner_url: str) -> None:
    add(run, "changing")
    before = row(owner_url, "changing")
    assert run("settings", "--tid", "changing", "--time-zone", "Asia/Tokyo", "--require-location") == 0
    assert before is not None
    assert row(owner_url, "changing") == {**before, "time_zone": "Asia/Tokyo", "require_location": True}
    assert run("settings", "--tid", "changing", "--no-require-location", "--name", "Ινιτέκ") == 0
    assert row(owner_url, "changing") == {**before, "time_zone": "Asia/Tokyo", "name": "Ινιτέκ"}
    assert [action for action, *_ in audited(owner_url, "changing")] == ["tenant.add"] + ["tenant.settings"] * 2


def test_how_a_tenant_counts_is_set_like_the_rest(run: Run, owner_url: str) -> None:
    add(run, "counting", "--shift-days", "6,7", "--idle-days", "30")
    hours = ["--shift-start", "06:30", "--shift-end", "24:00"]
    money = ["--discount-rate", "0.065", "--reimbursement-per-mile", "0.725"]
    assert run("settings", "--tid", "counting", *hours, *money) == 0
    with psycopg.connect(owner_url) as owner:
        owner.execute("SELECT set_config('motorpool.tid', 'counting', true)")
        found = owner.execute(
            "SELECT shift_start::text, shift_end::text, shift_days, discount_rate, reimbursement_per_mile, idle_days "
            "FROM tenants WHERE tid = 'counting'"
        ).fetchone()
    assert found == ("06:30:00", "24:00:00", [6, 7], Decimal("0.065"), Decimal("0.725"), 30)


def test_settings_change_no_other_tenant(run: Run, owner_url: str) -> None:
    add(run, "one")
    add(run, "other")
    other = row(owner_url, "other")
    assert run("settings", "--tid", "one", "--currency", "GBP") == 0
    assert row(owner_url, "other") == other


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["settings", "--tid", "nobody", "--currency", "EUR"], "`add` makes one"),
        (["settings", "--tid", "nobody"], "Nothing to change"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(
    run: Run, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--time-zone", "Mars/Base", "America/New_York"),
        ("--time-zone", "../etc/passwd", "IANA"),
        ("--currency", "eur", "three capitals"),
        ("--custody-hours", "0", "1 to 8760"),
        ("--custody-hours", "8761", "1 to 8760"),
        ("--custody-hours", "soon", "1 to 8760"),
        ("--shift-start", "6:30", "06:30"),
        ("--shift-end", "24:01", "06:30"),
        ("--shift-days", "1,1", "once"),
        ("--shift-days", "0", "Monday"),
        ("--discount-rate", "1", "0.08"),
        ("--reimbursement-per-mile", "-1", "0.725"),
        ("--idle-days", "0", "3650"),
        ("--name", "  ", "printable"),
        ("--name", "two\nlines", "printable"),
    ],
)
def test_wrong_values_are_refused_before_the_database_is_asked(
    option: str, value: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    with pytest.raises(SystemExit) as stopped:
        tenant.main(["settings", "--tid", "any", option, value, "--database-url", nowhere])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_list_shows_every_tenant(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    add(run, "listed-1")
    add(run, "listed-2")
    capsys.readouterr()
    assert run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "listed-1  Initech  (Europe/Athens, USD, due after 24 h, place optional)" in lines
    assert any(line.startswith("listed-2 ") for line in lines)


@pytest.mark.parametrize(
    ("url", "said"),
    [("postgresql://nobody@127.0.0.1:1/none", "does not answer"), ("no url", "no database URL")],
)
def test_a_database_out_of_reach_is_said_plainly(url: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tenant.main(["list", "--database-url", url]) == 1
    assert said in capsys.readouterr().err


def test_the_applications_role_makes_no_tenants(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["add", "--tid", "app", "--name", "App", "--time-zone", "UTC", "--database-url", database_url]
    assert tenant.main(words) == 1
    assert "owns the tables" in capsys.readouterr().err


def command(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if "DATABASE_URL" not in name}
    return subprocess.run(
        [sys.executable, "-m", "tools.tenant", "list"],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_database_is_found_as_the_help_says(tmp_path: Path, run: Run, clone: Clone) -> None:
    add(run, "found")
    assert "Give --database-url" in command(tmp_path).stderr
    assert "found" in command(tmp_path, MIGRATIONS_DATABASE_URL=clone.owner_url).stdout
    settings = {"IsEncrypted": False, "Values": {"MIGRATIONS_DATABASE_URL": clone.owner_url}}
    (tmp_path / "local.settings.json").write_text(json.dumps(settings))
    assert "found" in command(tmp_path).stdout
    (tmp_path / "local.settings.json").write_text("{")
    assert "local.settings.json.example" in command(tmp_path).stderr
