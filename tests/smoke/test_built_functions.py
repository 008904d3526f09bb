"""The artefacts themselves: nothing of this repository's environment is within their reach."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from succotash.infrastructure.postgres.connection_settings import RDS_AUTHORITIES
from succotash.infrastructure.postgres.migrations import REVISION
from tests.events import EVENTS
from tests.sample_answers import EXPECTED, NEEDS_S3, logical_id_of, require_expected
from tests.servers import PostgresServer
from tests.smoke.built import BUILD, INTERPRETER, LAYER, SEED, answer_of, run_built, size_of

pytestmark = pytest.mark.smoke

FUNCTIONS = sorted({path.name.partition(".")[0] for path in EVENTS.iterdir()})
WITHOUT_LAYER = {"token_scopes"}
LAMBDA_HAS = {"boto3", "botocore", "s3transfer"}
LIMIT = 240_000_000
"""Bytes of a function and its layers, unzipped; Lambda takes 262,144,000."""
FLAGS = slice(4, 8)
UNCHECKED_HASH = b"\x01\x00\x00\x00"
"""In the head of a .pyc file, whose source nobody looks at then (PEP 552)."""


@pytest.fixture(scope="session", autouse=True)
def build() -> None:
    if not (BUILD / "template.yaml").is_file():
        pytest.fail("there is no build: make build")


def distributions_in(folder: Path) -> set[str]:
    return {normal(path.name.partition("-")[0]) for path in folder.glob("*.dist-info")}


def locked_in(requirements: Path) -> set[str]:
    lines = requirements.read_text("utf-8").splitlines()
    return {normal(line.partition("==")[0]) for line in lines if re.match(r"\w", line)}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("event", EXPECTED)
def test_a_built_function_answers_its_event(event: str, tmp_path: Path) -> None:
    environment = {
        "SUCCOTASH_STORAGE": "sqlite",
        "SQLITE_PATH": str(tmp_path / "succotash.db"),
        "SQLITE_SEED": str(SEED),
        "SCOPE_PREFIX": "succotash/" if event == "token_scopes.sign_in" else "",
        # By which the sample events are signed.
        "CONNECTOR_SECRETS": json.dumps(
            {"shopify": "development-shopify", "woocommerce": "development-woocommerce"}
        ),
    }
    require_expected(event, answer_of(event, environment))


def test_every_sample_event_is_among_them() -> None:
    assert {path.stem for path in EVENTS.iterdir()} == EXPECTED.keys() | NEEDS_S3


def test_a_built_function_reaches_for_postgresql_with_what_the_layer_ships() -> None:
    nobody_listens = {"SUCCOTASH_STORAGE": "postgres", "DB_PORT": "1", "DB_CONNECT_TIMEOUT": "1"}
    answer = answer_of("form_intake.health", nobody_listens)
    assert answer["statusCode"] == 503
    assert json.loads(answer["body"])["type"] == "urn:succotash:problem:storage-unavailable"
    assert int(answer["headers"]["Retry-After"]) > 0


@pytest.mark.parametrize("function", FUNCTIONS)
def test_everything_imported_comes_from_the_artefacts_with_its_bytecode(function: str) -> None:
    folder = BUILD / logical_id_of(function)
    ours = [folder, LAYER / "python"]
    imported = run_built(function).imported
    assert ("succotash.container" in imported) is (function not in WITHOUT_LAYER)
    for name, file in imported.items():
        if file is None or not any(Path(file).is_relative_to(each) for each in ours):
            assert "site-packages" not in str(file), name
            continue
        path = Path(file)
        if path.suffix == ".py":
            compiled = path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc"
            assert compiled.read_bytes()[FLAGS] == UNCHECKED_HASH, name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_importing_a_function_leaves_alone_what_only_some_calls_need(function: str) -> None:
    packages = {name.partition(".")[0] for name in run_built(function).imported}
    assert not packages & {
        "alembic",
        "boto3",
        "numpy",
        "pg8000",
        "phonenumbers",
        "scipy",
        "sqlalchemy",
        "sqlite3",
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_and_the_layer_fit_in_lambda(function: str) -> None:
    assert size_of(BUILD / logical_id_of(function)) + size_of(LAYER) < LIMIT


def test_the_layer_ships_what_is_locked_for_it() -> None:
    assert distributions_in(LAYER / "python") == locked_in(
        BUILD.parents[1] / "layers" / "domain" / "requirements.txt"
    )
    adapter = LAYER / "python" / "succotash" / "infrastructure" / "postgres"
    assert (adapter / RDS_AUTHORITIES.name).is_file()


def test_what_one_function_needs_it_ships_alone() -> None:
    shipping = {each: distributions_in(BUILD / logical_id_of(each)) for each in FUNCTIONS}
    assert shipping.pop("churn_scoring") == {"numpy", "scipy"}
    assert shipping.pop("schema_migration") >= {"alembic", "sqlalchemy"}
    assert not any(shipping.values())


def test_nothing_ships_what_lambda_has_or_only_development_needs() -> None:
    unwanted = LAMBDA_HAS | {"pytest", "lifetimes"}
    for folder in (LAYER / "python", *(BUILD / logical_id_of(each) for each in FUNCTIONS)):
        assert not unwanted & {path.name for path in folder.iterdir()}
        assert not [path for path in folder.rglob("tests") if path.is_dir()]


def test_the_built_template_has_no_aliases_which_cloudformation_refuses() -> None:
    built = (BUILD / "template.yaml").read_text("utf-8")
    assert not re.search(r"(^|\s)[&*][a-z_]+\s*$", built, re.MULTILINE)


MIGRATION = """
import sys
sys.path[:0] = sys.argv[2:]
from succotash.infrastructure.postgres.migrations import migrate
print(migrate(sys.argv[1]))
"""


def test_the_schema_is_made_with_what_its_function_ships(
    postgres_server: PostgresServer, postgres_database: str
) -> None:
    shipped = (str(BUILD / "SchemaMigration"), str(LAYER / "python"))
    url = postgres_server.url(postgres_database)
    done = subprocess.run(  # noqa: S603 - this test's own program
        [INTERPRETER, "-I", "-S", "-B", "-c", MIGRATION, url, *shipped],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == (REVISION, "")
