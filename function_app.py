"""Builds the function app and registers the blueprints; nothing else."""

import azure.functions as func

from functions import (
    assets,
    audit,
    comments,
    config,
    custody,
    events,
    fuel_prices,
    health,
    labels,
    ledger,
    meters,
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
    tenant_settings,
    users,
    zz_web,
)

app = func.FunctionApp()
for noun in (
    assets,
    audit,
    comments,
    config,
    custody,
    events,
    fuel_prices,
    health,
    labels,
    ledger,
    meters,
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
    tenant_settings,
    users,
    zz_web,
):
    app.register_functions(noun.bp)
