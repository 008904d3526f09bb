"""Whatever is invoked by an event keeps what it cannot deliver."""

from collections.abc import Mapping

import bulk_import
from succotash.application.shops.files.uploads import key_of
from succotash.application.value.import_results import RESULT_SUFFIX
from succotash.http.order_files import NDJSON_SUFFIXES
from tests.template.stack import (
    as_list,
    deployed_of,
    events,
    functions,
    globals_of_functions,
    text_of,
    written,
)


def test_only_the_api_the_scheduler_the_bus_and_the_pool_may_call_a_function() -> None:
    permissions = deployed_of("AWS::Lambda::Permission").values()
    assert {each["Principal"] for each in permissions} == {
        "apigateway.amazonaws.com",
        "cognito-idp.amazonaws.com",
        "events.amazonaws.com",
    }
    assert all("SourceArn" in each for each in permissions)


def test_nothing_wakes_a_paused_database_by_a_schedule_but_the_night() -> None:
    """Whoever adds a schedule, or a rule that fires by one, makes a pausing database cost more."""
    assert deployed_of("AWS::Scheduler::Schedule").keys() == {
        "NightlyRunNightly",
    }
    assert not [
        name
        for name, rule in deployed_of("AWS::Events::Rule").items()
        if "ScheduleExpression" in rule
    ]


def test_a_schedule_keeps_what_it_cannot_deliver() -> None:
    for schedule in deployed_of("AWS::Scheduler::Schedule").values():
        target = schedule["Target"]
        assert target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0].endswith("Failures")
        assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0


def test_a_rule_keeps_what_it_cannot_deliver_and_what_fails_then() -> None:
    failures = {"Fn::GetAtt": ["DispatchFailures", "Arn"]}
    [(name, rule)] = events("EventBridgeRule")
    assert name == "CampaignDispatch"
    assert rule["DeadLetterConfig"]["Arn"] == failures
    assert rule["RetryPolicy"]["MaximumRetryAttempts"] > 0
    kept = functions()[name]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert kept["Destination"] == failures


def test_a_rule_may_put_events_into_the_queues_it_names() -> None:
    """EventBridge drops what a queue's own policy keeps out; for a queue named by its ARN, SAM adds
    none.
    """
    allowed = {
        (text_of(queue), text_of(statement["Condition"]["ArnEquals"]["aws:SourceArn"]))
        for policy in deployed_of("AWS::SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": "events.amazonaws.com"}
        and statement["Action"] == "sqs:SendMessage"
        for queue in as_list(statement["Resource"])
    }
    queues = deployed_of("AWS::SQS::Queue")
    wanted = {
        (text_of(queue), text_of({"Fn::GetAtt": [name, "Arn"]}))
        for name, rule in deployed_of("AWS::Events::Rule").items()
        for target in rule["Targets"]
        for queue in (target["Arn"], target.get("DeadLetterConfig", {}).get("Arn"))
        if isinstance(queue, Mapping) and queue.get("Fn::GetAtt", [None])[0] in queues
    }
    assert wanted, "there are rules that keep what they cannot deliver"
    assert wanted <= allowed


def test_no_other_kind_of_event_has_slipped_in() -> None:
    kinds = {
        event["Type"] for each in functions().values() for event in each.get("Events", {}).values()
    }
    assert kinds == {"EventBridgeRule", "HttpApi"}


def test_a_schedule_sends_the_scheduled_time() -> None:
    for schedule in deployed_of("AWS::Scheduler::Schedule").values():
        sent = schedule["Target"]["Input"]["Fn::Sub"]
        assert '"time":"<aws.scheduler.scheduled-time>"' in sent


def test_a_file_of_orders_reaches_its_function_by_a_queue_that_keeps_what_fails() -> None:
    resources = {name: each["Properties"] for name, each in written()["Resources"].items()}
    rule, queue = resources["OrderFileCreated"], resources["BulkImports"]
    failures = {"Fn::GetAtt": ["BulkImportFailures", "Arn"]}
    [target] = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["BulkImports", "Arn"]}
    assert target["DeadLetterConfig"]["Arn"] == failures
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == failures
    # By this count the function knows that nobody will try again.
    assert queue["RedrivePolicy"]["maxReceiveCount"] == bulk_import.RECEIVES
    assert queue["VisibilityTimeout"] >= functions()["BulkImport"]["Timeout"]
    mapping = resources["BulkImportMessages"]
    assert mapping["EventSourceArn"] == target["Arn"]
    assert mapping["FunctionName"] == {"Ref": "BulkImport"}
    assert mapping["BatchSize"] == 1


def test_a_result_is_no_file_of_orders() -> None:
    rule = written()["Resources"]["OrderFileCreated"]["Properties"]["EventPattern"]
    suffixes = [each["suffix"] for each in rule["detail"]["object"]["key"]]
    assert set(suffixes) == {".csv", *NDJSON_SUFFIXES, ".upload"}
    assert key_of("an-import").endswith(".upload")
    assert not any(RESULT_SUFFIX.endswith(each) for each in suffixes)


def test_whoever_reads_a_queue_has_time_before_it_is_given_again_and_names_what_failed() -> None:
    mappings = deployed_of("AWS::Lambda::EventSourceMapping")
    queues = deployed_of("AWS::SQS::Queue")
    everywhere = globals_of_functions()["Timeout"]
    for name in (
        "DeliveryJobs",
        "RelayMessageBatches",
        "ParkedSubmissionMessages",
        "ShopEventMessages",
        "ShopRequestMessages",
    ):
        mapping = mappings[name]
        queue = queues[mapping["EventSourceArn"]["Fn::GetAtt"][0]]
        function = text_of(mapping["FunctionName"]).partition('"Ref": "')[2].partition('"')[0]
        timeout = functions()[function.removesuffix("Aliaslive")].get("Timeout", everywhere)
        assert queue["VisibilityTimeout"] >= 6 * timeout, name
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0].endswith("Failures")


def test_a_job_is_in_a_queue_whose_receipts_end() -> None:
    """So that who deletes a mail's job is the only one who has it."""
    queue = deployed_of("AWS::SQS::Queue")["Deliveries"]
    assert queue["FifoQueue"] is True
    assert queue["DeduplicationScope"] == "messageGroup"


def test_what_reaches_the_internet_has_no_way_to_the_database() -> None:
    delivery = functions()["Delivery"]
    assert delivery["VpcConfig"] == {"Ref": "AWS::NoValue"}
    given = delivery["Environment"]["Variables"]
    assert (given["SUCCOTASH_STORAGE"], given["DB_HOST"]) == ("memory", "")
    assert not {"DB_USER", "DB_SECRET_ARN"} & given.keys()
    assert "DatabaseAccess" not in text_of(delivery["Policies"])
