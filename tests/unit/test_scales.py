"""Axes of charts: round numbers that hold every value and zero."""

import pytest
from hypothesis import given, strategies as st

from shared.render.scales import scale_of
from shared.store.database import _as_rfc_4180

VALUES = st.floats(-1e12, 1e12).map(lambda value: round(value, 3))


@given(st.lists(VALUES, max_size=20))
def test_an_axis_holds_every_value_and_zero(values: list[float]) -> None:
    scale = scale_of(values)
    for value in [0.0, *values]:
        assert -1e-6 <= scale.share(value) <= 1 + 1e-6
    assert 2 <= len(scale.ticks) <= 8
    assert len({scale.label(tick) for tick in scale.ticks}) == len(scale.ticks)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([], ["0", "1"]),
        ([100], ["0", "20", "40", "60", "80", "100"]),
        ([-83.6, 114], ["-100", "-50", "0", "50", "100", "150"]),
        ([0.11], ["0", "0.025", "0.050", "0.075", "0.100", "0.125"]),
    ],
)
def test_ticks_are_round_numbers(values: list[float], labels: list[str]) -> None:
    scale = scale_of(values)
    assert [scale.label(tick) for tick in scale.ticks] == labels


@pytest.mark.parametrize("lines", [[b"a,b\n", b"1,2\n"], [b'a,"b\nc"\n', b"\n"], []])
def test_only_ends_of_lines_become_those_of_csv(lines: list[bytes]) -> None:
    assert _as_rfc_4180([memoryview(line) for line in lines]) == b"".join(line[:-1] + b"\r\n" for line in lines)
