"""How much assets of a type are to be used in a week."""

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain.utilization_target import GetTargets, SetTargets, Targets
from shared.store import utilization_targets as store


def get_targets(call: Call, command: GetTargets) -> Answer[Targets]:  # noqa: ARG001 - there is nothing to choose
    """Answer every target."""
    with call.read() as tx:
        return Answer(Targets(items=store.list_targets(tx)))


def set_targets(call: Call, command: SetTargets) -> Answer[Targets]:
    """Make these the only targets."""
    with call.transaction() as work:
        store.set_targets(work, command.items)
        call.audit(work, "settings.change", "utilization-targets")
        return work.answer(Answer(Targets(items=store.list_targets(work))))
