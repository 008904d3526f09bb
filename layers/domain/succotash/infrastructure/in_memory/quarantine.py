"""Digests of submissions in quarantine in memory."""

import dataclasses
from datetime import datetime
from typing import override

from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.intake.spam import CHALLENGE_REASONS, ChallengeState
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.domain.repositories.quarantine import QuarantineRepository
from succotash.infrastructure.in_memory.form_definitions import InMemoryFormDefinitionRepository
from succotash.infrastructure.in_memory.pages import page
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic


class InMemoryQuarantineRepository(InMemoryRepository, QuarantineRepository):
    """Digests of submissions in quarantine."""

    @override
    @atomic
    def open_digests(self, until: datetime) -> list[QuarantineDigest]:
        opened = []
        for form in InMemoryFormDefinitionRepository(self.tables).get_all_forms():
            last = self.tables.digests.get(form.form_id)
            since = None if last is None else last.until
            if not form.digest or not form.notify or (since is not None and since >= until):
                continue
            digest = QuarantineDigest(form.form_id, since, until, 0)
            held = sum(map(digest.holds, self.tables.submissions_by_form[form.form_id]))
            self.tables.digests[form.form_id] = dataclasses.replace(digest, count=held)
            opened.append(self.tables.digests[form.form_id])
        return [each for each in opened if each.count]

    @override
    @atomic
    def end_challenges(self, before: datetime, *, limit: int) -> list[FormSubmission]:
        waiting = sorted(
            (
                each
                for each in self.tables.submissions.values()
                if each.awaits_challenge and each.stored_at < before
            ),
            key=lambda each: (each.stored_at, each.submission_id),
        )
        unchecked = (CHALLENGE_REASONS[ChallengeState.UNKNOWN],)
        ended = [dataclasses.replace(each, spam_reasons=unchecked) for each in waiting[:limit]]
        for each in ended:
            self.tables.submissions[each.submission_id] = each
        return ended

    @override
    @atomic
    def get_quarantined(self, digest: QuarantineDigest, *, limit: int) -> list[FormSubmission]:
        matching = filter(digest.holds, self.tables.submissions_by_form[digest.form_id])
        return page(
            matching,
            lambda each: (each.stored_at, each.submission_id),
            limit,
        )
