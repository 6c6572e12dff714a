"""Use cases: the only code that opens a write transaction or emits an event.

Triggers name them as `actions.custody.check_out_asset`. A module is loaded when it is first named, so that a cold start
pays for none of them, and a request for those that it needs.
"""

from typing import TYPE_CHECKING, Any

from shared import load

if TYPE_CHECKING:
    from shared.actions import (
        analytics as analytics,
        asset_import as asset_import,
        assets as assets,
        audit as audit,
        benchmarks as benchmarks,
        comments as comments,
        config as config,
        connections as connections,
        cost_per_mile as cost_per_mile,
        custody as custody,
        events as events,
        explain as explain,
        exports as exports,
        fuel_prices as fuel_prices,
        health as health,
        idle_assets as idle_assets,
        labels as labels,
        ledger as ledger,
        meters as meters,
        photos as photos,
        presence as presence,
        realtime as realtime,
        replacement as replacement,
        report_mail as report_mail,
        roi as roi,
        scan as scan,
        schedules as schedules,
        sweeps as sweeps,
        tags as tags,
        task_changes as task_changes,
        tasks as tasks,
        tenant_settings as tenant_settings,
        users as users,
        utilization_targets as utilization_targets,
        valuations as valuations,
    )
else:

    def __getattr__(name: str) -> Any:
        return load(__name__, name)
