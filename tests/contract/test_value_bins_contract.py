"""What every LTVRepository does with the distribution of values."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.domain.value.distribution import BIN_EDGES, ValueBin, ValueMeasure, bin_of
from succotash.domain.value.ltv import CustomerLTV
from succotash.domain.values import LARGEST_UNITS, MONEY_PLACES, RunId
from succotash.errors import NotFoundError
from tests.builders import NOON, USD, a_run, a_value, days, value_columns
from tests.contract.conftest import NewStorage
from tests.strategies import MODEST


def count(repositories: Repositories, values: list[CustomerLTV]) -> RunId:
    """Count a run's values by bins, and publish it."""
    run = a_run()
    repositories.retention.open_scoring_run(run)
    repositories.ltv.save_customer_values(run.run_id, USD, None, value_columns(values))
    repositories.ltv.build_value_bins(run.run_id)
    repositories.retention.finish_scoring_run(run.run_id, len(values))
    return run.run_id


def number(amount: str) -> int:
    """Of the bin that begins with this amount."""
    return BIN_EDGES.index(Decimal(amount)) + 1


def test_customers_are_counted_by_each_of_their_amounts(repositories: Repositories) -> None:
    run_id = count(
        repositories,
        [
            a_value("a", actual="9.9999", residual="0.0001"),
            a_value("b", actual="10", residual="0"),
            a_value("c", actual="14.9999", residual="5"),
            a_value("d", actual="-3.5", residual="1.2345"),
        ],
    )
    ltv = repositories.ltv

    predicted = ltv.find_value_bins(ValueMeasure.PREDICTED_CLV)
    assert predicted.run.run_id == run_id
    assert predicted.found == [
        ValueBin(0, 1, Decimal("-2.2655")),
        ValueBin(number("10"), 2, Decimal(20)),
        ValueBin(number("15"), 1, Decimal("19.9999")),
    ]
    assert ltv.find_value_bins(ValueMeasure.ACTUAL_CLV).found == [
        ValueBin(0, 1, Decimal("-3.5")),
        ValueBin(number("7"), 1, Decimal("9.9999")),
        ValueBin(number("10"), 2, Decimal("24.9999")),
    ]
    assert ltv.find_value_bins(ValueMeasure.RESIDUAL_VALUE).found == [
        ValueBin(number("0"), 2, Decimal("0.0001")),
        ValueBin(number("1"), 1, Decimal("1.2345")),
        ValueBin(number("5"), 1, Decimal(5)),
    ]


def test_before_the_first_run_there_is_no_bin(ltv: LTVRepository) -> None:
    ltv.save_customer_ltv(a_value())

    found = ltv.find_value_bins(ValueMeasure.ACTUAL_CLV)
    assert (found.run.run_id, found.found) == (INITIAL_RUN, [])


def test_bins_are_seen_when_their_run_is_and_counted_again_replace_themselves(
    repositories: Repositories,
) -> None:
    ltv, later = repositories.ltv, a_run(NOON + days(1))
    first = count(repositories, [a_value("a")])
    repositories.retention.open_scoring_run(later)
    for values in ([a_value("a"), a_value("b"), a_value("c")], [a_value("a"), a_value("b")]):
        ltv.save_customer_values(later.run_id, USD, None, value_columns(values))
        ltv.build_value_bins(later.run_id)

    before = ltv.find_value_bins(ValueMeasure.ACTUAL_CLV)
    assert (before.run.run_id, [each.customers for each in before.found]) == (first, [1])
    repositories.retention.finish_scoring_run(later.run_id, 2)
    assert [each.customers for each in ltv.find_value_bins(ValueMeasure.ACTUAL_CLV).found] == [2]


def test_bins_of_a_run_that_there_is_not_are_not_counted(ltv: LTVRepository) -> None:
    with pytest.raises(NotFoundError):
        ltv.build_value_bins(RunId("nothing"))


def test_totals_beyond_64_bits_are_exact(repositories: Repositories) -> None:
    largest = Decimal(LARGEST_UNITS).scaleb(-MONEY_PLACES)
    count(repositories, [a_value(each, actual=largest, residual="0") for each in "abc"])

    [found] = repositories.ltv.find_value_bins(ValueMeasure.ACTUAL_CLV).found
    assert (found.number, found.customers, found.total) == (len(BIN_EDGES), 3, 3 * largest)
    assert found.high is None


@MODEST
@given(amounts=st.lists(st.integers(-(10**7), 10**14), min_size=1, max_size=20))
def test_every_amount_lies_within_its_bin(amounts: list[int], new_storage: NewStorage) -> None:
    """And every storage counts it there."""
    repositories = new_storage().repositories
    found = [Decimal(units).scaleb(-MONEY_PLACES) for units in amounts]
    count(
        repositories,
        [a_value(str(place), actual=each, residual="0") for place, each in enumerate(found)],
    )

    bins = repositories.ltv.find_value_bins(ValueMeasure.ACTUAL_CLV).found
    assert [each.number for each in bins] == sorted({bin_of(units) for units in amounts})
    for each in bins:
        inside = [
            amount
            for amount in found
            if (each.low is None or each.low <= amount)
            and (each.high is None or amount < each.high)
        ]
        assert (each.customers, each.total) == (len(inside), sum(inside))
