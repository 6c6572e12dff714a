"""Valuations: what assets are worth on the market."""

from datetime import date

from shared.actions.answer import Answer
from shared.actions.assets import record_cost_view
from shared.actions.call import Call
from shared.domain import cursor
from shared.domain.economics import EARLIEST
from shared.domain.errors import Invalid, NotFound
from shared.domain.model import Page
from shared.domain.paging import page
from shared.domain.valuation import AddValuation, ListValuations, Valuation
from shared.store import costs, valuations as store


def list_valuations(call: Call, command: ListValuations) -> Answer[Page[Valuation]]:
    """Answer a page of an asset's valuations; raise NotFound if there is no such asset."""
    (ordinal,) = cursor.decode(command.cursor, int)
    before = None if ordinal is None or not 0 < int(ordinal) <= date.max.toordinal() else date.fromordinal(int(ordinal))
    with call.read() as tx:
        if not costs.has_asset(tx, command.asset_id):
            raise NotFound
        found = store.list_valuations(tx, command.asset_id, before, command.limit + 1)
        record_cost_view(call, tx, f"asset/{command.asset_id}/valuations")
    return Answer(page(found, command.limit, lambda one: (one.as_of.toordinal(),)))


def add_valuation(call: Call, command: AddValuation) -> Answer[Valuation]:
    """Value an asset.

    Raises:
        NotFound: there is no such asset.
        Invalid: nobody knows what it will be worth.
    """
    with call.transaction() as work:
        today = store.lock_asset(work, command.asset_id)
        if today is None:
            raise NotFound
        as_of = command.as_of or today
        if not EARLIEST <= as_of <= today:
            raise Invalid.field("/as_of", f"A valuation is of a day from {EARLIEST} to today, {today}.")
        made = store.insert_valuation(work, command.asset_id, as_of, command.amount, command.source)
        call.audit(work, "asset.value", f"asset/{command.asset_id}")
        return work.answer(Answer(made, 201))
