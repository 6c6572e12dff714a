"""The one-machine world: real or faithful servers in place of the cloud; no deployed code imports it."""
