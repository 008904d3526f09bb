"""What every PeopleRepository does."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.intake.submissions import IdempotencyRecord, StoredResponse, SubmissionOutcome
from succotash.domain.leads.leads import LeadStatus, PersonRecord, StatusChange
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.people import PeopleRepository
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import LeadId, SubmissionId
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    a_lead,
    a_request,
    a_score,
    a_submission,
    an_intake_query,
    an_order,
    days,
    minutes,
)
from tests.contract.counts import without_zeros


class TestTombstones:
    def test_those_that_are_kept_are_found_and_since_when(self, people: PeopleRepository) -> None:
        people.bury(["a", "b"], NOON)
        assert people.find_erased(["b", "c"]) == {"b": NOON}
        assert people.find_erased([]) == {}

    def test_the_later_instant_counts(self, people: PeopleRepository) -> None:
        for moment in (NOON, NOON + minutes(1), NOON - minutes(1)):
            people.bury(["aa"], moment)
        assert people.find_erased(["aa"]) == {"aa": NOON + minutes(1)}

    def test_who_buries_waits_for_those_who_asked(self, shared_storage: Storage) -> None:
        asked, buried = threading.Event(), threading.Event()

        def erase() -> None:
            asked.wait(5)
            shared_storage.repositories.people.bury(["0a1b2c3d"], NOON)
            buried.set()

        with ThreadPoolExecutor(1) as pool:
            erasing = pool.submit(erase)
            with shared_storage.transaction() as repositories:
                assert repositories.people.find_erased(["0a1b2c3d"]) == {}
                asked.set()
                assert not buried.wait(0.3)
            erasing.result(5)
        assert shared_storage.repositories.people.find_erased(["0a1b2c3d"]) == {"0a1b2c3d": NOON}


class TestPeople:
    def test_nothing_is_held_about_a_stranger(self, forms: FormRepository) -> None:
        stranger = forms.find_person("nobody@example.com")
        assert stranger == PersonRecord(None, None, (), ())
        assert without_zeros(forms.erase_person("nobody@example.com")) == {}

    def test_a_person_is_the_lead_and_every_submission_of_theirs(
        self, forms: FormRepository
    ) -> None:
        lead = forms.save_lead(a_lead(email="ada@example.com"))
        forms.save_lead_score(a_score())
        by_email = a_submission("by-email", email="ada@example.com", submitted_at=NOON)
        by_lead = a_submission("by-lead", lead_id="lead", submitted_at=NOON + days(1))
        for submission in (by_email, by_lead, a_submission("of others", email="bob@example.com")):
            forms.save_form_submission(submission)
        assert forms.find_person("ada@example.com") == PersonRecord(
            lead, a_score(), (StatusChange(LeadStatus.NEW, NOON),), (by_lead, by_email)
        )

    def test_someone_whose_submissions_are_quarantined_is_held_without_a_lead(
        self, forms: FormRepository
    ) -> None:
        submission = a_submission(email="ada@example.com", state=SubmissionState.QUARANTINED)
        forms.save_form_submission(submission)
        assert forms.find_person("ada@example.com") == PersonRecord(None, None, (), (submission,))
        assert without_zeros(forms.erase_person("ada@example.com")) == {"form_submissions": 1}

    def test_erasing_a_person_leaves_nothing_of_them_and_everything_of_others(
        self, repositories: Repositories
    ) -> None:
        forms = repositories.forms
        repositories.ltv.record_orders([an_order(email="ada@example.com")])
        forms.save_lead(a_lead(email="ada@example.com"))
        forms.save_lead_score(a_score())
        forms.update_lead_status(LeadId("lead"), LeadStatus.CONTACTED, NOON)
        bob = forms.save_lead(a_lead("bob", email="bob@example.com"))
        forms.save_lead_score(a_score("bob"))
        mine = a_submission("mine", email="ada@example.com", lead_id="lead")
        same = a_submission("same", lead_id="lead", state=SubmissionState.DUPLICATE)
        copied = a_submission(
            "copied",
            email="bob@example.com",
            lead_id="bob",
            state=SubmissionState.DUPLICATE,
            duplicate_of="mine",
        )
        forms.save_form_submission(mine)
        forms.save_form_submission(replace(same, duplicate_of=mine.submission_id))
        for key, submission in (("a", mine), ("b", copied)):
            answer = StoredResponse(a_request(key), {"key": key}, NOON + days(1))
            forms.save_outcome(SubmissionOutcome(submission, remembered=answer))

        gone = forms.erase_person("ada@example.com")

        assert gone["leads"] == 1
        assert gone["lead_scores"] == 1
        assert gone["form_submissions"] == 2
        assert gone["idempotency_keys"] == 1
        assert sum(gone.values()) == 7, "and two status changes"
        assert forms.find_person("ada@example.com") == PersonRecord(None, None, (), ())
        with pytest.raises(NotFoundError):
            forms.get_form_submission(SubmissionId("mine"))
        assert forms.get_form_submission(SubmissionId("copied")) == replace(
            copied, duplicate_of=None
        )
        assert forms.get_lead(LeadId("bob")) == bob
        assert forms.load_intake_context(an_intake_query(request=a_request("a"))).held is None
        held = forms.load_intake_context(an_intake_query(request=a_request("b"))).held
        assert held == IdempotencyRecord("digest", {"key": "b"})
        [customer] = repositories.ltv.get_customers_by_email("ada@example.com")
        assert customer.lead_id is None

    def test_an_erased_person_can_come_back(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead(status=LeadStatus.QUALIFIED))
        forms.erase_person("lead@example.com")
        again = a_lead("again", email="lead@example.com")
        assert forms.save_lead(again) == again
        assert len(forms.find_person("lead@example.com").status_changes) == 1
