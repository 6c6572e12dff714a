"""Builds the function app and registers the blueprints; nothing else."""

import azure.functions as func

from functions import audit, config, custody, health

app = func.FunctionApp()
for blueprint in (audit.bp, config.bp, custody.bp, health.bp):
    app.register_functions(blueprint)
