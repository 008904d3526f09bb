"""The data that purchase models are fitted to, and the interface of all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

type Array = NDArray[np.float64]

_LARGEST_KEY = 2.0**62


def column(values: ArrayLike) -> Array:
    """A one-dimensional float column of anything numpy reads, `array.array` and memoryviews too."""
    read = np.asarray(values, dtype=np.float64)
    if read.ndim != 1:
        raise ValueError(f"a column has one dimension, this has {read.ndim}")
    return read


def weighted_sum(weight: Array, values: Array) -> float:
    """The sum of weight x values.

    Not a dot product: BLAS would start threads for it, which on a machine with busy or throttled
    cores made a fit six times slower, and would sum in an order that depends on their number.
    """
    return float((weight * values).sum())


def inner(one: Array, other: Array) -> float:
    """The same for a block of rows, without the product in between; einsum calls no BLAS."""
    return float(np.einsum("i,i->", one, other))


def customers_beyond(counts: Array, weight: Array) -> Array:
    """Count the customers with a count above 0, 1, 2 and so on; `counts` are distinct and whole."""
    of_each = np.bincount(counts.astype(np.intp), weight)
    beyond: Array = np.cumsum(of_each[:0:-1])[::-1]
    return beyond


@dataclass(frozen=True, slots=True)
class PurchaseSample:
    """Purchase histories as weighted rows, each combination once, sorted by their three numbers.

    `frequency`: repeat purchase days after the first. `recency`: days from the first purchase to
    the last (0 where there was no repeat). `age`: days from the first purchase to the end of
    observation. `weight`: customers with that history. All of shape (rows,).
    """

    frequency: Array
    recency: Array
    age: Array
    weight: Array

    @classmethod
    def from_columns(
        cls,
        frequency: ArrayLike,
        recency: ArrayLike,
        age: ArrayLike,
        weight: ArrayLike | None = None,
    ) -> Self:
        """Equal rows merged; each row counts `weight` customers, one by default.

        Raises ValueError where columns differ in length or a row is no purchase history
        (0 <= recency <= age, frequency a whole number and 0 exactly where recency is).
        """
        columns = [column(frequency), column(recency), column(age)]
        columns.append(np.ones_like(columns[0]) if weight is None else column(weight))
        if len({len(each) for each in columns}) != 1:
            raise ValueError("the columns of a sample are equally long")
        if not all(np.isfinite(each).all() for each in columns):
            raise ValueError("every number of a sample is finite")
        repeats, last, ages, weights = columns
        if (
            (repeats < 0).any()
            or (repeats != np.floor(repeats)).any()
            or (last < 0).any()
            or (last > ages).any()
            or ((repeats == 0) != (last == 0)).any()
            or (weights <= 0).any()
        ):
            raise ValueError(
                "a purchase history has 0 <= recency <= age, a whole frequency that is 0 exactly "
                "where recency is, and a weight above 0"
            )
        if weight is None and (packed := _packed(repeats, last, ages)) is not None:
            return cls(*packed)
        order = np.lexsort((ages, last, repeats))
        sorted_columns = repeats[order], last[order], ages[order]
        starts_run = np.ones(len(order), dtype=np.bool_)
        if len(order):
            starts_run[1:] = np.logical_or.reduce(
                [each[1:] != each[:-1] for each in sorted_columns]
            )
        starts = np.flatnonzero(starts_run)
        merged = np.add.reduceat(weights[order], starts) if len(order) else weights
        repeats, last, ages = (each[starts] for each in sorted_columns)
        return cls(repeats, last, ages, merged)

    @property
    def customers(self) -> float:
        """The number of customers that the rows stand for."""
        return float(self.weight.sum())

    @property
    def repeat_customers(self) -> float:
        """The number of customers who bought on more than one day."""
        return float(self.weight[self.frequency > 0].sum())

    @property
    def repeat_purchases(self) -> float:
        """The number of repeat purchases of all customers."""
        return weighted_sum(self.weight, self.frequency)

    def thinned(self, rows: int) -> Self:
        """Every k-th row, so that at most about `rows` remain; sorted order keeps it stratified."""
        step = max(1, len(self.weight) // rows)
        return type(self)(
            self.frequency[::step], self.recency[::step], self.age[::step], self.weight[::step]
        )


class PurchaseModel(Protocol):
    """A fitted model of repeat purchases.

    Every method is element-wise over columns of shape (customers,), in the units of
    `PurchaseSample`, and finite wherever its docstring does not say otherwise.
    """

    @property
    def name(self) -> str:
        """The name of the model in reports."""

    def parameters(self) -> Mapping[str, float]:
        """Its fitted numbers by name, in days where they have a unit."""

    def with_parameters(self, **parameters: float) -> Self:
        """The same model with other numbers."""

    def probability_alive(self, frequency: Array, recency: Array, age: Array) -> Array:
        """P(the customer has not left for good), in [0, 1]."""

    def expected_purchases(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        """Expected repeat purchases in the next `days`, at least 0."""

    def probability_inactive(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        """P(no purchase in the next `days`), in [0, 1]."""

    def probability_inactive_if_alive(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        """P(no purchase in the next `days`) if the customer has not left, in [0, 1]."""

    def age_at_even_odds(self, frequency: Array, recency: Array) -> Array:
        """The age in days at which P(alive) falls to 1/2 if the silence lasts.

        Never before `recency`; +inf where P(alive) never falls that low.
        """

    def simulate_purchases(
        self,
        frequency: Array,
        recency: Array,
        age: Array,
        days: float,
        random: np.random.Generator,
    ) -> Array:
        """Draw the number of purchases of each customer in the next `days`.

        Whole numbers; their mean over many draws is `expected_purchases`.
        """


def _packed(
    frequency: Array, recency: Array, age: Array
) -> tuple[Array, Array, Array, Array] | None:
    """Equal rows merged by sorting one whole number per row, three times as fast as by columns.

    None where the days are not whole or the numbers too large to share 63 bits.
    """
    if not len(age):
        return None
    days = int(age.max()) + 1
    if (float(frequency.max()) + 1) * days * days >= _LARGEST_KEY:
        return None
    last, ages = recency.astype(np.int64), age.astype(np.int64)
    if (last != recency).any() or (ages != age).any():
        return None
    keys, counts = np.unique(
        (frequency.astype(np.int64) * days + last) * days + ages, return_counts=True
    )
    rest, ages = np.divmod(keys, days)
    repeats, last = np.divmod(rest, days)
    return (
        repeats.astype(np.float64),
        last.astype(np.float64),
        ages.astype(np.float64),
        counts.astype(np.float64),
    )
