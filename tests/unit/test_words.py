"""Standard words: those of the field for names, and docstrings that say what a thing does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "client/succotash_client/models.py"
REPLACED = {
    "Shelter": "OutageGuard",
    "ParkedSubmission": "QueuedSubmission",
    "SubmissionGround": "IntakeContext",
    "HeldKey": "IdempotencyRecord",
    "RememberedAnswer": "StoredResponse",
    "KeptLead": "LeadUpsert",
    "SilenceModel": "InactivityModel",
    "GridOrigin": "CohortAnchor",
    "PostOffice": "Mailer",
    "ExportShelf": "ExportStore",
    "set_moment": "set_as_of",
    "is_like": "equals",
    "helpers": "the context's name",
    "utils": "the context's name",
    "manager": "the context's name",
}
"""Names that this project once had or might get, and the standard ones."""
RELATIVE = re.compile(r"(What|Who|Whom|Of|That|How(?! to)|Where|Which|By|As|Those)\b")
"""Beginnings that make a reader wait for the subject."""
QUAINT = re.compile(
    r"\b(anew|beside|whoever|thereby|whereby|hitherto|henceforth|aloud)\b|\bthere is none\b"
)


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for each in sorted((ROOT / folder).rglob("*.py")):
            if each != GENERATED and each.parent.name != "versions":
                yield each


SHIPPED = list(modules("layers", "functions", "client", "local"))


def names(tree: ast.AST) -> Iterator[str]:
    """Names that a module gives to what it defines."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.arg(arg=name):
                yield name
            case _:
                pass


def docstrings(tree: ast.AST) -> Iterator[str]:
    """Texts that describe modules, classes, functions, and the fields before them."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        for place, each in enumerate(body):
            match each:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    if place == 0 or isinstance(body[place - 1], ast.Assign | ast.AnnAssign):
                        yield text
                case _:
                    pass


def test_no_name_stands_for_a_standard_one() -> None:
    found = {
        f"{each.relative_to(ROOT)}: {name}, say {REPLACED[name]}"
        for each in SHIPPED
        for name in (each.stem, *names(ast.parse(each.read_text("utf-8"))))
        if name in REPLACED
    }

    assert len(SHIPPED) > 1
    assert found == set()


@pytest.mark.parametrize(
    "text",
    [
        '"""What is done."""',
        'def f():\n    """Of a run."""',
        'class A:\n    x: int\n    """Where it is."""',
        'MOST = 1\n"""How many there may be."""',
    ],
)
def test_a_docstring_without_a_subject_is_found(text: str) -> None:
    assert [each for each in docstrings(ast.parse(text)) if RELATIVE.match(each)]


def test_docstrings_begin_with_what_the_thing_does() -> None:
    found = {
        f"{each.relative_to(ROOT)}: {text.splitlines()[0]}"
        for each in SHIPPED
        for text in docstrings(ast.parse(each.read_text("utf-8")))
        if RELATIVE.match(text)
    }

    assert found == set()


def test_no_text_of_ours_is_quaint() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    statements = (ROOT / "layers").rglob("sql/**/*.sql")
    found = {
        f"{each.relative_to(ROOT)}: {match[0]}"
        for each in (*SHIPPED, *pages, *statements)
        for match in QUAINT.finditer(each.read_text("utf-8"))
    }

    assert found == set()
