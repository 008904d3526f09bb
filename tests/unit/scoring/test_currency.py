"""Money in the scheduled run."""

from decimal import Decimal

import pytest

from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.ltv import LTVSegment
from succotash.domain.values import (
    Currency,
    Money,
    SegmentId,
)
from succotash.errors import (
    SettingsError,
)
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import an_order, at
from tests.unit.scoring.runs import run


class TestCurrency:
    def test_a_ledger_in_another_currency_is_not_scored(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        moment = at("2025-11-01T00:00:00Z")
        repositories.ltv.record_orders(
            [
                an_order("o1", ordered_at=moment),
                an_order("o2", ordered_at=moment, currency="JPY"),
            ]
        )
        with pytest.raises(SettingsError, match=r"CURRENCY is USD, .* holds orders in JPY"):
            run(storage, "2026-01-01T03:00:00Z")
        assert repositories.retention.get_scoring_runs() == []
        assert run(storage, "2025-01-01T03:00:00Z")["customers"] == 0, "before both"

    def test_a_bound_in_another_currency_is_not_taken_for_ours(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        yen = Money(Decimal(100), Currency("JPY"))
        repositories.ltv.save_ltv_segment(LTVSegment(SegmentId("rich"), "Rich", lower_bound=yen))
        with pytest.raises(SettingsError, match="the segment rich has its bound in JPY"):
            run(storage, "2026-01-01T03:00:00Z")
