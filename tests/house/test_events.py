"""The catalogue of events: what is written down is what is told, and all of it."""

import re

from shared import settings
from shared.domain.event import EventType
from tests.house import tree

_ROW = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)
_NAME = re.compile(r"\b(?:TASK|COMMENT|PRESENCE|ASSET|PHOTO|CUSTODY|METRICS|IDLE)_[A-Z]+(?:_[A-Z]+)*\b")


def told() -> set[str]:
    """Find the types that actions and statements tell."""
    actions = "\n".join((tree.ROOT / path).read_text() for path in tree.files(("shared/actions",), ".py"))
    catalogue = (tree.ROOT / "shared" / "domain" / "event.py").read_text()
    makers = re.findall(r"^def (\w+)\(.*?(?=^def |\Z)", catalogue, re.MULTILINE | re.DOTALL)
    used = {maker for maker in makers if re.search(rf"\bevent\.{maker}\(", actions)}
    bodies = {
        maker: body for maker in used for body in [catalogue.partition(f"def {maker}(")[2].partition("\ndef ")[0]]
    }
    from_actions = {name for body in bodies.values() for name in re.findall(r"EventType\.([A-Z_]+)", body)}
    statements = [(tree.ROOT / path).read_text() for path in tree.files(("shared/sql",), ".sql")]
    return from_actions | {name for text in statements for name in re.findall(r"'([A-Z]+(?:_[A-Z]+)+)'", text)}


def test_catalogue_is_written_down() -> None:
    rows = _ROW.findall((tree.ROOT / "docs" / "events.md").read_text())
    assert rows == [one.value for one in EventType]


def test_every_event_of_the_catalogue_is_told_and_no_other() -> None:
    assert told() == {one.value for one in EventType}


def test_names_of_events_are_those_of_the_catalogue() -> None:
    known = {one.value for one in EventType}
    named = {
        name
        for suffix, place in ((".py", "shared"), (".sql", "shared"))
        for path in tree.files((place,), suffix)
        for name in _NAME.findall((tree.ROOT / path).read_text())
        if re.search(rf"[\"']{name}[\"']", (tree.ROOT / path).read_text())
    }
    assert named - {*settings.NAMES} == known


def test_type_is_its_own_name() -> None:
    assert [one.name for one in EventType] == [one.value for one in EventType]
