"""What somebody is told of."""

import json
from typing import Any

from local.costs import FREE_DASHBOARD_METRICS
from succotash.observation import Metric
from tests.template.stack import (
    deployed_of,
    events,
    folder_of,
    functions,
    globals_of_functions,
    text_of,
    unconditional,
    written,
)


def alarms() -> dict[str, Any]:
    found: dict[str, Any] = unconditional(dict(deployed_of("AWS::CloudWatch::Alarm")))
    return found


def test_everything_that_lands_in_a_queue_of_failures_raises_an_alarm() -> None:
    queues = {
        name
        for name, resource in written()["Resources"].items()
        if resource["Type"] == "AWS::SQS::Queue" and name.endswith("Failures")
    }
    watched = {
        text_of(each["Dimensions"][0]["Value"])
        for each in alarms().values()
        if each.get("Namespace") == "AWS/SQS"
    }

    assert queues
    assert watched == {f'{{"Fn::GetAtt": ["{name}", "QueueName"]}}' for name in queues}


def test_a_failed_run_of_the_relay_raises_an_alarm_that_ends_although_nobody_reads_its_queue() -> (
    None
):
    latching = {
        name
        for name, each in alarms().items()
        if each.get("MetricName") == "ApproximateNumberOfMessagesVisible"
    }
    assert latching == {
        "BulkImportFailed",
        "DeliveryFailed",
        "DispatchFailed",
        "ParkedSubmissionFailed",
        "RelayMessageFailed",
        "ScoringFailed",
        "ShopEventFailed",
    }
    assert (alarms()["RelayFailed"]["MetricName"], alarms()["RelayFailed"]["Statistic"]) == (
        "NumberOfMessagesSent",
        "Sum",
    )


def test_a_failure_of_any_function_raises_an_alarm_by_one_metric_of_their_common_log() -> None:
    """Lambda ends each invocation with a line of the type platform.report in JSON logs."""
    [metric] = deployed_of("AWS::Logs::MetricFilter").values()
    [made] = metric["MetricTransformations"]
    alarm = alarms()["FunctionsFail"]

    assert globals_of_functions()["LoggingConfig"] == {
        "LogGroup": metric["LogGroupName"],
        "LogFormat": "JSON",
    }
    assert metric["FilterPattern"] == (
        '{ ($.type = "platform.report") && ($.record.status != "success") }'
    )
    assert "DefaultValue" not in made, "it would be paid for although nothing fails"
    assert (alarm["Namespace"], alarm["MetricName"]) == (
        made["MetricNamespace"],
        made["MetricName"],
    )


def test_a_want_of_concurrency_raises_an_alarm_wherever_the_account_has_it() -> None:
    alarm = alarms()["FunctionsThrottled"]

    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Throttles")
    assert "Dimensions" not in alarm


def test_the_api_and_the_state_machine_raise_alarms() -> None:
    found = {(text_of(each.get("Namespace")), each.get("MetricName")) for each in alarms().values()}

    assert {("AWS/ApiGateway", "5xx"), ("AWS/States", "ExecutionsFailed")} <= found


def test_every_alarm_says_what_it_is_and_tells_whoever_wants_to_know() -> None:
    for name, alarm in alarms().items():
        assert alarm["AlarmDescription"], name
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}], name
        silence = "breaching" if name == "ScoringIsLate" else "notBreaching"
        assert alarm["TreatMissingData"] == silence, name


def test_a_run_that_stays_away_raises_an_alarm_on_the_metric_of_this_deployment() -> None:
    late = alarms()["ScoringIsLate"]

    assert late["MetricName"] == Metric.RUNS_FINISHED
    assert (
        late["Namespace"]
        == globals_of_functions()["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
    )
    assert "${AWS::StackName}" in text_of(late["Namespace"])
    assert late["Period"] == 3600
    assert late["EvaluationPeriods"] == {"Ref": "ScoringAlarmHours"}
    assert late["Dimensions"] == [{"Name": "service", "Value": "churn_scoring"}]


def test_a_new_stack_is_not_late_before_its_first_run_was_due() -> None:
    waits = alarms()["ScoringIsLate"]["WarmUpConfiguration"]
    hours = written()["Parameters"]["ScoringAlarmHours"]["Default"]

    assert waits["OnlyStartEvaluatingAfterWarmUpPeriodEnds"] is True
    assert 60 * hours <= waits["WarmUpPeriodDurationInMinutes"] <= 2880


def test_the_dashboard_shows_every_function_every_queue_and_metrics_that_there_are() -> None:
    [dashboard] = deployed_of("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    shown = [metric for each in widgets for metric in each["properties"]["metrics"]]
    namespace = globals_of_functions()["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"][
        "Fn::Sub"
    ]
    own = {each[1] for each in shown if each[0] == namespace}
    services = {each[3] for each in shown if each[0] == namespace}
    queues = {name for name in deployed_of("AWS::SQS::Queue") if "Failures" in name}

    assert own <= {metric.value for metric in Metric}
    assert {"SubmissionsAccepted", "Leads", "OrdersRecorded", "RunsFinished"} <= own
    assert services <= {folder_of(name) for name in functions()}
    # Those that nobody waits for take minutes, beside which nothing else would be seen.
    answering = {name for name, _ in events("HttpApi")}
    for metric, names in (("Errors", functions().keys()), ("Duration", answering)):
        assert {each[3] for each in shown if each[:2] == ["AWS/Lambda", metric]} == {
            f"${{{name}}}" for name in names
        }
    metrics = {tuple(part for part in each if isinstance(part, str)) for each in shown}
    assert len(metrics) <= FREE_DASHBOARD_METRICS
    watched = {each[3] for each in shown if each[0] == "AWS/SQS"}
    assert {f"${{{name}.QueueName}}" for name in queues} <= watched
    assert {(each["x"], each["y"]) for each in widgets} == {
        (12 * column, 6 * row) for row in range(len(widgets) // 2) for column in (0, 1)
    }


def test_concurrency_is_reserved_only_where_asked_for() -> None:
    default = written()["Parameters"]["SubmissionConcurrency"]["Default"]
    reserved = functions()["FormIntake"]["ReservedConcurrentExecutions"]

    assert default == 0
    assert reserved["Fn::If"][0] == "ReservesConcurrency"
    assert reserved["Fn::If"][2] == {"Ref": "AWS::NoValue"}


def test_traces_are_taken_of_everything_where_asked_for_and_of_nothing_else() -> None:
    assert written()["Parameters"]["Tracing"]["Default"] == "PassThrough"
    modes = [each["TracingConfig"] for each in deployed_of("AWS::Lambda::Function").values()]
    assert modes == [{"Mode": {"Ref": "Tracing"}}] * len(functions())
    for name, machine in deployed_of("AWS::StepFunctions::StateMachine").items():
        assert machine["TracingConfiguration"] == {"Enabled": {"Fn::If": ["IsTraced", True, False]}}
        [condition, policy, nothing] = deployed_of("AWS::IAM::Role")[f"{name}Role"][
            "ManagedPolicyArns"
        ][0]["Fn::If"]
        assert (condition, nothing) == ("IsTraced", {"Ref": "AWS::NoValue"})
        assert text_of(policy).endswith('/AWSXrayWriteOnlyAccess"}')


def test_alarms_reach_a_topic_that_cloudwatch_may_publish_to() -> None:
    [topic] = deployed_of("AWS::SNS::Topic").values()

    assert "KmsMasterKeyId" not in topic, "no alarm gets past the policy of AWS's own key"
