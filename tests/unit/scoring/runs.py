"""Scoring customers, at once or on the ledger of CDNOW."""

from datetime import UTC, datetime

from local.cdnow import amounts_by_day
from succotash.application.scoring.churn_scoring import ChurnScoring, ScoringReport
from succotash.application.scoring.settings import ScoringSettings
from succotash.domain.repositories.storage import Repositories
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import USD, an_order, at


def run(storage: InMemoryStorage, as_of: str, **settings: float) -> ScoringReport:
    given = ScoringSettings(
        currency=USD,
        value_horizon_days=int(settings.get("value_horizon_days", 365)),
        churn_horizon_days=int(settings.get("churn_horizon_days", 90)),
        discount_rate=settings.get("discount_rate", 0.10),
        margin=settings.get("margin", 1.0),
    )
    return ChurnScoring(storage, given).run(at(as_of))


def record_cdnow(repositories: Repositories) -> None:
    repositories.ltv.record_orders(
        [
            an_order(
                f"{customer}-{day}",
                customer_id=customer,
                ordered_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
                amount=f"{amount:.2f}",
            )
            for customer, days in amounts_by_day().items()
            for day, amount in days.items()
        ]
    )
