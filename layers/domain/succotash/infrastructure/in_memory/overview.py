"""The figures of a period, in memory."""

from datetime import datetime
from typing import override

from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.analytics import PeriodCounts
from succotash.domain.repositories.overview import OverviewRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import RunState, ScoringRun
from succotash.domain.scoring.overview import EarlierRun, OverviewFigures, OverviewQuery
from succotash.domain.value.revenue import RevenueDay, add_up
from succotash.infrastructure.in_memory.form_analytics import (
    InMemoryFormAnalyticsRepository,
    within,
)
from succotash.infrastructure.in_memory.outbox import InMemoryOutboxRepository
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.run_progress import InMemoryRunProgressRepository
from succotash.infrastructure.in_memory.tables import atomic


class InMemoryOverviewRepository(InMemoryRepository, OverviewRepository):
    """Figures of a period and of the one before it."""

    @override
    @atomic
    def find_overview(self, query: OverviewQuery) -> Labelled[OverviewFigures]:
        [current] = self.tables.runs_by_state[RunState.CURRENT]
        backlog = InMemoryOutboxRepository(self.tables).count_backlog()
        progress = InMemoryRunProgressRepository(self.tables).get_run_progress(limit=1)
        return self.tables.labelled(
            OverviewFigures(
                now=self._counts(query.start, query.end),
                before=self._counts(query.earlier, query.start),
                revenue=self._revenue(query),
                summary=current.summary,
                earlier_run=self._earlier_run(current, query),
                quarantined=sum(
                    each.state is SubmissionState.QUARANTINED
                    for each in self.tables.submissions.values()
                ),
                dead_lettered=backlog.dead_lettered,
                uncertain=backlog.uncertain,
                failed_imports=self._failed_imports(query),
                latest=next(iter(progress), None),
            )
        )

    def _counts(self, start: datetime, end: datetime) -> PeriodCounts:
        analytics = InMemoryFormAnalyticsRepository(self.tables)
        leads = analytics.new_leads(start, end, None, None)
        return PeriodCounts(
            sum(within(each.submitted_at, start, end) for each in self.tables.submissions.values()),
            len(leads),
            sum(analytics.is_hot(lead.lead_id) for lead in leads),
        )

    def _revenue(self, query: OverviewQuery) -> list[RevenueDay]:
        shards = self.tables.revenue_days.get(self.tables.current_run()) or {}
        days = add_up(each for shard in shards.values() for each in shard)
        return [each for each in days if query.first_day <= each.day <= query.last_day]

    def _earlier_run(self, current: ScoringRun, query: OverviewQuery) -> EarlierRun | None:
        wanted = current.as_of - query.span
        known = [each for each in self.tables.runs_by_state[RunState.SUPERSEDED] if each.summary]
        found = min(
            known, key=lambda run: (abs(run.as_of - wanted), wanted - run.as_of), default=None
        )
        return None if found is None else EarlierRun(found.run_id, found.as_of, found.summary)

    def _failed_imports(self, query: OverviewQuery) -> int:
        return sum(
            each.failure is not None
            or (each.ended_at is None and each.started_at < query.imports_given_up_before)
            for each in self.tables.import_progress.values()
            if each.started_at >= query.start
        )
