"""Code asks for statements that its file has, and no file has a statement that nobody asks for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.statements import statements_of
from succotash.infrastructure import statement_files

ADAPTERS = Path(statement_files.__file__).parent
MODULES = sorted(
    module
    for adapter in ("postgres", "sqlite")
    for module in (ADAPTERS / adapter).rglob("*.py")
    if 'statements("' in module.read_text("utf-8") and module.name != "__init__.py"
)


def loaded(tree: ast.Module) -> list[str]:
    """The files whose statements a module loads."""
    return [
        file.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "statements"
        for file in node.args
        if isinstance(file, ast.Constant) and isinstance(file.value, str)
    ]


def texts(tree: ast.Module) -> Iterator[str]:
    """Patterns of the texts a module holds; what an f-string fills in may be anything."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)):
                yield re.escape(text)
            case ast.JoinedStr(values=parts):
                yield "".join(
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+"
                    for part in parts
                )


def asked(tree: ast.Module) -> Iterator[str]:
    """Names by which a module takes statements, where they stand in the subscript itself."""
    files = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and loaded(ast.Module([node], []))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id=file), slice=ast.Constant(value=str(name))):
                if file in files:
                    yield name


@pytest.mark.parametrize("module", MODULES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_module_takes_every_statement_of_its_files_and_no_other(module: Path) -> None:
    tree = ast.parse(module.read_text("utf-8"))
    sql = ADAPTERS / module.relative_to(ADAPTERS).parts[0] / "sql"
    names = {name for file in loaded(tree) for name in statements_of(sql / f"{file}.sql")}
    held = [re.compile(text) for text in texts(tree)]

    assert names
    assert set(asked(tree)) - names == set()
    assert {name for name in names if not any(each.fullmatch(name) for each in held)} == set()
