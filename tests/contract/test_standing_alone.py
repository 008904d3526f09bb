"""Repositories that are made by their own constructors, as the documentation shows."""

import pytest

from succotash.domain.forms.forms import DEFAULT_FORM
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import (
    INITIAL_RUN,
)
from succotash.domain.value.ledgers import RecordOutcome
from succotash.errors import (
    NotFoundError,
)
from tests.builders import (
    NOON,
    a_lead,
    a_prediction,
    a_run,
    a_submission,
    a_value,
    an_event,
    an_order,
)

RUN = a_run()


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
        assert ltv.record_orders([an_order()]) == [RecordOutcome.RECORDED]
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
