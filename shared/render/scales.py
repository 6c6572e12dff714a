"""Scales of charts: round numbers along an axis, and where a value lies between its ends."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS = 5
# of a step, so that the fraction that a sum of binary fractions is off by makes no tick more or less
_DUST = 1e-6


@dataclass(frozen=True)
class Scale:
    """An axis from one round number to another, by equal steps; it holds zero."""

    least: float
    most: float
    step: float

    @property
    def ticks(self) -> list[float]:
        """Answer the round numbers from one end to the other."""
        return [self.least + at * self.step for at in range(round((self.most - self.least) / self.step) + 1)]

    def share(self, value: float) -> float:
        """Answer where a value lies: 0 at the lower end, 1 at the upper one."""
        return (value - self.least) / (self.most - self.least)

    def label(self, value: float) -> str:
        """Answer how a tick is written, with as many places as the step has."""
        if abs(value) < self.step / 2:
            return "0"
        places = max(0, -math.floor(math.log10(self.step) + _DUST))
        more = round(self.step * 10**places, 6) % 1 != 0
        return f"{value:,.{places + more}f}"


def scale_of(values: Iterable[float]) -> Scale:
    """Answer a scale that holds some values, and zero."""
    numbers = [0.0, *values]
    low, high = min(numbers), max(numbers)
    if low == high:
        # nothing has no scale of its own
        return Scale(0, 1, 1)
    raw = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((power * one for one in _STEPS if power * one >= raw * (1 - _DUST)), power * 10)
    return Scale(math.floor(low / step + _DUST) * step, math.ceil(high / step - _DUST) * step, step)
