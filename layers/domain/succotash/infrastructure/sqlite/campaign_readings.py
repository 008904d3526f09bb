"""Looks at campaigns in SQLite."""

from collections.abc import Sequence
from typing import override

from succotash.domain.campaigns.readings import LookReading, LookTerms, LookTotals
from succotash.domain.repositories.campaign_readings import CampaignReadingRepository
from succotash.domain.values import CampaignId
from succotash.infrastructure.rows.campaign_readings import (
    look_reading_of,
    look_told_document,
    look_totals_document,
    look_totals_of,
)
from succotash.infrastructure.sqlite.columns import (
    json_text,
    micros,
    micros_span,
    optional_micros,
)
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("campaign_readings")


class SQLiteCampaignReadingRepository(SQLiteRepository, CampaignReadingRepository):
    """Looks at campaigns."""

    @override
    def total_looks(self, terms: LookTerms) -> list[LookTotals]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["total_looks"],
                campaign_id=terms.campaign_id,
                looks=json_text([micros(each) for each in terms.looks]),
                until=micros(terms.looks[-1]),
                after=optional_micros(terms.after),
                window=micros_span(terms.window),
                currency=terms.currency,
            )
            return look_totals_of(rows, len(terms.looks))

    @override
    def save_look_readings(self, campaign_id: CampaignId, readings: Sequence[LookReading]) -> None:
        with self._unit.writing() as session:
            session.run_for_each(
                _SQL["save_look_reading"],
                (
                    {
                        "campaign_id": campaign_id,
                        "look": each.look,
                        "read_at": micros(each.read_at),
                        "totals": json_text(look_totals_document(each.totals)),
                        "told": None
                        if each.told is None
                        else json_text(look_told_document(each.told)),
                    }
                    for each in readings
                ),
            )

    @override
    def get_look_readings(self, campaign_id: CampaignId) -> list[LookReading]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_look_readings"], campaign_id=campaign_id)
            return [look_reading_of(row) for row in rows]
