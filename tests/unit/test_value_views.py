"""What a customer's value reads like."""

from dataclasses import replace
from decimal import Decimal

import pytest

from succotash.application.value.views import ALIVE_BY_SUPPOSITION, customer_value_view
from succotash.domain.value.ltv import INTERVAL_LEVEL
from tests.builders import a_value


def test_where_most_probably_nothing_more_comes_the_interval_is_a_point_that_says_so() -> None:
    value = a_value(
        actual="1943.58",
        residual="36.45",
        interval=("0", "0"),
        median="0",
        no_purchase=0.917_24,
    )

    view = customer_value_view(value)

    assert view["predicted_clv"] == Decimal("1980.03")
    assert view["predicted_clv_interval"] == {
        "low": Decimal("1943.58"),
        "high": Decimal("1943.58"),
        "level": 0.9172,
        "is_point": True,
    }
    assert view["median_clv"] == Decimal("1943.58")
    assert view["probability_of_no_purchase"] == 0.9172


def test_an_interval_with_a_width_holds_with_the_level() -> None:
    value = a_value(
        actual="10", residual="25", interval=("0", "40"), median="12.5", no_purchase=0.3
    )

    view = customer_value_view(value)

    assert view["predicted_clv_interval"] == {
        "low": Decimal("10.00"),
        "high": Decimal("50.00"),
        "level": INTERVAL_LEVEL,
        "is_point": False,
    }
    assert view["median_clv"] == Decimal("22.50")


def test_a_value_from_before_intervals_were_kept_has_none() -> None:
    view = customer_value_view(a_value(interval=None, median=None, no_purchase=None))

    assert view["predicted_clv_interval"] is None
    assert view["median_clv"] is None
    assert view["probability_of_no_purchase"] is None


@pytest.mark.parametrize(
    ("frequency", "alive", "note"),
    [(0, 1.0, ALIVE_BY_SUPPOSITION), (0, 0.4, None), (3, 1.0, None)],
)
def test_a_probability_that_the_model_supposes_says_so(
    frequency: int, alive: float, note: str | None
) -> None:
    value = replace(a_value(), frequency=frequency, probability_alive=alive)

    assert customer_value_view(value)["probability_alive_note"] == note


@pytest.mark.parametrize(
    ("alive", "shown"), [(1e-16, 0.0), (0.000_04, 0.0), (0.123_456, 0.1235), (1 - 1e-12, 1.0)]
)
def test_probabilities_carry_four_decimals(alive: float, shown: float) -> None:
    assert (
        customer_value_view(replace(a_value(), probability_alive=alive))["probability_alive"]
        == shown
    )
