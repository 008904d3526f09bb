"""Whatever is invoked by an event keeps what it cannot deliver."""

from succotash.application.value.order_import import RESULT_SUFFIX
from succotash.http.order_files import NDJSON_SUFFIXES
from tests.template.stack import (
    deployed_of,
    events,
    functions,
    written,
)


def test_only_the_api_the_scheduler_and_the_bus_may_call_a_function() -> None:
    permissions = deployed_of("AWS::Lambda::Permission").values()
    assert {each["Principal"] for each in permissions} == {
        "apigateway.amazonaws.com",
        "events.amazonaws.com",
    }
    assert all("SourceArn" in each for each in permissions)


FAILURES = {
    "CampaignDispatch": {"Fn::GetAtt": ["DispatchFailures", "Arn"]},
    "ChurnScoring": {"Fn::GetAtt": ["ScoringFailures", "Arn"]},
    "LeadScoring": {"Fn::GetAtt": ["ScoringFailures", "Arn"]},
    "OutboxRelay": {"Fn::GetAtt": ["RelayFailures", "Arn"]},
}


def test_a_schedule_or_rule_keeps_what_it_cannot_deliver() -> None:
    schedules = list(events("ScheduleV2"))
    rules = list(events("EventBridgeRule"))
    assert {name for name, _ in [*schedules, *rules]} == FAILURES.keys()
    for name, schedule in [*schedules, *rules]:
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
    assert kinds == {"EventBridgeRule", "HttpApi", "ScheduleV2"}


def test_a_schedule_sends_eventbridges_event_with_the_scheduled_time() -> None:
    for _, schedule in events("ScheduleV2"):
        sent = schedule["Input"]["Fn::Sub"]
        assert '"time":"<aws.scheduler.scheduled-time>"' in sent
        assert '"detail-type":"Scheduled Event"' in sent


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
