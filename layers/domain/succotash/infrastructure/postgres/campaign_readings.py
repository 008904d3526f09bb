"""Looks at campaigns in PostgreSQL."""

from collections.abc import Sequence
from datetime import timedelta
from typing import override

from succotash.domain.campaigns.readings import LookReading, LookTerms, LookTotals
from succotash.domain.repositories.campaign_readings import CampaignReadingRepository
from succotash.domain.values import CampaignId, Json
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.campaign_readings import (
    look_reading_of,
    look_told_document,
    look_totals_document,
    look_totals_of,
)

_SQL = statements("campaign_readings")


class PostgresCampaignReadingRepository(PostgresRepository, CampaignReadingRepository):
    """Looks at campaigns."""

    @override
    def total_looks(self, terms: LookTerms) -> list[LookTotals]:
        rows = self._run(
            _SQL["total_looks"],
            campaign_id=terms.campaign_id,
            bounds=[each - terms.window for each in terms.looks],
            until=terms.looks[-1] - terms.window,
            after=None if terms.after is None else terms.after - terms.window,
            window=terms.window // timedelta(microseconds=1),
            currency=terms.currency,
        )
        return look_totals_of(rows, len(terms.looks))

    @override
    def save_look_readings(self, campaign_id: CampaignId, readings: Sequence[LookReading]) -> None:
        rows: list[Json] = [
            {
                "look": each.look,
                "read_at": each.read_at.isoformat(),
                "totals": look_totals_document(each.totals),
                "told": look_told_document(each.told),
            }
            for each in readings
        ]
        self._run(_SQL["save_look_readings"], campaign_id=campaign_id, readings=Jsonb(rows))

    @override
    def get_look_readings(self, campaign_id: CampaignId) -> list[LookReading]:
        rows = self._run(_SQL["get_look_readings"], campaign_id=campaign_id)
        return [look_reading_of(row) for row in rows]
