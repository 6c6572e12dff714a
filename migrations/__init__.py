"""Forward-only SQL migrations, the runner that applies them, and the roles they stand on."""
