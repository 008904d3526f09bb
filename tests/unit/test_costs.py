"""What a stack costs, from prices, loads and the template."""

import pytest

from local.costs import (
    CHOICES,
    HOURS,
    LOADS,
    PRICES,
    Choice,
    Inventory,
    cost,
    monthly,
    quantities,
)
from tests.template.stack import deployed_of, written

HAS = Inventory.of_template(written())
REST = LOADS[0]


def test_what_is_paid_by_the_piece_is_counted_in_the_template() -> None:
    assert HAS.endpoints == len(deployed_of("AWS::EC2::VPCEndpoint")) - 1  # that of S3 is free
    assert HAS.secrets + HAS.password_secrets == len(deployed_of("AWS::SecretsManager::Secret"))
    assert HAS.alarm_metrics > len(deployed_of("AWS::CloudWatch::Alarm"))


def test_at_rest_the_defaults_pay_for_endpoints_and_a_cluster_that_is_kept_awake() -> None:
    used = quantities(CHOICES[0], REST, HAS)
    assert cost("Interface endpoints", used["Interface endpoints"]) == pytest.approx(43.8)
    assert used["Aurora: capacity"] == pytest.approx(0.5 * HOURS, rel=0.01)


def test_only_what_is_beyond_the_free_amount_is_paid() -> None:
    free = PRICES["Lambda: requests"].free
    assert cost("Lambda: requests", free) == 0
    assert cost("Lambda: requests", free + 1) == pytest.approx(0.20)


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.name)
def test_more_requests_never_cost_less(choice: Choice) -> None:
    sums = [monthly(choice, load, HAS) for load in LOADS]
    assert sums == sorted(sums)
    assert all(name in PRICES for load in LOADS for name in quantities(choice, load, HAS))
