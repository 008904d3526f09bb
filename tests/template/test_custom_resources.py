"""Custom resources answer CloudFormation whatever happens."""

import re
from typing import Any

import pytest

from tests.template.stack import (
    deployed,
    deployed_of,
    functions,
)


def before(name: str) -> set[str]:
    """What CloudFormation makes before this resource, and deletes after it."""
    resources = deployed()["Resources"]
    found: set[str] = set()

    def follow(value: Any) -> None:  # noqa: ANN401 - any part of a template
        match value:
            case {"Ref": str(one)} | {"Fn::GetAtt": [str(one), _]}:
                visit(one)
            case {"Fn::Sub": str(text)}:
                for one in re.findall(r"\$\{(\w+)[.}]", text):
                    visit(one)
            case dict():
                for each in value.values():
                    follow(each)
            case list():
                for each in value:
                    follow(each)

    def visit(one: str) -> None:
        if one in resources and one not in found:
            found.add(one)
            follow(resources[one].get("Properties"))
            others = resources[one].get("DependsOn", [])
            for other in [others] if isinstance(others, str) else others:
                visit(other)

    visit(name)
    return found


@pytest.mark.parametrize("name", ["EmptiedExports", "Schema", "Settings", "SignInSettings"])
def test_the_way_of_a_custom_resources_answer_is_there_before_it_and_after_it(name: str) -> None:
    kinds = {
        "AWS::EC2::NatGateway",
        "AWS::EC2::Route",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPCEndpoint",
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::RDS::DBInstance",
    }
    way = {name for name, each in deployed()["Resources"].items() if each["Type"] in kinds}
    of_other_functions = {"QueuesEndpoint"}
    assert way - of_other_functions <= before(name)
    assert {"AdministratorLogin", "ClusterAdministratorAccess", "RolePasswordAccess"} <= before(
        name
    )
    assert "SchemaMigrationEventInvokeConfig" in before(name)


def test_exports_are_removed_after_the_function_that_writes_them_and_before_their_bucket() -> None:
    assert "EmptiedExports" in before("LeadQueries")
    assert {"Exports", "ExportRemoval", "SchemaMigration"} <= before("EmptiedExports")


def test_what_cloudformation_asked_for_is_neither_begun_nor_done_again_after_it_gave_up() -> None:
    asked = functions()["SchemaMigration"]
    invoked = asked["EventInvokeConfig"]
    assert invoked["MaximumRetryAttempts"] == 0
    for kind in ("Custom::DatabaseSchema", "Custom::EmptiedBucket", "Custom::Settings"):
        limit = asked["Timeout"] + invoked["MaximumEventAgeInSeconds"]
        assert all(each["ServiceTimeout"] >= limit for each in deployed_of(kind).values())
