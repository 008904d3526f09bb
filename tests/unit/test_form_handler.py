"""Taking submissions and releasing them, on storage in memory."""

from datetime import timedelta
from itertools import count

import pytest

from succotash.application.form_handler import FormHandler, SubmissionView
from succotash.domain.forms import DEFAULT_FORM, Form, LeadQuery, ScoredLead
from succotash.domain.values import Json
from succotash.errors import ConflictError, NotFoundError
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import NOON, days, minutes

EMAIL = "ada@example.com"
WINDOW = Form(DEFAULT_FORM, "Default").duplicate_window


class Desk:
    """A handler whose clock the test sets."""

    def __init__(self) -> None:
        self.now = NOON
        self.storage = InMemoryStorage()
        ids = count(1)
        self.handler = FormHandler(self.storage, lambda: self.now, lambda: f"id-{next(ids):03}")

    def submit(self, message: str = "hello", **controls: Json) -> SubmissionView:
        receipt = self.handler.submit_form({"email": EMAIL, "message": message} | controls)
        return self.handler.get_submission(receipt["submission_id"])

    def suspicious(self, message: str = "hello") -> SubmissionView:
        return self.submit(message, _gotcha="filled in")

    def release(self, submission: SubmissionView) -> SubmissionView:
        return self.handler.release_submission(submission["submission_id"])

    def only_lead(self) -> ScoredLead:
        [found] = self.storage.repositories.forms.find_leads(LeadQuery())
        return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestDuplicates:
    def test_a_duplicate_belongs_to_its_originals_lead_and_changes_nothing_about_it(
        self, desk: Desk
    ) -> None:
        original = desk.submit()
        before = desk.only_lead()
        desk.now += minutes(1)
        copy = desk.submit()
        assert copy["state"] == "duplicate"
        assert copy["duplicate_of"] == original["submission_id"]
        assert copy["lead_id"] == original["lead_id"] is not None
        assert desk.only_lead() == before

    def test_an_equal_submission_after_the_window_counts(self, desk: Desk) -> None:
        desk.submit()
        desk.now += WINDOW + timedelta(microseconds=1)
        assert desk.submit()["state"] == "accepted"
        assert desk.only_lead().lead.submission_count == 2


class TestRelease:
    def test_a_released_submission_becomes_a_lead_scored_as_of_now(self, desk: Desk) -> None:
        quarantined = desk.suspicious()
        desk.now += days(20)
        released = desk.release(quarantined)
        found = desk.only_lead()
        assert (released["state"], released["lead_id"]) == ("accepted", found.lead.lead_id)
        assert found.lead.last_submission_at == NOON
        assert found.score is not None
        assert found.score.scored_at == desk.now
        assert found.score.by_category()["recency"] == 3

    def test_of_two_equal_ones_in_quarantine_the_second_is_released_as_a_duplicate(
        self, desk: Desk
    ) -> None:
        first = desk.suspicious()
        desk.now += minutes(1)
        second = desk.suspicious()
        desk.now += days(30)
        assert desk.release(second)["state"] == "accepted"
        late = desk.release(first)
        assert (late["state"], late["duplicate_of"]) == ("duplicate", second["submission_id"])
        found = desk.only_lead()
        assert late["lead_id"] == found.lead.lead_id
        assert found.lead.submission_count == 1

    def test_a_submission_is_released_once(self, desk: Desk) -> None:
        quarantined = desk.suspicious()
        desk.release(quarantined)
        with pytest.raises(ConflictError):
            desk.release(quarantined)
        assert desk.only_lead().lead.submission_count == 1


class TestAnalytics:
    def test_the_funnel_counts_the_leads_of_the_form_and_source_asked_for(self, desk: Desk) -> None:
        desk.storage.repositories.forms.save_form(Form(DEFAULT_FORM, "Default"), [])
        desk.submit(utm_source="newsletter")

        def first_stage(form_id: str | None = None, source: str | None = None) -> int:
            found = desk.handler.get_form_analytics(form_id=form_id, source=source)
            reached = found["conversion_funnel"]["stages"][0]["reached"]
            assert reached == found["lead_metrics"]["new_leads"]
            return reached

        assert first_stage(source="newsletter") == first_stage(DEFAULT_FORM) == 1
        assert first_stage(source="elsewhere") == 0

    def test_an_unknown_form_has_no_analytics(self, desk: Desk) -> None:
        with pytest.raises(NotFoundError):
            desk.handler.get_form_analytics(form_id="nowhere")
