"""What the overview is read from: counts of periods, runs compared, imports that failed."""

from datetime import datetime

import pytest

from succotash.domain.forms.forms import DEFAULT_FORM
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.analytics import LeadGroup, PeriodCounts
from succotash.domain.leads.leads import LeadStatus
from succotash.domain.messages.delivery import DeliveryKind, PendingDelivery
from succotash.domain.messages.outbox import Settlement
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import INITIAL_RUN, run_id_of
from succotash.domain.scoring.overview import EarlierRun, OverviewFigures
from succotash.domain.scoring.progress import RunStage
from succotash.domain.values import SHARDS, Shard
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    a_form,
    a_lead,
    a_message,
    a_run,
    a_score,
    a_submission,
    a_value,
    an_order,
    an_overview_query,
    days,
    minutes,
)
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


def overview(
    repositories: Repositories,
    end: datetime = NOON,
    days: int = 28,
    *,
    imports_given_up_before: datetime = NOON,
) -> OverviewFigures:
    query = an_overview_query(end, days, imports_given_up_before=imports_given_up_before)
    return repositories.retention.find_overview(query).found


class TestPeriods:
    def test_a_period_and_the_one_before_it_are_counted_apart(
        self, repositories: Repositories
    ) -> None:
        forms = repositories.forms
        for number, ago in enumerate((0, 1, 2, 3, 3, 4)):
            at = NOON - days(ago)
            forms.save_form_submission(a_submission(f"{number}", submitted_at=at))
        a_new_lead(forms, "outside", 0, is_hot=True)
        a_new_lead(forms, "now", 2, is_hot=True)
        a_new_lead(forms, "cold", 1, is_hot=False)
        a_new_lead(forms, "before", 3)
        a_new_lead(forms, "older", 5, is_hot=True)

        found = overview(repositories, days=2)
        assert (found.now, found.before) == (PeriodCounts(2, 2, 1), PeriodCounts(3, 1, 0))

    def test_in_an_empty_storage_nothing_is_found(self, repositories: Repositories) -> None:
        read = repositories.retention.find_overview(an_overview_query())

        assert read.run.run_id == INITIAL_RUN
        nothing = PeriodCounts(0, 0, 0)
        assert read.found == OverviewFigures(nothing, nothing, [], {}, None, 0, 0, 0, 0, None)

    def test_what_waits_in_quarantine_is_counted_over_all_forms(
        self, repositories: Repositories
    ) -> None:
        repositories.forms.save_form(a_form("other"), [])
        for form_id in (DEFAULT_FORM, "other"):
            for state in SubmissionState:
                repositories.forms.save_form_submission(
                    a_submission(f"{form_id} {state}", form_id=form_id, state=state)
                )
        assert overview(repositories).quarantined == 2


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


class TestRuns:
    def test_the_run_nearest_to_a_period_before_is_compared(
        self, repositories: Repositories
    ) -> None:
        retention = repositories.retention
        for ago in (40, 30, 20, 10, 0):
            run = a_run(NOON - days(ago))
            retention.open_scoring_run(run)
            summary = None if ago == 30 else {"customers": ago}
            retention.finish_scoring_run(run.run_id, 1, summary=summary)

        def compared(length: int) -> EarlierRun | None:
            return overview(repositories, days=length).earlier_run

        def run_of(ago: int) -> EarlierRun:
            moment = NOON - days(ago)
            return EarlierRun(run_id_of(moment), moment, {"customers": ago})

        assert overview(repositories).summary == {"customers": 0}
        assert compared(28) == run_of(20), "what kept no summary says nothing"
        assert compared(1) == run_of(10)
        assert compared(30) == run_of(20), "the later of two"
        assert compared(400) == run_of(40)

    def test_the_latest_run_is_shown_whatever_became_of_it(
        self, repositories: Repositories
    ) -> None:
        retention = repositories.retention

        def is_latest(stage: RunStage) -> bool:
            latest = overview(repositories).latest
            assert [latest] == retention.get_run_progress(limit=1)
            return latest is not None and latest.stage is stage

        run = a_run(NOON, settings={"currency": "USD"}, backtest={"churn": {}})
        retention.request_scoring_run(run.run_id, NOON, NOON)
        assert is_latest(RunStage.PLANNED)
        retention.note_run_started(run.run_id, NOON, NOON)
        retention.open_scoring_run(run)
        retention.finish_shard(run, Shard(3, SHARDS), 7)
        assert is_latest(RunStage.SCORING)
        retention.finish_scoring_run(run.run_id, 7, summary={"warnings": {}})
        assert is_latest(RunStage.FINISHED)
        later = NOON + days(1)
        retention.note_run_ended(run_id_of(later), later, later, "unknown")
        assert is_latest(RunStage.FAILED)
        retention.open_scoring_run(a_run(later))
        retention.withhold_scoring_run(run_id_of(later))
        assert is_latest(RunStage.WITHHELD)


class TestMessages:
    def test_what_was_given_up_and_what_is_uncertain_are_counted(
        self, repositories: Repositories
    ) -> None:
        outbox = repositories.outbox
        outbox.append([a_message("lost"), a_message("silent"), a_message("waits")])
        lost, silent = outbox.take(NOON, NOON + minutes(5), limit=2)
        outbox.settle([Settlement(lost, NOON, "refused")])
        assert overview(repositories).dead_lettered == 1
        assert overview(repositories).uncertain == 0

        mail = PendingDelivery(
            "job", silent.message.message_id, "owners", DeliveryKind.MAIL, 1, NOON, None
        )
        outbox.note_delivery([mail.message_id], mail.channel)
        outbox.hand_over([mail], NOON + minutes(1))
        outbox.take(NOON + minutes(1), NOON + minutes(5), limit=2)
        found = overview(repositories)
        assert (found.dead_lettered, found.uncertain) == (1, 1)


class TestFailedImports:
    def test_refused_and_abandoned_imports_of_the_period_are_counted(
        self, repositories: Repositories
    ) -> None:
        ltv = repositories.ltv
        for ago in (0, 1, 5):
            ltv.note_import_started(f"refused {ago}", NOON - days(ago))
            ltv.note_import_ended(f"refused {ago}", NOON, "format")
            ltv.note_import_started(f"open {ago}", NOON - days(ago))
            ltv.note_import_started(f"done {ago}", NOON - days(ago))
            ltv.note_import_ended(f"done {ago}", NOON)

        def failed(given_up_before: datetime) -> int:
            found = overview(repositories, days=2, imports_given_up_before=given_up_before)
            return found.failed_imports

        assert failed(NOON - days(1)) == 2
        assert failed(NOON) == 3

        ltv.note_import_started("refused 0", NOON)
        assert failed(NOON) == 2, "it is tried again"

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
