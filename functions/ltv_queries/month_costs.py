"""Costs of a month, with the tag that a write of them may name."""

from typing import TypedDict

from succotash.application.value.acquisition import MonthCosts
from succotash.http.entity_tags import entity_tag


class MonthCostsView(MonthCosts):
    """Costs of acquisition in a month, with the tag of this state of them."""

    tag: str | None
    """Names this state of the month, for If-Match; None for a month without any cost."""


class CostList(TypedDict):
    """Costs of acquisition by month, the latest first."""

    months: list[MonthCostsView]


def tagged(month: MonthCosts) -> MonthCostsView:
    """The month with its tag."""
    return {**month, "tag": entity_tag(month) if month["costs"] else None}
