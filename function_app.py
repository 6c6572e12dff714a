"""Builds the function app and registers the blueprints; nothing else."""

import azure.functions as func

from functions import (
    analytics,
    assets,
    audit,
    comments,
    config,
    custody,
    events,
    exports,
    health,
    labels,
    ledger,
    openapi,
    pages,
    photos,
    presence,
    realtime,
    scan,
    sweeps,
    tags,
    task_changes,
    tasks,
    users,
    utilization_targets,
    zz_web,
)

app = func.FunctionApp()
for noun in (
    analytics,
    assets,
    audit,
    comments,
    config,
    custody,
    events,
    exports,
    health,
    labels,
    ledger,
    openapi,
    pages,
    photos,
    presence,
    realtime,
    scan,
    sweeps,
    tags,
    task_changes,
    tasks,
    users,
    utilization_targets,
    zz_web,
):
    app.register_functions(noun.bp)
