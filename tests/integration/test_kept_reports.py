"""Reports that are kept are those of one local day, also where it ends while somebody asks."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.actions.papers import ASKED
from shared.domain.kept_report import KeptReports
from shared.domain.report import Report
from shared.services import Services
from tests.factories import TenantMade, make_call

# in New York, in winter
MIDNIGHT = datetime(2025, 12, 10, 5, tzinfo=UTC)
DAY = timedelta(days=1)
# what is said of idle assets is said of a moment, and of no period
OF_PERIODS = [report for report in ASKED if report is not Report.IDLE_ASSETS]


@dataclass
class Passing:
    """A clock that has passed midnight when it is read again."""

    moments: list[datetime] = field(default_factory=lambda: [MIDNIGHT - timedelta(milliseconds=1)])

    def now(self) -> datetime:
        return self.moments.pop() if self.moments else MIDNIGHT + timedelta(milliseconds=1)


@pytest.mark.parametrize("report", OF_PERIODS)
def test_whoever_asks_at_midnight_asks_on_one_day(services: Services, tenant: TenantMade, report: Report) -> None:
    passing = replace(services, clock=Passing(), kept_reports=KeptReports())
    asked = ASKED[report]

    def last_day() -> date:
        answer = asked.action(make_call(passing, tenant), asked.command())
        return date.fromisoformat(json.loads(answer.content)["date_to"])

    before = last_day()
    assert before in {date(2025, 12, 9), date(2025, 12, 8)}, "today, or yesterday where only whole days are shown"
    assert last_day() == before + DAY
