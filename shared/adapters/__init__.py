"""Azure's SDKs, tokens and the clock, behind the ports."""
