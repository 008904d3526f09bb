"""One name for a function's folder, module, handler and events, and what all functions share."""

from typing import Any

import pytest

from local.containers import WITHOUT_AWS
from succotash.infrastructure.postgres.retry import RetryPolicy
from succotash.settings import Settings
from tests.template.stack import (
    ROOT,
    database_limits,
    folder_of,
    functions,
    globals_of_functions,
    unconditional,
    written,
)

FUNCTIONS = functions()
NOT_SETTINGS = {
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_SERVICE_NAME",
}
"""What libraries read."""


def test_every_folder_is_a_function_and_the_other_way_round() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/*.py")}
    assert {folder_of(name) for name in FUNCTIONS} == folders


@pytest.mark.parametrize("name", FUNCTIONS)
def test_folder_module_handler_and_events_have_one_name(name: str) -> None:
    folder = folder_of(name)
    assert FUNCTIONS[name]["CodeUri"] == f"functions/{folder}"
    assert FUNCTIONS[name]["Handler"] == f"{folder}.handler"
    assert (ROOT / "functions" / folder / f"{folder}.py").is_file()
    assert list((ROOT / "events").glob(f"{folder}.*.json"))


def test_every_sample_event_belongs_to_a_function() -> None:
    prefixes = {path.name.partition(".")[0] for path in (ROOT / "events").iterdir()}
    assert prefixes == {folder_of(name) for name in FUNCTIONS}


OUTSIDE = {"Connectors", "Delivery", "TokenScopes"}
"""Functions without a way to the database."""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_says_only_what_differs_from_all_others(name: str) -> None:
    assert FUNCTIONS[name].keys() <= {
        "AutoPublishAlias",
        "AutoPublishAliasAllProperties",
        "CodeUri",
        "Description",
        "Environment",
        "ReservedConcurrentExecutions",
        "EventInvokeConfig",
        "Events",
        "Handler",
        "MemorySize",
        "Policies",
        "SnapStart",
        "Timeout",
        "VersionDeletionPolicy",
        "VersionDescription",
        "VpcConfig",
    }
    own = FUNCTIONS[name].get("Environment", {}).get("Variables", {})
    shared = globals_of_functions()["Environment"]["Variables"].keys()
    differs = {"SUCCOTASH_STORAGE", "DB_HOST", "DB_IAM_AUTH"} if name in OUTSIDE else set()
    if name == "TokenScopes":
        differs |= {"SCOPE_PREFIX"}
    assert own.keys() & shared == differs


def test_every_function_has_the_layer_and_the_demo_data_only_on_sqlite() -> None:
    assert globals_of_functions()["Layers"] == {
        "Fn::If": [
            "OnSqlite",
            [{"Ref": "DomainLayer"}, {"Ref": "SeedLayer"}],
            [{"Ref": "DomainLayer"}],
        ]
    }
    assert written()["Resources"]["SeedLayer"]["Condition"] == "OnSqlite"


def test_every_variable_is_a_setting() -> None:
    known = {str(field.alias) for field in Settings.model_fields.values()}
    given = set(globals_of_functions()["Environment"]["Variables"])
    assert given - NOT_SETTINGS <= known


def test_the_defaults_of_the_parameters_are_those_of_the_settings() -> None:
    parameters = written()["Parameters"]
    environment = {
        name: str(parameters[value["Ref"]]["Default"])
        for each in (globals_of_functions(), *FUNCTIONS.values())
        for name, value in each.get("Environment", {}).get("Variables", {}).items()
        if isinstance(value, dict) and "Ref" in value
    }
    assert environment.pop("DB_SSLROOTCERT") == "rds"  # where a stack's database mostly is
    assert Settings.from_environment(environment) == Settings()


def test_no_function_has_more_memory_by_default_than_a_new_account_may_give() -> None:
    quota = 3008
    sizes = [
        written()["Parameters"][name]["Default"] for name in ("MemorySize", "ScoringMemorySize")
    ]
    sizes += [each["MemorySize"] for each in FUNCTIONS.values() if "MemorySize" in each]
    assert all(size <= quota for size in sizes if isinstance(size, int))


def test_no_password_stands_in_the_environment_of_a_deployed_function() -> None:
    assert globals_of_functions()["Environment"]["Variables"]["DB_PASSWORD"] == ""
    assert not any("password" in name.lower() for name in written()["Parameters"])


def test_a_function_gives_up_before_the_gateway_does() -> None:
    answering = {name for name, each in FUNCTIONS.items() if any_http(each)}
    assert answering == FUNCTIONS.keys() - {
        "CampaignDispatch",
        "ChurnScoring",
        "BulkImport",
        "Delivery",
        "OutboxRelay",
        "LeadScoring",
        "SchemaMigration",
        "TokenScopes",
    }
    assert globals_of_functions()["Timeout"] < 30
    assert not [name for name in answering if "Timeout" in FUNCTIONS[name]]


def any_http(function: Any) -> bool:  # noqa: ANN401 - a part of the template
    return any(event["Type"] == "HttpApi" for event in function.get("Events", {}).values())


def test_logs_are_kept_for_a_limited_time() -> None:
    groups = [
        each for each in written()["Resources"].values() if each["Type"] == "AWS::Logs::LogGroup"
    ]
    assert all(each["Properties"]["RetentionInDays"] for each in groups)
    assert globals_of_functions()["LoggingConfig"]["LogGroup"] == {"Ref": "Logs"}


def test_the_build_is_for_the_architecture_that_the_template_names() -> None:
    assert unconditional(globals_of_functions()["Architectures"]) == [{"Ref": "Architecture"}]
    default = written()["Parameters"]["Architecture"]["Default"]
    makefile = (ROOT / "layers" / "packaging.mk").read_text("utf-8")
    assert f"\nARCHITECTURE ?= {default}\n" in makefile


def test_nothing_of_the_stack_is_asked_for_in_containers_of_this_machine() -> None:
    named = {
        name
        for properties in (globals_of_functions(), *FUNCTIONS.values())
        for name, value in properties.get("Environment", {}).get("Variables", {}).items()
        if isinstance(value, dict) and value.get("Fn::If", [""])[0] == "OnSqlite"
    }
    assert named - {"CONNECTOR_SECRETS", "SQLITE_SEED"} == WITHOUT_AWS.keys()


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - OUTSIDE))
def test_two_attempts_to_connect_and_a_statement_fit_into_a_functions_time(name: str) -> None:
    """Else Lambda ends the function, and nobody is answered."""
    function = FUNCTIONS[name]
    limits = database_limits(function)
    timeout = function.get("Timeout", globals_of_functions()["Timeout"])

    assert 2 * limits.connect_timeout + limits.statement_timeout < timeout
    last_attempt = RetryPolicy().deadline + max(limits.connect_timeout, limits.read_timeout)
    assert last_attempt < timeout
