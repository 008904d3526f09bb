"""The stack as CloudFormation makes it, on moto's server: twice, and by either way to log in."""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, Final

import boto3
import pytest

from succotash.infrastructure.postgres.migrations import REVISION
from tests.moto_servers import moto_server
from tests.template.stack import defaults, deployed, deployed_of, holds, written

pytestmark = pytest.mark.long

REGION: Final = "eu-central-1"
BUCKET = "bucket"
"""Where SAM, as the tests let it translate, expects what `sam deploy` would have uploaded."""
OWN = {
    "Issuer": "https://issuer.example/",
    "Audience": "shop",
    "DbHost": "database.example",
    "DbAdminSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db",
}
SOME_NETWORK = {
    "VpcId": "vpc-1",
    "SubnetIds": "subnet-1,subnet-2",
    "SecurityGroupIds": "sg-1",
    "RouteTableIds": "rtb-1",
}
NO_NETWORK = dict.fromkeys(SOME_NETWORK, "")
MAIL = {"MailFrom": "team@example.org", "MailIdentity": "example.org"}
WEBHOOKS = {
    "WebhookSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:webhooks-AbCdEf"
}
SHOPS = {
    "ConnectorSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shops-AbCdEf"
}
WAYS: Mapping[str, Mapping[str, str]] = {
    "by password": OWN | NO_NETWORK,
    "by IAM": OWN | NO_NETWORK | {"DbResourceId": "cluster-ABC", "DbAdminUser": "postgres"},
    "with nothing there": NO_NETWORK,
    "within AWS's network": NO_NETWORK | {"Egress": "endpoints"},
    "with an administrator's password": NO_NETWORK
    | {"Egress": "endpoints", "DbAdminAuthentication": "password"},
    "on SQLite": NO_NETWORK | {"Storage": "sqlite"},
    "with the internet": NO_NETWORK | MAIL | {"Egress": "nat", "Zones": f"{REGION}b,{REGION}c"},
    "in a network": {
        "RouteTableIds": "",
        "DbKmsKeyArn": f"arn:aws:kms:{REGION}:123456789012:key/database",
    },
    "with all options": OWN
    | MAIL
    | WEBHOOKS
    | SHOPS
    | {
        "MailsPerSecond": "5",
        "PublicUrl": "https://forms.example.org",
        "SignInClientId": "dashboard",
        "ScoringMode": "state-machine",
        "SubmissionConcurrency": "5",
        "AlarmEmail": "oncall@example.org",
        "Architecture": "arm64",
        "Tracing": "Active",
        "SnapStart": "PublishedVersions",
    },
}
ALL_MADE_HAS = {
    "DatabaseSubnets",
    "Ipv6Route",
    "Network",
    "NightlyRun",
    "StorageEndpoint",
    "SubnetB",
}
ENDPOINTS = {"QueuesEndpoint", "SecretsEndpoint"}
"""What the stack brings where nothing is there."""
KNOWN_TO_AWS = {
    ("Schema", "Revision"): REVISION,
    ("Settings", "Digest"): "0123456789abcdef",
    ("SignInSettings", "Digest"): "0123456789abcdef",
    ("Database", "DBClusterResourceId"): "cluster-ABC",
    ("Database", "Endpoint.Address"): "database.example",
    ("Database", "MasterUserSecret.SecretArn"): OWN["DbAdminSecretArn"],
}
"""What moto gives no value of."""


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """CloudFormation in an account of moto's, with what a deployment has uploaded before."""
    with moto_server() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        # The session of other tests has other credentials, and this one's are not theirs.
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
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
    """The translated template, without what moto's CloudFormation cannot do."""
    secrets = {
        name: f"arn:aws:secretsmanager:{REGION}:123456789012:secret:{name}"
        for name in deployed_of("AWS::SecretsManager::Secret")
    }

    aliases = {
        name: each["FunctionName"] for name, each in deployed_of("AWS::Lambda::Alias").items()
    }

    def secret_of(named: re.Match[str]) -> str:
        return secrets.get(named[1], named[0])

    def known(value: Any) -> Any:  # noqa: ANN401 - any part of a template
        match value:
            case {"Ref": str(name)} if name in secrets:
                return secrets[name]
            case {"Ref": str(name)} if name in aliases:
                return aliases[name]
            case {"Fn::Cidr": [_, int(count), int()]}:
                return [f"2001:db8:0:{number}::/64" for number in range(count)]
            case {"Fn::Split": [":", {"Ref": str()}]}:
                return f"arn:aws:lambda:{REGION}:123456789012:layer:name:1".split(":")
            case {"Fn::Sub": str(text)}:
                return {"Fn::Sub": re.sub(r"\$\{(\w+)\}", secret_of, text)}
            case {"Fn::GetAtt": [str(name), str(attribute)]} if (name, attribute) in KNOWN_TO_AWS:
                return KNOWN_TO_AWS[name, attribute]
            case dict():
                return {key: known(each) for key, each in value.items()}
            case list():
                return [known(each) for each in value]
            case _:
                return value

    template: dict[str, Any] = known(deployed())
    for name, resource in list(template["Resources"].items()):
        if name in secrets or resource["Type"] in FAILS_IN_MOTO or name in REFER_TO_POOL:
            del template["Resources"][name]
        # CloudFormation ends the name that it makes up for such a queue with .fifo.
        if resource.get("Properties", {}).get("FifoQueue"):
            resource["Properties"]["QueueName"] = {"Fn::Sub": f"${{AWS::StackName}}-{name}.fifo"}
    return template


def network() -> dict[str, str]:
    """Parameters that name the network which every account of moto's begins with."""
    client = boto3.client("ec2")
    vpc = client.describe_vpcs()["Vpcs"][0]["VpcId"]
    own = [{"Name": "vpc-id", "Values": [vpc]}]
    subnets = client.describe_subnets(Filters=own)["Subnets"]
    groups = client.describe_security_groups(Filters=own)["SecurityGroups"]
    routes = client.describe_route_tables(Filters=own)["RouteTables"]
    return {
        "VpcId": vpc,
        "SubnetIds": ",".join(each["SubnetId"] for each in subnets[:2]),
        "SecurityGroupIds": groups[0]["GroupId"],
        "RouteTableIds": routes[0]["RouteTableId"],
    }


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


FAILS_IN_MOTO = {
    "AWS::RDS::DBInstance",
    "Custom::DatabaseSchema",
    "Custom::EmptiedBucket",
    "Custom::Settings",
}
REFER_TO_POOL = {"TokenScopesPermission"}
"""They need an attribute of the user pool, which moto does not make."""
NOT_IN_MOTO = FAILS_IN_MOTO | {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::VPCCidrBlock",
    "AWS::Logs::MetricFilter",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Cognito::UserPoolGroup",
    "AWS::Cognito::UserPoolResourceServer",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBClusterParameterGroup",
    "AWS::S3::BucketPolicy",
    "AWS::SES::ConfigurationSet",
    "AWS::SES::ConfigurationSetEventDestination",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
    "AWS::SecretsManager::Secret",
}
"""What its CloudFormation does not make."""


def expected(parameters: Mapping[str, str]) -> set[str]:
    """Logical ids of all that these parameters ask for and moto can make."""
    given = {**defaults(), **parameters}
    return {
        name
        for name, resource in deployed()["Resources"].items()
        if resource["Type"] not in NOT_IN_MOTO
        and name not in REFER_TO_POOL
        and ("Condition" not in resource or holds({"Condition": resource["Condition"]}, given))
    }


@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
@pytest.mark.parametrize(
    ("way", "has", "has_not"),
    [
        ("by password", {"RolePasswordAccess"}, {"DatabaseSubnets", "Network", "MailAccess"}),
        (
            "by IAM",
            {"AdministratorAccess", "AdministratorLogin"},
            {"DatabaseSubnets", "RolePasswordAccess"},
        ),
        (
            "with all options",
            {"MailAccess", "Alarms", "QueuesEndpoint"},
            {"Network", "DatabaseSubnets"},
        ),
        (
            "with nothing there",
            ALL_MADE_HAS,
            {"ClusterAdministratorAccess", "NatGateway", "RolePasswordAccess"} | ENDPOINTS,
        ),
        (
            "within AWS's network",
            ALL_MADE_HAS | {"QueuesEndpoint"},
            {"ClusterAdministratorAccess", "NatGateway", "SecretsEndpoint"},
        ),
        (
            "with an administrator's password",
            ALL_MADE_HAS | ENDPOINTS | {"ClusterAdministratorAccess"},
            {"NatGateway"},
        ),
        ("on SQLite", {"LtvQueries"}, {"Network", "IntakeDatabaseAccess"}),
        ("with the internet", {"DatabaseSubnets", "NatGateway", "NatRoute"}, {"SecretsEndpoint"}),
        ("in a network", {"DatabaseSubnets", "DatabaseGroup"}, {"Network", "NatGateway"}),
    ],
)
def test_a_stack_is_created_with_what_its_parameters_ask_for(
    account: Any,  # noqa: ANN401
    way: str,
    has: set[str],
    has_not: set[str],
) -> None:
    parameters = {**network(), **WAYS[way]}
    made = create(account, "shop", {name: each for name, each in parameters.items() if each})

    assert made.keys() == expected(parameters)
    assert made.keys() >= has
    assert not made.keys() & has_not


def test_these_ways_take_every_condition_both_ways() -> None:
    given = [{**defaults(), **SOME_NETWORK, **way} for way in WAYS.values()]
    given.append({**given[0], "AWS::Partition": "aws-us-gov"})
    given.append({**given[2], "PublicUrl": "https://shop.example"})
    for name in written()["Conditions"]:
        assert {bool(holds({"Condition": name}, each)) for each in given} == {True, False}, name


@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
def test_a_network_lies_in_the_zones_that_are_named(account: Any) -> None:  # noqa: ANN401
    way = WAYS["with the internet"]
    made = create(account, "shop", {name: each for name, each in way.items() if each})

    subnets = boto3.client("ec2").describe_subnets(SubnetIds=[made["SubnetA"], made["SubnetB"]])
    zones = [each["AvailabilityZone"] for each in subnets["Subnets"]]
    assert sorted(zones) == way["Zones"].split(",")


@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
def test_two_stacks_live_in_one_account(account: Any) -> None:  # noqa: ANN401
    one, other = (create(account, name, WAYS["with nothing there"]) for name in ("shop", "second"))

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
            "AWS::Lambda::Alias",  # has its name within the function
            "AWS::Lambda::Permission",
            "AWS::Lambda::EventSourceMapping",
            "AWS::Lambda::EventInvokeConfig",
            "AWS::Cognito::UserPoolResourceServer",  # has its name within the pool
        }:
            continue
        for key in named:
            value = resource.get("Properties", {}).get(key)
            assert not isinstance(value, str), (name, key)
