"""Builds the function app and registers the blueprints; nothing else."""

import azure.functions as func

from functions import custody, health

app = func.FunctionApp()
for blueprint in (custody.bp, health.bp):
    app.register_functions(blueprint)
