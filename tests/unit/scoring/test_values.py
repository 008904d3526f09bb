"""The values that the scheduled run predicts."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.application.scoring.churn_scoring import ChurnScoring
from succotash.application.scoring.settings import ScoringSettings
from succotash.application.scoring.valuation import Valued, least_of_the_best
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import EngagementSegment
from succotash.domain.value.ltv import LTVSegment
from succotash.domain.values import (
    AMOUNT_LIMIT,
    LARGEST_UNITS,
    MONEY_UNIT,
    CustomerId,
    SegmentId,
)
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import USD, an_event, an_order, at, usd
from tests.unit.scoring.runs import run


class TestValues:
    def test_margin_scales_what_was_spent(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [an_order(ordered_at=at("2025-11-01T00:00:00Z"), amount="80.00")]
        )
        run(storage, "2026-01-01T03:00:00Z", margin=0.25)
        [value] = repositories.ltv.find_customers()
        assert value.actual_clv == usd("20.00")
        assert value.average_order_value == usd("80.00")

    def test_a_wholly_refunded_customer_has_no_value(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [
                an_order("o1", ordered_at=at("2025-11-01T00:00:00Z"), amount="80.00"),
                an_order(
                    "r1",
                    ordered_at=at("2025-11-02T00:00:00Z"),
                    amount="-80.00",
                    refund_of="o1",
                ),
            ]
        )
        run(storage, "2026-01-01T03:00:00Z")
        assert repositories.ltv.find_customers() == []

    def test_of_equal_bounds_the_higher_quantile_wins(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.save_ltv_segment(
            LTVSegment(SegmentId("best"), "Best", lower_quantile=0.99)
        )
        repositories.ltv.record_orders(
            [an_order("o1", customer_id=f"of-{each}", amount=str(each)) for each in range(1, 11)]
        )
        run(storage, "2026-07-01T03:00:00Z")
        segments = [each.segment_id for each in repositories.ltv.find_customers()]
        assert segments[0] == "best"
        assert "vip" not in segments

    def test_equal_customers_are_in_one_segment_and_not_the_best(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [an_order("o1", customer_id=f"like-{number:04}") for number in range(3_000)]
        )
        run(storage, "2026-07-01T03:00:00Z")
        found = repositories.ltv.find_customers(limit=5_000)
        assert {each.segment_id for each in found} == {"low_value"}
        [profile] = {
            repositories.retention.get_user_engagement_profile(each.customer_id).segment
            for each in found[:50]
        }
        assert profile is not EngagementSegment.HIGH_VALUE

    def test_those_who_are_worth_more_than_many_equals_are_the_best(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [
                *(an_order("o1", customer_id=f"like-{number:03}") for number in range(980)),
                *(an_order("o1", customer_id=f"more-{n}", amount="900") for n in range(20)),
            ]
        )
        run(storage, "2026-07-01T03:00:00Z")
        found = repositories.ltv.find_customers(segment_id=SegmentId("vip"))
        assert {each.customer_id for each in found} == {f"more-{number}" for number in range(20)}

    def test_a_bound_in_money_decides_who_belongs(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.save_ltv_segment(
            LTVSegment(SegmentId("whale"), "Whale", lower_bound=usd("100000"))
        )
        repositories.ltv.record_orders(
            [
                an_order("o1", customer_id="great", amount="200000"),
                *(an_order("o1", customer_id=f"small-{number}") for number in range(50)),
            ]
        )
        run(storage, "2026-07-01T03:00:00Z")
        found = repositories.ltv.find_customers()
        segments = {str(value.customer_id): value.segment_id for value in found}
        assert segments.pop("great") == "whale"
        assert "whale" not in segments.values()


@given(st.lists(st.integers(-5, 20), min_size=1, max_size=60), st.integers(1, 99))
def test_the_best_are_as_many_as_their_share_allows_without_parting_equals(
    worth: list[int], percent: int
) -> None:
    least = least_of_the_best(np.array(worth), percent / 100)

    allowed = len(worth) * Fraction(100 - percent, 100) + 1
    assert sum(each >= least for each in worth) <= allowed
    if others := [each for each in worth if each < least]:
        assert sum(each >= max(others) for each in worth) > allowed


def test_the_largest_totals_are_valued_and_still_larger_ones_left_out(
    storage: InMemoryStorage, repositories: Repositories
) -> None:
    largest = AMOUNT_LIMIT - MONEY_UNIT
    first = at("2024-01-01T00:00:00Z")
    orders = [
        an_order(
            str(number),
            customer_id="whale",
            ordered_at=first + timedelta(hours=6 * number),
            amount=largest,
        )
        for number in range(923)
    ]
    repositories.ltv.record_orders(orders[:922])
    repositories.ltv.record_orders(
        [
            an_order(f"{customer}-{day}", customer_id=str(customer), ordered_at=first + each)
            for customer in range(30)
            for day in range(customer % 4)
            for each in [timedelta(days=3 * day * customer + customer)]
        ]
    )
    run(storage, "2024-09-01T00:00:00Z")
    value = repositories.ltv.get_customer_ltv(CustomerId("whale"))
    assert value.actual_clv.amount == pytest.approx(922 * largest)
    assert value.predicted_clv.amount >= value.actual_clv.amount
    repositories.ltv.record_orders(orders[922:])
    settings = ScoringSettings(currency=USD, publishes_worse=True)
    report = ChurnScoring(storage, settings).run(at("2024-09-02T00:00:00Z"))
    assert [each["code"] for each in report["warnings"]] == ["customers_left_out"]
    assert len(repositories.ltv.find_customers()) == 22


amounts = st.integers(-LARGEST_UNITS, LARGEST_UNITS)
residuals = st.floats(0, 1e300)


@given(st.lists(st.tuples(amounts, residuals), min_size=1, max_size=20))
def test_no_value_wraps_around_whatever_its_parts(rows: list[tuple[int, float]]) -> None:
    actual = np.array([each for each, _ in rows], np.int64)

    worth = Valued(np.array([each for _, each in rows]), actual)

    for brought, residual, predicted in zip(
        actual.tolist(), worth.residual_units.tolist(), worth.predicted.tolist(), strict=True
    ):
        assert residual >= 0
        assert predicted == brought + residual
        assert abs(predicted) <= LARGEST_UNITS


class TestGivenBackBeyondOrders:
    """What refunds exceed their orders by lowers values, and makes nobody a buyer."""

    FIRST = at("2024-01-01T00:00:00Z")

    def record(self, repositories: Repositories, customer: str, *given_back: str) -> None:
        """Two purchases of 10, and a third of 10 that is refunded."""
        orders = [
            an_order(str(day), customer_id=customer, ordered_at=self.FIRST + timedelta(day))
            for day in (0, 5, 9)
        ]
        refunds = [
            an_order(
                f"refund-{amount}",
                customer_id=customer,
                ordered_at=self.FIRST + timedelta(20),
                amount=amount,
                refund_of="9",
            )
            for amount in given_back
        ]
        repositories.ltv.record_orders([*orders, *refunds])

    def test_a_value_falls_by_it_and_may_be_below_nothing(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        self.record(repositories, "whole", "-10")
        self.record(repositories, "more", "-7", "-8")
        self.record(repositories, "most", "-100")

        report = run(storage, "2024-03-01T00:00:00Z", margin=0.5)

        values = {each.customer_id: each for each in repositories.ltv.find_customers()}
        assert {each: value.actual_clv for each, value in values.items()} == {
            "whole": usd("10"),
            "more": usd("7.5"),
            "most": usd("-35"),
        }
        # The third order is no purchase, and what a purchase brings is not what was given back.
        assert {value.order_count for value in values.values()} == {2}
        assert {value.average_order_value for value in values.values()} == {usd("10")}
        assert {value.frequency for value in values.values()} == {1}
        assert len({value.residual_value for value in values.values()}) == 1
        [warning] = report["warnings"]
        assert (warning["code"], warning["count"]) == ("over_refunded_orders", 2)
        assert warning["total"] == Decimal(-95)

    def test_segments_hold_their_shares_where_most_are_worth_less_than_nothing(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        for number in range(20):
            self.record(repositories, f"{number:02}", f"-{1000 - 20 * number}")
        repositories.retention.record_activity([an_event(customer_id="visitor")])

        run(storage, "2024-06-01T00:00:00Z")

        segments = repositories.ltv.get_all_ltv_segments()
        bounds = [each.result.lower_bound.amount for each in segments if each.result]
        assert bounds == sorted(bounds)
        assert bounds[-1] < 0
        counts = [each.result.customers for each in segments if each.result]
        assert counts == [9, 6, 3, 2]
        visitor = repositories.retention.get_user_engagement_profile(CustomerId("visitor"))
        assert visitor.segment is not EngagementSegment.HIGH_VALUE

    def test_a_customer_without_any_purchase_has_no_value_but_is_warned_of(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [
                an_order("1", ordered_at=self.FIRST),
                an_order("2", ordered_at=self.FIRST, amount="-25", refund_of="1"),
                an_order("3", ordered_at=self.FIRST, amount="-4.5", refund_of="never came"),
                an_order("4", ordered_at=self.FIRST, amount="-1", refund_of="2"),
            ]
        )

        report = run(storage, "2024-06-01T00:00:00Z")

        assert repositories.ltv.find_customers() == []
        told = [(each["code"], each["count"], each.get("total")) for each in report["warnings"]]
        assert told == [
            ("unmatched_refunds", 2, Decimal("-5.5")),
            ("over_refunded_orders", 1, Decimal(-15)),
        ]
