"""What the stack may do, what happens to what fails, and whether CloudFormation would take it."""

from collections.abc import Mapping
from typing import Any

import pytest

from succotash.infrastructure.postgres.migrations.rights import (
    Kind,
)
from tests.template.roles import ADMINISTRATOR, database_user, kind_of
from tests.template.stack import (
    deployed_of,
    functions,
    text_of,
    unconditional,
)

AWS_POLICIES = {
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSXrayWriteOnlyAccess",
}
"""AWS's own, which let a function write its log and traces and, in a VPC, be reached."""
OUR_POLICIES = {
    f'{{"Ref": "{name}"}}'
    for name in (
        "EventsDatabaseAccess",
        "IntakeDatabaseAccess",
        "QueriesDatabaseAccess",
        "RelayDatabaseAccess",
        "CampaignsDatabaseAccess",
        "AdministratorAccess",
        "AdministratorLogin",
        "ClusterAdministratorAccess",
        "RolePasswordAccess",
        "ScoringDatabaseAccess",
        "OrderFileAccess",
        "UploadAccess",
        "EventBusAccess",
        "MailAccess",
        "WebhookAccess",
        "ParkingAccess",
        "TurnstileAccess",
        "ExportAccess",
        "ExportRemoval",
        "SetAsideAccess",
        "DeliveryAccess",
        "DeliveryRequestAccess",
        "RelayMessageAccess",
        "RelayWakeAccess",
        "ConnectorAccess",
        "ConnectorSecretAccess",
        "ShopEventAccess",
        "ShopRequestAccess",
    )
}
OBJECTS = '{"Fn::Sub": "${OrderFiles.Arn}/*"}'
PARKED = '{"Fn::GetAtt": ["ParkedSubmissions", "Arn"]}'
SET_ASIDE = '{"Fn::GetAtt": ["ParkedSubmissionFailures", "Arn"]}'
JOBS = '{"Fn::GetAtt": ["Deliveries", "Arn"]}'
RELAY_MESSAGES = '{"Fn::GetAtt": ["RelayMessages", "Arn"]}'
WAITING_JOBS = (
    '[{"Fn::GetAtt": ["Deliveries", "Arn"]}, {"Fn::GetAtt": ["DeliveryFailures", "Arn"]}]'
)
SHOP_EVENTS = '{"Fn::GetAtt": ["ShopEvents", "Arn"]}'
SHOP_REQUESTS = '{"Fn::GetAtt": ["ShopRequests", "Arn"]}'
SHOP_EVENT_FAILURES = '{"Fn::GetAtt": ["ShopEventFailures", "Arn"]}'
RECEIVED_FROM = {
    SHOP_EVENTS,
    SHOP_REQUESTS,
    SHOP_EVENT_FAILURES,
    '{"Fn::GetAtt": ["BulkImports", "Arn"]}',
    PARKED,
    SET_ASIDE,
    JOBS,
    WAITING_JOBS,
    RELAY_MESSAGES,
}
ROLE_SECRETS = [{"Ref": f"{kind.title()}DatabasePassword"} for kind in Kind]

IDENTITY = (
    '{"Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}'
    ':identity/${MailIdentity}"}'
)
MAIL_EVENTS = IDENTITY.replace("identity/${MailIdentity}", "configuration-set/${MailEvents}")
TURNSTILE_SECRETS = (
    '{"Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}'
    ':secret:${AWS::StackName}/turnstile/*"}'
)
EXPORTS = '{"Fn::Sub": "${Exports.Arn}/*"}'
RESULTS = '{"Fn::Sub": "${OrderFiles.Arn}/*.result.json"}'
UPLOADED = '{"Fn::Sub": "${OrderFiles.Arn}/uploads/*"}'
UPLOADS = '{"Fn::Sub": "${OrderFiles.Arn}/uploads/*.upload"}'
STEPS_OF_THE_NIGHT = ("LeadScoring", "ChurnScoring", "CampaignDispatch", "OutboxRelay")
FAILURES_OF_THE_NIGHT = text_of(
    [
        {"Fn::GetAtt": [name, "Arn"]}
        for name in ("ScoringFailures", "DispatchFailures", "RelayFailures")
    ]
)
RULE_OF_STEP_FUNCTIONS = text_of(
    {
        "Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}"
        ":rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    }
)
EXECUTIONS = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution"
SCORING_EXECUTIONS = text_of({"Fn::Sub": f"{EXECUTIONS}:${{ScoringRun.Name}}:*"})
SHARD_EXECUTIONS = text_of({"Fn::Sub": f"{EXECUTIONS}:${{ScoringRun.Name}}/*"})
"""Of the state machine, and of its distributed map, which are named by its map runs."""
ALLOWED: Mapping[str, set[str]] = {
    "secretsmanager:GetSecretValue": {
        '{"Ref": "DbAdminSecretArn"}',
        '{"Fn::GetAtt": ["Database", "MasterUserSecret.SecretArn"]}',
        text_of(ROLE_SECRETS),
        *map(text_of, ROLE_SECRETS),
        TURNSTILE_SECRETS,
        '{"Ref": "WebhookSecretArn"}',
        '{"Ref": "ConnectorSecretArn"}',
    },
    "rds-db:connect": {database_user(kind) for kind in Kind} | {ADMINISTRATOR},
    "sqs:SendMessage": {
        '{"Fn::GetAtt": ["ScoringFailures", "Arn"]}',
        '{"Fn::GetAtt": ["DispatchFailures", "Arn"]}',
        f"[{PARKED}, {SET_ASIDE}]",
        f"[{RELAY_MESSAGES}, {PARKED}]",
        JOBS,
        RELAY_MESSAGES,
        SET_ASIDE,
        f"[{SHOP_EVENTS}, {SHOP_REQUESTS}]",
        SHOP_EVENT_FAILURES,
        FAILURES_OF_THE_NIGHT,
    },
    "sqs:ReceiveMessage": RECEIVED_FROM,
    "sqs:DeleteMessage": RECEIVED_FROM,
    "sqs:GetQueueAttributes": RECEIVED_FROM,
    "sqs:ChangeMessageVisibility": {SET_ASIDE, WAITING_JOBS, SHOP_EVENT_FAILURES},
    "s3:GetObject": {OBJECTS, UPLOADED, EXPORTS},
    "s3:DeleteObject": {OBJECTS, EXPORTS},
    "s3:ListBucket": {
        '{"Fn::GetAtt": ["OrderFiles", "Arn"]}',
        '{"Fn::GetAtt": ["Exports", "Arn"]}',
    },
    "s3:PutObject": {RESULTS, UPLOADS, EXPORTS},
    "s3:AbortMultipartUpload": {RESULTS, EXPORTS},
    "lambda:InvokeFunction": {
        '{"Fn::GetAtt": ["ChurnScoring", "Arn"]}',
        text_of([{"Fn::GetAtt": [name, "Arn"]} for name in STEPS_OF_THE_NIGHT]),
    },
    "states:StartExecution": {'{"Ref": "ScoringRun"}', '{"Ref": "NightlyRun"}'},
    "states:DescribeExecution": {SCORING_EXECUTIONS, SHARD_EXECUTIONS},
    "states:StopExecution": {SCORING_EXECUTIONS, SHARD_EXECUTIONS},
    "states:RedriveExecution": {SHARD_EXECUTIONS},
    "events:PutTargets": {RULE_OF_STEP_FUNCTIONS},
    "events:PutRule": {RULE_OF_STEP_FUNCTIONS},
    "events:DescribeRule": {RULE_OF_STEP_FUNCTIONS},
    "events:PutEvents": {'{"Fn::GetAtt": ["EventBus", "Arn"]}'},
    "ses:SendEmail": {f"[{IDENTITY}, {MAIL_EVENTS}]"},
    "ses:SendRawEmail": {f"[{IDENTITY}, {MAIL_EVENTS}]"},
    "ses:GetAccount": {"*"},
}
"""Everything that any role of the stack may do, and to what."""


def statements() -> list[Any]:
    """Every statement of every policy that is deployed, whatever was chosen."""
    documents = [each["PolicyDocument"] for each in deployed_of("AWS::IAM::ManagedPolicy").values()]
    documents += [each["PolicyDocument"] for each in deployed_of("AWS::IAM::Policy").values()]
    for role in deployed_of("AWS::IAM::Role").values():
        documents += [policy["PolicyDocument"] for policy in role.get("Policies", ())]
    found: list[Any] = []
    for document in documents:
        stated = document["Statement"]
        for each in stated if isinstance(stated, list) else [stated]:
            found += each["Fn::If"][1:] if "Fn::If" in each else [each]
    found = [each for each in found if each != {"Ref": "AWS::NoValue"}]
    return [each | {"Resource": unnested(each["Resource"])} for each in found]


def unnested(resource: Any) -> Any:  # noqa: ANN401 - any part of a template
    """As it is written but for conditions around the whole."""
    return resource["Fn::If"][1] if "Fn::If" in resource else resource


def test_nothing_may_be_done_but_this() -> None:
    found: dict[str, set[str]] = {}
    for each in statements():
        assert each["Effect"] == "Allow"
        actions = each["Action"]
        for action in actions if isinstance(actions, list) else [actions]:
            found.setdefault(action, set()).add(text_of(each["Resource"]))
    assert found == ALLOWED


def test_no_permission_has_a_wildcard_but_for_what_is_named_after_the_stack() -> None:
    for each in statements():
        assert "*" not in text_of(each["Action"]), each
        resource = text_of(each["Resource"])
        where_many = (
            OBJECTS,
            RESULTS,
            UPLOADED,
            UPLOADS,
            TURNSTILE_SECRETS,
            EXPORTS,
            SCORING_EXECUTIONS,
            SHARD_EXECUTIONS,
        )
        is_of_the_account = each["Action"] == "ses:GetAccount"  # AWS allows it for nothing less
        assert "*" not in resource or resource in where_many or is_of_the_account, each


def test_roles_have_no_other_policies_of_aws() -> None:
    for role in unconditional(list(deployed_of("AWS::IAM::Role").values())):
        for policy in role.get("ManagedPolicyArns", ()):
            name = text_of(policy)
            assert name.rpartition("/")[2].rstrip('"}') in AWS_POLICIES or name in OUR_POLICIES


@pytest.mark.parametrize("name", functions())
def test_a_function_may_reach_the_database_and_what_it_alone_needs(name: str) -> None:
    nothing = {"Ref": "AWS::NoValue"}
    its_own: Mapping[str, list[object]] = {
        "BulkImport": [{"Ref": "OrderFileAccess"}],
        "CampaignDispatch": [{"Ref": "RelayWakeAccess"}],
        "ChurnScoring": [{"Ref": "RelayWakeAccess"}],
        "Connectors": [
            {"Ref": "ConnectorAccess"},
            {"Fn::If": ["ConnectsShops", {"Ref": "ConnectorSecretAccess"}, nothing]},
        ],
        "Delivery": [
            {"Ref": "DeliveryAccess"},
            {"Ref": "EventBusAccess"},
            {"Ref": "TurnstileAccess"},
            {"Fn::If": ["SendsMail", {"Ref": "MailAccess"}, nothing]},
            {"Fn::If": ["CallsWebhooks", {"Ref": "WebhookAccess"}, nothing]},
        ],
        "EventIntake": [{"Ref": "UploadAccess"}, {"Ref": "ShopEventAccess"}],
        "FormIntake": [
            {"Ref": "ParkingAccess"},
            {"Ref": "DeliveryRequestAccess"},
            {"Ref": "RelayWakeAccess"},
        ],
        "LeadQueries": [
            {"Ref": "ExportAccess"},
            {"Ref": "SetAsideAccess"},
            {"Ref": "RelayWakeAccess"},
            {"Ref": "ShopRequestAccess"},
        ],
        "OutboxRelay": [
            {"Ref": "DeliveryRequestAccess"},
            {"Ref": "RelayWakeAccess"},
            {"Ref": "RelayMessageAccess"},
        ],
        "RetentionAnalysis": [{"Ref": "RelayWakeAccess"}],
        "SchemaMigration": [
            {"Fn::If": ["HasAdministrator", {"Ref": "AdministratorAccess"}, nothing]},
            {"Fn::If": ["MakesAdminPassword", {"Ref": "ClusterAdministratorAccess"}, nothing]},
            {"Fn::If": ["ByIam", {"Ref": "AdministratorLogin"}, nothing]},
            {"Fn::If": ["ByPassword", {"Ref": "RolePasswordAccess"}, nothing]},
            {"Ref": "ExportRemoval"},
        ],
    }
    policies = its_own.get(name, [])
    if name not in {"Connectors", "Delivery", "SchemaMigration", "TokenScopes"}:
        access = {"Ref": f"{kind_of(name).title()}DatabaseAccess"}
        policies.insert(0, {"Fn::If": ["OnPostgres", access, nothing]})
    assert functions()[name].get("Policies", []) == policies


ENDPOINTS = {
    "QueuesEndpoint": {
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
    },
    "SecretsEndpoint": {"secretsmanager:GetSecretValue"},
}

WHATEVER_IS_ASKED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
"""What an endpoint in a network that serves others too lets through."""


@pytest.mark.parametrize("name", ENDPOINTS)
def test_in_a_network_of_the_stack_an_endpoint_lets_functions_do_what_they_do_there(
    name: str,
) -> None:
    endpoint = deployed_of("AWS::EC2::VPCEndpoint")[name]
    condition, own, others = endpoint["PolicyDocument"]["Fn::If"]
    assert (condition, others) == ("MakesNetwork", WHATEVER_IS_ASKED)
    let_through: list[str] = []
    for statement in own["Statement"]:
        actions = statement["Action"]
        let_through += actions if isinstance(actions, list) else [actions]
        assert statement["Resource"] != "*"
        assert statement["Condition"] == {
            "StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}
        }
    assert sorted(let_through) == sorted(ENDPOINTS[name])
    assert endpoint["SecurityGroupIds"] == [{"Fn::GetAtt": ["EndpointsGroup", "GroupId"]}]
    [ingress] = deployed_of("AWS::EC2::SecurityGroup")["EndpointsGroup"]["SecurityGroupIngress"]
    condition, own, others = ingress["Fn::If"]
    assert condition == "MakesNetwork"
    assert {(each["FromPort"], each["ToPort"]) for each in (own, others)} == {(443, 443)}
    assert own["SourceSecurityGroupId"] == {"Fn::GetAtt": ["FunctionsGroup", "GroupId"]}
    assert others["CidrIp"] == "0.0.0.0/0"


def test_s3_is_reached_from_a_network_of_the_stack_for_its_buckets_and_for_cloudformation() -> None:
    gateway = deployed_of("AWS::EC2::VPCEndpoint")["StorageEndpoint"]["PolicyDocument"]
    condition, own, others = gateway["Fn::If"]
    assert (condition, others) == ("MakesNetwork", WHATEVER_IS_ASKED)
    ours, answers = own["Statement"]
    assert {text_of(each).split("/")[0] for each in ours["Resource"]} == {
        '{"Fn::GetAtt": ["OrderFiles", "Arn"]}',
        '{"Fn::GetAtt": ["Exports", "Arn"]}',
        '{"Fn::Sub": "${OrderFiles.Arn}',
        '{"Fn::Sub": "${Exports.Arn}',
    }
    assert ours["Condition"]
    assert answers["Action"] == "s3:PutObject"
    assert "cloudformation-custom-resource-response-" in text_of(answers["Resource"])
