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
TOLD: list[Any] = written()["Resources"]["Settings"]["Properties"]["Values"]
"""The values that the digest of settings is made of."""
SIGN_IN: list[Any] = written()["Resources"]["SignInSettings"]["Properties"]["Values"]
"""Those of the digest that form_intake has besides."""


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
        case {"Fn::GetAtt": ["Settings" | "SignInSettings" as digest, "Digest"]}:
            return parameters_of(written()["Resources"][digest]["Properties"]["Values"])
        case {"Fn::GetAtt": ["Database", str(attribute)]}:
            return {f"Database.{attribute}"}
        case {"Fn::Sub": str(text)}:
            return set(re.findall(r"\$\{(\w+)\}", text)) & set(written()["Parameters"])
        case {"Fn::Sub": [str(text), dict(names)]}:
            return parameters_of({"Fn::Sub": text}) | parameters_of(names)
        case dict():
            return parameters_of(list(value.values()))
        case list():
            return {name for each in value for name in parameters_of(each)}
        case _:
            return set()


def is_told(part: Any, told: list[Any]) -> bool:  # noqa: ANN401 - any part of a template
    """Whether parameters that change this part change something that is told too.

    A condition is one bit, and tells nothing of the parameters that it depends on. It is told by a
    value that is empty one way, or by all that it is made of. A value that depends on it tells the
    branches of a part that does too.
    """
    if part in told:
        return True
    match part:
        case {"Ref": str(name)}:
            return name not in written()["Parameters"]
        case {"Fn::GetAtt": ["Database", str()]}:
            return False
        case {"Fn::Sub": str()}:
            return all({"Ref": name} in told for name in parameters_of(part))
        case {"Fn::Sub": [str(text), names]}:
            return is_told({"Fn::Sub": text}, told) and is_told(names, told)
        case {"Condition": str(name)}:
            branches = [each["Fn::If"][1:] for each in told if is_if(each, name)]
            return any("" in each for each in branches) or is_told(
                written()["Conditions"][name], told
            )
        case {"Fn::If": [str(name), one, other]}:
            there = [each["Fn::If"] for each in told if is_if(each, name)]
            return (
                is_told({"Condition": name}, told)
                and is_told(one, [*told, *(each[1] for each in there)])
                and is_told(other, [*told, *(each[2] for each in there)])
            )
        case dict():
            return all(is_told(each, told) for each in part.values())
        case list():
            return all(is_told(each, told) for each in part)
        case _:
            return True


def told_of(name: str) -> list[Any]:
    """What the description of a version tells, by the digest of settings or in plain words."""
    [_, parts] = functions()[name]["VersionDescription"]["Fn::Join"]
    own = SIGN_IN if {"Fn::GetAtt": ["SignInSettings", "Digest"]} in parts else []
    return [*TOLD, *own, *(each for each in parts if isinstance(each, dict) and "Ref" in each)]


def is_if(value: Any, condition: str) -> bool:  # noqa: ANN401 - any part of a template
    """Whether it depends on this condition."""
    return isinstance(value, dict) and value.get("Fn::If", [""])[0] == condition


def configuration_of(name: str) -> list[Any]:
    """What a version is published with."""
    own = {
        key: functions()[name].get(key, globals_of_functions().get(key))
        for key in ("Description", "MemorySize", "Timeout", "SnapStart")
    }
    shared = {key: globals_of_functions()[key] for key in globals_of_functions().keys() - own}
    return [own, shared, functions()[name]["Environment"]]


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
    assert text_of({"Fn::GetAtt": ["Settings", "Digest"]}) in text_of(description)
    assert is_told(configuration_of(name), told_of(name))


@pytest.mark.parametrize("without", [*TOLD, *SIGN_IN], ids=text_of)
def test_each_of_the_settings_that_are_told_is_needed(without: object) -> None:
    def told(name: str) -> list[Any]:
        return [each for each in told_of(name) if each != without]

    assert not all(is_told(configuration_of(name), told(name)) for name in ANSWERING)


@pytest.mark.parametrize("name", ANSWERING)
def test_a_version_is_published_only_where_its_function_changes(name: str) -> None:
    """Lambda publishes nothing twice, and CloudFormation would call that a failure."""
    assert parameters_of(functions()[name]["VersionDescription"]) <= parameters_of(
        configuration_of(name)
    )


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


def test_parameters_in_a_text_that_is_put_together_are_to_be_told_too() -> None:
    together = {"Fn::Sub": ["${DbHost}:${Place}", {"Place": {"Ref": "Currency"}}]}

    assert parameters_of(together) == {"DbHost", "Currency"}
    assert not is_told(together, [{"Ref": "DbHost"}])
    assert not is_told(together, [{"Ref": "Currency"}])
    assert is_told(together, [{"Ref": "DbHost"}, {"Ref": "Currency"}])
