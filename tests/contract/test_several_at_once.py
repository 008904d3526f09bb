"""What several threads do at once, on every storage."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from succotash.domain.campaigns.campaigns import CampaignMetrics
from succotash.domain.forms.forms import DEFAULT_FORM
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.leads import LeadQuery, LeadStatus
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.retention import INITIAL_RUN, RunState
from succotash.domain.value.ledgers import Order, RecordOutcome
from succotash.domain.values import (
    CampaignId,
    CustomerId,
    LeadId,
    SubmissionId,
)
from succotash.errors import (
    IllegalTransitionError,
    NotFoundError,
    RunInProgressError,
)
from tests.builders import (
    NOON,
    a_campaign,
    a_lead,
    a_prediction,
    a_run,
    a_submission,
    a_value,
    an_event,
    an_order,
    days,
    minutes,
    usd,
)
from tests.contract.interruptions import StopError, write_and_stop
from tests.contract.threads import REDELIVERY, at_once

THREADS = 6
RUN = a_run()


class TestSeveralAtOnce:
    def test_what_is_not_committed_is_not_seen(self, shared_storage: Storage) -> None:
        written = threading.Event()
        rolled_back = threading.Event()

        def write() -> None:
            def save(repositories: Repositories) -> None:
                repositories.forms.save_lead(a_lead())
                written.set()
                rolled_back.wait(0.2)

            with pytest.raises(StopError):
                write_and_stop(shared_storage, save)

        def read() -> int:
            written.wait(REDELIVERY)
            return len(shared_storage.repositories.forms.find_leads(LeadQuery()))

        with ThreadPoolExecutor(2) as pool:
            writing, reading = pool.submit(write), pool.submit(read)
            assert reading.result(REDELIVERY) == 0
            rolled_back.set()
            writing.result(REDELIVERY)

    def test_one_email_makes_one_lead(self, shared_storage: Storage) -> None:
        def save(number: int) -> str:
            lead = a_lead(
                f"lead-{number}",
                email="ada@example.com",
                first_at=NOON - days(number),
                last_at=NOON + days(number),
                answers={f"question-{number}": number},
            )
            return shared_storage.repositories.forms.save_lead(lead).lead_id

        ids = at_once(save, THREADS)
        assert len(set(ids)) == 1
        [found] = shared_storage.repositories.forms.find_leads(LeadQuery())
        assert found.lead.lead_id == ids[0]
        assert found.lead.submission_count == THREADS
        assert found.lead.answers == {f"question-{number}": number for number in range(THREADS)}
        assert found.lead.first_submission_at == NOON - days(THREADS - 1)
        assert found.lead.last_submission_at == NOON + days(THREADS - 1)

    def test_of_equal_submissions_one_is_accepted(self, shared_storage: Storage) -> None:
        def submit(number: int) -> SubmissionState:
            def work(repositories: Repositories) -> SubmissionState:
                forms = repositories.forms
                original = forms.check_duplicate_submission(DEFAULT_FORM, "f0", NOON - days(1))
                state = SubmissionState.ACCEPTED if original is None else SubmissionState.DUPLICATE
                forms.save_form_submission(
                    a_submission(
                        f"submission-{number}",
                        fingerprint="f0",
                        state=state,
                        duplicate_of=original.submission_id if original else None,
                    )
                )
                return state

            return shared_storage.in_transaction(work)

        states = Counter(at_once(submit, THREADS))
        assert states[SubmissionState.ACCEPTED] == 1
        assert states[SubmissionState.DUPLICATE] == THREADS - 1

    def test_who_locks_a_submission_that_is_locked_waits_and_sees_what_became_of_it(
        self, shared_storage: Storage
    ) -> None:
        quarantined = a_submission(state=SubmissionState.QUARANTINED)
        shared_storage.repositories.forms.save_form_submission(quarantined)
        locked, seen = threading.Event(), threading.Event()

        def release() -> None:
            with shared_storage.transaction() as repositories:
                found = repositories.forms.lock_form_submission(quarantined.submission_id)
                locked.set()
                assert not seen.wait(0.2), "the other did not wait"
                repositories.forms.save_form_submission(
                    replace(found, state=SubmissionState.ACCEPTED)
                )

        def look() -> SubmissionState:
            locked.wait(REDELIVERY)
            found = shared_storage.in_transaction(
                lambda repositories: repositories.forms.lock_form_submission(
                    quarantined.submission_id
                )
            )
            seen.set()
            return found.state

        with ThreadPoolExecutor(2) as pool:
            releasing, looking = pool.submit(release), pool.submit(look)
            releasing.result(REDELIVERY)
            assert looking.result(REDELIVERY) is SubmissionState.ACCEPTED

    def test_no_change_of_a_campaign_that_is_locked_is_lost(self, shared_storage: Storage) -> None:
        shared_storage.repositories.retention.save_retention_campaign(
            a_campaign(metrics=CampaignMetrics())
        )
        campaign_id = CampaignId("campaign")

        def count(_: int) -> None:
            def work(repositories: Repositories) -> None:
                found = repositories.retention.lock_retention_campaign(campaign_id)
                counted = replace(found.metrics, targeted=found.metrics.targeted + 1)
                repositories.retention.save_retention_campaign(replace(found, metrics=counted))

            shared_storage.in_transaction(work)

        at_once(count, THREADS)
        found = shared_storage.repositories.retention.get_retention_campaign(campaign_id)
        assert found.metrics.targeted == THREADS

    def test_what_does_not_exist_cannot_be_locked(self, storage: Storage) -> None:
        with pytest.raises(NotFoundError):
            storage.repositories.forms.lock_form_submission(SubmissionId("nowhere"))
        with pytest.raises(NotFoundError):
            storage.repositories.retention.lock_retention_campaign(CampaignId("nowhere"))

    def test_orders_sent_by_several_in_any_order_are_recorded_once(
        self, shared_storage: Storage
    ) -> None:
        orders = [
            an_order(
                f"order-{number}",
                customer_id=f"customer-{number % 7}",
                ordered_at=NOON + minutes(number),
                email="ada@example.com",
            )
            for number in range(60)
        ]

        def record(number: int) -> dict[Order, RecordOutcome]:
            batch = orders if number % 2 else orders[::-1]
            outcomes = shared_storage.in_transaction(
                lambda repositories: repositories.ltv.record_orders(batch)
            )
            return dict(zip(batch, outcomes, strict=True))

        found = at_once(record, THREADS)
        for order in orders:
            outcomes = Counter(each[order] for each in found)
            assert outcomes == {RecordOutcome.RECORDED: 1, RecordOutcome.UNCHANGED: THREADS - 1}
        ltv = shared_storage.repositories.ltv
        assert sum(ltv.purchase_histories(NOON + days(1), "UTC").orders) == 60
        assert ltv.get_customer(CustomerId("customer-0")).first_seen_at == NOON

    def test_an_order_sent_with_two_contents_at_once_keeps_one(
        self, shared_storage: Storage
    ) -> None:
        def record(number: int) -> RecordOutcome:
            order = an_order(amount=str(number + 1), ordered_at=NOON - days(number))
            [outcome] = shared_storage.repositories.ltv.record_orders([order])
            return outcome

        outcomes = at_once(record, THREADS)
        assert Counter(outcomes) == {
            RecordOutcome.RECORDED: 1,
            RecordOutcome.CONFLICTING: THREADS - 1,
        }
        kept = an_order(
            amount=str(outcomes.index(RecordOutcome.RECORDED) + 1),
            ordered_at=NOON - days(outcomes.index(RecordOutcome.RECORDED)),
        )
        ltv = shared_storage.repositories.ltv
        assert ltv.get_orders(CustomerId("customer")) == [kept]
        assert ltv.get_customer(CustomerId("customer")).first_seen_at == kept.ordered_at

    def test_activity_and_orders_of_the_same_customers_do_not_stand_in_each_others_way(
        self, shared_storage: Storage
    ) -> None:
        customers = [f"customer-{number}" for number in range(40)]

        def record(number: int) -> list[RecordOutcome]:
            turned = customers if number % 2 else customers[::-1]
            if number % 3:
                return shared_storage.repositories.retention.record_activity(
                    [an_event(f"event-{number}", customer_id=each) for each in turned]
                )
            return shared_storage.repositories.ltv.record_orders(
                [an_order(f"order-{number}", customer_id=each) for each in turned]
            )

        for outcomes in at_once(record, THREADS):
            assert outcomes == [RecordOutcome.RECORDED] * 40

    def test_two_moves_of_one_lead_are_judged_one_after_the_other(
        self, shared_storage: Storage
    ) -> None:
        shared_storage.repositories.forms.save_lead(a_lead())

        def move(number: int) -> bool:
            moment = NOON + minutes(number)

            def work(repositories: Repositories) -> None:
                repositories.forms.update_lead_status(LeadId("lead"), LeadStatus.CONTACTED, moment)

            try:
                shared_storage.in_transaction(work)
            except IllegalTransitionError:
                return False
            return True

        assert Counter(at_once(move, THREADS)) == {True: 1, False: THREADS - 1}
        person = shared_storage.repositories.forms.find_person("lead@example.com")
        assert [each.status for each in person.status_changes] == [
            LeadStatus.NEW,
            LeadStatus.CONTACTED,
        ]

    def test_one_run_is_opened_by_one(self, shared_storage: Storage) -> None:
        def start(number: int) -> str | None:
            run = a_run(run_id=f"run-{number}")
            try:
                shared_storage.repositories.retention.open_scoring_run(run)
            except RunInProgressError:
                return None
            return run.run_id

        opened = [run_id for run_id in at_once(start, THREADS) if run_id is not None]
        runs = shared_storage.repositories.retention.get_scoring_runs()
        assert [run.run_id for run in runs] == opened
        assert [run.state for run in runs] == [RunState.RUNNING]

    def test_a_run_is_finished_once(self, shared_storage: Storage) -> None:
        retention = shared_storage.repositories.retention
        retention.open_scoring_run(RUN)

        def finish(number: int) -> bool:
            try:
                shared_storage.in_transaction(
                    lambda repositories: repositories.retention.finish_scoring_run(
                        RUN.run_id, number
                    )
                )
            except NotFoundError:
                return False
            return True

        finished = at_once(finish, THREADS)
        assert Counter(finished) == {True: 1, False: THREADS - 1}
        assert retention.get_current_scoring_run().customers == finished.index(True)

    def test_opening_a_run_waits_for_the_transaction_that_finishes_another(
        self, shared_storage: Storage
    ) -> None:
        shared_storage.repositories.retention.open_scoring_run(RUN)
        finished, opened = threading.Event(), threading.Event()

        def finish() -> None:
            with shared_storage.transaction() as repositories:
                repositories.retention.finish_scoring_run(RUN.run_id, 1)
                finished.set()
                assert not opened.wait(0.2), "the other run did not wait"

        def start() -> None:
            finished.wait(REDELIVERY)
            shared_storage.in_transaction(
                lambda repositories: repositories.retention.open_scoring_run(
                    a_run(NOON - timedelta(seconds=1))
                )
            )
            opened.set()

        with ThreadPoolExecutor(2) as pool:
            finishing, starting = pool.submit(finish), pool.submit(start)
            finishing.result(REDELIVERY)
            starting.result(REDELIVERY)
        runs = shared_storage.repositories.retention.get_scoring_runs()
        assert [run.state for run in runs] == [RunState.CURRENT, RunState.RUNNING]

    def test_readers_never_see_half_of_a_run(self, shared_storage: Storage) -> None:
        retention = shared_storage.repositories.retention
        stop = threading.Event()

        def read() -> set[tuple[str, int, float | None]]:
            seen: set[tuple[str, int, float | None]] = set()
            while not stop.is_set():
                found = shared_storage.repositories.retention.get_retention_analytics()
                seen.add((found.run_id, found.customers, found.average_churn_probability))
            return seen

        expected: set[tuple[str, int, float | None]] = {(INITIAL_RUN, 0, None)}
        with ThreadPoolExecutor(2) as pool:
            readers = [pool.submit(read) for _ in range(2)]
            try:
                for number in range(1, 6):
                    run = a_run(NOON + days(number))
                    retention.open_scoring_run(run)
                    for customer in range(number):
                        retention.save_churn_prediction(
                            a_prediction(f"{customer}", probability=number / 8, run_id=run.run_id)
                        )
                    retention.finish_scoring_run(run.run_id, number, keep=0)
                    expected.add((run.run_id, number, number / 8))
            finally:
                stop.set()
            for reader in readers:
                assert reader.result(REDELIVERY) <= expected

    def test_rows_that_several_save_at_once_are_saved_whole(self, shared_storage: Storage) -> None:
        def save(number: int) -> None:
            value = a_value(actual=str(number), residual=str(number), orders=number + 1)
            shared_storage.repositories.ltv.save_customer_ltv(value)
            shared_storage.repositories.retention.save_retention_campaign(
                a_campaign(
                    metrics=CampaignMetrics(
                        targeted=number, sent=number, opened=number, clicked=number
                    )
                )
            )

        at_once(save, THREADS)
        value = shared_storage.repositories.ltv.get_customer_ltv(CustomerId("customer"))
        assert value.actual_clv == value.residual_value == usd(value.frequency)
        campaign = shared_storage.repositories.retention.get_retention_campaign(
            CampaignId("campaign")
        )
        metrics = campaign.metrics
        assert len({metrics.targeted, metrics.sent, metrics.opened, metrics.clicked}) == 1
