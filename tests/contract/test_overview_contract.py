"""What the overview is read from: counts of periods, runs compared, imports that failed."""

from datetime import timedelta

import pytest

from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.analytics import LeadGroup, PeriodCounts
from succotash.domain.leads.leads import LeadStatus
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.errors import NotFoundError
from tests.builders import NOON, a_lead, a_run, a_score, a_submission, a_value, an_order, days
from tests.contract.counts import without_zeros


def a_new_lead(
    forms: FormRepository,
    lead_id: str,
    ago: int,
    *,
    is_hot: bool | None = None,
    status: LeadStatus = LeadStatus.NEW,
    source: str = "direct",
) -> None:
    at = NOON - days(ago)
    forms.save_lead(
        a_lead(
            lead_id,
            email=f"{lead_id}@x.org",
            first_at=at,
            last_at=at,
            status=status,
            source=source,
        )
    )
    if is_hot is not None:
        forms.save_lead_score(a_score(lead_id, total=80 if is_hot else 30, is_hot=is_hot))


class TestPeriods:
    def test_a_period_and_the_one_before_it_are_counted_apart(self, forms: FormRepository) -> None:
        for number, ago in enumerate((0, 1, 2, 3, 3, 4)):
            at = NOON - days(ago)
            forms.save_form_submission(a_submission(f"{number}", submitted_at=at))
        a_new_lead(forms, "outside", 0, is_hot=True)
        a_new_lead(forms, "now", 2, is_hot=True)
        a_new_lead(forms, "cold", 1, is_hot=False)
        a_new_lead(forms, "before", 3)
        a_new_lead(forms, "older", 5, is_hot=True)

        found = forms.get_period_counts(NOON - days(4), NOON - days(2), NOON)
        assert found == (PeriodCounts(2, 2, 1), PeriodCounts(3, 1, 0))

    def test_nothing_counts_as_nothing(self, forms: FormRepository) -> None:
        found = forms.get_period_counts(NOON - days(4), NOON - days(2), NOON)
        assert found == (PeriodCounts(0, 0, 0), PeriodCounts(0, 0, 0))

    def test_what_waits_in_quarantine_is_counted_over_all_forms(
        self, forms: FormRepository
    ) -> None:
        assert forms.count_quarantined() == 0
        for state in SubmissionState:
            forms.save_form_submission(a_submission(state, state=state))
        assert forms.count_quarantined() == 1


class TestBreakdown:
    def test_leads_are_grouped_by_source_and_by_grade(self, repositories: Repositories) -> None:
        forms = repositories.forms
        a_new_lead(forms, "a", 1, is_hot=True, status=LeadStatus.CLOSED_WON, source="google")
        a_new_lead(forms, "b", 1, is_hot=False, source="google")
        a_new_lead(forms, "c", 1, source="letter")
        a_new_lead(forms, "old", 9, source="fair")
        repositories.ltv.record_orders(
            [
                an_order("1", customer_id="x", email="b@x.org"),
                an_order("1", customer_id="second", email="b@x.org"),
                an_order("1", customer_id="y"),
            ]
        )
        for customer in ("x", "second", "y"):
            repositories.ltv.save_customer_ltv(a_value(customer))
        read = forms.get_lead_breakdown(start=NOON - days(2), end=NOON)
        assert read.run.run_id == INITIAL_RUN
        found = read.found

        by_source = {name: without_zeros(each.by_status) for name, each in found.by_source.items()}
        assert by_source == {"google": {"closed_won": 1, "new": 1}, "letter": {"new": 1}}
        assert [found.by_source["google"].hot_leads, found.by_source["google"].buyers] == [1, 1]
        grades = {name: sum(each.by_status.values()) for name, each in found.by_grade.items()}
        assert sum(grades.values()) == 3
        assert found.by_grade["unscored"] == LeadGroup({"new": 1}, 0, 0)
        assert "fair" in forms.get_lead_breakdown().found.by_source

    def test_without_leads_there_are_no_groups(self, forms: FormRepository) -> None:
        found = forms.get_lead_breakdown().found
        assert (found.by_source, found.by_grade) == ({}, {})


class TestComparedRuns:
    def test_the_run_nearest_to_a_period_before_is_compared(
        self, repositories: Repositories
    ) -> None:
        retention = repositories.retention
        [initial] = retention.get_compared_runs(days(28))
        assert initial.found == {}
        for ago in (40, 30, 20, 10, 0):
            run = a_run(NOON - days(ago))
            retention.open_scoring_run(run)
            summary = None if ago == 30 else {"customers": ago}
            retention.finish_scoring_run(run.run_id, 1, summary=summary)

        def compared(span: timedelta) -> list[object]:
            return [each.found["customers"] for each in retention.get_compared_runs(span)]

        assert compared(days(28)) == [0, 20], "what kept no summary says nothing"
        assert compared(days(1)) == [0, 10]
        assert compared(days(30)) == [0, 20], "the later of two"
        assert compared(days(400)) == [0, 40]


class TestFailedImports:
    def test_refused_and_abandoned_imports_of_the_period_are_counted(
        self, ltv: LTVRepository
    ) -> None:
        for ago in (0, 1, 5):
            ltv.note_import_started(f"refused {ago}", NOON - days(ago))
            ltv.note_import_ended(f"refused {ago}", NOON, "format")
            ltv.note_import_started(f"open {ago}", NOON - days(ago))
            ltv.note_import_started(f"done {ago}", NOON - days(ago))
            ltv.note_import_ended(f"done {ago}", NOON)
        assert ltv.count_failed_imports(NOON - days(2), NOON - days(1)) == 2
        assert ltv.count_failed_imports(NOON - days(2), NOON) == 3

        ltv.note_import_started("refused 0", NOON)
        assert ltv.count_failed_imports(NOON - days(2), NOON) == 2, "it is tried again"

    def test_an_import_that_has_not_ended_in_time_has_broken_off(self, ltv: LTVRepository) -> None:
        ltv.note_import_started("open", NOON - days(1))
        assert ltv.has_import_broken_off("open", NOON)
        assert not ltv.has_import_broken_off("open", NOON - days(1)), "it may go on"
        assert not ltv.has_import_broken_off("unknown", NOON)

        ltv.note_import_started("open", NOON)
        assert not ltv.has_import_broken_off("open", NOON), "it is tried again"
        ltv.note_import_ended("open", NOON)
        assert not ltv.has_import_broken_off("open", NOON + days(1))

    def test_an_import_that_never_began_does_not_end(self, ltv: LTVRepository) -> None:
        with pytest.raises(NotFoundError):
            ltv.note_import_ended("unknown", NOON)
