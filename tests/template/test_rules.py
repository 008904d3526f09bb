"""Which parameters contradict each other, as CloudFormation would say before it makes anything."""

import pytest

from tests.template.stack import defaults, deployed, holds, written

DEPLOYED = {
    "Issuer": "https://issuer.example/",
    "Audience": "shop",
    "DbHost": "database.example",
    "DbAdminSecretArn": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:database",
}
ALL_MADE = {"Issuer": "", "Audience": "", "DbHost": "", "DbAdminSecretArn": ""}
SUBNETS = {"SubnetIds": "subnet-1,subnet-2", "SecurityGroupIds": "sg-1"}
"""A network that is there already."""


MAIL = {"MailFrom": "team@example.org", "MailIdentity": "example.org"}


def objections(**parameters: str) -> list[str]:
    """The sentences that CloudFormation would answer with."""
    template = written()
    given = defaults() | DEPLOYED | parameters
    return [
        assertion["AssertDescription"]
        for rule in template["Rules"].values()
        if "RuleCondition" not in rule or holds(rule["RuleCondition"], given)
        for assertion in rule["Assertions"]
        if not holds(assertion["Assert"], given)
    ]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"DbResourceId": "cluster-ABC", "DbAdminUser": "postgres"},
        MAIL,
        {"Storage": "sqlite", "Seeded": "true", "DbAdminSecretArn": "", "DbHost": ""},
        {"Storage": "memory", "DbAdminSecretArn": "", "DbHost": ""},
        SUBNETS,
        SUBNETS | {"VpcId": "vpc-1", "RouteTableIds": "rtb-1"},
        ALL_MADE,
        ALL_MADE | SUBNETS | {"VpcId": "vpc-1"},
        ALL_MADE | MAIL | {"Egress": "nat"},
        ALL_MADE | {"Egress": "endpoints"},
        ALL_MADE | {"Egress": "endpoints", "DbAdminAuthentication": "password"},
        ALL_MADE | SUBNETS | {"VpcId": "vpc-1", "DbAdminAuthentication": "password"},
    ],
)
def test_a_sound_deployment_is_let_through(parameters: dict[str, str]) -> None:
    assert objections(**parameters) == []


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"DbAdminSecretArn": ""}, ("DbAdminSecretArn", "DbHost")),
        ({"DbHost": "localhost"}, ("DbHost",)),
        ({"DbHost": ""}, ("DbAdminSecretArn", "DbHost")),
        ({"Storage": "sqlite"}, ("Storage=sqlite", "make deploy")),
        ({"DbKmsKeyArn": "arn:aws:kms:eu-central-1:1:key/1"}, ("DbKmsKeyArn", "DbHost")),
        ({"DbResourceId": "cluster-ABC"}, ("DbResourceId", "DbAdminUser")),
        (
            ALL_MADE | {"DbResourceId": "cluster-ABC", "DbAdminUser": "postgres"},
            ("DbResourceId", "DbHost"),
        ),
        (ALL_MADE | {"DbProxy": "true"}, ("DbProxy", "DbHost")),
        (ALL_MADE | {"VpcId": "vpc-1"}, ("VpcId", "SubnetIds")),
        (ALL_MADE | SUBNETS, ("VpcId", "SubnetIds")),
        (ALL_MADE | {"DbAdminAuthentication": "password"}, ("DbAdminAuthentication", "Egress")),
        ({"Issuer": ""}, ("Issuer", "Audience")),
        ({"Audience": ""}, ("Issuer", "Audience")),
        (ALL_MADE | {"ScopePrefix": "shop/"}, ("Issuer", "ScopePrefix")),
        ({"SubnetIds": "subnet-1"}, ("SubnetIds", "SecurityGroupIds")),
        (SUBNETS | {"Egress": "nat"}, ("Egress", "SubnetIds")),
        (SUBNETS | {"RouteTableIds": "rtb-1"}, ("RouteTableIds", "VpcId")),
        ({"MailFrom": "team@example.org"}, ("MailFrom", "MailIdentity")),
        ({"MailIdentity": "example.org"}, ("MailFrom", "MailIdentity")),
    ],
)
def test_a_contradiction_is_refused_with_one_sentence_that_names_it(
    parameters: dict[str, str], named: tuple[str, ...]
) -> None:
    [sentence] = objections(**parameters)
    assert all(name in sentence for name in named)


def test_the_rules_reach_cloudformation() -> None:
    assert deployed()["Rules"].keys() == written()["Rules"].keys()


def functions_in(value: object) -> set[str]:
    """Names of the intrinsics in a part of the template."""
    match value:
        case dict():
            own = {name for name in value if name == "Ref" or name.startswith("Fn::")}
            return own | functions_in(list(value.values()))
        case list():
            return {name for each in value for name in functions_in(each)}
        case _:
            return set()


def test_rules_need_only_the_functions_that_cloudformation_has_for_them() -> None:
    """The linter knows of no such limit within Fn::Equals."""
    of_rules = {"Ref", "Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"}
    assert functions_in(list(written()["Rules"].values())) <= of_rules
