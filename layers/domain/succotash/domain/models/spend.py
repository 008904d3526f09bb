"""The interface of all models of money per purchase."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import ArrayLike

from succotash.domain.models.purchases import Array, column


@dataclass(frozen=True, slots=True)
class SpendSample:
    """Repeat customers with a positive mean, the only ones who tell about spend.

    `frequency`: repeat purchase days. `mean_spend`: money per repeat purchase day. `weight`:
    customers. All of shape (rows,).
    """

    frequency: Array
    mean_spend: Array
    weight: Array

    @classmethod
    def from_columns(
        cls, frequency: ArrayLike, mean_spend: ArrayLike, weight: ArrayLike | None = None
    ) -> Self:
        """The rows that tell about spend; one-time buyers and means of 0 or less are left out.

        Raises ValueError where the columns differ in length or hold what is not finite.
        """
        repeats, means = column(frequency), column(mean_spend)
        weights = np.ones_like(repeats) if weight is None else column(weight)
        if not len(repeats) == len(means) == len(weights):
            raise ValueError("the columns of a sample are equally long")
        if not all(np.isfinite(each).all() for each in (repeats, means, weights)):
            raise ValueError("every number of a sample is finite")
        telling = (repeats > 0) & (means > 0) & (weights > 0)
        return cls(repeats[telling], means[telling], weights[telling])

    @property
    def customers(self) -> float:
        """The number of customers that the rows stand for."""
        return float(self.weight.sum())


class SpendModel(Protocol):
    """A fitted model of money per purchase; element-wise, in the currency it was fitted in."""

    @property
    def name(self) -> str:
        """The name of the model in reports."""

    def parameters(self) -> Mapping[str, float]:
        """Its fitted numbers by name."""

    def with_parameters(self, **parameters: float) -> Self:
        """The same model with other numbers."""

    def expected_spend(self, frequency: Array, mean_spend: Array) -> Array:
        """Expected money per future purchase, finite and at least 0.

        `mean_spend` is per repeat purchase day, counts as 0 where it is negative (refunds), and
        is ignored where `frequency` is 0.
        """

    def simulate_spend(
        self, frequency: Array, mean_spend: Array, purchases: Array, random: np.random.Generator
    ) -> Array:
        """Draw the revenue of so many future `purchases` together; at least 0.

        `frequency` and `mean_spend` as above.
        """
