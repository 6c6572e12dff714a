"""Return on investment."""

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.actions.economics import part, period_of, read_books
from shared.actions.kept_reports import answer_report
from shared.domain import roi
from shared.domain.period import Period
from shared.domain.roi import AskRoi, RoiReport
from shared.store import costs
from shared.store.database import Transaction


def get_roi(call: Call, command: AskRoi) -> Answer[RoiReport]:
    """Answer what each asset has cost and brought in.

    Raises:
        NotFound: there is no such asset.
        Invalid: the period is none.
    """
    period = period_of(call, command)
    return answer_report(call, command, lambda tx: make_roi(tx, command, period), costs_of="roi")


def make_roi(tx: Transaction, command: AskRoi, period: Period) -> RoiReport:
    """Make the report; raise NotFound as above."""
    terms = costs.get_terms(tx)
    return roi.report(read_books(tx, period, part(command)), period, terms.currency, terms.discount_rate)
