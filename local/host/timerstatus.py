"""What is remembered of a timer between runs of the host."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from local.host.ncrontab import Schedule

# .NET's zero date: has not run yet
NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TimerStatus:
    """When a timer ran last, comes next, and from when that was reckoned."""

    last: datetime
    next: datetime
    updated: datetime

    @classmethod
    def first(cls, schedule: Schedule, now: datetime) -> "TimerStatus":
        """Make the status of a timer that has not run."""
        return cls(NEVER, schedule.next_after(now), now)

    def after_run(self, schedule: Schedule, occurrence: datetime, now: datetime) -> "TimerStatus":
        """Make the status after a run.

        Reckoned from the end of the run, so that ticks it ran over are skipped, and never from before the time the
        run was due, so that a clock that woke it early does not run it twice.
        """
        base = max(occurrence, now)
        return TimerStatus(occurrence, schedule.next_after(base), base)

    def under(self, schedule: Schedule, now: datetime) -> "TimerStatus":
        """Make the status for a schedule that may have changed since; a changed one is not past due."""
        if schedule.next_after(self.updated) == self.next:
            return self
        return TimerStatus.first(schedule, now)

    def to_members(self) -> dict[str, str]:
        """Answer it as it is stored and given to the function."""
        return {
            "Last": _text(self.last),
            "Next": _text(self.next),
            "LastUpdated": _text(self.updated),
        }

    @classmethod
    def from_json(cls, text: str) -> "TimerStatus":
        """Read what was stored.

        Raises:
            ValueError: it is something else.
        """
        try:
            members = json.loads(text)
            return cls(*(_time(members[name]) for name in ("Last", "Next", "LastUpdated")))
        except (KeyError, TypeError) as error:
            raise ValueError(f"no timer status: {text[:100]}") from error


def _text(time: datetime) -> str:
    return "0001-01-01T00:00:00" if time == NEVER else time.isoformat()


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
