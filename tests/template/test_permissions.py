"""What the stack may do, what happens to what fails, and whether CloudFormation would take it."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from cfnlint.api import lint

from lead_queries import ERASURE_SECONDS
from succotash.application.value.order_import import RESULT_SUFFIX
from succotash.http.order_files import NDJSON_SUFFIXES
from succotash.infrastructure.aws.parking import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS
from succotash.infrastructure.aws.queue_rounds import HIDDEN_SECONDS, RETENTION, WAIT_SECONDS
from succotash.infrastructure.postgres.migrations import REVISION
from succotash.infrastructure.postgres.migrations.rights import (
    COLUMNS,
    RIGHTS,
    TABLES_OF_THEIR_OWN,
    Kind,
)
from succotash.infrastructure.postgres.provisioning import LIMITS
from succotash.infrastructure.postgres.retry import RetryPolicy
from tests.kinds import KINDS
from tests.template.stack import (
    database_limits,
    deployed,
    deployed_of,
    events,
    folder_of,
    functions,
    globals_of_functions,
    text_of,
    translated,
    unconditional,
    written,
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
        "AdministratorAccess",
        "ClusterAdministratorAccess",
        "RolePasswordAccess",
        "ScoringDatabaseAccess",
        "OrderFileAccess",
        "EventBusAccess",
        "MailAccess",
        "ParkingAccess",
        "FormTokenAccess",
        "ErasureKeyAccess",
        "TurnstileAccess",
        "ExportAccess",
        "SetAsideAccess",
    )
}
OBJECTS = '{"Fn::Sub": "${OrderFiles.Arn}/*"}'
PARKED = '{"Fn::GetAtt": ["ParkedSubmissions", "Arn"]}'
SET_ASIDE = '{"Fn::GetAtt": ["ParkedSubmissionFailures", "Arn"]}'
RECEIVED_FROM = {'{"Fn::GetAtt": ["BulkImports", "Arn"]}', PARKED, SET_ASIDE}
ROLE_SECRETS = [{"Ref": f"{kind.title()}DatabasePassword"} for kind in Kind]


def database_user(kind: Kind) -> str:
    """What may be logged in as by IAM."""
    account = "arn:${AWS::Partition}:rds-db:${AWS::Region}:${AWS::AccountId}"
    written_out = [
        f"{account}:dbuser:${{Resource}}/${{DbUser}}_{kind}",
        {
            "Resource": {
                "Fn::If": [
                    "MakesDatabase",
                    {"Fn::GetAtt": ["Database", "DBClusterResourceId"]},
                    {"Ref": "DbResourceId"},
                ]
            }
        },
    ]
    return text_of({"Fn::Sub": written_out})


IDENTITY = (
    '{"Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}'
    ':identity/${MailIdentity}"}'
)
TURNSTILE_SECRETS = (
    '{"Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}'
    ':secret:${AWS::StackName}/turnstile/*"}'
)
EXPORTS = '{"Fn::Sub": "${Exports.Arn}/*"}'
RESULTS = '{"Fn::Sub": "${OrderFiles.Arn}/*.result.json"}'
SCORING_EXECUTIONS = (
    '{"Fn::Sub": "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}'
    ':execution:${ScoringRun.Name}/*"}'
)
ALLOWED: Mapping[str, set[str]] = {
    "secretsmanager:GetSecretValue": {
        '{"Ref": "DbAdminSecretArn"}',
        '{"Fn::GetAtt": ["Database", "MasterUserSecret.SecretArn"]}',
        text_of(ROLE_SECRETS),
        *map(text_of, ROLE_SECRETS),
        '{"Ref": "FormTokenKey"}',
        '{"Ref": "ErasureKey"}',
        TURNSTILE_SECRETS,
    },
    "rds-db:connect": {database_user(kind) for kind in Kind},
    "sqs:SendMessage": {
        '{"Fn::GetAtt": ["ScoringFailures", "Arn"]}',
        '{"Fn::GetAtt": ["RelayFailures", "Arn"]}',
        f"[{PARKED}, {SET_ASIDE}]",
        SET_ASIDE,
    },
    "sqs:ReceiveMessage": RECEIVED_FROM,
    "sqs:DeleteMessage": RECEIVED_FROM,
    "sqs:GetQueueAttributes": RECEIVED_FROM,
    "sqs:ChangeMessageVisibility": {SET_ASIDE},
    "s3:GetObject": {OBJECTS, EXPORTS},
    "s3:DeleteObject": {OBJECTS, EXPORTS},
    "s3:ListBucket": {
        '{"Fn::GetAtt": ["OrderFiles", "Arn"]}',
        '{"Fn::GetAtt": ["Exports", "Arn"]}',
    },
    "s3:PutObject": {RESULTS, EXPORTS},
    "s3:AbortMultipartUpload": {RESULTS, EXPORTS},
    "lambda:InvokeFunction": {
        '{"Fn::GetAtt": ["ChurnScoring", "Arn"]}',
        '{"Fn::GetAtt": ["LeadScoring", "Arn"]}',
        '{"Fn::GetAtt": ["OutboxRelay", "Arn"]}',
    },
    "states:StartExecution": {'{"Ref": "ScoringRun"}'},
    "states:DescribeExecution": {SCORING_EXECUTIONS},
    "states:StopExecution": {SCORING_EXECUTIONS},
    "events:PutEvents": {'{"Fn::GetAtt": ["EventBus", "Arn"]}'},
    "ses:SendEmail": {IDENTITY},
    "ses:SendRawEmail": {IDENTITY},
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
        where_many = (OBJECTS, RESULTS, TURNSTILE_SECRETS, EXPORTS, SCORING_EXECUTIONS)
        assert "*" not in resource or resource in where_many, each


def test_roles_have_no_other_policies_of_aws() -> None:
    for role in unconditional(list(deployed_of("AWS::IAM::Role").values())):
        for policy in role.get("ManagedPolicyArns", ()):
            name = text_of(policy)
            assert name.rpartition("/")[2].rstrip('"}') in AWS_POLICIES or name in OUR_POLICIES


@pytest.mark.parametrize("name", functions())
def test_a_function_may_reach_the_database_and_what_it_alone_needs(name: str) -> None:
    nothing = {"Ref": "AWS::NoValue"}
    its_own: Mapping[str, list[object]] = {
        "BulkImport": [{"Ref": "OrderFileAccess"}, {"Ref": "ErasureKeyAccess"}],
        "ChurnScoring": [{"Ref": "ErasureKeyAccess"}],
        "EventIntake": [{"Ref": "ErasureKeyAccess"}],
        "FormIntake": [
            {"Ref": "ParkingAccess"},
            {"Ref": "FormTokenAccess"},
            {"Ref": "ErasureKeyAccess"},
            {"Ref": "TurnstileAccess"},
        ],
        "LeadQueries": [
            {"Ref": "ErasureKeyAccess"},
            {"Ref": "ExportAccess"},
            {"Ref": "SetAsideAccess"},
        ],
        "OutboxRelay": [
            {"Ref": "EventBusAccess"},
            {"Ref": "FormTokenAccess"},
            {"Ref": "ErasureKeyAccess"},
            {"Fn::If": ["SendsMail", {"Ref": "MailAccess"}, nothing]},
        ],
        "SchemaMigration": [
            {"Fn::If": ["HasAdministrator", {"Ref": "AdministratorAccess"}, nothing]},
            {"Fn::If": ["MakesDatabase", {"Ref": "ClusterAdministratorAccess"}, nothing]},
            {"Fn::If": ["ByPassword", {"Ref": "RolePasswordAccess"}, nothing]},
        ],
    }
    policies = its_own.get(name, [])
    if name != "SchemaMigration":
        access = {"Ref": f"{kind_of(name).title()}DatabaseAccess"}
        policies.insert(0, {"Fn::If": ["OnPostgres", access, nothing]})
    assert functions()[name]["Policies"] == policies


def kind_of(name: str) -> Kind:
    """Which role of the database a function logs in as."""
    return KINDS[folder_of(name)]


@pytest.mark.parametrize("name", sorted(functions().keys() - {"SchemaMigration"}))
def test_a_function_logs_in_as_its_kind_and_waits_for_the_schema(name: str) -> None:
    kind = kind_of(name)
    given = functions()[name]["Environment"]["Variables"]
    assert given["DB_USER"] == {"Fn::Sub": f"${{DbUser}}_{kind}"}
    secret = {"Ref": f"{kind.title()}DatabasePassword"}
    assert given["DB_SECRET_ARN"] == {"Fn::If": ["ByPassword", secret, ""]}
    schema = {"Fn::GetAtt": ["Schema", "Revision"]}
    assert given["DB_REVISION"] == {"Fn::If": ["OnPostgres", schema, ""]}


@pytest.mark.parametrize("kind", list(Kind))
def test_a_kind_reads_no_password_but_its_own(kind: Kind) -> None:
    policy = deployed_of("AWS::IAM::ManagedPolicy")[f"{kind.title()}DatabaseAccess"]
    [statement] = policy["PolicyDocument"]["Statement"]
    condition, by_iam, by_password = statement["Fn::If"]
    assert condition == "ByIam"
    assert text_of(by_iam["Resource"]) == database_user(kind)
    assert by_password["Resource"] == {"Ref": f"{kind.title()}DatabasePassword"}


def test_roles_are_made_anew_where_a_release_changes_what_they_may_do() -> None:
    kept = (
        {table: dict(sorted(kinds.items())) for table, kinds in sorted(RIGHTS.items())},
        {table: dict(sorted(kinds.items())) for table, kinds in sorted(COLUMNS.items())},
        sorted(TABLES_OF_THEIR_OWN),
        sorted(LIMITS.items()),
    )
    digest = hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:16]
    assert deployed_of("Custom::DatabaseSchema")["Schema"]["Rights"] == f"rights-{digest}"


def test_the_schema_is_this_releases_and_made_once_the_database_is_reached() -> None:
    schema = deployed_of("Custom::DatabaseSchema")["Schema"]
    assert schema["Revision"] == REVISION
    given = functions()["SchemaMigration"]["Environment"]["Variables"]
    _, secrets, otherwise = given["DB_ROLE_SECRET_ARNS"]["Fn::If"]
    assert json.loads(secrets["Fn::Sub"]) == {
        kind: f"${{{kind.title()}DatabasePassword}}" for kind in Kind
    }
    assert otherwise == ""


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


@pytest.mark.parametrize("name", ["Schema", "Settings"])
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
    of_other_functions = {"EventsEndpoint", "QueuesEndpoint"}
    assert way - of_other_functions <= before(name)
    assert {"ClusterAdministratorAccess", "RolePasswordAccess"} <= before(name)
    assert "SchemaMigrationEventInvokeConfig" in before(name)


def test_what_cloudformation_asked_for_is_neither_begun_nor_done_again_after_it_gave_up() -> None:
    asked = functions()["SchemaMigration"]
    invoked = asked["EventInvokeConfig"]
    assert invoked["MaximumRetryAttempts"] == 0
    for kind in ("Custom::DatabaseSchema", "Custom::Settings"):
        [each] = deployed_of(kind).values()
        assert each["ServiceTimeout"] >= asked["Timeout"] + invoked["MaximumEventAgeInSeconds"]


def test_only_the_api_and_the_scheduler_may_call_a_function() -> None:
    permissions = deployed_of("AWS::Lambda::Permission").values()
    assert {each["Principal"] for each in permissions} == {"apigateway.amazonaws.com"}
    assert all("SourceArn" in each for each in permissions)


FAILURES = {
    "ChurnScoring": {"Fn::GetAtt": ["ScoringFailures", "Arn"]},
    "LeadScoring": {"Fn::GetAtt": ["ScoringFailures", "Arn"]},
    "OutboxRelay": {"Fn::GetAtt": ["RelayFailures", "Arn"]},
}


def test_a_schedule_keeps_what_it_cannot_deliver() -> None:
    schedules = list(events("ScheduleV2"))
    assert {name for name, _ in schedules} == FAILURES.keys()
    for name, schedule in schedules:
        assert schedule["DeadLetterConfig"]["Arn"] == FAILURES[name]
        assert schedule["RetryPolicy"]["MaximumRetryAttempts"] > 0


def test_whatever_is_invoked_asynchronously_keeps_what_fails() -> None:
    for name, properties in functions().items():
        kinds = {event["Type"] for event in properties.get("Events", {}).values()}
        if kinds - {"HttpApi"}:
            kept = properties["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
            assert kept["Destination"] == FAILURES[name]


def test_no_other_kind_of_event_has_slipped_in() -> None:
    kinds = {
        event["Type"] for each in functions().values() for event in each.get("Events", {}).values()
    }
    assert kinds == {"HttpApi", "ScheduleV2"}


def test_a_schedule_sends_eventbridges_event_with_the_scheduled_time() -> None:
    for _, schedule in events("ScheduleV2"):
        sent = schedule["Input"]["Fn::Sub"]
        assert '"time":"<aws.scheduler.scheduled-time>"' in sent
        assert '"detail-type":"Scheduled Event"' in sent


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
        refers = resource["Type"] == "AWS::Lambda::EventSourceMapping"  # to a function, by its name
        assert refers or not named & resource["Properties"].keys(), logical_id


def test_no_resource_depends_on_itself_or_is_refused_by_cloudformation() -> None:
    assert deployed()["Resources"]
    assert [str(each) for each in lint(translated(), regions=["eu-central-1"])] == []


def test_a_file_of_orders_reaches_its_function_by_a_queue_that_keeps_what_fails() -> None:
    resources = {name: each["Properties"] for name, each in written()["Resources"].items()}
    rule, queue = resources["OrderFileCreated"], resources["BulkImports"]
    failures = {"Fn::GetAtt": ["BulkImportFailures", "Arn"]}
    [target] = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["BulkImports", "Arn"]}
    assert target["DeadLetterConfig"]["Arn"] == failures
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == failures
    assert queue["VisibilityTimeout"] >= functions()["BulkImport"]["Timeout"]
    mapping = resources["BulkImportMessages"]
    assert mapping["EventSourceArn"] == target["Arn"]
    assert mapping["FunctionName"] == {"Ref": "BulkImport"}
    assert mapping["BatchSize"] == 1


def test_a_result_is_no_file_of_orders() -> None:
    rule = written()["Resources"]["OrderFileCreated"]["Properties"]["EventPattern"]
    suffixes = [each["suffix"] for each in rule["detail"]["object"]["key"]]
    assert set(suffixes) == {".csv", *NDJSON_SUFFIXES}
    assert not any(RESULT_SUFFIX.endswith(each) for each in suffixes)


@pytest.mark.parametrize("name", ["OrderFiles", "Exports"])
def test_files_with_peoples_data_are_encrypted_private_and_forgotten(name: str) -> None:
    bucket = written()["Resources"][name]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    [rule] = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] <= 30
    [statement] = written()["Resources"][f"{name}OverTls"]["Properties"]["PolicyDocument"][
        "Statement"
    ]
    assert statement["Effect"] == "Deny"


def test_submissions_wait_in_order_encrypted_and_long_enough_for_any_outage() -> None:
    resources = {name: each["Properties"] for name, each in written()["Resources"].items()}
    queue, failures = resources["ParkedSubmissions"], resources["ParkedSubmissionFailures"]
    for each in (queue, failures):
        assert each["FifoQueue"] is True
        assert each["SqsManagedSseEnabled"] is True
        assert each["MessageRetentionPeriod"] == RETENTION.total_seconds() == 14 * 24 * 3600
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {
        "Fn::GetAtt": ["ParkedSubmissionFailures", "Arn"]
    }
    outage = queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"]
    assert outage >= 2 * 24 * 3600
    assert queue["VisibilityTimeout"] >= 6 * globals_of_functions()["Timeout"]
    mapping = resources["ParkedSubmissionMessages"]
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["ParkedSubmissions", "Arn"]}
    assert mapping["FunctionName"] == {"Ref": "FormIntake"}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_search_through_a_queue_ends_before_its_request_and_hides_until_then() -> None:
    request = globals_of_functions()["Timeout"]
    one_call = ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS)
    assert WAIT_SECONDS < READ_SECONDS
    assert ERASURE_SECONDS + one_call < request < HIDDEN_SECONDS


def test_a_submission_is_parked_before_the_gateway_gives_up() -> None:
    database = database_limits(functions()["FormIntake"])
    last_attempt = RetryPolicy().deadline + max(database.connect_timeout, database.read_timeout)
    queue = ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS)
    assert last_attempt + queue < globals_of_functions()["Timeout"]


ENDPOINTS = {
    "EventsEndpoint": {"events:PutEvents"},
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


def test_the_cluster_is_encrypted_backed_up_protected_and_logs_no_rows() -> None:
    cluster = written()["Resources"]["Database"]
    properties = cluster["Properties"]
    assert cluster["DeletionPolicy"] == cluster["UpdateReplacePolicy"] == "Snapshot"
    for protection in (
        "StorageEncrypted",
        "DeletionProtection",
        "ManageMasterUserPassword",
        "EnableIAMDatabaseAuthentication",
    ):
        assert properties[protection] is True, protection
    assert properties["BackupRetentionPeriod"] >= 7
    assert properties["ServerlessV2ScalingConfiguration"]["MinCapacity"] == 0
    assert properties["Port"] == {"Ref": "DbPort"}
    assert properties["KmsKeyId"]["Fn::If"][:2] == ["HasDatabaseKey", {"Ref": "DbKmsKeyArn"}]
    parameters = written()["Resources"]["DatabaseParameters"]["Properties"]["Parameters"]
    assert parameters == {"rds.force_ssl": "1", "log_error_verbosity": "terse"}
    instance = written()["Resources"]["DatabaseInstance"]["Properties"]
    assert instance["PubliclyAccessible"] is False
