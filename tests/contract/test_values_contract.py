"""What every LTVRepository does with customers' values."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.domain.value.ltv import (
    CustomerLTV,
    SegmentResult,
    ValueGroup,
)
from succotash.domain.values import (
    AMOUNT_LIMIT,
    MONEY_UNIT,
    SHARDS,
    CohortId,
    CustomerId,
    Money,
    RunId,
    SegmentId,
    Shard,
)
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    USD,
    a_run,
    a_value,
    an_order,
    at,
    usd,
    value_columns,
)
from tests.contract.conftest import NewStorage
from tests.contract.paging import all_pages
from tests.contract.shards import every_shard
from tests.contract.valued import save_values
from tests.strategies import MODEST, amounts


def ids(values: Iterable[CustomerLTV]) -> list[str]:
    return [value.customer_id for value in values]


class TestCustomerValues:
    def test_totals_outgrow_what_a_single_amount_may_be(self, repositories: Repositories) -> None:
        customers, each, run = 150, AMOUNT_LIMIT - MONEY_UNIT, a_run()
        total = customers * each
        ltv = repositories.ltv
        repositories.retention.open_scoring_run(run)
        values = [
            a_value(f"c{number}", actual=each, residual=0, segment="vip")
            for number in range(customers)
        ]
        save_values(repositories, run.run_id, values, NOON)
        orders = [an_order("great", customer_id=value.customer_id, amount=each) for value in values]
        ltv.record_orders(orders)
        ltv.save_segment_bounds(run.run_id, {SegmentId("vip"): usd(each)})
        ltv.build_rollups(run.run_id, NOON, "UTC")
        repositories.retention.finish_scoring_run(run.run_id, customers)

        segment = ltv.get_ltv_segment(SegmentId("vip")).result
        assert segment == SegmentResult(run.run_id, usd(each), customers, usd(total))
        group = ValueGroup(customers, total, total, Decimal(0))
        assert ltv.get_ltv_analytics().total == group
        [cohort] = ltv.get_all_cohorts()
        assert (cohort.revenue, cohort.average_ltv) == (usd(total), usd(each))

    def test_a_value_may_have_no_interval(self, ltv: LTVRepository) -> None:
        value = a_value(interval=None, median=None, no_purchase=None)
        ltv.save_customer_ltv(value)
        assert ltv.get_customer_ltv(value.customer_id).residual_high is None

    def test_a_value_comes_back_as_it_was_saved_in_the_current_run(
        self, ltv: LTVRepository
    ) -> None:
        value = a_value(
            actual="99999999999999.9999",
            residual="0",
            first_purchase_at=at("2024-01-01T00:00:00.000001"),
            last_purchase_at=at("2024-03-31T23:59:59.999999"),
        )
        ltv.save_customer_ltv(value)
        assert ltv.get_customer_ltv(value.customer_id) == replace(value, run_id=INITIAL_RUN)
        again = replace(value, residual_value=usd("0.0001"))
        ltv.save_customer_ltv(again)
        assert ltv.get_customer_ltv(value.customer_id) == replace(again, run_id=INITIAL_RUN)

    def test_money_keeps_its_currency(self, ltv: LTVRepository) -> None:
        euros = Money(Decimal("1.2345"), type(USD)("EUR"))
        value = replace(
            a_value(), actual_clv=euros, residual_value=euros, average_order_value=euros
        )
        ltv.save_customer_ltv(value)
        assert ltv.get_customer_ltv(value.customer_id).predicted_clv == euros + euros

    def test_an_unvalued_customer_is_not_found(self, ltv: LTVRepository) -> None:
        ltv.record_orders([an_order()])
        with pytest.raises(NotFoundError) as caught:
            ltv.get_customer_ltv(CustomerId("customer"))
        assert caught.value.kind == "customer"

    def test_a_value_needs_the_run_it_names(self, ltv: LTVRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            ltv.save_customer_ltv(a_value(run_id="nowhere"))
        assert caught.value.kind == "scoring run"
        with pytest.raises(NotFoundError) as caught:
            ltv.save_customer_values(
                RunId("nowhere"), USD, Shard(0, SHARDS), value_columns([a_value()])
            )
        assert caught.value.kind == "scoring run"

    def test_values_saved_in_bulk_are_those_saved_singly(self, repositories: Repositories) -> None:
        repositories.retention.open_scoring_run(a_run())
        run_id = a_run().run_id
        values = [
            a_value(f"ü\t{number}\\", actual=f"{number}.0001", cohort="2024-05")
            for number in range(40)
        ]
        save_values(repositories, run_id, values, NOON)
        assert repositories.ltv.find_customers() == []
        repositories.retention.finish_scoring_run(run_id, 40)
        found = repositories.ltv.find_customers(limit=100)
        assert sorted(found, key=lambda value: value.actual_clv.amount) == [
            replace(value, run_id=run_id) for value in values
        ]

    def test_a_shard_saved_again_replaces_what_it_held_and_nothing_else(
        self, repositories: Repositories
    ) -> None:
        run_id = a_run().run_id
        repositories.retention.open_scoring_run(a_run())
        values = [a_value(f"customer-{number}") for number in range(40)]
        save_values(repositories, run_id, values, NOON)
        save_values(repositories, run_id, values, NOON)
        for shard in every_shard():
            found = repositories.ltv.purchase_histories(NOON, "UTC", shard=shard)
            if found.days.customer_ids:
                kept, *gone = found.days.customer_ids
                break
        else:
            pytest.fail("no shard has customers")
        repositories.ltv.save_customer_values(
            run_id, USD, shard, value_columns([a_value(kept, actual="77")])
        )
        repositories.retention.finish_scoring_run(run_id, 40)
        assert repositories.ltv.get_customer_ltv(CustomerId(kept)).actual_clv == usd(77)
        assert set(ids(repositories.ltv.find_customers(limit=100))) == {
            value.customer_id for value in values if value.customer_id not in gone
        }

    def test_all_of_a_runs_values_saved_at_once_belong_to_their_shards(
        self, repositories: Repositories
    ) -> None:
        ltv, run_id = repositories.ltv, a_run().run_id
        customers = [f"customer-{number}" for number in range(40)]
        ltv.record_orders([an_order(customer_id=each) for each in customers])
        repositories.retention.open_scoring_run(a_run())
        ltv.save_customer_values(run_id, USD, None, value_columns([a_value("gone")]))
        for _ in range(2):
            values = value_columns([a_value(each) for each in customers])
            ltv.save_customer_values(run_id, USD, None, values)
        emptied = Shard(7, SHARDS)
        ltv.save_customer_values(run_id, USD, emptied, value_columns([]))
        repositories.retention.finish_scoring_run(run_id, 40)
        of_shard = ltv.purchase_histories(NOON, "UTC", shard=emptied).days.customer_ids
        assert set(ids(ltv.find_customers(limit=100))) == set(customers) - set(of_shard)

    def test_customers_are_listed_by_predicted_value_then_id(self, ltv: LTVRepository) -> None:
        rows = [
            ("b", "10", "5", "vip", "2024-05"),
            ("a", "5", "10.0000", "vip", "2024-04"),
            ("c", "15.0001", "0", "low_value", "2024-05"),
            ("d", "0", "1", "vip", "2024-05"),
        ]
        for customer_id, actual, residual, segment, cohort in rows:
            ltv.save_customer_ltv(
                a_value(
                    customer_id, actual=actual, residual=residual, segment=segment, cohort=cohort
                )
            )
        vip, may = SegmentId("vip"), CohortId("2024-05")
        assert ids(ltv.find_customers()) == ["c", "a", "b", "d"]
        assert ids(ltv.find_customers(limit=2)) == ["c", "a"]
        assert ids(ltv.find_customers(after=(usd(15), CustomerId("a")))) == ["b", "d"]
        assert ids(ltv.find_customers(segment_id=vip)) == ["a", "b", "d"]
        assert ids(ltv.find_customers(segment_id=vip, cohort_id=may)) == ["b", "d"]
        assert ids(ltv.get_customers_by_segment(vip)) == ["a", "b", "d"]
        assert ids(ltv.get_customers_by_segment(vip, limit=1)) == ["a"]
        assert ids(ltv.get_customers_by_cohort(may)) == ["c", "b", "d"]
        assert ids(ltv.get_customers_by_cohort(may, limit=2)) == ["c", "b"]
        assert ltv.get_customers_by_cohort(CohortId("1999-01")) == []

    @MODEST
    @given(
        worth=st.lists(st.tuples(amounts, amounts), max_size=10),
        size=st.integers(1, 4),
        segment=st.sampled_from([None, SegmentId("vip")]),
    )
    def test_pages_of_customers_together_are_the_whole_list(
        self,
        new_storage: NewStorage,
        worth: list[tuple[Decimal, Decimal]],
        size: int,
        segment: SegmentId | None,
    ) -> None:
        ltv = new_storage().repositories.ltv
        for place, (actual, residual) in enumerate(worth):
            ltv.save_customer_ltv(
                a_value(f"{place}", actual=actual, residual=residual, segment="vip")
            )
        pages = all_pages(
            lambda after: ltv.find_customers(segment_id=segment, limit=size, after=after),
            lambda last: (last.predicted_clv, last.customer_id),
            at_most=len(worth),
        )
        assert len(pages) == len(worth)
        places = [(-each.predicted_clv.amount, each.customer_id) for each in pages]
        assert all(earlier < later for earlier, later in pairwise(places))
