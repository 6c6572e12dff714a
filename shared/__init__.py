"""All of the application but its triggers, in rooms that import only what lies below them."""

from importlib import import_module
from types import ModuleType


def load(package: str, name: str) -> ModuleType:
    """Load a module of a package that is named for the first time; raise AttributeError if there is none."""
    wanted = f"{package}.{name}"
    try:
        return import_module(wanted)
    except ModuleNotFoundError as missing:
        if missing.name != wanted:
            raise
        raise AttributeError(f"there is no {wanted}") from None
