"""How this code is laid out: short modules, helpers apart from tests, the same contexts.

And what it keeps to: nothing of ours is patched, rows are read by column name.
"""

import ast
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUCCOTASH = ROOT / "layers/domain/succotash"
GENERATED = ROOT / "client/succotash_client/models.py"
API_TYPES = ROOT / "dashboard/src/api-types.d.ts"
"""Made where the dashboard is built."""
LIMIT = 400
"""Lines of a module."""
FUNCTIONS = {each.stem for each in (ROOT / "functions").glob("*/*.py")}
"""Modules of all functions."""
WITHOUT_USE_CASES = {"models", "repositories"}
"""Packages of the domain for which no package of use cases stands."""
SHARED = {
    "domain": {"values"},
    "application": {"batches", "days", "identities", "paging", "preconditions", "rounding"},
}
"""Modules by floor that belong to several contexts, and so to none."""
STORAGES = ("postgres", "sqlite", "in_memory")
OF_ONE_STORAGE = {
    "postgres": {
        *("address", "bulk", "connection", "connection_settings", "connector", "database"),
        *("erasure_locks", "errors", "moments", "planning", "pool", "provisioning"),
        *("result_row", "retry", "session", "statements"),
    },
    "sqlite": {"columns", "connection", "functions", "result_row", "schema", "sightings"},
    "in_memory": {"ledger", "table", "tables"},
}
"""Modules that only one storage needs: its driver, its tables, its ways of speaking."""
NO_PORTS = {"pages", "repository"}
"""Modules of every storage that implement no port: what its repositories share."""
OUTSIDE = {
    *("delivery", "erasable", "exports", "objects", "shop_events", "submission_queue", "uploads"),
}
"""Ports of services, which stand in `aws` and `files` instead of a storage."""
ONE_SCHEMA = SUCCOTASH / "infrastructure/sqlite/schema.sql"
"""A database's tables, which are one thing however many they are."""


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
        for each in modules("layers", "functions", "client", "local", "benchmarks", "tests")
        if each != GENERATED
    }

    assert lines["tests/unit/test_house.py"] > 0
    assert {name: count for name, count in lines.items() if count > LIMIT} == {}


def sources() -> Iterator[Path]:
    """Statements of SQL, and modules and styles of the dashboard that are not generated."""
    for each in SUCCOTASH.rglob("*.sql"):
        if each.parent.name != "versions" and each != ONE_SCHEMA:
            yield each
    for each in (ROOT / "dashboard/src").rglob("*"):
        if each.suffix in {".ts", ".tsx", ".css"} and each.name != "api-types.d.ts":
            yield each


def test_no_file_of_statements_or_of_the_dashboard_is_over_the_limit() -> None:
    written = (each for each in sources() if each != API_TYPES)
    lines = {each: len(each.read_text("utf-8").splitlines()) for each in written}

    assert {each.suffix for each in lines} == {".sql", ".ts", ".tsx", ".css"}
    assert {str(each.relative_to(ROOT)) for each, count in lines.items() if count > LIMIT} == set()


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


def stems(folder: Path, pattern: str = "*.py") -> set[str]:
    return {each.stem for each in folder.glob(pattern)} - {"__init__"}


@pytest.mark.parametrize("floor", SHARED)
def test_every_module_belongs_to_a_context_or_is_known_to_be_shared(floor: str) -> None:
    assert stems(SUCCOTASH / floor) == SHARED[floor]


@pytest.mark.parametrize("storage", STORAGES)
def test_storages_have_a_module_of_the_same_name_for_each_port(storage: str) -> None:
    ports = stems(SUCCOTASH / "domain/repositories") - OUTSIDE

    modules_of_all = stems(SUCCOTASH / "infrastructure" / storage) - OF_ONE_STORAGE[storage]

    assert modules_of_all == ports | NO_PORTS


@pytest.mark.parametrize("storage", ["postgres", "sqlite"])
def test_every_file_of_statements_is_loaded(storage: str) -> None:
    folder = SUCCOTASH / "infrastructure" / storage
    texts = "".join(each.read_text("utf-8") for each in folder.rglob("*.py"))
    names = stems(folder / "sql", "*.sql")

    assert names
    assert {name for name in names if f'statements("{name}")' not in texts} == set()


def views() -> list[Path]:
    found = (SUCCOTASH / "application").glob("*/*.py")
    return sorted(each for each in found if "views" in each.stem.split("_"))


def does_work(module: Path) -> Iterator[str]:
    """Where a module of views asks a storage to do something or begins a transaction."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        match node:
            case ast.Attribute(attr="in_transaction" | "transaction" | "read"):
                yield ast.unparse(node)
            case ast.ClassDef(name=name) if name.endswith("Handler"):
                yield name
            case _:
                pass


def test_views_are_apart_from_use_cases() -> None:
    assert views()
    assert {str(each): list(does_work(each)) for each in views() if any(does_work(each))} == {}


def handlers() -> dict[str, Path]:
    """Modules of use cases by the name of their handler."""
    return {
        node.name: each
        for each in (SUCCOTASH / "application").rglob("*.py")
        for node in ast.parse(each.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name.endswith("Handler")
    }


def test_no_handler_imports_another() -> None:
    known = handlers()
    found = {
        f"{name} imports {other}"
        for name, each in known.items()
        for other in known
        if other != name and any(one.endswith(f".{other}") for one in imported(each))
    }

    assert {"FormHandler", "LTVHandler", "RetentionHandler"} <= known.keys()
    assert found == set()


def test_no_function_imports_another() -> None:
    found = {
        f"{each.parent.name} imports {name}"
        for each in modules("functions")
        for name in imported(each)
        if (top := name.partition(".")[0]) in FUNCTIONS and not (each.parent / f"{top}.py").exists()
    }

    assert len(FUNCTIONS) > 1
    assert found == set()


def read_by_position(source: str) -> Iterator[str]:
    """Where a row of a result is subscripted by a number or a slice, unpacked, or spread out.

    Rows are what `run` and `_run` give, and names that end in `row`.
    """
    tree = ast.parse(source)
    bound = list(bindings(tree))
    several = {
        target.id for target, value in bound if isinstance(target, ast.Name) and are_rows(value)
    }
    for target, value in bound:
        if are_rows(value, several):
            yield from (ast.unparse(each) for each in elements(target) if is_a_display(each))
        elif is_row(value, several) and is_a_display(target):
            yield ast.unparse(target)
    for node in ast.walk(tree):
        match node:
            case ast.For(target=target, iter=of) | ast.comprehension(target=target, iter=of):
                if are_rows(of, several) and is_a_display(target):
                    yield ast.unparse(target)
            case ast.Subscript(value=value, slice=at) if is_a_position(at):
                if is_row(value, several):
                    yield ast.unparse(node)
            case ast.Starred(value=value) if is_row(value, several):
                yield ast.unparse(node)
            case _:
                pass


def bindings(tree: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Every target of an assignment, and what it is bound to."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from ((target, value) for target in targets)
            case ast.NamedExpr(target=target, value=value):
                yield target, value
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield target, value
            case _:
                pass


def are_rows(value: ast.expr, several: Container[str] = ()) -> bool:
    """Whether this is a whole result."""
    match value:
        case ast.Call(func=ast.Attribute(attr="run" | "_run")):
            return True
        case ast.Name(id=name):
            return name in several
    return False


def is_row(value: ast.expr, several: Container[str]) -> bool:
    """Whether this is one row of a result."""
    match value:
        case ast.Name(id=name):
            return name.endswith("row")
        case ast.Subscript(value=of, slice=at) if not isinstance(at, ast.Slice):
            found = are_rows(of, several) or (isinstance(of, ast.Name) and of.id.endswith("rows"))
            return found and is_a_position(at)
    return False


def is_a_position(at: ast.expr) -> bool:
    """Whether a subscript is a number, from the end too, or a slice."""
    match at:
        case ast.Constant(value=int()) | ast.UnaryOp(operand=ast.Constant(value=int())):
            return True
    return isinstance(at, ast.Slice)


def is_a_display(target: ast.expr) -> bool:
    return isinstance(target, ast.Tuple | ast.List)


def elements(target: ast.expr) -> Sequence[ast.expr]:
    return target.elts if isinstance(target, ast.Tuple | ast.List) else ()


@pytest.mark.parametrize(
    "text",
    [
        "row[0]",
        "last_row[-1]",
        "rows[-1][0]",
        "row[1:]",
        "account(*row)",
        "name, value = row",
        "rows[0][1]",
        "session.run(READ)[0][0]",
        "[[name]] = self._run(READ)",
        "(name,), = self._run(READ)",
        "[name, *rest] = session.run(READ)[0]",
        "for name, value in session.run(READ): pass",
        "{name: value for name, value in session.run(READ)}",
        "found = self._run(READ)\n[name for name, in found]",
        "if (found := self._run(READ)): return_(found[0][1])",
    ],
)
def test_a_row_read_by_position_is_found(text: str) -> None:
    assert list(read_by_position(text))


@pytest.mark.parametrize(
    "text",
    [
        "row['name']",
        "rows[0]",
        "rows[1:]",
        "session.run(READ)[0]['name']",
        "[row] = self._run(READ)",
        "for row in session.run(READ): pass",
        "for name, rows in by_name.items(): pass",
        "points[0][1]",
    ],
)
def test_a_row_read_by_name_is_passed_over(text: str) -> None:
    assert list(read_by_position(text)) == []


def test_adapters_read_rows_by_the_names_of_their_columns() -> None:
    infrastructure = SUCCOTASH / "infrastructure"
    found = {
        str(each.relative_to(ROOT)): list(read_by_position(each.read_text("utf-8")))
        for folder in ("postgres", "sqlite", "rows")
        for each in (infrastructure / folder).rglob("*.py")
    }

    assert "layers/domain/succotash/infrastructure/rows/leads.py" in found
    assert {name: where for name, where in found.items() if where} == {}
