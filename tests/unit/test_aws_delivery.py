"""EventBridge and SES: on moto, and with answers that moto does not give."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sesv2.models import sesv2_backends

from succotash.domain.messages.mails import Mail
from succotash.domain.repositories.delivery import MailRefusedError, MailUncertainError
from succotash.infrastructure.aws.events import EventBridgeBus
from succotash.infrastructure.aws.mail import SesMailer
from tests.builders import NOON, a_message

REGION = "eu-central-1"
MAIL = Mail(("owner@example.com", "sales@example.com"), "Hello", "text", "<p>html</p>")


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


class Events:
    """Takes requests as EventBridge does, and refuses what it is told to."""

    def __init__(self, refused: Mapping[str, str] | None = None) -> None:
        self.refused = refused or {}
        self.requests: list[Sequence[Mapping[str, Any]]] = []

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:  # noqa: N803
        self.requests.append(Entries)
        ids = [json.loads(each["Detail"])["message_id"] for each in Entries]
        return {
            "Entries": [
                {"ErrorCode": self.refused[each], "ErrorMessage": "no"}
                if each in self.refused
                else {"EventId": each}
                for each in ids
            ]
        }


class Failing:
    def __init__(self, failure: Exception) -> None:
        self.failure = failure

    def put_events(self, **_: object) -> None:
        raise self.failure

    def send_email(self, **_: object) -> None:
        raise self.failure


def refusal(status: int, code: str = "Refused") -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": "owner@example.com"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "Operation")


class TestEventBridge:
    def test_a_bus_takes_what_it_is_given(self) -> None:
        boto3.client("events").create_event_bus(Name="company")
        messages = [a_message(f"m-{number}") for number in range(12)]
        assert EventBridgeBus("company").publish(messages) == {}

    def test_an_event_says_what_happened_when_and_to_what(self) -> None:
        client = Events()
        message = a_message(payload={"lead_id": "lead-1"})
        EventBridgeBus("company", lambda: client).publish([message])
        [[entry]] = client.requests
        assert (entry["EventBusName"], entry["Time"]) == ("company", NOON)
        assert (entry["Source"], entry["DetailType"]) == ("succotash", "submission.accepted")
        assert json.loads(entry["Detail"]) == {
            "version": 1,
            "message_id": "message-1",
            "occurred_at": "2024-05-06T12:00:00Z",
            "subject_id": "submission-1",
            "form_id": "contact",
            "lead_id": "lead-1",
        }

    def test_a_request_holds_at_most_ten_and_no_more_bytes_than_it_may(self) -> None:
        client = Events()
        small = [a_message(f"s-{number:02}") for number in range(23)]
        large = [a_message(f"l-{n}", payload={"x": "é" * 50_000}) for n in range(4)]
        assert EventBridgeBus("company", lambda: client).publish([*small, *large]) == {}
        assert [len(each) for each in client.requests] == [10, 10, 5, 2]

    def test_an_event_larger_than_any_may_be_fails_alone(self) -> None:
        client = Events()
        huge = a_message("huge", payload={"x": "x" * 270_000})
        failed = EventBridgeBus("company", lambda: client).publish([huge, a_message("fine")])
        assert failed.keys() == {"huge"}
        assert [len(each) for each in client.requests] == [1]

    def test_only_what_was_refused_failed(self) -> None:
        client = Events({"b": "ThrottlingException"})
        failed = EventBridgeBus("company", lambda: client).publish(
            [a_message("a"), a_message("b"), a_message("c")]
        )
        assert failed == {"b": "EventBridge answered ThrottlingException"}

    @pytest.mark.parametrize(
        "failure",
        [EndpointConnectionError(endpoint_url="https://events"), refusal(400, "AccessDenied")],
    )
    def test_where_the_bus_does_not_answer_all_failed(self, failure: Exception) -> None:
        bus = EventBridgeBus("company", lambda: Failing(failure))
        failed = bus.publish([a_message("a"), a_message("b")])
        assert failed.keys() == {"a", "b"}
        assert "owner" not in str(failed)


class TestSes:
    def test_a_mail_goes_to_all_its_addresses_at_once(self) -> None:
        boto3.client("sesv2").create_email_identity(EmailIdentity="forms@example.com")
        SesMailer("Acme <forms@example.com>").send(MAIL, NOON)
        [sent] = sesv2_backends[DEFAULT_ACCOUNT_ID][REGION].core_backend.sent_messages
        assert sent.source == "forms@example.com"
        assert set(sent.destinations) == {"owner@example.com", "sales@example.com"}
        assert "Subject: Hello" in sent.raw_data

    @pytest.mark.parametrize(
        "failure",
        [
            refusal(400, "MessageRejected"),
            refusal(429, "TooManyRequestsException"),
            refusal(503, "ServiceUnavailable"),
            EndpointConnectionError(endpoint_url="https://ses"),
            ConnectTimeoutError(endpoint_url="https://ses"),
        ],
    )
    def test_what_was_surely_not_sent_is_refused(self, failure: Exception) -> None:
        with pytest.raises(MailRefusedError) as refused:
            SesMailer("forms@example.com", lambda: Failing(failure)).send(MAIL, NOON)
        assert "owner" not in str(refused.value)

    @pytest.mark.parametrize(
        "failure", [refusal(500, "InternalFailure"), ReadTimeoutError(endpoint_url="https://ses")]
    )
    def test_what_may_have_been_sent_is_uncertain(self, failure: Exception) -> None:
        with pytest.raises(MailUncertainError):
            SesMailer("forms@example.com", lambda: Failing(failure)).send(MAIL, NOON)

    def test_a_mail_is_tagged_and_names_the_set_by_which_ses_tells_of_it(self) -> None:
        asked: list[dict[str, Any]] = []

        class Recording:
            def send_email(self, **request: Any) -> dict[str, str]:  # noqa: ANN401
                asked.append(request)
                return {"MessageId": "m-1"}

        mail = replace(MAIL, tags={"campaign": "c-1"})
        mailer = SesMailer("forms@example.com", Recording, configuration_set="mails")
        assert mailer.send(mail, NOON) == "m-1"
        assert asked[0]["EmailTags"] == [{"Name": "campaign", "Value": "c-1"}]
        assert asked[0]["ConfigurationSetName"] == "mails"
