"""The books of the fleet: every asset with its costs to date, of a period, and of the last 365 days."""

from datetime import timedelta

from shared.actions.call import Call
from shared.domain.economics import EconomicReport, period_until, year_until
from shared.domain.errors import Fault, NotFound
from shared.domain.ownership import NOTHING, Costs
from shared.domain.period import Period
from shared.domain.roi import Books
from shared.store import costs
from shared.store.costs import Wanted
from shared.store.database import Transaction


def period_of(call: Call, asked: EconomicReport) -> Period:
    """Answer the period asked for; raise Invalid if it is none."""
    return period_until(asked.date_from, asked.date_to, call.today)


def part(asked: EconomicReport) -> Wanted:
    """Answer which assets are asked for."""
    return Wanted(asked.asset_type and asked.asset_type.value, asked.asset_id)


def read_books(tx: Transaction, period: Period, wanted: Wanted, *, with_year: bool = True) -> list[Books]:
    """Answer the books at the end of a period, without those of the year where nobody looks at them.

    Raises:
        NotFound: one asset is asked for that there is not.
    """
    owned = costs.list_owned(tx, period.last, wanted)
    if not owned and wanted.asset_id is not None and not costs.has_asset(tx, wanted.asset_id):
        raise NotFound(faults=[Fault("/asset_id", "There is no such asset.")])
    # what was before and what is within add up to the cent: to read all again would take as long as both
    before = costs.list_costs_to_date(tx, period.first - timedelta(days=1), wanted)
    within = costs.list_costs(tx, period.first, period.last, wanted)
    year = year_until(period.last)
    is_known = year == period or not with_year
    of_year = within if is_known else costs.list_costs(tx, year.first, year.last, wanted)
    return [
        Books(
            one,
            _added(before.get(one.asset_id, NOTHING), within.get(one.asset_id, NOTHING)),
            within.get(one.asset_id, NOTHING),
            of_year.get(one.asset_id, NOTHING),
        )
        for one in owned
    ]


def _added(before: Costs, within: Costs) -> Costs:
    return within if before == NOTHING else before + within
