"""What is written about the project: links lead somewhere, and lists are whole."""

import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest

from shared.domain.event import EventType
from shared.domain.principal import Role
from tests.house import tree

PAGES = [path.relative_to(tree.ROOT) for path in (*tree.ROOT.glob("*.md"), *sorted((tree.ROOT / "docs").rglob("*.md")))]
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_PLACE = re.compile(r"`((?:functions|shared|migrations|local|tools|tests|docs|infra)/[\w./-]*)`")


def prose(page: Path) -> str:
    """Answer a page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", (tree.ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Answer the anchors of a page's headings, as code forges make them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in (one or other for one, other in _LINK.findall(prose(page))):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = unquote(link).partition("#")
        path = (tree.ROOT / page).parent / target if target else tree.ROOT / page
        if not path.exists() or (anchor and path.suffix == ".md" and anchor not in anchors(path)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_places_that_are_named_are_there(page: Path) -> None:
    named = {place.rstrip("/.") for place in _PLACE.findall(prose(page)) if "NOUN" not in place}
    assert sorted(place for place in named if not (tree.ROOT / place).exists()) == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = [re.split(r"[\[<>=~! ]", one)[0] for one in wanted]
    page = (tree.ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text()
    rows = re.findall(r"^\| (\w[\w-]*) \| .+ \|", page, re.MULTILINE)
    assert sorted(row for row in rows if row != "package") == sorted(names)


def test_decisions_are_listed() -> None:
    folder = tree.ROOT / "docs" / "decisions"
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    listed = re.findall(r"^- \[(\d{4}) .+\]\((.+)\)$", (folder / "README.md").read_text(), re.MULTILINE)
    assert [name for _, name in listed] == pages
    assert [number for number, _ in listed] == [f"{index:04}" for index in range(1, len(pages) + 1)]


def test_glossary_explains_the_words_of_the_api() -> None:
    text = (tree.ROOT / "docs" / "glossary.md").read_text()
    words = set(re.findall(r"^\| ([\w ,-]+) \|", text, re.MULTILINE))
    assert {"tenant", "asset", "custody", "event", "problem", "idempotency key", "cursor", "tag", "photo"} <= words
    assert [role.word for role in Role if f"`{role.word}`" not in text] == []
    nouns = {one.name.partition("_")[0].lower() for one in EventType}
    assert nouns <= words


def test_nothing_is_left_open() -> None:
    marks = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
    found = [
        str(path)
        for suffix in (".py", ".sql", ".md", ".html", ".css")
        for path in tree.files((*tree.OWN, "docs"), suffix)
        if path.name != Path(__file__).name and marks.search((tree.ROOT / path).read_text())
    ]
    assert found == []
