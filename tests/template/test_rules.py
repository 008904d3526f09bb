"""Which parameters contradict each other, as CloudFormation would say before it makes anything."""

from typing import Any

import pytest

from tests.template.stack import deployed, written

DEPLOYED = {
    "Issuer": "https://issuer.example/",
    "DbHost": "database.example",
    "DbSecretArn": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:database",
}


def holds(condition: Any, given: dict[str, Any]) -> Any:  # noqa: ANN401 - any part of a rule
    """What a rule-specific intrinsic comes to."""
    match condition:
        case {"Ref": str(name)}:
            return given[name]
        case {"Fn::Equals": [one, other]}:
            return holds(one, given) == holds(other, given)
        case {"Fn::Not": [one]}:
            return not holds(one, given)
        case {"Fn::Or": list(several)}:
            return any(holds(each, given) for each in several)
        case str():
            return condition
        case _:
            raise AssertionError(condition)


def objections(**parameters: str) -> list[str]:
    """The sentences that CloudFormation would answer with."""
    template = written()
    given = {name: each.get("Default") for name, each in template["Parameters"].items()}
    given |= DEPLOYED | parameters
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
        {"DbSecretArn": "", "DbResourceId": "cluster-ABC"},
        {"MailFrom": "team@example.org", "MailIdentity": "example.org"},
        {"Storage": "memory", "DbSecretArn": "", "DbHost": "localhost"},
    ],
)
def test_a_sound_deployment_is_let_through(parameters: dict[str, str]) -> None:
    assert objections(**parameters) == []


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"DbResourceId": "cluster-ABC"}, ("DbSecretArn", "DbResourceId")),
        ({"DbSecretArn": ""}, ("DbSecretArn", "DbResourceId")),
        ({"DbHost": "localhost"}, ("DbHost",)),
        ({"Issuer": "https://issuer.succotash.local/"}, ("Issuer", "Audience")),
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
