"""One-line faults that the suite has to notice when they are put into the emulator; `faults.toml` lists them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("faults.toml")


@dataclass(frozen=True)
class Fault:
    """A place in the emulator, and what it is made to say instead.

    Attributes:
        name: what is wrong then.
        file: in local/pubsub.
        old: a text that occurs once in the file.
        new: what stands there instead.
        first: the tests that are tried first, to save time.
    """

    name: str
    file: str
    old: str
    new: str
    first: str


FAULTS = [Fault(**given) for given in tomllib.loads(LIST.read_text(encoding="utf-8"))["fault"]]
