"""The risks that the scheduled run predicts."""

from array import array
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from succotash.application.scoring.ledgers import Columns
from succotash.application.scoring.valuation import risk_basis
from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.churn import InactivityModel, Source, Weights
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import EngagementSegment
from succotash.domain.value.ledgers import Histories
from succotash.domain.values import (
    CustomerId,
)
from succotash.errors import (
    NotFoundError,
)
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import an_event, an_order, at
from tests.unit.scoring.runs import record_cdnow, run


class TestPredictions:
    def test_somebody_active_who_never_bought_has_a_risk_and_no_value(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.retention.record_activity(
            [an_event("e1", customer_id="visitor", occurred_at=at("2025-12-30T12:00:00Z"))]
        )
        run(storage, "2026-01-01T03:00:00Z")
        prediction = repositories.retention.get_churn_prediction(CustomerId("visitor"))
        assert prediction.reasons[0] == "seen on one day only, 2 days ago"
        profile = repositories.retention.get_user_engagement_profile(CustomerId("visitor"))
        assert profile.segment is EngagementSegment.NEW_USERS
        with pytest.raises(NotFoundError):
            repositories.ltv.get_customer_ltv(CustomerId("visitor"))

    def test_activity_after_the_last_purchase_lowers_the_risk(self) -> None:
        def probability(*, returns: bool) -> float:
            storage = InMemoryStorage()
            repositories = storage.repositories
            record_cdnow(repositories)
            if returns:
                repositories.retention.record_activity(
                    [an_event("e1", customer_id="0001", occurred_at=at("1998-06-29T12:00:00Z"))]
                )
            run(storage, "1998-07-01T00:00:00Z")
            found = repositories.retention.get_churn_prediction(CustomerId("0001"))
            return found.churn_probability

        assert probability(returns=True) < probability(returns=False)

    def test_reasons_name_the_silence_and_the_usual_gap(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [
                an_order(f"o{step}", customer_id="regular", ordered_at=moment)
                for step, moment in enumerate(
                    at("2025-09-01T10:00:00Z") + timedelta(days=9 * step) for step in range(9)
                )
            ]
        )
        run(storage, "2025-12-27T03:00:00Z")
        prediction = repositories.retention.get_churn_prediction(CustomerId("regular"))
        assert prediction.reasons[0] == "silent for 45 days; usual gap 9"
        assert prediction.last_seen_on.isoformat() == "2025-11-12"


@pytest.mark.parametrize("source", [Source.PURCHASES, Source.BOTH])
def test_the_churn_probability_is_that_of_the_source_that_was_chosen(source: Source) -> None:
    columns = ([0, 0], [9, 1], [80, 20], [90, 90], [0, 0])
    bought = Histories(["a", "c"], *(array("q", each) for each in columns))
    present = replace(bought, customer_ids=["b", "c"])
    presence, purchases = BGNBD(0.5, 10.0, 0.8, 2.5), BGNBD(0.9, 8.0, 0.6, 3.0)
    weights = Weights((0.5, 0.4, 0.3), (1.0, 0.2, 0.0))
    silence = InactivityModel(source, "", weights)

    found = risk_basis(silence, purchases, presence, bought, present, 30)

    seen, known = Columns.of(present), Columns.of(bought)
    own = presence.probability_inactive(seen.frequency, seen.recency, seen.age, 30)
    other = purchases.probability_inactive(known.frequency, known.recency, known.age, 30)
    beside = np.array([np.nan, other[1]])
    assert found.probability_inactive.tolist() == silence.probability(own, beside).tolist()
    alive = presence.probability_alive(seen.frequency, seen.recency, seen.age)
    assert found.probability_alive.tolist() == alive.tolist()
