"""Custody in twenty lines of plain Python: what the product is compared with."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Span:
    """One custody: who, from when to when, and what the odometer read at both ends."""

    id: int
    holder: str
    start: datetime
    end: datetime | None = None
    readings: list[float | None] = field(default_factory=lambda: [None, None])


@dataclass
class ModelAsset:
    """An asset with everybody who ever had it.

    Attributes:
        status: `available`, `in_maintenance` or `retired`, as a manager set it; custody stands over it.
        odometer: the last reading known.
    """

    id: int
    status: str = "available"
    odometer: float | None = None
    spans: list[Span] = field(default_factory=list)

    @property
    def open_span(self) -> Span | None:
        """Answer the custody that goes on now."""
        return next((span for span in self.spans if span.end is None), None)

    @property
    def shown_status(self) -> str:
        """Answer the status that others see."""
        return "checked_out" if self.open_span else self.status

    def newest_first(self) -> list[Span]:
        """Answer the custodies as the history lists them."""
        return sorted(self.spans, key=lambda span: (span.start, span.id), reverse=True)

    def falls(self, said: dict[str, Any]) -> bool:
        """Tell whether a reading lies below the last one known."""
        reading = said.get("odometer_miles")
        return reading is not None and self.odometer is not None and reading < self.odometer

    def check_out_verdict(self, said: dict[str, Any]) -> tuple[int, str]:
        """Answer the status and the problem (or nothing) that a check-out is to bring."""
        if self.open_span:
            return 409, "asset-already-checked-out"
        if self.status != "available":
            return 409, "asset-unavailable"
        if self.falls(said):
            return 422, "invalid"
        at = said.get("occurred_at")
        if at and any(span.end and span.end > max(span.start, datetime.fromisoformat(at)) for span in self.spans):
            return 409, "custody-overlaps"
        return 201, ""

    def check_in_verdict(self, said: dict[str, Any], user: str) -> tuple[int, str]:
        """Answer the status and the problem (or nothing) that a check-in is to bring."""
        span = self.open_span
        if span is None:
            return 409, "asset-not-checked-out"
        if user != span.holder and not user.startswith("dispatcher"):
            return 403, "not-the-holder"
        if self.falls(said):
            return 422, "invalid"
        at = said.get("occurred_at")
        if at and datetime.fromisoformat(at) < span.start:
            return 422, "invalid"
        return 200, ""

    def apply(self, custody: dict[str, Any], said: dict[str, Any]) -> None:
        """Take over an acknowledged act."""
        reading = said.get("odometer_miles")
        if custody["checkin_time"] is None:
            started = datetime.fromisoformat(custody["checkout_time"])
            self.spans.append(Span(custody["id"], custody["user"]["oid"], started, readings=[reading, None]))
        else:
            span = next(one for one in self.spans if one.id == custody["id"])
            span.end = datetime.fromisoformat(custody["checkin_time"])
            span.readings[1] = reading
        self.odometer = reading if reading is not None else self.odometer
