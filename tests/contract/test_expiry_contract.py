"""What a FormRepository removes when its time is over."""

from dataclasses import replace
from datetime import timedelta

from succotash.domain.forms.forms import DEFAULT_FORM, QUARANTINE_KEPT, Form
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.values import FormId, LeadId, SubmissionId
from tests.builders import (
    NOON,
    a_lead,
    a_request,
    a_submission,
    an_intake_query,
    an_outcome,
    days,
)


class TestRetention:
    """What is deleted when a form no longer keeps it."""

    def kept(self, forms: FormRepository, *form_ids: str) -> list[str]:
        return sorted(
            each.submission_id
            for form_id in form_ids
            for each in forms.get_submissions_by_form(FormId(form_id))
        )

    def test_a_form_with_a_period_keeps_nothing_longer(self, forms: FormRepository) -> None:
        forms.save_form(Form(FormId("brief"), "Brief", retention=days(30)), [])
        states = (
            SubmissionState.ACCEPTED,
            SubmissionState.QUARANTINED,
            SubmissionState.DUPLICATE,
            SubmissionState.UNCONFIRMED,
        )
        for state in states:
            for name, at in (("due", NOON), ("young", NOON + timedelta(microseconds=1))):
                forms.save_form_submission(
                    a_submission(f"{name} {state}", form_id="brief", state=state, submitted_at=at)
                )
        assert forms.remove_expired_submissions(NOON + days(30), limit=99) == len(states)
        assert self.kept(forms, "brief") == sorted(f"young {state}" for state in states)
        assert forms.remove_expired_submissions(NOON + days(30), limit=99) == 0

    def test_without_a_period_only_what_was_never_admitted_goes(
        self, forms: FormRepository
    ) -> None:
        for name, state in (
            ("accepted", SubmissionState.ACCEPTED),
            ("suspect", SubmissionState.QUARANTINED),
            ("unconfirmed", SubmissionState.UNCONFIRMED),
        ):
            forms.save_form_submission(a_submission(name, state=state))
        almost = NOON + QUARANTINE_KEPT - timedelta(microseconds=1)
        assert forms.remove_expired_submissions(almost, limit=99) == 0
        assert forms.remove_expired_submissions(NOON + QUARANTINE_KEPT, limit=99) == 2
        assert self.kept(forms, DEFAULT_FORM) == ["accepted"]

    def test_no_more_than_a_batch_goes_at_once(self, forms: FormRepository) -> None:
        for number in range(5):
            forms.save_form_submission(a_submission(f"{number}", state=SubmissionState.QUARANTINED))
        counts = [forms.remove_expired_submissions(NOON + days(365), limit=2) for _ in range(4)]
        assert counts == [2, 2, 1, 0]

    def test_answers_go_along_and_leads_and_copies_stay(self, forms: FormRepository) -> None:
        forms.save_form(Form(FormId("brief"), "Brief", retention=days(1)), [])
        outcome = an_outcome("old", lead=a_lead(), key="key")
        old = replace(outcome.submission, form_id=FormId("brief"))
        forms.save_outcome(replace(outcome, submission=old))
        forms.save_form_submission(
            a_submission("copy", state=SubmissionState.DUPLICATE, duplicate_of="old")
        )
        assert forms.remove_expired_submissions(NOON + days(1), limit=9) == 1
        assert forms.get_lead(LeadId("lead")).submission_count == 1
        copied = forms.get_form_submission(SubmissionId("copy"))
        assert (copied.state, copied.duplicate_of) == (SubmissionState.DUPLICATE, None)
        assert forms.load_intake_context(an_intake_query(request=a_request("key"))).held is None
