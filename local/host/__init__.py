"""A local Azure Functions host for Python v2 apps, around Microsoft's own worker library (docs/local-host.md)."""
