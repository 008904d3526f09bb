"""The stack as CloudFormation takes it."""

import pytest
from cfnlint.api import lint

from tests.template.stack import (
    deployed,
    events,
    translated,
    written,
)

pytestmark = pytest.mark.long


def test_two_stacks_fit_in_one_account() -> None:
    for _, schedule in events("ScheduleV2"):
        assert schedule["OmitName"] is True
    named = {"FunctionName", "QueueName", "LogGroupName", "RoleName", "ManagedPolicyName", "Name"}
    for logical_id, resource in written()["Resources"].items():
        if resource["Type"] == "AWS::Cognito::UserPoolResourceServer":  # named within its pool
            continue
        if resource["Type"] == "AWS::Events::EventBus":  # which must have a name
            assert resource["Properties"]["Name"] == {"Ref": "AWS::StackName"}
            continue
        refers = resource["Type"] in {
            "AWS::Lambda::EventSourceMapping",
            "AWS::Lambda::Permission",
            "AWS::Logs::MetricFilter",
        }
        assert refers or not named & resource["Properties"].keys(), logical_id


def test_no_resource_depends_on_itself_or_is_refused_by_cloudformation() -> None:
    assert deployed()["Resources"]
    assert [str(each) for each in lint(translated(), regions=["eu-central-1"])] == []
