"""All of the application but its triggers, in rooms that import only what lies below them."""
