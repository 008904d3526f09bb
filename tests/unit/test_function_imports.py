"""What each function loads when it is imported, which every cold start waits for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EVERY = frozenset(
    {
        "annotated_types",
        "aws_lambda_powertools",
        "botocore",  # its version, which Powertools asks for
        "jmespath",
        "pydantic",
        "pydantic_core",
        "typing_extensions",
        "typing_inspection",
    }
)
"""Packages that any function may load; all others wait for a call that needs them."""
MAY_LOAD: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "bulk_import": (frozenset({"value"}), frozenset()),
    "campaign_dispatch": (frozenset({"campaigns"}), frozenset()),
    "churn_scoring": (frozenset(), frozenset()),
    "connectors": (frozenset({"consents", "shops"}), frozenset()),
    "delivery": (frozenset({"messages"}), frozenset()),
    "event_intake": (frozenset({"shops", "value"}), frozenset()),
    "form_intake": (
        frozenset({"consents", "forms", "intake"}),
        frozenset({"email_validator", "idna"}),
    ),
    "lead_queries": (
        frozenset(
            {
                "campaigns",
                "consents",
                "forms",
                "intake",
                "leads",
                "people",
                "retention",
                "scoring",
                "value",
            }
        ),
        frozenset(),
    ),
    "lead_scoring": (frozenset({"leads"}), frozenset()),
    "ltv_queries": (frozenset({"scoring", "value"}), frozenset()),
    "outbox_relay": (frozenset(), frozenset()),
    "retention_analysis": (
        frozenset({"campaigns", "consents", "retention", "scoring", "value"}),
        frozenset(),
    ),
    "schema_migration": (frozenset(), frozenset()),
    "token_scopes": (frozenset(), frozenset()),
}
"""By function: the contexts of use cases, and packages besides those of every function."""
WAITS = frozenset({"asyncio", "sqlite3"})
"""Modules of the standard library that are too dear to load before they are needed."""
ADAPTERS = ("aws", "files", "in_memory", "sqlite")
PROGRAM = """
import json, sys
import succotash  # its folder is found as the tests find it
known = set(sys.modules)
sys.path.insert(0, sys.argv[2])
__import__(sys.argv[1])
print(json.dumps(sorted(set(sys.modules) - known)))
"""


def loaded_by(function: str) -> list[str]:
    """Modules that importing the function adds, in a process of its own."""
    done = subprocess.run(  # noqa: S603 - this test's own program
        [sys.executable, "-c", PROGRAM, function, ROOT / "functions" / function],
        env={"PYTHONPATH": str(ROOT / "layers" / "domain"), "POWERTOOLS_SERVICE_NAME": "tests"},
        capture_output=True,
        text=True,
        check=True,
    )
    modules: list[str] = json.loads(done.stdout)
    return modules


def test_the_table_has_every_function() -> None:
    assert MAY_LOAD.keys() == {each.parent.name for each in ROOT.glob("functions/*/*.py")}


@pytest.mark.parametrize("function", MAY_LOAD)
def test_a_function_loads_no_more_than_it_may(function: str) -> None:
    contexts, packages = MAY_LOAD[function]
    own = {each.stem for each in (ROOT / "functions" / function).glob("*.py")} | {"succotash"}
    use_cases = {each.name for each in ROOT.glob("layers/domain/succotash/application/*/")}

    modules = loaded_by(function)

    tops = {each.partition(".")[0] for each in modules}
    foreign = {each for each in tops - own if each not in sys.stdlib_module_names}
    assert function in tops
    assert {each for each in foreign if not each.startswith("_")} <= EVERY | packages
    assert not tops & WAITS
    found = {each.split(".")[2] for each in modules if each.startswith("succotash.application.")}
    assert found & use_cases <= contexts
    adapters = tuple(f"succotash.infrastructure.{each}" for each in ADAPTERS)
    assert [each for each in modules if each.startswith(adapters)] == []
