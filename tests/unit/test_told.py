"""What use cases write into the outbox, on storage in memory."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count, pairwise

import pytest

from succotash.application.intake.form_handler import FormHandler
from succotash.application.scoring.churn_scoring import ChurnScoring
from succotash.application.scoring.settings import ScoringSettings
from succotash.domain.leads.leads import LeadStatus
from succotash.domain.messages.outbox import OutboxMessage, RedeliveryPolicy
from succotash.domain.values import Currency, Json
from succotash.errors import IllegalTransitionError, InvalidInputError
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import NOON, an_order, days

FOREVER = NOON + days(10_000)
ADA: Mapping[str, Json] = {"email": "ada@example.com", "message": "hello"}


class Office:
    """Forms and leads, and what is told of them."""

    def __init__(self) -> None:
        self.now = NOON
        self.storage = InMemoryStorage()
        ids = count(1)
        self.forms = FormHandler(self.storage, lambda: self.now, lambda: f"id-{next(ids):03}")

    def told(self) -> list[OutboxMessage]:
        """Everything told since it was last asked."""
        taken = self.storage.repositories.outbox.take(FOREVER, FOREVER + days(1), limit=100)
        return [each.message for each in taken]


@pytest.fixture
def office() -> Office:
    return Office()


def by_kind(messages: list[OutboxMessage]) -> dict[str, OutboxMessage]:
    found = {each.kind: each for each in messages}
    assert len(found) == len(messages)
    return found


def test_an_accepted_submission_and_its_new_lead_are_told_by_their_ids(office: Office) -> None:
    receipt = office.forms.submit_form(ADA)
    told = by_kind(office.told())
    assert told.keys() == {"submission.accepted", "lead.created"}
    accepted, created = told["submission.accepted"], told["lead.created"]
    assert accepted.subject_id == receipt["submission_id"]
    assert created.subject_id == receipt["lead_id"]
    for message in (accepted, created):
        assert message.form_id == "default"
        assert message.occurred_at == NOON
        assert message.payload["lead_id"] == receipt["lead_id"]
        assert message.payload["submission_id"] == receipt["submission_id"]
        assert "ada" not in str(message)


def test_a_lead_that_was_there_is_told_as_updated(office: Office) -> None:
    office.forms.submit_form(ADA)
    office.told()
    office.forms.submit_form({**ADA, "message": "and another thing"})
    assert by_kind(office.told()).keys() == {"submission.accepted", "lead.updated"}


def test_a_duplicate_is_told_with_its_original(office: Office) -> None:
    original = office.forms.submit_form(ADA)
    office.told()
    office.forms.submit_form(ADA)
    [told] = office.told()
    assert told.kind == "submission.duplicate"
    assert told.payload["duplicate_of"] == original["submission_id"]


def test_a_suspect_is_told_as_quarantined_and_as_accepted_once_released(office: Office) -> None:
    receipt = office.forms.submit_form({**ADA, "_gotcha": "x"})
    [told] = office.told()
    assert (told.kind, told.payload["lead_id"]) == ("submission.quarantined", None)
    office.now = NOON + timedelta(hours=1)
    office.forms.release_submission(receipt["submission_id"])
    released = by_kind(office.told())
    assert released.keys() == {"submission.accepted", "lead.created"}
    assert {each.occurred_at for each in released.values()} == {office.now}


def test_a_repetition_by_key_tells_nothing_again(office: Office) -> None:
    office.forms.submit_form(ADA, key="k")
    office.told()
    office.forms.submit_form(ADA, key="k")
    assert office.told() == []


def test_what_is_refused_is_not_told(office: Office) -> None:
    with pytest.raises(InvalidInputError):
        office.forms.submit_form({"email": "nobody"})
    assert office.told() == []


def test_each_step_of_a_lead_is_told(office: Office) -> None:
    lead_id = office.forms.submit_form(ADA)["lead_id"]
    assert lead_id is not None
    office.told()
    office.forms.update_lead_status(lead_id, LeadStatus.CONTACTED)
    office.forms.update_lead_status(lead_id, LeadStatus.CLOSED_LOST)
    office.forms.update_lead_status(lead_id, LeadStatus.CONTACTED)
    with pytest.raises(IllegalTransitionError):
        office.forms.update_lead_status(lead_id, LeadStatus.NEW)
    told = office.told()
    assert {each.kind for each in told} == {"lead.status_changed"}
    assert {each.subject_id for each in told} == {lead_id}
    assert [each.payload["status"] for each in told] == ["contacted", "closed_lost", "contacted"]


def test_a_finished_run_is_told_once_however_often_it_is_asked_for(office: Office) -> None:
    office.storage.repositories.ltv.record_orders([an_order("1", ordered_at=NOON - days(9))])
    for _ in range(2):
        ChurnScoring(office.storage, ScoringSettings(currency=Currency("USD"))).run(NOON)
    [told] = office.told()
    assert told.kind == "scoring.finished"
    assert told.payload["customers"] == 1
    assert told.payload["as_of"] == "2024-05-06T12:00:00Z"


def test_pauses_double_up_to_the_longest_and_end() -> None:
    redelivery = RedeliveryPolicy(
        attempts=6, first_pause=timedelta(seconds=1), longest_pause=timedelta(seconds=7)
    )
    instants: list[datetime] = [NOON]
    for attempt in range(1, 6):
        due_at = redelivery.next_attempt(attempt, instants[-1])
        assert due_at is not None
        instants.append(due_at)
    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(instants)]
    assert pauses == [1, 2, 4, 7, 7]
    assert redelivery.next_attempt(6, NOON) is None
