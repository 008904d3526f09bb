"""The demo's campaign that is over."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic_core import to_jsonable_python

from local.past_campaign import (
    CAMPAIGN_ID,
    CHANCES,
    CHEAPEST,
    CUSTOMERS,
    DEAREST,
    EFFECT,
    SENT_AT,
    WINDOW,
    later_orders,
    run_past_campaign,
)
from succotash.container import Container
from succotash.domain.campaigns.assignment import Arm


@pytest.fixture
def container() -> Container:
    return Container({"SUCCOTASH_STORAGE": "memory"})


def found(container: Container) -> Any:  # noqa: ANN401 - JSON
    handler = container.get_retention_handler()
    return to_jsonable_python(handler.get_campaign_performance(CAMPAIGN_ID))


def test_what_it_is_known_to_add_follows_from_what_is_drawn() -> None:
    mean = Decimal(CHEAPEST + DEAREST) / 2 / 100
    more = Decimal(str(CHANCES[Arm.TREATMENT])) - Decimal(str(CHANCES[Arm.HOLDOUT]))
    assert more * mean == EFFECT


def test_its_effect_is_found_and_the_interval_covers_the_truth(container: Container) -> None:
    assert run_past_campaign(container)

    performance = found(container)
    effect = performance["effect"]
    added = effect["everybody"]["incremental_revenue_per_member"]
    assert (effect["finding"], effect["is_final"], effect["crossed_at"]) == ("more", True, 1)
    assert 0 < Decimal(added["low"]) < EFFECT < Decimal(added["high"])
    groups = [effect["everybody"][name]["members"] for name in ("treatment", "holdout")]
    assert sum(groups) == CUSTOMERS
    assert performance["metrics"]["sent"] == performance["metrics"]["targeted"] == groups[0]


def test_the_mail_service_reports_on_messages_that_left(container: Container) -> None:
    run_past_campaign(container)

    metrics = found(container)["metrics"]
    assert metrics["sent"] > metrics["delivered"] > metrics["opened"] > metrics["clicked"] > 0
    assert metrics["unsubscribed"] == metrics["bounced"] == metrics["complained"] == 0


def test_it_happens_once(container: Container) -> None:
    assert run_past_campaign(container)
    before = found(container)

    assert not run_past_campaign(container)

    assert found(container) == before


def test_its_later_orders_lie_in_the_window_and_are_the_same_each_time() -> None:
    orders = list(later_orders("a key"))

    assert orders == list(later_orders("a key"))
    assert all(SENT_AT <= each.ordered_at < SENT_AT + WINDOW for each in orders)
