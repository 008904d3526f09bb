"""What every LeadRepository knows of one lead."""

import pytest

from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.leads import LeadStatus, ScoredLead
from succotash.domain.repositories.leads import LeadRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.values import LeadId
from succotash.errors import NotFoundError
from tests.builders import NOON, a_lead, a_score, a_submission, at, minutes

HISTORY = (
    a_submission(
        "second",
        lead_id="lead",
        submitted_at=at("2024-01-01T00:00:00.000002"),
        answers={"größe": [1, 2.5, 'a"b\\c'], "nothing": None, "nested": {"yes": True}},
        attribution={"utm_source": "newsletter"},
        source="newsletter",
        email="ada@example.com",
        ip_address="2001:db8::1",
        user_agent="Browser/1.0",
        state=SubmissionState.DUPLICATE,
        duplicate_of="first",
        spam_reasons=("links",),
        text_digest="ff00",
        consent="I agree.",
        waited_until=at("2024-01-01T00:00:00.12"),
    ),
    a_submission("first", lead_id="lead", submitted_at=at("2024-01-01T00:00:00.000001")),
)
"""Newest first."""


def test_a_lead_has_its_changes_oldest_first_and_its_submissions_newest_first(
    repositories: Repositories,
) -> None:
    repositories.forms.save_lead(a_lead())
    repositories.forms.save_lead(a_lead("other"))
    repositories.forms.update_lead_status(LeadId("lead"), LeadStatus.QUALIFIED, NOON + minutes(5))
    for number in range(4):
        repositories.forms.save_form_submission(
            a_submission(
                f"{number}",
                lead_id="lead" if number else "other",
                submitted_at=NOON + minutes(number),
                answers={"company": f"Acme {number}"},
            )
        )
    history = repositories.leads.get_lead_history(LeadId("lead"), limit=2)
    assert [(each.status, each.changed_at) for each in history.status_changes] == [
        (LeadStatus.NEW, NOON),
        (LeadStatus.QUALIFIED, NOON + minutes(5)),
    ]
    assert [each.answers for each in history.submissions] == [
        {"company": "Acme 3"},
        {"company": "Acme 2"},
    ]


def test_the_lead_comes_with_it_and_its_score_where_it_has_one(repositories: Repositories) -> None:
    lead = repositories.forms.save_lead(a_lead())
    assert repositories.leads.get_lead_history(lead.lead_id, limit=2).scored == ScoredLead(
        lead, None
    )
    repositories.forms.save_lead_score(a_score())
    assert repositories.leads.get_lead_history(lead.lead_id, limit=2).scored == ScoredLead(
        lead, a_score()
    )


def test_submissions_come_back_as_they_were_saved(repositories: Repositories) -> None:
    repositories.forms.save_lead(a_lead())
    for each in reversed(HISTORY):
        repositories.forms.save_form_submission(each)

    history = repositories.leads.get_lead_history(LeadId("lead"), limit=9)

    assert history.submissions == HISTORY


def test_an_unknown_lead_has_none(leads: LeadRepository) -> None:
    with pytest.raises(NotFoundError) as caught:
        leads.get_lead_history(LeadId("nowhere"), limit=1)
    assert caught.value.kind == "lead"
