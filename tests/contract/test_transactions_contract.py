"""What every storage promises about transactions."""

from collections.abc import Callable, Mapping
from datetime import date

import pytest

from succotash.application.batches import CONFLICT
from succotash.domain.campaigns.campaigns import CampaignMetrics
from succotash.domain.forms.forms import DEFAULT_FORM
from succotash.domain.forms.submissions import AWAITING_CHALLENGE, SubmissionState
from succotash.domain.leads.leads import LeadQuery, LeadStatus
from succotash.domain.people.identities import Join
from succotash.domain.repositories.customers import CustomerRepository
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.grids import CohortAnchor
from succotash.domain.retention.retention import EngagementSegment, GridMode, GridPeriod
from succotash.domain.value.distribution import ValueMeasure
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
    a_receipt,
    a_request,
    a_rule,
    a_run,
    a_score,
    a_submission,
    a_tally,
    a_value,
    a_week,
    an_event,
    an_intake_query,
    an_order,
    an_outcome,
    an_overview_query,
    days,
    order_columns,
    prediction_columns,
    profile_columns,
    usd,
    value_columns,
)
from tests.contract.company_writes import (
    COMPANY_WRITES,
    everything_of_company,
    furnish_company,
)
from tests.contract.interruptions import StopError, write_and_stop

READS = ("get_", "find_", "check_", "lock_", "load_", "has_")
SUMMARIES = frozenset(
    {
        "purchase_histories",
        "activity_summaries",
        "count_retention",
        "count_purchases_by_week",
        "judge_refunds",
        "total_refunds",
        "count_reach",
        "count_member_states",
        "total_looks",
    }
)
RUN = a_run()
NEWER = a_run(NOON + days(1))
RECEIPT = a_receipt()


def furnish(repositories: Repositories) -> None:
    """Something of everything, so that every write has what it needs."""
    forms, ltv, retention = repositories.forms, repositories.ltv, repositories.retention
    forms.save_form(a_form(), [a_rule()])
    forms.save_lead(a_lead(email="ada@example.com"))
    forms.save_form_submission(a_submission(email="ada@example.com", lead_id="lead"))
    forms.save_form_submission(a_submission("suspect", state=SubmissionState.QUARANTINED))
    forms.save_form_submission(
        a_submission("asked", state=SubmissionState.QUARANTINED, spam_reasons=(AWAITING_CHALLENGE,))
    )
    ltv.record_orders([an_order(email="ada@example.com")])
    ltv.open_import("import")
    ltv.note_import_started("import", NOON)
    ltv.save_import(OrderImport("import", Position(5, 1)), [RejectedLine(1, (CONFLICT,))])
    retention.record_activity([an_event()])
    retention.save_retention_campaign(a_campaign())
    retention.open_scoring_run(RUN)
    retention.finish_scoring_run(RUN.run_id, 1)
    retention.save_churn_prediction(a_prediction())
    retention.save_churn_prediction(a_prediction("nobody"))
    retention.save_user_engagement_profile(a_profile())
    ltv.save_customer_ltv(a_value())
    retention.save_forecast_tallies(RECEIPT.run_id, None, [a_tally(), a_tally(days=90)])
    retention.save_forecast_weeks(RECEIPT.run_id, None, [a_week(1), a_week(2)])
    retention.seal_receipt(RECEIPT, [30, 90])
    retention.save_outcome_tallies(RECEIPT.run_id, 30, None, [a_tally("9")])
    retention.mark_graded(RECEIPT.run_id, 30, RECEIPT.ends_at(30))
    retention.save_outcome_weeks(RECEIPT.run_id, None, [a_week(1), a_week(2)])
    retention.mark_weeks_counted(RECEIPT.run_id, 1, RECEIPT.ends_at(7))
    furnish_company(repositories)
    retention.open_scoring_run(NEWER)


def in_every_shard(save: Callable[[Shard], None]) -> None:
    for index in range(SHARDS):
        save(Shard(index, SHARDS))


NOTHING_SEEN = {"open_import", "open_digests"}
"""Writes that only another opening of the import or of digests can see."""
WRITES: Mapping[str, Callable[[Repositories], object]] = {
    **COMPANY_WRITES,
    "save_form": lambda all_: all_.forms.save_form(a_form(title="Changed"), []),
    "add_form": lambda all_: all_.forms.add_form(a_form("added"), []),
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
    "end_challenges": lambda all_: all_.forms.end_challenges(NOON + days(1), limit=9),
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
    "build_value_bins": lambda all_: all_.ltv.build_value_bins(RUN.run_id),
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
    "finish_shard": lambda all_: all_.retention.finish_shard(RUN, Shard(3, SHARDS), 7),
    "build_lifecycle_counts": lambda all_: all_.retention.build_lifecycle_counts(
        RUN.run_id, NOON, "UTC"
    ),
    "build_revenue_days": lambda all_: all_.ltv.build_revenue_days(RUN.run_id, NOON, "UTC"),
    "save_acquisition_costs": lambda all_: all_.ltv.save_acquisition_costs(
        date(2024, 5, 1), {"google": usd("9")}
    ),
    "note_import_started": lambda all_: all_.ltv.note_import_started("new", NOON),
    "note_import_ended": lambda all_: all_.ltv.note_import_ended("import", NOON, "format"),
    "save_forecast_tallies": lambda all_: all_.retention.save_forecast_tallies(
        RECEIPT.run_id, None, [a_tally("99")]
    ),
    "seal_receipt": lambda all_: all_.retention.seal_receipt(a_receipt(date(2024, 6, 1)), [30]),
    "save_outcome_tallies": lambda all_: all_.retention.save_outcome_tallies(
        RECEIPT.run_id, 30, None, [a_tally("99")]
    ),
    "save_forecast_weeks": lambda all_: all_.retention.save_forecast_weeks(
        RECEIPT.run_id, None, [a_week(1, "99")]
    ),
    "save_outcome_weeks": lambda all_: all_.retention.save_outcome_weeks(
        RECEIPT.run_id, None, [a_week(1, "99")]
    ),
    "mark_weeks_counted": lambda all_: all_.retention.mark_weeks_counted(
        RECEIPT.run_id, 2, RECEIPT.ends_at(14)
    ),
    "mark_graded": lambda all_: all_.retention.mark_graded(RECEIPT.run_id, 90, RECEIPT.ends_at(90)),
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
        [ltv.find_value_bins(each).found for each in ValueMeasure],
        ltv.get_rejected_lines("import"),
        ltv.has_import_broken_off("import", NOON + days(1)),
        ltv.get_acquisition_costs(),
        ltv.find_source_values(USD),
        retention.get_scoring_runs(),
        retention.get_scored_shards(RUN.run_id),
        [retention.get_activity(CustomerId(each)) for each in ("customer", "new")],
        retention.activity_summaries(NOON, "UTC"),
        retention.get_all_retention_campaigns(),
        retention.find_churn_predictions(),
        retention.get_users_by_segment(EngagementSegment.ACTIVE_USERS),
        [
            retention.get_retention_grid(GridPeriod.DAY, GridMode.NDAY, each)
            for each in CohortAnchor
        ],
        retention.get_lifecycle_counts(GridPeriod.DAY),
        retention.get_retention_analytics(),
        retention.find_receipts(limit=9),
        retention.find_overview(an_overview_query(NOON + days(1))),
        retention.find_overview(
            an_overview_query(NOON + days(200), 366, imports_given_up_before=NOON + days(1))
        ),
        *everything_of_company(storage.repositories),
    ]


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
        free = an_intake_query(request=a_request("free"))
        assert storage.repositories.forms.load_intake_context(free).held is None

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
                forms.load_intake_context(an_intake_query(form_id="nowhere"))
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
