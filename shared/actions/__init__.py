"""Use cases: the only code that opens a write transaction or emits an event.

Triggers name them as `actions.custody.check_out_asset`. A module is loaded when it is first named, so that a cold start
pays for none of them, and a request for those that it needs.
"""

from typing import TYPE_CHECKING, Any

from shared import load

if TYPE_CHECKING:
    from shared.actions import (
        analytics as analytics,
    )
    from shared.actions import (
        asset_import as asset_import,
    )
    from shared.actions import (
        assets as assets,
    )
    from shared.actions import (
        audit as audit,
    )
    from shared.actions import (
        benchmarks as benchmarks,
    )
    from shared.actions import (
        comments as comments,
    )
    from shared.actions import (
        config as config,
    )
    from shared.actions import (
        connections as connections,
    )
    from shared.actions import (
        cost_per_mile as cost_per_mile,
    )
    from shared.actions import (
        custody as custody,
    )
    from shared.actions import (
        events as events,
    )
    from shared.actions import (
        explain as explain,
    )
    from shared.actions import (
        exports as exports,
    )
    from shared.actions import (
        fuel_prices as fuel_prices,
    )
    from shared.actions import (
        health as health,
    )
    from shared.actions import (
        idle_assets as idle_assets,
    )
    from shared.actions import (
        labels as labels,
    )
    from shared.actions import (
        ledger as ledger,
    )
    from shared.actions import (
        meters as meters,
    )
    from shared.actions import (
        photos as photos,
    )
    from shared.actions import (
        presence as presence,
    )
    from shared.actions import (
        realtime as realtime,
    )
    from shared.actions import (
        replacement as replacement,
    )
    from shared.actions import (
        report_mail as report_mail,
    )
    from shared.actions import (
        roi as roi,
    )
    from shared.actions import (
        scan as scan,
    )
    from shared.actions import (
        schedules as schedules,
    )
    from shared.actions import (
        sweeps as sweeps,
    )
    from shared.actions import (
        tags as tags,
    )
    from shared.actions import (
        task_changes as task_changes,
    )
    from shared.actions import (
        tasks as tasks,
    )
    from shared.actions import (
        tenant_settings as tenant_settings,
    )
    from shared.actions import (
        users as users,
    )
    from shared.actions import (
        utilization_targets as utilization_targets,
    )
    from shared.actions import (
        valuations as valuations,
    )
else:

    def __getattr__(name: str) -> Any:
        return load(__name__, name)
