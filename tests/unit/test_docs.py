"""The documentation: a short README, one index, links that lead somewhere, complete references."""

import json
import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest

from succotash.domain.messages.outbox import MessageKind
from succotash.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
INDEX = DOCS / "README.md"
README_LIMIT = 120
"""Lines, about two screens of a page."""
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "benchmarks" / "README.md",
    *sorted(DOCS.rglob("*.md")),
]
SUCCOTASH = ROOT / "layers" / "domain" / "succotash"
BASES = (ROOT, SUCCOTASH, SUCCOTASH.parent, SUCCOTASH / "infrastructure" / "postgres")
"""Where paths begin that pages name."""
SECTIONS = ("Context", "Decision", "Consequences")
METHODS = ("get", "put", "post", "patch", "delete")
_CODE = re.compile(r"^```.*?^```$|`[^`]*`", re.DOTALL | re.MULTILINE)
_PATH = re.compile(r"`([a-z_]+/(?:[\w./-]+\.(?:py|sql|sh|yaml)|[\w./-]+/))`")
"""A module, a file or, with a slash at the end, a folder within another."""
_LINK = re.compile(r'\]\(([^)\s]+)\)|\b(?:src|href)="([^"]+)"')
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)


def prose(page: Path) -> str:
    """The page without its code, in which nothing is a link or a heading."""
    return _CODE.sub("", page.read_text("utf-8"))


def links(page: Path) -> list[str]:
    return [first or second for first, second in _LINK.findall(prose(page))]


def anchors(page: Path) -> set[str]:
    """Names of the page's headings as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    found: set[str] = set()
    seen = Counter[str]()
    for heading in _HEADING.findall(text):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def linked(page: Path) -> set[Path]:
    """Files that the page links to."""
    local = (each for each in links(page) if "://" not in each)
    return {(page.parent / unquote(each.partition("#")[0])).resolve() for each in local}


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= README_LIMIT


def test_every_page_is_in_the_index() -> None:
    pages = {each.resolve() for each in DOCS.rglob("*.md")} - {INDEX}

    assert pages
    assert pages - linked(INDEX) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for link in links(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / unquote(path)).resolve() if path else page
        is_heading = not anchor or (target.suffix == ".md" and anchor in anchors(target))
        if not (target.exists() and is_heading):
            broken.append(link)

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_of_the_code_that_a_page_names_exists(page: Path) -> None:
    named = _PATH.findall(page.read_text("utf-8"))
    missing = [each for each in named if not any((base / each).exists() for base in BASES)]

    assert missing == []


@pytest.mark.parametrize("page", sorted(DOCS.glob("adr/*.md")), ids=lambda page: page.stem)
def test_a_decision_has_its_number_and_its_sections(page: Path) -> None:
    title, *sections = _HEADING.findall(prose(page))

    assert title.startswith(f"{int(page.stem[:4])}. ")
    assert tuple(each for each in sections if each in SECTIONS) == SECTIONS


def test_the_reference_lists_every_setting() -> None:
    text = (DOCS / "reference" / "settings.md").read_text("utf-8")
    firsts = "".join(re.findall(r"^\|([^|]*)\|", text, re.MULTILINE))
    named = set(re.findall(r"`([A-Z][A-Z_]+)(?:=\w+)?`", firsts))
    known = {str(each.alias) for each in Settings.model_fields.values()}

    assert named == known


def test_the_reference_lists_every_route_with_its_scope() -> None:
    text = (DOCS / "reference" / "routes.md").read_text("utf-8")
    rows = re.findall(r"^\| `([A-Z]+ /[^`]*)` \| (\S+) \|", text, re.MULTILINE)
    served_document = ROOT / "functions" / "lead_queries" / "openapi.json"
    document = json.loads(served_document.read_text("utf-8"))
    served = {
        f"{method.upper()} {path}": operation["security"][0]["token"][0]
        if operation.get("security")
        else "public"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    }

    assert dict(rows) == served


def test_the_reference_lists_every_kind_of_event() -> None:
    text = (DOCS / "reference" / "events.md").read_text("utf-8")
    rows = "\n".join(re.findall(r"^\| (`[^|]*`) \|", text, re.MULTILINE))

    assert set(re.findall(r"`([a-z]+\.[a-z_]+)`", rows)) == set(MessageKind)
