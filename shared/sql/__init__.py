"""The statements, one file per noun, loaded by name."""
