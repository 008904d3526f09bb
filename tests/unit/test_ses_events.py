"""Events of SES: which addresses fail, and who complained."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from succotash.domain.consents.consents import ConsentOrigin, FailedAddress
from succotash.infrastructure.aws.ses_events import failed_addresses, reported_outcomes

SAMPLES = Path(__file__).resolve().parents[1] / "ses_samples"
GRACE = "grace@example.com"
BOUNCED_AT = datetime(2026, 2, 1, 8, 0, 0, 250_000, tzinfo=UTC)
COMPLAINED_AT = datetime(2026, 2, 2, 10, tzinfo=UTC)


def sample(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
    return document


def test_a_permanent_bounce_and_a_complaint_name_their_address() -> None:
    assert failed_addresses(sample("bounce")) == [
        FailedAddress(GRACE, ConsentOrigin.BOUNCE, BOUNCED_AT)
    ]
    assert failed_addresses(sample("complaint")) == [
        FailedAddress(GRACE, ConsentOrigin.COMPLAINT, COMPLAINED_AT)
    ]


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
def test_a_bounce_that_may_pass_names_none(kind: str) -> None:
    event = sample("bounce_transient")
    event["detail"]["bounce"]["bounceType"] = kind
    assert failed_addresses(event) == []


def test_who_says_it_is_no_spam_does_not_complain() -> None:
    event = sample("complaint")
    event["detail"]["complaint"]["complaintFeedbackType"] = "not-spam"
    event["detail"]["mail"]["tags"] = {"campaign": ["campaign"], "message": ["message"]}
    assert failed_addresses(event) == []
    assert reported_outcomes(event) == []


@pytest.mark.parametrize("kind", ["Send", "Delivery", "Open", "Click", "DeliveryDelay"])
def test_other_events_name_none(kind: str) -> None:
    event = sample("bounce")
    event["detail"]["eventType"] = kind
    assert failed_addresses(event) == []


def test_it_is_the_same_by_itself_and_as_sns_passes_it_on() -> None:
    event = sample("bounce")["detail"]
    envelope = {"Type": "Notification", "Message": json.dumps(event)}
    assert failed_addresses(event) == failed_addresses(envelope) != []


def test_a_name_before_the_address_is_left_out() -> None:
    event = sample("bounce")
    event["detail"]["bounce"]["bouncedRecipients"][0]["emailAddress"] = f"Grace H <{GRACE}>"
    assert [each.address for each in failed_addresses(event)] == [GRACE]
