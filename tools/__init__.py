"""Operators' commands, each `python -m tools.NAME --help`."""
