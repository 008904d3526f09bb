"""What every LTVRepository does with cohorts."""

from dataclasses import replace
from decimal import Decimal

import pytest

from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.domain.value.ltv import (
    CohortPeriod,
)
from succotash.domain.values import (
    CohortId,
)
from succotash.errors import NotFoundError
from tests.builders import (
    a_cohort,
)


class TestCohorts:
    def test_a_cohort_comes_back_as_it_was_saved_in_the_current_run(
        self, ltv: LTVRepository
    ) -> None:
        periods = (
            CohortPeriod(0, 3, Decimal("100.5")),
            CohortPeriod(2, 1, Decimal("19.9999")),
            CohortPeriod(11, 1, Decimal(0)),
        )
        cohort = a_cohort(periods=periods)
        ltv.save_cohort(a_cohort(periods=(CohortPeriod(7, 1, Decimal(1)), *periods)))
        ltv.save_cohort(cohort)
        assert ltv.get_cohort(cohort.cohort_id) == replace(cohort, run_id=INITIAL_RUN)

    def test_cohorts_are_listed_by_start(self, ltv: LTVRepository) -> None:
        for cohort_id in ("2024-05", "1997-12", "2023-01"):
            ltv.save_cohort(a_cohort(cohort_id, periods=(CohortPeriod(0, 1, Decimal(1)),)))
        cohorts = ltv.get_all_cohorts()
        assert [cohort.cohort_id for cohort in cohorts] == ["1997-12", "2023-01", "2024-05"]
        assert all(len(cohort.periods) == 1 for cohort in cohorts)

    def test_an_unknown_cohort_is_not_found(self, ltv: LTVRepository) -> None:
        assert ltv.get_all_cohorts() == []
        with pytest.raises(NotFoundError) as caught:
            ltv.get_cohort(CohortId("2024-05"))
        assert caught.value.kind == "cohort"

    def test_a_cohort_needs_the_run_it_names(self, ltv: LTVRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            ltv.save_cohort(a_cohort(run_id="nowhere"))
        assert caught.value.kind == "scoring run"
