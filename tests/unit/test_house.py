"""How this code is laid out: short modules, helpers apart from tests, the same contexts."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUCCOTASH = ROOT / "layers/domain/succotash"
LIMIT = 400
"""Lines of a module."""
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


def test_use_cases_stand_under_the_names_of_the_domains_contexts() -> None:
    domain, use_cases = packages(SUCCOTASH / "domain"), packages(SUCCOTASH / "application")

    assert use_cases
    assert use_cases - domain == set()
    assert domain - use_cases <= WITHOUT_USE_CASES
