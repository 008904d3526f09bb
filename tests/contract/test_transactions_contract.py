"""What every storage promises about transactions and about several callers at once."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from succotash.application.batches import CONFLICT
from succotash.domain.forms.forms import DEFAULT_FORM, LeadQuery, LeadStatus, SubmissionState
from succotash.domain.people.identities import Join
from succotash.domain.repositories.customers import CustomerRepository
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.grids import GridOrigin
from succotash.domain.retention.retention import (
    INITIAL_RUN,
    CampaignMetrics,
    EngagementSegment,
    GridMode,
    GridPeriod,
    RunState,
)
from succotash.domain.value.ledgers import Order, Recording
from succotash.domain.value.ltv import LTVSegment
from succotash.domain.value.order_import import OrderImport, Position, RejectedLine
from succotash.domain.values import (
    SHARDS,
    CampaignId,
    CustomerId,
    FormId,
    LeadId,
    SegmentId,
    Shard,
    SubmissionId,
)
from succotash.errors import (
    IllegalTransitionError,
    NotFoundError,
    RunInProgressError,
)
from tests.builders import (
    NOON,
    USD,
    a_campaign,
    a_cohort,
    a_form,
    a_lead,
    a_prediction,
    a_profile,
    a_request,
    a_rule,
    a_run,
    a_score,
    a_submission,
    a_value,
    an_event,
    an_inquiry,
    an_order,
    an_outcome,
    days,
    minutes,
    order_columns,
    prediction_columns,
    profile_columns,
    usd,
    value_columns,
)

THREADS = 6
PATIENCE = 30.0
"""Seconds after which a thread that should have ended is taken to hang."""

READS = ("get_", "find_", "check_", "lock_", "read_")
SUMMARIES = frozenset(
    {
        "purchase_histories",
        "activity_summaries",
        "count_retention",
        "count_purchases_by_week",
        "judge_refunds",
        "total_refunds",
    }
)
RUN = a_run()
NEWER = a_run(NOON + days(1))


class StopError(Exception):
    """What goes wrong in the middle of a transaction."""


def at_once[T](work: Callable[[int], T], threads: int = THREADS) -> list[T]:
    """What `work` gave when called from several threads that start together."""
    barrier = threading.Barrier(threads)

    def start(number: int) -> T:
        barrier.wait(PATIENCE)
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        futures: list[Future[T]] = [pool.submit(start, number) for number in range(threads)]
        return [future.result(PATIENCE) for future in futures]


def furnish(repositories: Repositories) -> None:
    """Something of everything, so that every write has what it needs."""
    forms, ltv, retention = repositories.forms, repositories.ltv, repositories.retention
    forms.save_form(a_form(), [a_rule()])
    forms.save_lead(a_lead(email="ada@example.com"))
    forms.save_form_submission(a_submission(email="ada@example.com", lead_id="lead"))
    forms.save_form_submission(a_submission("suspect", state=SubmissionState.QUARANTINED))
    ltv.record_orders([an_order(email="ada@example.com")])
    ltv.open_import("import")
    ltv.save_import(OrderImport("import", Position(5, 1)), [RejectedLine(1, (CONFLICT,))])
    retention.record_activity([an_event()])
    retention.save_retention_campaign(a_campaign())
    retention.open_scoring_run(RUN)
    retention.finish_scoring_run(RUN.run_id, 1)
    retention.save_churn_prediction(a_prediction())
    retention.save_churn_prediction(a_prediction("nobody"))
    retention.save_user_engagement_profile(a_profile())
    ltv.save_customer_ltv(a_value())
    retention.open_scoring_run(NEWER)


def in_every_shard(save: Callable[[Shard], None]) -> None:
    for index in range(SHARDS):
        save(Shard(index, SHARDS))


def count_and_merge_grids(retention: RetentionRepository) -> None:
    in_every_shard(
        lambda shard: retention.build_retention_grids(RUN.run_id, NOON, "UTC", shard=shard)
    )
    retention.merge_retention_grids(RUN.run_id, NOON, "UTC")


NOTHING_SEEN = {"open_import", "open_digests", "build_cohorts"}
"""Writes that only another opening of the import or of digests, or merging, can see."""
WRITES: Mapping[str, Callable[[Repositories], object]] = {
    "save_form": lambda all_: all_.forms.save_form(a_form(title="Changed"), []),
    "save_form_submission": lambda all_: all_.forms.save_form_submission(a_submission("new")),
    "save_lead": lambda all_: all_.forms.save_lead(a_lead("new", email="ada@example.com")),
    "update_lead_status": lambda all_: all_.forms.update_lead_status(
        LeadId("lead"), LeadStatus.CONTACTED, NOON
    ),
    "save_lead_score": lambda all_: all_.forms.save_lead_score(a_score()),
    "save_validation_rule": lambda all_: all_.forms.save_validation_rule(a_rule("new")),
    "save_outcome": lambda all_: all_.forms.save_outcome(an_outcome("new", key="free")),
    "remove_expired_submissions": lambda all_: all_.forms.remove_expired_submissions(
        NOON + days(365), limit=9
    ),
    "open_digests": lambda all_: all_.forms.open_digests(NOON),
    "erase_person": lambda all_: all_.forms.erase_person("ada@example.com"),
    "record_orders": lambda all_: all_.ltv.record_orders(
        [an_order("new", ordered_at=NOON - days(1)), an_order(customer_id="new")]
    ),
    "import_orders": lambda all_: all_.ltv.import_orders(
        order_columns([an_order("new", ordered_at=NOON - days(1)), an_order(customer_id="new")])
    ),
    "open_import": lambda all_: all_.ltv.open_import("new"),
    "save_import": lambda all_: all_.ltv.save_import(
        OrderImport("import", Position(9, 2)), [RejectedLine(2, (CONFLICT,))]
    ),
    "finish_import": lambda all_: all_.ltv.finish_import("import"),
    "save_aliases": lambda all_: all_.customers.save_aliases(
        {CustomerId("alias"): CustomerId("customer")}
    ),
    "join_customers": lambda all_: all_.customers.join_customers(
        [Join(CustomerId("customer"), CustomerId("new"))]
    ),
    "delete_results_of_nobody": lambda all_: all_.customers.delete_results_of_nobody(RUN.run_id),
    "anonymise_customers": lambda all_: all_.customers.anonymise_customers(
        {CustomerId("customer"): CustomerId("new")}, "salt"
    ),
    "save_customer_ltv": lambda all_: all_.ltv.save_customer_ltv(a_value(actual="31")),
    "save_customer_values": lambda all_: in_every_shard(
        lambda shard: all_.ltv.save_customer_values(RUN.run_id, USD, shard, value_columns([]))
    ),
    "build_rollups": lambda all_: all_.ltv.build_rollups(RUN.run_id, NOON, "UTC"),
    "save_cohort": lambda all_: all_.ltv.save_cohort(a_cohort()),
    "save_ltv_segment": lambda all_: all_.ltv.save_ltv_segment(
        LTVSegment(SegmentId("vip"), "Changed", lower_quantile=0.99)
    ),
    "save_segment_bounds": lambda all_: all_.ltv.save_segment_bounds(
        RUN.run_id, {SegmentId("vip"): usd(1)}
    ),
    "open_scoring_run": lambda all_: all_.retention.open_scoring_run(a_run(NOON + days(2))),
    "finish_scoring_run": lambda all_: all_.retention.finish_scoring_run(NEWER.run_id, 7, keep=0),
    "record_activity": lambda all_: all_.retention.record_activity(
        [an_event("new"), an_event(customer_id="new")]
    ),
    "forget_activity": lambda all_: all_.retention.forget_activity([CustomerId("customer")]),
    "save_retention_campaign": lambda all_: all_.retention.save_retention_campaign(
        a_campaign(name="Changed")
    ),
    "update_campaign_metrics": lambda all_: all_.retention.update_campaign_metrics(
        CampaignId("campaign"), CampaignMetrics(targeted=1)
    ),
    "save_churn_prediction": lambda all_: all_.retention.save_churn_prediction(
        a_prediction(probability=0.5)
    ),
    "save_churn_predictions": lambda all_: in_every_shard(
        lambda shard: all_.retention.save_churn_predictions(
            RUN.run_id, shard, prediction_columns([])
        )
    ),
    "save_user_engagement_profile": lambda all_: all_.retention.save_user_engagement_profile(
        a_profile(sessions=99)
    ),
    "save_engagement_profiles": lambda all_: in_every_shard(
        lambda shard: all_.retention.save_engagement_profiles(
            RUN.run_id, shard, profile_columns([])
        )
    ),
    "build_retention_grids": lambda all_: all_.retention.build_retention_grids(
        RUN.run_id, NOON, "UTC"
    ),
    "withhold_scoring_run": lambda all_: all_.retention.withhold_scoring_run(NEWER.run_id),
    "mark_shard_scored": lambda all_: all_.retention.mark_shard_scored(RUN.run_id, Shard(3, 16), 7),
    "build_cohorts": lambda all_: in_every_shard(
        lambda shard: all_.ltv.build_cohorts(RUN.run_id, NOON, "UTC", shard=shard)
    ),
    "merge_retention_grids": lambda all_: count_and_merge_grids(all_.retention),
    "build_lifecycle_counts": lambda all_: all_.retention.build_lifecycle_counts(
        RUN.run_id, NOON, "UTC"
    ),
}


def everything(storage: Storage) -> list[object]:
    """All that can be seen of a storage, but for claimed keys."""
    forms, ltv = storage.repositories.forms, storage.repositories.ltv
    retention = storage.repositories.retention
    return [
        forms.get_all_forms(),
        forms.get_validation_rules(FormId("contact")),
        forms.get_submissions_by_form(DEFAULT_FORM),
        forms.find_leads(LeadQuery()),
        forms.find_person("ada@example.com"),
        forms.get_form_analytics(),
        forms.get_lead_conversion_funnel(),
        [ltv.get_orders(CustomerId(each)) for each in ("customer", "new")],
        ltv.purchase_histories(NOON, "UTC"),
        storage.repositories.customers.get_aliases([CustomerId("customer"), CustomerId("new")]),
        ltv.get_customers_by_email("ada@example.com"),
        ltv.find_customers(),
        ltv.get_all_cohorts(),
        ltv.get_all_ltv_segments(),
        ltv.get_ltv_analytics(),
        ltv.get_rejected_lines("import"),
        retention.get_scoring_runs(),
        retention.get_scored_shards(RUN.run_id),
        [retention.get_activity(CustomerId(each)) for each in ("customer", "new")],
        retention.activity_summaries(NOON, "UTC"),
        retention.get_all_retention_campaigns(),
        retention.find_churn_predictions(),
        retention.get_users_by_segment(EngagementSegment.ACTIVE_USERS),
        [retention.get_retention_grid(GridPeriod.DAY, GridMode.NDAY, each) for each in GridOrigin],
        retention.get_lifecycle_counts(GridPeriod.DAY),
        retention.get_retention_analytics(),
    ]


def write_and_stop(storage: Storage, write: Callable[[Repositories], object]) -> None:
    with storage.transaction() as repositories:
        write(repositories)
        raise StopError


class TestRollback:
    def test_every_method_that_writes_is_tried(self) -> None:
        methods = {
            name
            for port in (FormRepository, LTVRepository, RetentionRepository, CustomerRepository)
            for name in port.__abstractmethods__
        }
        writing = {name for name in methods - SUMMARIES if not name.startswith(READS)}
        assert set(WRITES) == writing

    @pytest.mark.parametrize("name", WRITES)
    def test_a_failure_after_a_write_takes_the_write_back(
        self, storage: Storage, name: str
    ) -> None:
        furnish(storage.repositories)
        before = everything(storage)
        with pytest.raises(StopError):
            write_and_stop(storage, WRITES[name])
        assert everything(storage) == before
        free = an_inquiry(request=a_request("free"))
        assert storage.repositories.forms.read_ground(free).held is None

    @pytest.mark.parametrize("name", sorted(WRITES.keys() - NOTHING_SEEN))
    def test_a_write_is_seen_when_its_transaction_has_ended(
        self, storage: Storage, name: str
    ) -> None:
        furnish(storage.repositories)
        before = everything(storage)
        with storage.transaction() as repositories:
            WRITES[name](repositories)
        assert everything(storage) != before

    def test_a_failure_takes_back_all_that_came_before_it_in_any_repository(
        self, storage: Storage
    ) -> None:
        furnish(storage.repositories)
        before = everything(storage)

        def work(repositories: Repositories) -> None:
            for name in ("save_lead", "record_orders", "record_activity", "save_ltv_segment"):
                WRITES[name](repositories)
            repositories.forms.save_lead_score(a_score("nowhere"))

        with pytest.raises(NotFoundError):
            storage.in_transaction(work)
        assert everything(storage) == before

    def test_a_transaction_sees_its_own_writes(self, storage: Storage) -> None:
        with storage.transaction() as repositories:
            lead = repositories.forms.save_lead(a_lead(email="ada@example.com"))
            repositories.ltv.record_orders([an_order(email="ada@example.com")])
            assert repositories.forms.get_lead(lead.lead_id) == lead
            [customer] = repositories.ltv.get_customers_by_email("ada@example.com")
            assert customer.lead_id == lead.lead_id
            histories = repositories.ltv.purchase_histories(NOON, "UTC")
            assert histories.days.customer_ids == ["customer"]

    def test_a_refusal_that_is_caught_does_not_end_the_transaction(self, storage: Storage) -> None:
        furnish(storage.repositories)
        with storage.transaction() as repositories:
            forms = repositories.forms
            with pytest.raises(NotFoundError):
                forms.get_lead(LeadId("nowhere"))
            with pytest.raises(NotFoundError):
                forms.update_lead_status(LeadId("nowhere"), LeadStatus.CONTACTED, NOON)
            with pytest.raises(IllegalTransitionError):
                forms.update_lead_status(LeadId("lead"), LeadStatus.NEW, NOON)
            with pytest.raises(NotFoundError):
                forms.read_ground(an_inquiry(form_id="nowhere"))
            with pytest.raises(RunInProgressError):
                repositories.retention.open_scoring_run(RUN)
            forms.save_lead(a_lead("new"))
        assert storage.repositories.forms.get_lead(LeadId("new")) == a_lead("new")

    def test_work_gives_back_its_result(self, storage: Storage) -> None:
        lead = storage.in_transaction(lambda repositories: repositories.forms.save_lead(a_lead()))
        assert storage.repositories.forms.get_lead(lead.lead_id) == lead

    def test_each_call_outside_a_transaction_is_one_of_its_own(self, storage: Storage) -> None:
        forms = storage.repositories.forms
        forms.save_lead(a_lead())
        with pytest.raises(NotFoundError):
            forms.save_lead_score(a_score("nowhere"))
        assert forms.get_lead(LeadId("lead")) == a_lead()

    def test_a_storage_answers_and_may_be_used_after_it_was_closed(
        self, shared_storage: Storage
    ) -> None:
        shared_storage.ping()
        shared_storage.repositories.forms.save_lead(a_lead())
        shared_storage.close()
        shared_storage.ping()
        assert shared_storage.repositories.forms.get_lead(LeadId("lead")) == a_lead()


class TestStandingAlone:
    def test_a_form_repository_works_by_itself(self, standing_alone: Repositories) -> None:
        forms = standing_alone.forms
        assert forms.get_form(DEFAULT_FORM).title == "Default"
        forms.save_lead(a_lead())
        forms.save_form_submission(a_submission(lead_id="lead"))
        with pytest.raises(NotFoundError):
            forms.save_form_submission(a_submission("new", lead_id="nowhere"))
        assert forms.get_form_analytics().total_submissions == 1

    def test_an_ltv_repository_works_by_itself(self, standing_alone: Repositories) -> None:
        ltv = standing_alone.ltv
        assert ltv.record_orders([an_order()]) == [Recording.RECORDED]
        ltv.save_customer_ltv(a_value())
        ltv.build_rollups(INITIAL_RUN, NOON, "UTC")
        assert ltv.get_ltv_analytics().total.customers == 1
        assert [cohort.customers for cohort in ltv.get_all_cohorts()] == [1]

    def test_a_retention_repository_works_by_itself(self, standing_alone: Repositories) -> None:
        retention = standing_alone.retention
        retention.record_activity([an_event()])
        retention.open_scoring_run(RUN)
        retention.save_churn_prediction(a_prediction(run_id=RUN.run_id))
        retention.finish_scoring_run(RUN.run_id, 1)
        assert retention.get_retention_analytics().customers == 1


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
            written.wait(PATIENCE)
            return len(shared_storage.repositories.forms.find_leads(LeadQuery()))

        with ThreadPoolExecutor(2) as pool:
            writing, reading = pool.submit(write), pool.submit(read)
            assert reading.result(PATIENCE) == 0
            rolled_back.set()
            writing.result(PATIENCE)

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

        ids = at_once(save)
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

        states = Counter(at_once(submit))
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
            locked.wait(PATIENCE)
            found = shared_storage.in_transaction(
                lambda repositories: repositories.forms.lock_form_submission(
                    quarantined.submission_id
                )
            )
            seen.set()
            return found.state

        with ThreadPoolExecutor(2) as pool:
            releasing, looking = pool.submit(release), pool.submit(look)
            releasing.result(PATIENCE)
            assert looking.result(PATIENCE) is SubmissionState.ACCEPTED

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

        at_once(count)
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

        def record(number: int) -> dict[Order, Recording]:
            batch = orders if number % 2 else orders[::-1]
            outcomes = shared_storage.in_transaction(
                lambda repositories: repositories.ltv.record_orders(batch)
            )
            return dict(zip(batch, outcomes, strict=True))

        found = at_once(record)
        for order in orders:
            outcomes = Counter(each[order] for each in found)
            assert outcomes == {Recording.RECORDED: 1, Recording.UNCHANGED: THREADS - 1}
        ltv = shared_storage.repositories.ltv
        assert sum(ltv.purchase_histories(NOON + days(1), "UTC").orders) == 60
        assert ltv.get_customer(CustomerId("customer-0")).first_seen_at == NOON

    def test_an_order_sent_with_two_contents_at_once_keeps_one(
        self, shared_storage: Storage
    ) -> None:
        def record(number: int) -> Recording:
            order = an_order(amount=str(number + 1), ordered_at=NOON - days(number))
            [outcome] = shared_storage.repositories.ltv.record_orders([order])
            return outcome

        outcomes = at_once(record)
        assert Counter(outcomes) == {Recording.RECORDED: 1, Recording.CONFLICTING: THREADS - 1}
        kept = an_order(
            amount=str(outcomes.index(Recording.RECORDED) + 1),
            ordered_at=NOON - days(outcomes.index(Recording.RECORDED)),
        )
        ltv = shared_storage.repositories.ltv
        assert ltv.get_orders(CustomerId("customer")) == [kept]
        assert ltv.get_customer(CustomerId("customer")).first_seen_at == kept.ordered_at

    def test_activity_and_orders_of_the_same_customers_do_not_stand_in_each_others_way(
        self, shared_storage: Storage
    ) -> None:
        customers = [f"customer-{number}" for number in range(40)]

        def record(number: int) -> list[Recording]:
            turned = customers if number % 2 else customers[::-1]
            if number % 3:
                return shared_storage.repositories.retention.record_activity(
                    [an_event(f"event-{number}", customer_id=each) for each in turned]
                )
            return shared_storage.repositories.ltv.record_orders(
                [an_order(f"order-{number}", customer_id=each) for each in turned]
            )

        for outcomes in at_once(record):
            assert outcomes == [Recording.RECORDED] * 40

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

        assert Counter(at_once(move)) == {True: 1, False: THREADS - 1}
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

        opened = [run_id for run_id in at_once(start) if run_id is not None]
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

        finished = at_once(finish)
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
            finished.wait(PATIENCE)
            shared_storage.in_transaction(
                lambda repositories: repositories.retention.open_scoring_run(
                    a_run(NOON - timedelta(seconds=1))
                )
            )
            opened.set()

        with ThreadPoolExecutor(2) as pool:
            finishing, starting = pool.submit(finish), pool.submit(start)
            finishing.result(PATIENCE)
            starting.result(PATIENCE)
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
                assert reader.result(PATIENCE) <= expected

    def test_rows_that_several_save_at_once_are_saved_whole(self, shared_storage: Storage) -> None:
        def save(number: int) -> None:
            value = a_value(actual=str(number), residual=str(number), orders=number + 1)
            shared_storage.repositories.ltv.save_customer_ltv(value)
            shared_storage.repositories.retention.save_retention_campaign(
                a_campaign(metrics=CampaignMetrics(number, number, number, number))
            )

        at_once(save)
        value = shared_storage.repositories.ltv.get_customer_ltv(CustomerId("customer"))
        assert value.actual_clv == value.residual_value == usd(value.frequency)
        campaign = shared_storage.repositories.retention.get_retention_campaign(
            CampaignId("campaign")
        )
        metrics = campaign.metrics
        assert len({metrics.targeted, metrics.sent, metrics.opened, metrics.clicked}) == 1
