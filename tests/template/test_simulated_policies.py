"""Every role's policies, simulated: each does what it does, and nothing that another one does."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from moto.iam.access_control import IAMPolicyStatement, PermissionResult

from tests.template.stack import defaults, deployed, deployed_of, functions, holds, written

REGION, ACCOUNT = "eu-central-1", "123456789012"
MAIL = {"MailFrom": "team@example.org", "MailIdentity": "example.org"}
GIVEN: Mapping[str, Any] = {
    **defaults(),
    **MAIL,
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": "shop",
    "AWS::NoValue": None,
}
"""The stack with everything of its own, which sends mail."""
DATABASE = f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:Database.DBClusterResourceId"

RULE_OF_STEP_FUNCTIONS = "StepFunctionsGetEventsForStepFunctionsExecutionRule"

type Call = tuple[str, str]
"""An action, and what it is done to."""


def arn(name: str, rest: str = "") -> str:
    """What stands for the ARN of a resource."""
    return f"{name}.Arn{rest}"


def database(kind: str) -> Call:
    return ("rds-db:connect", f"{DATABASE}/app_user_{kind}")


def takes_from(queue: str) -> set[Call]:
    """What an event source mapping does with the function's role."""
    actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    return {(f"sqs:{action}", arn(queue)) for action in actions}


WAKES_RELAY: Call = ("sqs:SendMessage", arn("RelayMessages"))
ORDERS, RESULT = arn("OrderFiles", "/orders.csv"), arn("OrderFiles", "/orders.csv.result.json")
UPLOAD = arn("OrderFiles", "/uploads/0190.upload")
EXPORT = arn("Exports", "/leads.csv")
CALLS: Mapping[str, set[Call]] = {
    "FormIntake": {
        database("intake"),
        ("sqs:SendMessage", arn("ParkedSubmissions")),
        ("sqs:SendMessage", arn("ParkedSubmissionFailures")),
        *takes_from("ParkedSubmissions"),
        ("sqs:SendMessage", arn("Deliveries")),
        WAKES_RELAY,
    },
    "LeadQueries": {
        database("queries"),
        *((f"s3:{action}Object", EXPORT) for action in ("Put", "Get", "Delete")),
        ("s3:ListBucket", arn("Exports")),
        *takes_from("ParkedSubmissionFailures"),
        ("sqs:SendMessage", arn("ParkedSubmissionFailures")),
        ("sqs:ChangeMessageVisibility", arn("ParkedSubmissionFailures")),
        *takes_from("Deliveries"),
        ("sqs:ChangeMessageVisibility", arn("Deliveries")),
        *takes_from("DeliveryFailures"),
        ("sqs:ChangeMessageVisibility", arn("DeliveryFailures")),
        *takes_from("ShopRequests"),
        *takes_from("ShopEventFailures"),
        ("sqs:ChangeMessageVisibility", arn("ShopEventFailures")),
        ("sqs:SendMessage", arn("ShopEventFailures")),
        WAKES_RELAY,
    },
    "EventIntake": {
        database("events"),
        ("s3:PutObject", UPLOAD),
        ("s3:GetObject", UPLOAD),
        ("s3:GetObject", UPLOAD + ".result.json"),
        ("s3:ListBucket", arn("OrderFiles")),
        *takes_from("ShopEvents"),
        ("sqs:SendMessage", arn("ShopEventFailures")),
    },
    "Connectors": {
        ("sqs:SendMessage", arn("ShopEvents")),
        ("sqs:SendMessage", arn("ShopRequests")),
    },
    "LtvQueries": {database("queries")},
    "RetentionAnalysis": {database("queries"), WAKES_RELAY},
    "CampaignDispatch": {
        database("campaigns"),
        ("sqs:SendMessage", arn("DispatchFailures")),
        WAKES_RELAY,
    },
    "ChurnScoring": {database("scoring"), WAKES_RELAY},
    "LeadScoring": {database("scoring")},
    "BulkImport": {
        database("events"),
        *takes_from("BulkImports"),
        ("s3:GetObject", ORDERS),
        ("s3:DeleteObject", ORDERS),
        ("s3:GetObject", UPLOAD),
        ("s3:GetObject", UPLOAD + ".result.json"),
        ("s3:ListBucket", arn("OrderFiles")),
        ("s3:PutObject", RESULT),
    },
    "OutboxRelay": {
        database("relay"),
        ("sqs:SendMessage", arn("Deliveries")),
        WAKES_RELAY,
        *takes_from("RelayMessages"),
    },
    "TokenScopes": set(),
    "Delivery": {
        *takes_from("Deliveries"),
        ("sqs:SendMessage", arn("ParkedSubmissions")),
        WAKES_RELAY,
        ("events:PutEvents", arn("EventBus")),
        ("ses:SendEmail", f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.org"),
        ("ses:SendRawEmail", f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.org"),
        ("ses:GetAccount", "*"),
        (
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/turnstile/contact-AbCdEf",
        ),
    },
    "SchemaMigration": {
        ("rds-db:connect", f"{DATABASE}/succotash_admin"),
        ("s3:DeleteObject", EXPORT),
        ("s3:ListBucket", arn("Exports")),
    },
    "NightlyRun": {
        *(
            ("lambda:InvokeFunction", arn(each))
            for each in ("LeadScoring", "ChurnScoring", "CampaignDispatch", "OutboxRelay")
        ),
        ("sqs:SendMessage", arn("ScoringFailures")),
        ("sqs:SendMessage", arn("DispatchFailures")),
        ("sqs:SendMessage", arn("RelayFailures")),
        ("states:StartExecution", "ScoringRun"),
        (
            "states:DescribeExecution",
            f"arn:aws:states:{REGION}:{ACCOUNT}:execution:ScoringRun.Name:one",
        ),
        (
            "events:PutRule",
            f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{RULE_OF_STEP_FUNCTIONS}",
        ),
    },
    "ScoringRun": {
        ("lambda:InvokeFunction", arn("ChurnScoring")),
        ("states:StartExecution", "ScoringRun"),
        (
            "states:RedriveExecution",
            f"arn:aws:states:{REGION}:{ACCOUNT}:execution:ScoringRun.Name/map:one",
        ),
        (
            "states:DescribeExecution",
            f"arn:aws:states:{REGION}:{ACCOUNT}:execution:ScoringRun.Name:one",
        ),
    },
    "ScoringRunRequested": {("states:StartExecution", "ScoringRun")},
    "NightlyRunNightly": {
        ("states:StartExecution", "NightlyRun"),
        ("sqs:SendMessage", arn("ScoringFailures")),
    },
}
"""What is called with each role, by the function, state machine or schedule that has it."""
NEVER: set[Call] = {
    ("sqs:PurgeQueue", arn("ParkedSubmissions")),
    ("s3:GetObject", "arn:aws:s3:::somebody-elses/file"),
    ("s3:PutObject", ORDERS),
    ("rds-db:connect", f"{DATABASE}/postgres"),
    ("secretsmanager:GetSecretValue", "ErasureKey"),
    ("secretsmanager:GetSecretValue", "FormTokenKey"),
    ("iam:PassRole", "*"),
}


def resolved(value: Any) -> Any:  # noqa: ANN401 - any part of a template
    """As CloudFormation fills it in, with names in the place of ARNs."""
    match value:
        case {"Fn::If": [condition, one, other]}:
            chosen = holds({"Condition": condition}, GIVEN)
            return resolved(one if chosen else other)
        case {"Ref": str(name)}:
            return GIVEN.get(name, name)
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"{name}.{attribute}"
        case {"Fn::Sub": [str(text), dict(names)]}:
            own = {name: resolved(each) for name, each in names.items()}
            return filled(text, {**GIVEN, **own})
        case {"Fn::Sub": str(text)}:
            return filled(text, GIVEN)
        case dict():
            return {name: resolved(each) for name, each in value.items()}
        case list():
            return [each for each in map(resolved, value) if each is not None]
        case _:
            return value


def filled(text: str, names: Mapping[str, Any]) -> str:
    return re.sub(r"\$\{([^}]+)\}", lambda found: str(names.get(found[1], found[1])), text)


@cache
def statements_of(role: str) -> tuple[Any, ...]:
    """What is allowed with a role, by its own policies and those that it refers to."""
    properties = deployed()["Resources"][role]["Properties"]
    documents = [each["PolicyDocument"] for each in properties.get("Policies", ())]
    ours = deployed_of("AWS::IAM::ManagedPolicy")
    named = resolved(properties.get("ManagedPolicyArns", []))
    documents += [ours[name]["PolicyDocument"] for name in named if name in ours]
    documents += [
        each["PolicyDocument"]
        for each in deployed_of("AWS::IAM::Policy").values()
        if role in resolved(each["Roles"])
    ]
    return tuple(_statements(resolved(json.loads(json.dumps(documents)))))


def _statements(documents: list[Any]) -> Iterator[Any]:
    for document in documents:
        stated = document["Statement"]
        yield from stated if isinstance(stated, list) else [stated]


def is_allowed(owner: str, call: Call) -> bool:
    """What IAM would answer, as moto has its rules."""
    results = {
        IAMPolicyStatement(each).is_action_permitted(*call)
        for each in statements_of(f"{owner}Role")
    }
    return PermissionResult.PERMITTED in results and PermissionResult.DENIED not in results


def test_every_role_of_the_stack_is_simulated() -> None:
    assert {f"{name}Role" for name in CALLS} == deployed_of("AWS::IAM::Role").keys()
    assert functions().keys() <= CALLS.keys()


@pytest.mark.parametrize("owner", CALLS)
def test_a_role_may_do_what_is_done_with_it(owner: str) -> None:
    assert [call for call in CALLS[owner] if not is_allowed(owner, call)] == []


@pytest.mark.parametrize("owner", CALLS)
def test_a_role_may_do_nothing_that_only_others_do(owner: str) -> None:
    others = NEVER.union(*CALLS.values()) - CALLS[owner]
    assert [call for call in sorted(others) if is_allowed(owner, call)] == []


def test_the_parameters_that_are_given_are_those_of_the_template() -> None:
    assert {name for name in GIVEN if ":" not in name} == set(written()["Parameters"])
