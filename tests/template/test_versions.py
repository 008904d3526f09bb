"""Versions of the functions that answer requests: snapshots are made of versions only."""

import re
from typing import Any

import pytest

from tests.template.stack import (
    deployed,
    deployed_of,
    events,
    functions,
    globals_of_functions,
    text_of,
    written,
)

ANSWERING = sorted({name for name, _ in events("HttpApi")})


def parameters_of(value: Any) -> set[str]:  # noqa: ANN401 - any part of a template
    """Parameters, and attributes of the cluster, that a part of the template depends on.

    By conditions too, and by the digest of settings.
    """
    match value:
        case {"Ref": str(name)}:
            return {name} & set(written()["Parameters"])
        case {"Condition": str(name)}:
            return parameters_of(written()["Conditions"][name])
        case {"Fn::If": [str(condition), *branches]}:
            return parameters_of({"Condition": condition}) | parameters_of(branches)
        case {"Fn::GetAtt": ["Settings", "Digest"]}:
            return parameters_of(written()["Resources"]["Settings"]["Properties"]["Values"])
        case {"Fn::GetAtt": ["Database", str(attribute)]}:
            return {f"Database.{attribute}"}
        case {"Fn::Sub": str(text)}:
            return set(re.findall(r"\$\{(\w+)\}", text)) & set(written()["Parameters"])
        case dict():
            return parameters_of(list(value.values()))
        case list():
            return {name for each in value for name in parameters_of(each)}
        case _:
            return set()


def configuration_of(name: str) -> set[str]:
    """Parameters on which what a version is published with depends."""
    own = {
        key: functions()[name].get(key, globals_of_functions().get(key))
        for key in ("Description", "MemorySize", "Timeout", "SnapStart")
    }
    shared = {key: globals_of_functions()[key] for key in globals_of_functions().keys() - own}
    return parameters_of([own, shared, functions()[name]["Environment"]])


@pytest.mark.parametrize("name", ANSWERING)
def test_requests_reach_the_version_that_was_published_last(name: str) -> None:
    [(alias, properties)] = [
        (logical_id, each)
        for logical_id, each in deployed_of("AWS::Lambda::Alias").items()
        if each["FunctionName"] == {"Ref": name}
    ]
    version, attribute = properties["FunctionVersion"]["Fn::GetAtt"]
    assert (deployed()["Resources"][version]["Type"], attribute) == (
        "AWS::Lambda::Version",
        "Version",
    )
    called = {
        operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        for operations in deployed_of("AWS::ApiGatewayV2::Api")["Api"]["Body"]["paths"].values()
        for operation in operations.values()
    }
    assert len([each for each in called if f"/functions/${{{alias}}}/invocations" in each]) == 1
    assert not [each for each in called if f"${{{name}." in each]
    admitted = [
        each["FunctionName"]
        for each in deployed_of("AWS::Lambda::Permission").values()
        if name in str(each["FunctionName"])
    ]
    assert admitted
    assert all(each == {"Ref": alias} for each in admitted)


@pytest.mark.parametrize("name", ANSWERING)
def test_a_change_of_any_parameter_or_of_the_layer_publishes_a_version(name: str) -> None:
    """A version keeps what it was published with, and is replaced when its description changes."""
    description = functions()[name]["VersionDescription"]

    assert text_of({"Ref": "DomainLayer"}) in text_of(description)
    assert configuration_of(name) <= parameters_of(description)


@pytest.mark.parametrize("name", ANSWERING)
def test_a_version_is_published_only_where_its_function_changes(name: str) -> None:
    """Lambda publishes nothing twice, and CloudFormation would call that a failure."""
    assert parameters_of(functions()[name]["VersionDescription"]) <= configuration_of(name)


@pytest.mark.parametrize("name", ANSWERING)
def test_snapshots_are_taken_where_asked_for_and_old_versions_go(name: str) -> None:
    deployed_function = deployed()["Resources"][name]["Properties"]
    assert deployed_function["SnapStart"] == {"ApplyOn": {"Ref": "SnapStart"}}
    parameter = written()["Parameters"]["SnapStart"]
    assert (parameter["Default"], parameter["AllowedValues"]) == (
        "None",
        ["None", "PublishedVersions"],
    )
    policies = {
        each["DeletionPolicy"]
        for logical_id, each in deployed()["Resources"].items()
        if logical_id.startswith(f"{name}Version")
    }
    assert policies == {"Delete"}
