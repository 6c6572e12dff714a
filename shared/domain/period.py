"""Periods: whole local days from the first to the last, both within it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import Field

from shared.domain.errors import Invalid
from shared.domain.kept_report import Report
from shared.domain.model import Day

DAYS_MAX: Final = 366
USUAL_DAYS: Final = 30


class PeriodReport(Report):
    """A report on some days."""

    date_from: Annotated[Day | None, Field(description="the first day; 29 days before the last if not given")] = None
    date_to: Annotated[
        Day | None, Field(description="the last day, at most 366 with the first; yesterday if not given")
    ] = None


@dataclass(frozen=True)
class Period:
    """From the first day to the last."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Answer how many days there are."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """Answer the period of the same length that ends where this one begins."""
        last = back(self.first, 1)
        return Period(back(last, self.days - 1), last)


def back(day: date, days: int) -> date:
    """Answer the day so many days before, or the first of the calendar."""
    return day - timedelta(days=min(days, (day - date.min).days))


def period_of(asked: PeriodReport, today: date, usual_days: int = USUAL_DAYS) -> Period:
    """Answer the period that is asked for; raise Invalid if its days are not in order, or too many."""
    yesterday = back(today, 1)
    last = asked.date_to or max(yesterday, asked.date_from or yesterday)
    period = Period(asked.date_from or back(last, usual_days - 1), last)
    if period.days < 1:
        raise Invalid.field("/date_from", "A period does not begin after its last day, date_to.")
    if period.days > DAYS_MAX:
        raise Invalid.field("/date_to", f"A period has at most {DAYS_MAX} days; this one has {period.days}.")
    return period
