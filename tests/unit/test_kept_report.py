"""Kept reports: found while they are fresh and the same, never for anybody else, and never too many."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from shared.domain.kept_report import KEPT_FOR, KeptReport, KeptReports, Mark

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)
MARK = Mark(tenant_id=1, version=7, last_event=3, today="2026-03-08", with_costs=True, asked="Utilization {}")


def made(content: bytes, at: datetime = NOW) -> KeptReport:
    return KeptReport(content, at)


def test_a_report_is_kept_for_five_minutes() -> None:
    kept = KeptReports()
    kept.keep(MARK, made(b"x"))
    assert kept.find(MARK, NOW + KEPT_FOR - timedelta(microseconds=1)) == made(b"x")
    assert kept.find(MARK, NOW + KEPT_FOR) is None
    # and is gone, not only hidden
    assert kept.find(MARK, NOW) is None


def test_a_clock_that_was_put_back_makes_nothing_last_longer() -> None:
    kept = KeptReports()
    kept.keep(MARK, made(b"x"))
    assert kept.find(MARK, NOW - timedelta(hours=1)) is None


@pytest.mark.parametrize(
    "other",
    [
        {"tenant_id": 2},
        {"version": 8},
        {"last_event": 4},
        {"today": "2026-03-09"},
        {"with_costs": False},
        {"asked": "Heatmap {}"},
    ],
)
def test_what_differs_in_anything_is_another_report(other: dict[str, Any]) -> None:
    kept = KeptReports()
    kept.keep(MARK, made(b"x"))
    assert kept.find(replace(MARK, **other), NOW) is None


def test_other_bytes_have_another_tag() -> None:
    assert made(b"x").tag == made(b"x", NOW + KEPT_FOR).tag != made(b"y").tag


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    kept = KeptReports(100)
    marks = [replace(MARK, version=version) for version in range(4)]
    for mark in marks[:3]:
        kept.keep(mark, made(b"x" * 30))
    assert kept.find(marks[0], NOW)
    kept.keep(marks[3], made(b"x" * 30))
    assert [bool(kept.find(mark, NOW)) for mark in marks] == [True, False, True, True]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 120), st.booleans()), max_size=60))
def test_there_is_never_more_than_was_allowed(steps: list[tuple[int, int, bool]]) -> None:
    kept = KeptReports(100)
    for version, size, is_old in steps:
        kept.keep(replace(MARK, version=version), made(b"x" * size, NOW - KEPT_FOR if is_old else NOW))
        kept.find(replace(MARK, version=version // 2), NOW)
        held = sum(len(one.content) for one in kept._kept.values())
        assert held == kept._bytes <= 100
