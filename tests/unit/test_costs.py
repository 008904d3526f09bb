"""What a stack costs, from prices, loads and the template."""

import pytest

from local.costs import (
    CHOICES,
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
    endpoints = len(deployed_of("AWS::EC2::VPCEndpoint")) - 1  # that of S3 is free
    assert HAS.endpoints + HAS.endpoints_for_passwords == endpoints
    assert HAS.secrets + HAS.password_secrets == len(deployed_of("AWS::SecretsManager::Secret"))
    assert HAS.alarm_metrics == len(deployed_of("AWS::CloudWatch::Alarm")), "no alarm on a sum"


def test_at_rest_the_defaults_stay_below_three_dollars() -> None:
    assert monthly(CHOICES[0], REST, HAS) < 3
    assert not [name for name in quantities(CHOICES[0], REST, HAS) if "endpoint" in name.lower()]


def test_a_night_keeps_the_cluster_awake_for_its_work_and_until_it_pauses() -> None:
    used = quantities(CHOICES[0], REST, HAS)["Aurora: capacity"]
    assert pytest.approx(0.1) == HAS.awake_after_use
    assert used == pytest.approx(30 * 0.5 * (REST.scoring_hours + 0.1))


def test_what_is_polled_is_counted_in_the_template() -> None:
    always = [
        each
        for each in deployed_of("AWS::Lambda::EventSourceMapping").values()
        if each.get("Enabled", True) is True
    ]
    assert HAS.queues + HAS.fifo_queues == len(always)
    queues = deployed_of("AWS::SQS::Queue").values()
    assert HAS.fifo_queues < sum(bool(each.get("FifoQueue")) for each in queues), "failures wait"


def test_only_what_is_beyond_the_free_amount_is_paid() -> None:
    free = PRICES["Lambda: requests"].free
    assert cost("Lambda: requests", free) == 0
    assert cost("Lambda: requests", free + 1) == pytest.approx(0.20)


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.name)
def test_more_requests_never_cost_less(choice: Choice) -> None:
    sums = [monthly(choice, load, HAS) for load in LOADS]
    assert sums == sorted(sums)
    assert all(name in PRICES for load in LOADS for name in quantities(choice, load, HAS))
