"""The stack as CloudFormation makes it, in moto's account: twice, and by either way to log in."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

from tests.template.stack import deployed, deployed_of

REGION: Final = "eu-central-1"
BUCKET = "bucket"
"""Where SAM, as the tests let it translate, expects what `sam deploy` would have uploaded."""
OWN = {
    "Issuer": "https://issuer.example/",
    "Audience": "shop",
    "DbHost": "database.example",
}
WAYS = {
    "by secret": {"DbSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db"},
    "by IAM": {"DbResourceId": "cluster-ABC"},
    "with all options": {
        "DbSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db",
        "SubnetIds": "subnet-1,subnet-2",
        "SecurityGroupIds": "sg-1",
        "MailFrom": "team@example.org",
        "MailIdentity": "example.org",
        "PublicUrl": "https://forms.example.org",
        "ScoringMode": "state-machine",
        "SubmissionConcurrency": "5",
        "AlarmEmail": "oncall@example.org",
        "Architecture": "arm64",
        "Tracing": "Active",
    },
}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """CloudFormation in an account of moto's, with what a deployment has uploaded before."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws(config={"lambda": {"use_docker": False}}):
        storage = boto3.client("s3")
        storage.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("code.py", "")
        storage.put_object(Bucket=BUCKET, Key="value", Body=packed.getvalue())
        yield boto3.client("cloudformation")


def as_moto_takes_it() -> dict[str, Any]:
    """The translated template, without the two things that moto's CloudFormation cannot do."""
    secrets = {
        name: f"arn:aws:secretsmanager:{REGION}:123456789012:secret:{name}"
        for name in deployed_of("AWS::SecretsManager::Secret")
    }

    def known(value: Any) -> Any:  # noqa: ANN401 - any part of a template
        match value:
            case {"Ref": str(name)} if name in secrets:
                return secrets[name]
            case dict():
                return {key: known(each) for key, each in value.items()}
            case list():
                return [known(each) for each in value]
            case _:
                return value

    template: dict[str, Any] = known(deployed())
    for name, resource in list(template["Resources"].items()):
        if name in secrets:
            del template["Resources"][name]
        # CloudFormation ends the name that it makes up for such a queue with .fifo.
        if resource.get("Properties", {}).get("FifoQueue"):
            resource["Properties"]["QueueName"] = {"Fn::Sub": f"${{AWS::StackName}}-{name}.fifo"}
    return template


def create(account: Any, name: str, parameters: Mapping[str, str]) -> dict[str, str]:  # noqa: ANN401
    """Physical by logical ids of everything that there is in the new stack."""
    account.create_stack(
        StackName=name,
        TemplateBody=json.dumps(as_moto_takes_it()),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    [stack] = account.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    found = account.list_stack_resources(StackName=name)["StackResourceSummaries"]
    # Of the rule for the event bus moto lists no logical id.
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in found
        if each["LogicalResourceId"]
    }


NOT_IN_MOTO = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
    "AWS::SecretsManager::Secret",
}
"""What its CloudFormation does not make."""


def expected(*left_out: str) -> set[str]:
    """Logical ids of all that moto can make, but for these."""
    resources = deployed()["Resources"]
    return {
        name
        for name, resource in resources.items()
        if resource["Type"] not in NOT_IN_MOTO
        and not name.startswith("SeedLayer")
        and name not in left_out
    }


@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
@pytest.mark.parametrize(
    ("way", "left_out"),
    [
        ("by secret", {"Alarms", "MailAccess"}),
        ("by IAM", {"Alarms", "MailAccess"}),
        ("with all options", set()),
    ],
)
def test_a_stack_is_created_with_what_its_parameters_ask_for(
    account: Any,  # noqa: ANN401
    way: str,
    left_out: set[str],
) -> None:
    made = create(account, "shop", OWN | WAYS[way])

    assert made.keys() == expected(*left_out)


@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
def test_two_stacks_live_in_one_account(account: Any) -> None:  # noqa: ANN401
    one, other = (create(account, name, OWN | WAYS["by secret"]) for name in ("shop", "second"))

    assert one.keys() == other.keys()
    shared = set(one.values()) & set(other.values())
    assert shared <= {""}, "moto gives some resources no name at all"


def test_nothing_has_a_name_of_its_own_which_a_second_stack_would_want_too() -> None:
    named = (
        "Name",
        "BucketName",
        "QueueName",
        "FunctionName",
        "RoleName",
        "TopicName",
        "AlarmName",
    )
    for name, resource in deployed()["Resources"].items():
        if resource["Type"] in {
            "AWS::Lambda::Permission",
            "AWS::Lambda::EventSourceMapping",
            "AWS::Lambda::EventInvokeConfig",
        }:
            continue
        for key in named:
            value = resource.get("Properties", {}).get(key)
            assert not isinstance(value, str), (name, key)
