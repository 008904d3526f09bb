"""Totals beyond 64 bits: one customer's leave that customer out, those of many are exact."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import batched

import pytest

from succotash.application.retention.retention_handler import RetentionHandler
from succotash.application.scoring.churn_scoring import ChurnScoring, ScoringReport
from succotash.application.scoring.settings import ScoringSettings
from succotash.application.value.ltv_handler import LTVHandler
from succotash.domain.campaigns.campaigns import CampaignMetrics
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.storage import Storage
from succotash.domain.retention.grids import GridRequest
from succotash.domain.retention.retention import GridMode, GridPeriod
from succotash.domain.value.ledgers import Order
from succotash.domain.values import (
    AMOUNT_LIMIT,
    LARGEST_UNITS,
    MONEY_UNIT,
    SHARDS,
    Currency,
    CustomerId,
    Money,
    Shard,
)
from succotash.errors import NotFoundError
from tests.builders import NOON, USD, a_campaign, an_event, an_order, days

pytestmark = pytest.mark.long

type Limits = tuple[int, int]
"""Up to how many customers are scored at once, and with more, how many models are fitted to."""

LARGEST = AMOUNT_LIMIT - MONEY_UNIT
MOST = 922
"""So many of the largest amounts stay within 64 bits, and one more does not."""
AS_OF = NOON + days(200)


def purchases(customer: str, count: int, currency: str = "USD") -> list[Order]:
    return [
        an_order(
            str(number),
            customer_id=customer,
            ordered_at=NOON + timedelta(hours=4 * number),
            amount=LARGEST,
            currency=currency,
        )
        for number in range(count)
    ]


def refunds(customer: str, count: int, currency: str = "USD") -> list[Order]:
    """A purchase, and another that is refunded again and again."""
    orders = [
        an_order(name, customer_id=customer, amount="10", currency=currency)
        for name in ("kept", "refunded")
    ]
    given_back = [
        an_order(
            f"refund-{number}",
            customer_id=customer,
            ordered_at=NOON + timedelta(hours=number),
            amount=-LARGEST,
            currency=currency,
            refund_of="refunded",
        )
        for number in range(count)
    ]
    return orders + given_back


def others(currency: str = "USD") -> list[Order]:
    """Thirty people like any others."""
    return [
        an_order(
            f"{day}",
            customer_id=f"other-{customer:02}",
            ordered_at=NOON + days(3 * day * customer + customer),
            amount=f"{10 + customer}",
            currency=currency,
        )
        for customer in range(30)
        for day in range(1 + customer % 4)
    ]


def record(ltv: LTVRepository, orders: Sequence[Order]) -> None:
    for batch in batched(orders, 500, strict=False):
        ltv.record_orders(batch)


def score(storage: Storage, limits: Limits, currency: str = "USD") -> ScoringReport:
    whole_limit, sample = limits
    given = ScoringSettings(Currency(currency), whole_limit=whole_limit, sample_customers=sample)
    return ChurnScoring(storage, given, lambda: AS_OF).run(AS_OF)


@pytest.fixture(params=["whole", "by shard"])
def way(request: pytest.FixtureRequest) -> Limits:
    """Limits by which everybody is scored at once, or shard by shard."""
    return (1000, 1000) if request.param == "whole" else (0, 10)


class TestHistories:
    @pytest.fixture
    def ltv(self, storage: Storage) -> LTVRepository:
        return storage.repositories.ltv

    def test_as_much_as_64_bits_hold_is_counted_and_one_more_leaves_the_customer_out(
        self, ltv: LTVRepository
    ) -> None:
        record(ltv, [*purchases("whale", MOST), an_order(customer_id="z")])
        found = ltv.purchase_histories(AS_OF, "UTC")
        assert list(found.revenue) == [MOST * int(LARGEST * 10_000), 100_000]
        assert found.left_out == []

        record(ltv, purchases("whale", MOST + 1)[MOST:])

        found = ltv.purchase_histories(AS_OF, "UTC")
        assert found.days.customer_ids == ["z"]
        assert found.left_out == ["whale"]
        shards = [
            ltv.purchase_histories(AS_OF, "UTC", shard=Shard(index, SHARDS))
            for index in range(SHARDS)
        ]
        assert [each for shard in shards for each in shard.left_out] == ["whale"]

    def test_the_limit_itself_is_counted_of_either_sign(self, ltv: LTVRepository) -> None:
        rest = Decimal(LARGEST_UNITS - MOST * int(LARGEST * 10_000)).scaleb(-4)
        more = an_order("rest", customer_id="whale", amount=rest)
        record(ltv, [*purchases("whale", MOST), more])
        record(ltv, refunds("giver", MOST))
        record(
            ltv,
            [
                an_order(
                    "rest", customer_id="giver", amount=-rest - Decimal(10), refund_of="refunded"
                )
            ],
        )
        found = ltv.purchase_histories(AS_OF, "UTC")
        assert list(zip(found.days.customer_ids, found.revenue, strict=True)) == [
            ("giver", 100_000),
            ("whale", LARGEST_UNITS),
        ]
        assert list(found.over_refunds) == [-LARGEST_UNITS, 0]

        for customer in ("whale", "giver"):
            refund_of = "refunded" if customer == "giver" else None
            amount = -MONEY_UNIT if refund_of else MONEY_UNIT
            record(
                ltv, [an_order("drop", customer_id=customer, amount=amount, refund_of=refund_of)]
            )
        assert ltv.purchase_histories(AS_OF, "UTC").left_out == ["giver", "whale"]

    def test_the_holdout_is_counted_alike(self, ltv: LTVRepository) -> None:
        record(ltv, [an_order("first", customer_id="whale", ordered_at=NOON - days(9))])
        record(ltv, purchases("whale", MOST + 1))
        assert ltv.purchase_histories(NOON - days(1), "UTC").left_out == []
        found = ltv.purchase_histories(NOON - days(1), "UTC", holdout_until=AS_OF)
        assert found.left_out == ["whale"]

    def test_refunds_of_one_order_beyond_64_bits_take_nobody_else_along(
        self, ltv: LTVRepository
    ) -> None:
        record(ltv, [*refunds("giver", 1000), an_order(customer_id="z")])
        found = ltv.purchase_histories(AS_OF, "UTC")
        assert (found.days.customer_ids, found.left_out) == (["z"], ["giver"])
        assert ltv.count_purchases_by_week(NOON - days(1), AS_OF, "UTC")[0].days == 0


class TestRuns:
    @pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
    def test_a_customer_beyond_64_bits_is_left_out_and_named_and_nobody_else_suffers(
        self, storage: Storage, way: Limits, currency: str
    ) -> None:
        repositories = storage.repositories
        record(
            repositories.ltv,
            [
                *purchases("whale-1", MOST + 1, currency),
                *purchases("whale-2", 1000, currency),
                *refunds("giver-1", MOST + 1, currency),
                *others(currency),
            ],
        )
        repositories.retention.record_activity(
            [
                an_event(customer_id=each, occurred_at=NOON + days(9))
                for each in ("whale-1", "other-07", "visitor")
            ]
        )

        report = score(storage, way, currency)

        assert (report["state"], report["customers"]) == ("current", 31)
        warnings = {each["code"]: each for each in report["warnings"]}
        left_out, over_refunded = warnings["customers_left_out"], warnings["over_refunded_orders"]
        assert left_out["count"] == 3
        assert left_out["customer_ids"] == ["giver-1", "whale-1", "whale-2"]
        assert over_refunded["count"] == 1
        assert over_refunded["total"] == 10 - (MOST + 1) * LARGEST
        assert over_refunded["currency"] == currency
        assert len(repositories.ltv.find_customers()) == 30
        for customer in map(CustomerId, left_out["customer_ids"]):
            for read in (
                repositories.ltv.get_customer_ltv,
                repositories.retention.get_churn_prediction,
                repositories.retention.get_user_engagement_profile,
            ):
                with pytest.raises(NotFoundError):
                    read(customer)
        handler = RetentionHandler(storage, lambda: AS_OF, lambda: "id", Currency(currency))
        [shown] = handler.get_model_report()["runs"]
        assert shown["warnings"] == report["warnings"]

    def test_of_many_left_out_the_first_are_named_and_all_are_counted(
        self, storage: Storage, way: Limits
    ) -> None:
        ltv = storage.repositories.ltv
        for number in range(23):
            record(ltv, [*refunds(f"giver-{number:02}", MOST + 1)])
        record(ltv, others())

        left_out = score(storage, way)["warnings"][0]

        assert left_out["count"] == 23
        assert left_out["customer_ids"] == [f"giver-{number:02}" for number in range(20)]

    def test_totals_of_many_customers_are_exact_beyond_64_bits(
        self, storage: Storage, way: Limits
    ) -> None:
        ltv = storage.repositories.ltv
        whales = [f"whale-{number}" for number in range(3)]
        for each in whales:
            record(ltv, purchases(each, MOST))
        record(ltv, refunds("giver", MOST))
        record(ltv, others())

        assert score(storage, way)["state"] == "current"

        brought = MOST * LARGEST
        values = ltv.find_customers()
        assert [ltv.get_customer_ltv(CustomerId(each)).actual_clv.amount for each in whales] == (
            [brought] * 3
        )
        assert ltv.get_customer_ltv(CustomerId("giver")).actual_clv.amount == 20 - brought
        assert all(abs(each.predicted_clv.units()) <= LARGEST_UNITS for each in values)
        assert all(each.residual_value.amount >= 0 for each in values)
        total = sum((each.actual_clv.amount for each in values), Decimal(0))
        predicted = sum((each.predicted_clv.amount for each in values), Decimal(0))
        assert total > 2 * brought
        found = ltv.get_ltv_analytics().total
        assert (found.revenue, found.predicted_clv) == (total, predicted)
        assert sum((each.revenue.amount for each in ltv.get_all_cohorts()), Decimal(0)) == total
        assert total == sum(
            (period.revenue for each in ltv.get_all_cohorts() for period in each.periods),
            Decimal(0),
        )
        assert predicted == sum(
            (
                each.result.total_value.amount
                for each in ltv.get_all_ltv_segments()
                if each.result is not None
            ),
            Decimal(0),
        )

    def test_what_is_told_of_such_totals_can_be_read_page_by_page(
        self, storage: Storage, way: Limits
    ) -> None:
        ltv = storage.repositories.ltv
        for each in ("whale-1", "whale-2"):
            record(ltv, purchases(each, MOST))
        record(ltv, refunds("giver", MOST))
        record(ltv, others())
        score(storage, way)
        handler = LTVHandler(storage, lambda: AS_OF, USD)

        seen, cursor = list[str](), None
        while page := handler.get_customers(limit=1, cursor=cursor):
            seen += [each["customer_id"] for each in page["customers"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break

        assert len(seen) == len(set(seen)) == 33
        assert set(seen[:2]) == {"whale-1", "whale-2"}
        assert seen[-1] == "giver"
        assert handler.get_ltv_analysis()["total_customers"] == 33
        assert handler.get_segments()["segments"]
        assert handler.get_cohorts()["average"]


class TestGrids:
    @pytest.mark.parametrize("mode", GridMode)
    def test_revenue_of_a_cell_may_pass_64_bits(self, storage: Storage, mode: GridMode) -> None:
        repositories = storage.repositories
        for each in ("a", "b"):
            record(repositories.ltv, purchases(each, MOST + 1))
        request = GridRequest(NOON.date(), NOON.date(), GridPeriod.MONTH, mode)

        cells = repositories.retention.count_retention(request, AS_OF, "UTC")

        # Unbounded, the first cell holds all of it.
        revenue = [cell.revenue or 0 for cell in cells]
        whole = 2 * (MOST + 1) * int(LARGEST * 10_000)
        assert (revenue[0] if mode is GridMode.UNBOUNDED else sum(revenue)) == whole


def test_revenue_of_campaigns_may_pass_64_bits(storage: Storage) -> None:
    retention = storage.repositories.retention
    for number in range(MOST + 1):
        metrics = CampaignMetrics(revenue=Money(LARGEST, USD))
        retention.save_retention_campaign(a_campaign(f"campaign-{number}", metrics=metrics))

    summary = retention.get_campaign_performance_summary(currency=USD)

    assert summary.metrics.revenue == Money((MOST + 1) * LARGEST, USD)
