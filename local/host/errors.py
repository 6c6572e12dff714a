"""What can keep the host from starting; each message says what to do about it."""


class StartError(Exception):
    """The host cannot start: the app, its settings or this machine are not as they must be."""
