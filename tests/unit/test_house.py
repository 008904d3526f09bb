"""How this code is laid out: short modules, helpers apart from tests, the same contexts."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUCCOTASH = ROOT / "layers/domain/succotash"
LIMIT = 400
"""Lines of a module."""
FUNCTIONS = {each.stem for each in (ROOT / "functions").glob("*/*.py")}
"""Modules of all functions."""
WITHOUT_USE_CASES = {"models", "repositories"}
"""Packages of the domain for which no package of use cases stands."""


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (ROOT / folder).rglob("*.py")


def packages(folder: Path) -> set[str]:
    return {each.parent.name for each in folder.glob("*/__init__.py")}


def imported(module: Path) -> Iterator[str]:
    """Names of what a module imports, wherever in it."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(origin), names=names):
                yield from (f"{origin}.{each.name}" for each in names)
            case _:
                pass


def test_no_module_is_over_the_limit() -> None:
    lines = {
        str(each.relative_to(ROOT)): len(each.read_text("utf-8").splitlines())
        for each in modules("layers", "functions", "local", "benchmarks", "tests")
    }

    assert lines["tests/unit/test_house.py"] > 0
    assert {name: count for name, count in lines.items() if count > LIMIT} == {}


def test_no_test_module_imports_another() -> None:
    tests = {each: list(imported(each)) for each in modules("tests")}
    found = {
        f"{each.relative_to(ROOT)} imports {name}"
        for each, names in tests.items()
        for name in names
        if name.startswith(("tests.", "test_"))
        and any(part.startswith("test_") for part in name.split("."))
    }

    assert any("tests.builders.NOON" in names for names in tests.values())
    assert found == set()


def patched(module: Path) -> Iterator[str]:
    """What a test replaces in modules and classes of this project, instead of passing it in."""
    tree = ast.parse(module.read_text("utf-8"))
    ours = {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(tree)
        for alias in getattr(node, "names", ())
        if isinstance(node, ast.Import | ast.ImportFrom)
        and is_ours(getattr(node, "module", None) or alias.name)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names) if any("mock" in each.name.split(".") for each in names):
                yield "unittest.mock"
            case ast.ImportFrom(module="unittest" | "unittest.mock"):
                yield "unittest.mock"
            case ast.Call(
                func=ast.Attribute(attr="setattr" | "delattr" | "setitem"), args=[at, *_]
            ):
                if root(at) in ours or is_ours(str(getattr(at, "value", ""))):
                    yield ast.unparse(at)
            case ast.Assign(targets=[ast.Attribute(value=at)]) if root(at) in ours:
                yield ast.unparse(at)
            case ast.Assign(targets=[ast.Subscript(value=ast.Call(func=ast.Name(id="vars")))]):
                yield ast.unparse(node.targets[0])
            case _:
                pass


def is_ours(module: str) -> bool:
    """Whether a module is the layer's, a function's or the local run's."""
    return module.partition(".")[0] in {"succotash", "local"} | FUNCTIONS


def root(node: ast.expr) -> str:
    """The name that an expression such as `module.Class.attribute` begins with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize(
    "text",
    [
        "from local import run\nmonkeypatch.setattr(run, 'KEPT', 1)",
        "import ltv_queries\nmonkeypatch.setattr(ltv_queries.api, 'on', 1)",
        "monkeypatch.setattr('succotash.settings.Settings', 1)",
        "from unittest.mock import patch",
        "from succotash.http import api\napi.PREFLIGHT_SECONDS = 1",
        "vars(container)['storage'] = 1",
    ],
)
def test_a_patch_of_ours_is_found(text: str, tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(text)

    assert list(patched(tmp_path / "test_x.py"))


def test_no_test_patches_what_is_ours() -> None:
    found = {each: list(patched(each)) for each in modules("tests")}

    assert {str(each.relative_to(ROOT)): what for each, what in found.items() if what} == {}


def test_use_cases_stand_under_the_names_of_the_domains_contexts() -> None:
    domain, use_cases = packages(SUCCOTASH / "domain"), packages(SUCCOTASH / "application")

    assert use_cases
    assert use_cases - domain == set()
    assert domain - use_cases <= WITHOUT_USE_CASES
