"""Demo data: two organisations with four months behind them, always the same and always ending yesterday."""

from local.demo.loading import is_loaded, load

__all__ = ["is_loaded", "load"]
