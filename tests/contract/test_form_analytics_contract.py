"""Counts of submissions and leads, by day and along the funnel."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.forms.forms import DEFAULT_FORM
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.analytics import DailyCounts, FunnelStage
from succotash.domain.leads.leads import FUNNEL, LeadStatus, require_legal_step
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.ledgers import Order
from succotash.domain.values import FormId, LeadId
from succotash.errors import IllegalTransitionError
from tests.builders import (
    NOON,
    a_form,
    a_lead,
    a_score,
    a_submission,
    a_value,
    an_order,
    at,
    days,
    minutes,
)
from tests.contract.conftest import NewStorage
from tests.contract.counts import without_zeros
from tests.strategies import MODEST, instants, lead_statuses, submission_states

OPEN_STATUSES = FUNNEL[:-1]


class TestAnalytics:
    def test_leads_who_bought_are_counted(self, repositories: Repositories) -> None:
        """Whenever they bought; what was wholly refunded, or is a refund alone, is no purchase."""
        forms = repositories.forms
        for lead_id in ("buyer", "early", "refunded", "giver", "silent", "free", "partly"):
            forms.save_lead(a_lead(lead_id, email=f"{lead_id}@x.org", source="google"))
        forms.save_lead(a_lead("older", email="older@x.org", first_at=NOON - days(90)))

        def order(
            who: str,
            order_id: str,
            *,
            amount: str = "9",
            ordered_at: datetime = NOON,
            refund_of: str | None = None,
        ) -> Order:
            return an_order(
                order_id,
                customer_id=f"c-{who}",
                email=f"{who}@x.org",
                amount=amount,
                ordered_at=ordered_at,
                refund_of=refund_of,
            )

        repositories.ltv.record_orders(
            [
                order("buyer", "1"),
                order("buyer", "2"),
                order("early", "1", ordered_at=NOON - days(400)),
                order("refunded", "1"),
                order("refunded", "1-back", amount="-9", refund_of="1"),
                order("giver", "1-back", amount="-9", refund_of="1"),
                order("free", "1", amount="0"),
                order("partly", "1"),
                order("partly", "1-back", amount="-8", refund_of="1"),
                order("older", "1"),
                order("nobody", "1"),
            ]
        )
        # A lead may be two customers.
        repositories.ltv.record_orders(
            [an_order("1", customer_id="second", email="buyer@x.org", amount="3")]
        )

        found = forms.get_form_analytics(start=NOON - days(1))
        assert (found.new_leads, found.buyers) == (7, 4)
        assert forms.get_form_analytics().buyers == 5
        assert forms.get_form_analytics(source="direct").buyers == 1

    def test_who_bought_is_told_by_the_ledger_and_not_by_the_last_run(
        self, repositories: Repositories
    ) -> None:
        """Orders and refunds that came after the current run count as those before it do."""
        names = ("valued", "undone", "mixed", "partly", "later", "later-undone", "over")
        for lead_id in names:
            repositories.forms.save_lead(a_lead(lead_id, email=f"{lead_id}@x.org"))

        def order(
            who: str, order_id: str, amount: str = "9", refund_of: str | None = None
        ) -> Order:
            return an_order(
                order_id,
                customer_id=f"c-{who}",
                email=f"{who}@x.org",
                amount=amount,
                refund_of=refund_of,
            )

        known = ("valued", "undone", "mixed", "partly", "over")
        repositories.ltv.record_orders(
            [order(who, "1") for who in known] + [order("mixed", "2"), order("over", "2")]
        )
        for who in known:
            orders = 2 if who in {"mixed", "over"} else 1
            repositories.ltv.save_customer_ltv(a_value(f"c-{who}", orders=orders))
        assert repositories.forms.get_form_analytics().buyers == 5

        repositories.ltv.record_orders(
            [
                order("undone", "1-back", "-9", "1"),
                order("mixed", "1-back", "-4", "1"),
                order("mixed", "1-more", "-5", "1"),
                order("partly", "1-back", "-8", "1"),
                order("over", "1-back", "-9", "1"),
                order("over", "2-back", "-19", "2"),
                order("later", "1"),
                order("later-undone", "1"),
                order("later-undone", "1-back", "-9", "1"),
            ]
        )
        # Those who stay: valued, mixed, partly, later.
        assert repositories.forms.get_form_analytics().buyers == 4

    def test_nothing_counts_as_nothing(self, forms: FormRepository) -> None:
        found = forms.get_form_analytics()
        assert (found.total_submissions, found.new_leads, found.hot_leads) == (0, 0, 0)
        assert found.average_lead_score is None
        assert without_zeros(found.submissions_by_source) == {}
        assert without_zeros(found.leads_by_status) == {}

    def test_submissions_and_new_leads_are_counted(self, forms: FormRepository) -> None:
        forms.save_form(a_form(), [])
        for lead_id, status, total, hot in (
            ("a", LeadStatus.NEW, 80, True),
            ("b", LeadStatus.CONTACTED, 41, False),
            ("c", LeadStatus.NEW, None, False),
        ):
            forms.save_lead(a_lead(lead_id, status=status, source="google"))
            if total is not None:
                forms.save_lead_score(a_score(lead_id, total=total, is_hot=hot))
        rows = [
            ("1", "default", SubmissionState.ACCEPTED, "google", "a"),
            ("2", "contact", SubmissionState.ACCEPTED, "direct", "b"),
            ("3", "contact", SubmissionState.DUPLICATE, "direct", "b"),
            ("4", "contact", SubmissionState.QUARANTINED, "google", None),
        ]
        for submission_id, form_id, state, source, of_lead in rows:
            forms.save_form_submission(
                a_submission(
                    submission_id, form_id=form_id, state=state, source=source, lead_id=of_lead
                )
            )
        found = forms.get_form_analytics()
        assert (found.total_submissions, found.accepted) == (4, 2)
        assert (found.quarantined, found.duplicates) == (1, 1)
        assert (found.new_leads, found.hot_leads) == (3, 1)
        assert found.average_lead_score == pytest.approx(60.5)
        assert without_zeros(found.submissions_by_source) == {"google": 2, "direct": 2}
        assert without_zeros(found.submissions_by_form) == {"default": 1, "contact": 3}
        assert without_zeros(found.leads_by_status) == {"new": 2, "contacted": 1}

        contact = forms.get_form_analytics(form_id=FormId("contact"))
        assert (contact.total_submissions, contact.new_leads) == (3, 1)
        assert without_zeros(contact.leads_by_status) == {"contacted": 1}
        assert contact.average_lead_score == pytest.approx(41)

        direct = forms.get_form_analytics(source="direct")
        assert (direct.total_submissions, direct.new_leads) == (2, 0)
        assert direct.average_lead_score is None

    def test_a_range_includes_its_start_and_excludes_its_end(self, forms: FormRepository) -> None:
        for place, moment in enumerate((NOON - timedelta(microseconds=1), NOON, NOON + days(1))):
            forms.save_lead(a_lead(f"lead-{place}", first_at=moment, last_at=NOON + days(9)))
            forms.save_form_submission(a_submission(f"submission-{place}", submitted_at=moment))
        inside = forms.get_form_analytics(start=NOON, end=NOON + days(1))
        assert (inside.total_submissions, inside.new_leads) == (1, 1)
        open_start = forms.get_form_analytics(end=NOON)
        assert (open_start.total_submissions, open_start.new_leads) == (1, 1)
        open_end = forms.get_form_analytics(start=NOON)
        assert (open_end.total_submissions, open_end.new_leads) == (2, 2)

    @MODEST
    @given(
        rows=st.lists(
            st.tuples(instants, submission_states, st.sampled_from(["google", "direct"])),
            max_size=10,
        ),
        start=st.none() | instants,
        end=st.none() | instants,
    )
    def test_counts_agree_with_counting_one_by_one(
        self,
        new_storage: NewStorage,
        rows: list[tuple[datetime, SubmissionState, str]],
        start: datetime | None,
        end: datetime | None,
    ) -> None:
        forms = new_storage().repositories.forms
        for place, (moment, state, source) in enumerate(rows):
            forms.save_form_submission(
                a_submission(f"{place}", submitted_at=moment, state=state, source=source)
            )
        inside = [
            (state, source)
            for moment, state, source in rows
            if (start is None or moment >= start) and (end is None or moment < end)
        ]
        found = forms.get_form_analytics(start=start, end=end)
        assert found.total_submissions == len(inside)
        assert found.accepted == sum(state is SubmissionState.ACCEPTED for state, _ in inside)
        assert found.quarantined == sum(state is SubmissionState.QUARANTINED for state, _ in inside)
        assert found.unconfirmed == sum(state is SubmissionState.UNCONFIRMED for state, _ in inside)
        assert found.duplicates == sum(state is SubmissionState.DUPLICATE for state, _ in inside)
        assert without_zeros(found.submissions_by_source) == Counter(source for _, source in inside)


class TestFunnel:
    def test_an_empty_funnel_has_all_of_its_stages(self, forms: FormRepository) -> None:
        funnel = forms.get_lead_conversion_funnel()
        assert funnel.stages == tuple(FunnelStage(status, 0) for status in FUNNEL)
        assert funnel.lost == 0

    def test_a_lost_lead_counts_where_it_got_to(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead())
        for status in (LeadStatus.PROPOSAL, LeadStatus.CLOSED_LOST):
            forms.update_lead_status(LeadId("lead"), status, NOON)
        funnel = forms.get_lead_conversion_funnel()
        assert [stage.reached for stage in funnel.stages] == [1, 1, 1, 1, 0, 0]
        assert funnel.lost == 1

    @pytest.mark.parametrize(
        ("form_id", "source", "reached", "lost"),
        [
            ("contact", None, 2, 1),
            (None, "google", 2, 0),
            ("contact", "google", 1, 0),
            ("nowhere", None, 0, 0),
        ],
    )
    def test_a_funnel_counts_leads_of_one_form_and_one_source(
        self,
        forms: FormRepository,
        form_id: FormId | None,
        source: str | None,
        reached: int,
        lost: int,
    ) -> None:
        forms.save_form(a_form("contact"), [])
        leads = [("a", "contact", "google"), ("b", "contact", "direct"), ("c", "default", "google")]
        for name, form, source_of_lead in leads:
            forms.save_lead(a_lead(name, source=source_of_lead))
            for number in range(2):
                forms.save_form_submission(
                    a_submission(f"{name}-{number}", form_id=form, lead_id=name)
                )
        forms.update_lead_status(LeadId("b"), LeadStatus.CLOSED_LOST, NOON)
        funnel = forms.get_lead_conversion_funnel(form_id=form_id, source=source)
        assert funnel.stages[0].reached == reached
        assert funnel.lost == lost
        counts = forms.get_form_analytics(form_id=form_id, source=source)
        assert counts.new_leads == reached

    def test_a_lead_that_was_lost_from_the_first_reached_no_stage(
        self, forms: FormRepository
    ) -> None:
        forms.save_lead(a_lead(status=LeadStatus.CLOSED_LOST))
        funnel = forms.get_lead_conversion_funnel()
        assert [stage.reached for stage in funnel.stages] == [0] * 6
        assert funnel.lost == 1

    def test_a_lead_taken_up_again_counts_as_far_as_it_ever_got(
        self, forms: FormRepository
    ) -> None:
        forms.save_lead(a_lead())
        for status in (LeadStatus.NEGOTIATION, LeadStatus.CLOSED_LOST, LeadStatus.CONTACTED):
            forms.update_lead_status(LeadId("lead"), status, NOON)
        funnel = forms.get_lead_conversion_funnel()
        assert [stage.reached for stage in funnel.stages] == [1, 1, 1, 1, 1, 0]
        assert funnel.lost == 0

    @MODEST
    @given(
        leads=st.lists(
            st.tuples(instants, st.sampled_from(OPEN_STATUSES), st.lists(lead_statuses)),
            max_size=6,
        ),
        start=st.none() | instants,
        end=st.none() | instants,
    )
    def test_the_funnel_agrees_with_walking_every_history(
        self,
        new_storage: NewStorage,
        leads: list[tuple[datetime, LeadStatus, list[LeadStatus]]],
        start: datetime | None,
        end: datetime | None,
    ) -> None:
        forms = new_storage().repositories.forms
        reached = dict.fromkeys(FUNNEL, 0)
        lost = 0
        for place, (moment, first, wanted) in enumerate(leads):
            forms.save_lead(a_lead(f"lead-{place}", last_at=moment, status=first))
            status = first
            furthest = FUNNEL.index(first)
            for step in wanted:
                try:
                    require_legal_step(status, step)
                except IllegalTransitionError:
                    continue
                forms.update_lead_status(LeadId(f"lead-{place}"), step, moment)
                status = step
                furthest = max(furthest, FUNNEL.index(step) if step in FUNNEL else 0)
            if (start is None or start <= moment) and (end is None or moment < end):
                for stage in FUNNEL[: furthest + 1]:
                    reached[stage] += 1
                lost += status is LeadStatus.CLOSED_LOST
        funnel = forms.get_lead_conversion_funnel(start=start, end=end)
        assert {stage.status: stage.reached for stage in funnel.stages} == reached
        assert [stage.status for stage in funnel.stages] == list(FUNNEL)
        assert funnel.lost == lost


def submit_at(repositories: Repositories, *moments: datetime) -> None:
    for place, moment in enumerate(moments):
        repositories.forms.save_form_submission(a_submission(f"s{place}", submitted_at=moment))


class TestDailyCounts:
    def test_days_are_the_zones_and_one_may_have_23_hours_or_25(
        self, repositories: Repositories
    ) -> None:
        # In Berlin summer time began on 2024-03-31 and ended on 2024-10-27.
        submit_at(
            repositories,
            at("2024-03-30T22:59:59.999999Z"),
            at("2024-03-30T23:00:00Z"),
            at("2024-03-31T21:59:59.999999Z"),
            at("2024-03-31T22:00:00Z"),
            at("2024-10-26T22:00:00Z"),
            at("2024-10-27T22:59:59.999999Z"),
            at("2024-10-27T23:00:00Z"),
        )
        found = repositories.leads.get_daily_counts(
            at("2024-01-01T00:00:00Z"), at("2025-01-01T00:00:00Z"), "Europe/Berlin"
        )
        assert [(each.day, each.submissions) for each in found] == [
            (date(2024, 3, 30), 1),
            (date(2024, 3, 31), 2),
            (date(2024, 4, 1), 1),
            (date(2024, 10, 27), 2),
            (date(2024, 10, 28), 1),
        ]

    def test_the_start_belongs_to_the_range_and_the_end_does_not(
        self, repositories: Repositories
    ) -> None:
        submit_at(repositories, NOON - minutes(1), NOON, NOON + minutes(1), NOON + minutes(2))
        found = repositories.leads.get_daily_counts(NOON, NOON + minutes(2), "UTC")
        assert found == [DailyCounts(NOON.date(), 2, 2, 0)]

    def test_submissions_and_new_leads_are_counted_and_narrowed(
        self, repositories: Repositories
    ) -> None:
        repositories.forms.save_lead(a_lead("a", source="google"))
        repositories.forms.save_lead(a_lead("b", last_at=NOON + days(1)))
        for each in (
            a_submission("1", lead_id="a", source="google"),
            a_submission("2", state=SubmissionState.QUARANTINED),
            a_submission("3", lead_id="b", submitted_at=NOON + days(1)),
        ):
            repositories.forms.save_form_submission(each)

        def counts(**narrowed: str) -> list[DailyCounts]:
            return repositories.leads.get_daily_counts(
                NOON,
                NOON + days(2),
                "UTC",
                **narrowed,  # type: ignore[arg-type]  # ids are texts
            )

        first, second = NOON.date(), (NOON + days(1)).date()
        assert counts() == [DailyCounts(first, 2, 1, 1), DailyCounts(second, 1, 1, 1)]
        assert counts(source="google") == [DailyCounts(first, 1, 1, 1)]
        assert counts(form_id=DEFAULT_FORM) == counts()
        assert counts(form_id="nowhere") == []
