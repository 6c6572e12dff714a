"""The clock: once a minute, whatever was left behind."""

import azure.functions as func

from shared import actions, wiring

bp = func.Blueprint()


# one timer for all sweeps: each of its own would wake the app as often, and hold a lock in storage of its own
@bp.timer_trigger(arg_name="timer", schedule="0 * * * * *")
def sweep_leftovers(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the host binds it by this name
    """Run the sweeps that are due."""
    actions.sweeps.run_due(wiring.services())
