"""A lead's score is a ledger: every point has its reason, and the points add up."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.lead_scoring import RECENCY_DAYS, grade_of, score_lead
from tests.builders import a_lead, at

NOW = at("2026-03-01T12:00:00Z")


def test_the_points_add_up_to_the_total_and_each_has_a_reason() -> None:
    score = score_lead(a_lead(company="Acme"), NOW)
    assert score.total == sum(score.by_category().values())
    assert all(point.reason and point.points > 0 for point in score.points)


def test_a_mailbox_that_anybody_gets_says_nothing_about_a_company() -> None:
    private = score_lead(a_lead(email="ada@gmail.com"), NOW)
    company = score_lead(a_lead(email="ada@acme.example"), NOW)
    assert company.total - private.total == 20


def test_recency_fades_and_never_turns_negative() -> None:
    lead = a_lead()
    last = lead.last_submission_at
    fresh = score_lead(lead, last)
    stale = score_lead(lead, last + timedelta(days=RECENCY_DAYS * 10))
    assert fresh.by_category()["recency"] == 10
    assert "recency" not in stale.by_category()


def test_a_clock_behind_the_submission_counts_as_the_same_moment() -> None:
    lead = a_lead()
    early = score_lead(lead, lead.last_submission_at - timedelta(days=2))
    assert early.by_category()["recency"] == 10


@given(
    company=st.none() | st.text(min_size=1),
    phone=st.none() | st.text(min_size=1),
    count=st.integers(1, 50),
    days=st.integers(0, 400),
)
def test_totals_stay_between_0_and_100(
    company: str | None, phone: str | None, count: int, days: int
) -> None:
    lead = a_lead(company=company, phone=phone, submission_count=count)
    score = score_lead(lead, lead.last_submission_at + timedelta(days=days))
    assert 0 <= score.total <= 100
    assert score.grade == grade_of(score.total)
