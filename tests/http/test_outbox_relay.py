"""The function that relays the outbox when it is woken, and tidies up at night."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn, override

import pytest

from local.background_workers import settings_of
from outbox_relay import relaying
from succotash.container import Container
from succotash.domain.campaigns.members import MemberState
from succotash.domain.consents.consents import ConsentOrigin, SuppressionReason
from succotash.domain.forms.forms import DEFAULT_FORM, QUARANTINE_KEPT, Form
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.messages.delivery import DeliveryOutcome, DeliveryResult, PendingDelivery
from succotash.domain.messages.jobs import event_job
from succotash.domain.repositories.delivery import RelayWaker
from succotash.domain.values import CampaignId
from tests.builders import NOON, a_message, a_submission, at
from tests.builders.campaigns import a_running_campaign, add_people, terms
from tests.contexts import Context
from tests.events import sample


def test_each_run_removes_what_forms_keep_no_longer() -> None:
    container = Container({"SUCCOTASH_STORAGE": "memory"}, clock=lambda: NOON + QUARANTINE_KEPT)
    forms = container.get_form_repository()
    for name, state in (
        ("accepted", SubmissionState.ACCEPTED),
        ("suspect", SubmissionState.QUARANTINED),
    ):
        forms.save_form_submission(a_submission(name, state=state))

    relay, event = relaying(container), sample("outbox_relay.scheduled")
    answers = [relay(event, Context(60_000))["submissions_removed"] for _ in range(2)]

    assert answers == [1, 0]
    [kept] = forms.get_submissions_by_form(DEFAULT_FORM)
    assert kept.submission_id == "accepted"


@pytest.mark.parametrize("storage", ["memory", "sqlite"])
def test_the_first_run_of_a_day_sends_owners_a_digest_of_the_quarantine(
    storage: str, tmp_path: Path
) -> None:
    now = NOON
    container = Container(
        {
            "SUCCOTASH_STORAGE": storage,
            "SQLITE_PATH": str(tmp_path / "kept.db"),
            "TIME_ZONE": "Europe/Berlin",
            **settings_of(tmp_path, "http://127.0.0.1:3000", queues=False),
        },
        clock=lambda: now,
    )
    form = Form(DEFAULT_FORM, "Default", notify=("owner@example.com",))
    container.get_form_repository().save_form(form, [])
    suspect = {"email": "ada@example.com", "_gotcha": "a robot"}
    receipt = container.get_form_handler().submit_form(suspect)
    relay, event = relaying(container), sample("outbox_relay.scheduled")

    counts = []
    for moment in ("2024-05-06T22:04:59", "2024-05-06T22:05:00", "2024-05-06T22:06:00"):
        now = at(moment)
        counts.append(relay(event, Context(60_000))["digests"])

    assert counts == [0, 1, 0]
    [mail] = (tmp_path / "mail").glob("*.eml")
    text = mail.read_text("utf-8")
    assert "Subject: 1 in quarantine: Default" in text
    assert receipt["submission_id"] in text.replace("=\n", "")
    assert "ada@" not in text
    container.storage.close()


class Recorded(RelayWaker):
    """Notes what it is asked to wake for."""

    def __init__(self) -> None:
        self.asked: list[datetime | None] = []

    @override
    def wake(self, at: datetime | None = None) -> None:
        self.asked.append(at)


class Asleep(Container):
    """A deployment whose database must not be touched."""

    @override
    def get_outbox_relay(self) -> NoReturn:
        raise AssertionError("it would wake the database")


def messages(*bodies: str) -> dict[str, object]:
    return {
        "Records": [{"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]
    }


def a_wake(at: datetime | None) -> str:
    return json.dumps({"wake_at": None if at is None else at.isoformat()})


class TestMessages:
    """What comes by the relay's queue."""

    def on_memory(self, kind: type[Container] = Container) -> tuple[Container, Recorded]:
        container, waker = kind({"SUCCOTASH_STORAGE": "memory"}, clock=lambda: NOON), Recorded()
        container.__dict__["relay_waker"] = waker
        return container, waker

    def test_a_wake_that_was_held_back_is_held_back_again_without_a_look_at_the_database(
        self,
    ) -> None:
        container, waker = self.on_memory(Asleep)
        later = NOON + timedelta(hours=2)
        event = messages(a_wake(later), a_wake(later))
        assert relaying(container)(event, Context()) == {"batchItemFailures": []}
        assert waker.asked == [later]

    @pytest.mark.parametrize("at", [None, NOON - timedelta(days=1), NOON + timedelta(seconds=4)])
    def test_a_wake_that_is_due_relays(self, at: datetime | None) -> None:
        container, _ = self.on_memory()
        outbox = container.storage.repositories.outbox
        outbox.append([a_message(kind="scoring.finished")])
        relaying(container)(messages(a_wake(at)), Context())
        assert outbox.count_backlog().waiting == 0

    def test_outcomes_settle_their_messages(self) -> None:
        container, _ = self.on_memory()
        outbox = container.storage.repositories.outbox
        outbox.append([a_message()])
        [taken] = outbox.take(NOON, NOON, limit=1)
        job = event_job(taken)
        pending = PendingDelivery(job.job_id, job.message_id, job.channel, job.kind, 1, NOON)
        outbox.hand_over([pending], NOON + timedelta(hours=1))
        outcome = DeliveryOutcome.of(job, DeliveryResult.DELIVERED)
        relaying(container)(messages(outcome.as_text(), outcome.as_text()), Context())
        assert outbox.count_backlog().waiting == 0

    @pytest.mark.parametrize(
        "body", ["", "[]", '{"wake_at": 7}', '{"wake_at": "2026-01-05T09:31:07"}', "{}"]
    )
    def test_what_cannot_be_read_is_given_again_and_stops_nothing(self, body: str) -> None:
        container, _ = self.on_memory()
        outbox = container.storage.repositories.outbox
        outbox.append([a_message(kind="scoring.finished")])
        answer = relaying(container)(messages(body, a_wake(None)), Context())
        assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
        assert outbox.count_backlog().waiting == 0

    def test_the_sample_is_taken(self) -> None:
        container, _ = self.on_memory()
        answer = relaying(container)(sample("outbox_relay.messages"), Context())
        assert answer == {"batchItemFailures": []}


def test_bounces_and_complaints_suppress_their_address_once() -> None:
    container = Container(
        {"SUCCOTASH_STORAGE": "memory", "ERASURE_KEYS": "a-key-that-nobody-can-guess"},
        clock=lambda: NOON,
    )
    folder = Path(__file__).resolve().parents[1] / "ses_samples"
    bodies = [
        (folder / f"{name}.json").read_text("utf-8")
        for name in ("bounce", "bounce_transient", "complaint", "bounce")
    ]

    for _ in range(2):
        answer = relaying(container)(messages(*bodies), Context(60_000))
        assert answer == {"batchItemFailures": []}

    keys = container.keys.tombstones.of_suppression("grace@example.com")
    [found] = container.storage.repositories.consents.find_suppressions(keys)
    assert found.reason is SuppressionReason.COMPLAINT
    history = container.storage.repositories.consents.get_consents("grace@example.com")
    assert [each.origin for each in history] == [ConsentOrigin.BOUNCE, ConsentOrigin.COMPLAINT]


@pytest.mark.parametrize(
    ("name", "state", "counts"),
    [
        ("bounce_transient", MemberState.BOUNCED, (1, 0)),
        ("complaint", MemberState.SENT, (0, 1)),
    ],
)
def test_a_report_is_an_outcome_of_the_campaigns_message_that_it_names(
    name: str, state: MemberState, counts: tuple[int, int]
) -> None:
    container = Container(
        {"SUCCOTASH_STORAGE": "memory", "ERASURE_KEYS": "a-key-that-nobody-can-guess"},
        clock=lambda: NOON,
    )
    repositories = container.storage.repositories
    repositories.retention.save_retention_campaign(a_running_campaign())
    add_people(repositories, ["ada"])
    repositories.retention.assign_members(terms(holdout=0), "dispatch")
    [member] = repositories.retention.get_campaign_members(CampaignId("campaign"), limit=9)
    folder = Path(__file__).resolve().parents[1] / "ses_samples"
    event = json.loads((folder / f"{name}.json").read_text("utf-8"))
    other = json.dumps(event)
    event["detail"]["mail"]["tags"] |= {"campaign": ["campaign"], "message": [member.person_key]}

    for _ in range(2):
        answer = relaying(container)(messages(json.dumps(event), other), Context(60_000))
        assert answer == {"batchItemFailures": []}

    campaign = repositories.retention.get_retention_campaign(CampaignId("campaign"))
    metrics = campaign.metrics
    assert (metrics.sent, (metrics.bounced, metrics.complained)) == (1, counts)
    assert repositories.retention.count_member_states(campaign.campaign_id)[state] == 1


def test_an_event_of_the_mail_service_that_lacks_its_parts_is_given_again() -> None:
    container = Container({"SUCCOTASH_STORAGE": "memory"}, clock=lambda: NOON)
    wrong = {
        "source": "aws.ses",
        "detail": {
            "eventType": "Bounce",
            "bounce": {
                "bounceType": "Permanent",
                "bouncedRecipients": [{}],
                "timestamp": "2026-02-01T08:00:00Z",
            },
        },
    }
    answer = relaying(container)(messages(json.dumps(wrong)), Context(60_000))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
