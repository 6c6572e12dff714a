"""An emulator of Azure Web PubSub, to which the official SDKs talk as they are."""
