from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.cdnow import CALIBRATION_END, histories
from succotash.domain.models.purchases import PurchaseSample


def test_equal_histories_become_one_weighted_row() -> None:
    sample = PurchaseSample.from_columns([2, 0, 2, 2], [5, 0, 5, 4], [9, 9, 9, 9])

    assert sample.frequency.tolist() == [0, 2, 2]
    assert sample.recency.tolist() == [0, 4, 5]
    assert sample.age.tolist() == [9, 9, 9]
    assert sample.weight.tolist() == [1, 1, 2]


def test_weights_of_equal_histories_add_up() -> None:
    sample = PurchaseSample.from_columns([1, 1], [3, 3], [7, 7], weight=[10, 2.5])

    assert sample.weight.tolist() == [12.5]


def test_columns_of_the_standard_library_are_read_without_numpy() -> None:
    sample = PurchaseSample.from_columns(
        array("q", [1]), memoryview(array("d", [3.5])), array("i", [7])
    )

    assert (sample.frequency[0], sample.recency[0], sample.age[0]) == (1, 3.5, 7)


def test_the_cdnow_sample_counts_as_published() -> None:
    """Fader, Hardie & Lee (2005): 2,357 customers, 1,411 of them without a repeat purchase."""
    known = histories(CALIBRATION_END)
    sample = known.sample()

    assert sample.customers == 2357
    assert sample.repeat_customers == 2357 - 1411
    assert sample.repeat_purchases == 2457
    assert known.holdout_purchases.sum() == 1882


def test_a_sample_of_nobody_is_empty() -> None:
    sample = PurchaseSample.from_columns([], [], [])

    assert sample.customers == 0
    assert sample.repeat_purchases == 0


@pytest.mark.parametrize(
    ("frequency", "recency", "age"),
    [
        ([1], [5], [4]),
        ([1], [0], [4]),
        ([0], [2], [4]),
        ([-1], [2], [4]),
        ([1.5], [2], [4]),
        ([1], [float("nan")], [4]),
        ([1], [2], [float("inf")]),
        ([1, 2], [2], [4]),
    ],
)
def test_what_is_no_purchase_history_is_refused(
    frequency: list[float], recency: list[float], age: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"history|finite|equally long"):
        PurchaseSample.from_columns(frequency, recency, age)


def test_a_table_instead_of_a_column_is_refused() -> None:
    with pytest.raises(ValueError, match="one dimension"):
        PurchaseSample.from_columns([[1.0]], [2.0], [3.0])


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(3, 4)), min_size=1))
def test_merging_keeps_every_customer(rows: list[tuple[int, int, int]]) -> None:
    columns = np.array(rows, dtype=np.float64).T
    sample = PurchaseSample.from_columns(*columns)

    merged = set(zip(sample.frequency, sample.recency, sample.age, strict=True))
    assert merged == {tuple(map(float, row)) for row in rows}
    assert len(merged) == len(sample.weight)
    assert sample.customers == len(rows)
    assert sample.repeat_purchases == columns[0].sum()


def test_a_thinned_sample_keeps_every_kth_row() -> None:
    sample = PurchaseSample.from_columns(range(1, 11), range(1, 11), range(1, 11))

    assert sample.thinned(5).frequency.tolist() == [1, 3, 5, 7, 9]
    assert len(sample.thinned(100).weight) == 10
