"""What to do with each asset: keep, move, share or replace it."""

from collections import Counter
from datetime import timedelta

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.actions.economics import part, period_of, read_books
from shared.actions.kept_reports import answer_report
from shared.domain import advice
from shared.domain.advice import AskReplacement, ReplacementReport, Setting
from shared.domain.errors import Fault, NotFound
from shared.domain.period import Period
from shared.domain.replacement import Advice
from shared.store import benchmarks, costs
from shared.store.costs import Wanted
from shared.store.database import Transaction


def get_replacement(call: Call, command: AskReplacement) -> Answer[ReplacementReport]:
    """Answer what is advised for each asset.

    Raises:
        NotFound: there is no such asset.
        Invalid: the period is none.
    """
    period = period_of(call, command)
    return answer_report(call, command, lambda tx: make_replacement(tx, command, period), costs_of="replacement")


def make_replacement(tx: Transaction, command: AskReplacement, period: Period) -> ReplacementReport:
    """Make the report; raise NotFound as above."""
    wanted, terms = part(command), costs.get_terms(tx)
    if wanted.asset_id is not None and not costs.has_asset(tx, wanted.asset_id):
        raise NotFound(faults=[Fault("/asset_id", "There is no such asset.")])
    # one asset is looked at beside all others of its type
    whole = Wanted(wanted.asset_type)
    setting = Setting(
        period=period,
        rate=terms.discount_rate,
        reimbursement=terms.reimbursement_per_mile,
        published=benchmarks.read_published(tx),
        # a year is whole at the end of the day before its anniversary
        shop=costs.list_maintenance_by_age(tx, period.last + timedelta(days=1), whole),
        use=costs.list_days_of_use(tx, period.first, period.last),
    )
    found = advice.rows(read_books(tx, period, whole), setting)
    data = [one for one in found if wanted.asset_id in {None, one.asset_id}]
    counted = Counter(one.advice for one in data)
    return ReplacementReport(
        data=data,
        summary={one: counted[one] for one in Advice},
        reimbursement_per_mile=None if terms.reimbursement_per_mile is None else float(terms.reimbursement_per_mile),
        method=advice.METHOD,
        as_of=period.last,
        date_from=period.first,
        date_to=period.last,
        currency=terms.currency,
    )
