"""Rows of leads and submissions as exports read them."""

from dataclasses import replace

from succotash.domain.forms.forms import DEFAULT_FORM
from succotash.domain.forms.submissions import SubmissionFilter, SubmissionState
from succotash.domain.leads.leads import LeadQuery, LeadStatus
from succotash.domain.repositories.storage import Repositories
from succotash.domain.values import After, Json, LeadId
from tests.builders import NOON, a_lead, a_score, a_submission, days, minutes


class TestExports:
    def test_leads_come_by_id_whatever_happens_to_them_in_between(
        self, repositories: Repositories
    ) -> None:
        for lead_id in ("c", "a", "b", "A"):
            repositories.forms.save_lead(a_lead(lead_id, email=f"{ord(lead_id)}@example.com"))
        repositories.forms.save_lead_score(a_score("b", total=50))
        [first, second] = repositories.leads.get_leads_by_id(LeadQuery(), limit=2)
        assert [first.lead.lead_id, second.lead.lead_id] == ["A", "a"]
        repositories.forms.save_lead(
            a_lead("x", email=f"{ord('b')}@example.com", last_at=NOON + days(9))
        )
        rest = repositories.leads.get_leads_by_id(LeadQuery(), limit=9, after=LeadId("a"))
        assert [each.lead.lead_id for each in rest] == ["b", "c"]
        assert rest[0].score == a_score("b", total=50)

    def test_leads_are_narrowed_as_in_lists(self, repositories: Repositories) -> None:
        for lead_id, source in (("a", "google"), ("b", "direct"), ("c", "google")):
            repositories.forms.save_lead(a_lead(lead_id, source=source))
        repositories.forms.save_lead_score(a_score("c", total=50))

        def ids(query: LeadQuery) -> list[str]:
            found = repositories.leads.get_leads_by_id(query, limit=9)
            return [each.lead.lead_id for each in found]

        assert ids(LeadQuery(source="google")) == ["a", "c"]
        assert ids(LeadQuery(min_score=50)) == ["c"]
        assert ids(LeadQuery(status=LeadStatus.CLOSED_WON)) == []

    def test_submissions_come_oldest_first_from_start_to_before_end(
        self, repositories: Repositories
    ) -> None:
        for submission_id, moment in (("b", 0), ("a", 0), ("late", 2), ("early", -1), ("c", 1)):
            repositories.forms.save_form_submission(
                a_submission(submission_id, submitted_at=NOON + minutes(moment))
            )

        def ids(wanted: SubmissionFilter, after: After | None = None) -> list[str]:
            found = repositories.leads.get_submissions_by_time(wanted, limit=9, after=after)
            return [each.submission_id for each in found]

        everything = SubmissionFilter(DEFAULT_FORM)
        assert ids(everything) == ["early", "a", "b", "c", "late"]
        assert ids(everything, After(NOON, "a")) == ["b", "c", "late"]
        within = replace(everything, start=NOON, end=NOON + minutes(2))
        assert ids(within) == ["a", "b", "c"]
        assert ids(replace(everything, state=SubmissionState.QUARANTINED)) == []

    def test_the_names_of_answers_are_known_each_once(self, repositories: Repositories) -> None:
        given: list[dict[str, Json]] = [{"b": 1, "ä": 2}, {"b": 3, "A": None}, {}]
        for place, answers in enumerate(given):
            repositories.forms.save_form_submission(a_submission(f"{place}", answers=answers))
        assert repositories.leads.get_answer_names(DEFAULT_FORM, limit=9) == ["A", "b", "ä"]
        assert repositories.leads.get_answer_names(DEFAULT_FORM, limit=1) == ["A"]
