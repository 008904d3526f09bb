"""Whoever writes to the outbox has it relayed, once what they wrote is committed."""

from datetime import datetime
from typing import override

import pytest

from succotash.application.intake.form_handler import FormHandler
from succotash.application.scoring.churn_scoring import ChurnScoring
from succotash.application.scoring.settings import ScoringSettings
from succotash.domain.leads.leads import LeadStatus
from succotash.domain.repositories.delivery import RelayWaker
from succotash.domain.values import uuid7
from succotash.errors import InvalidInputError
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import NOON, USD


class Waker(RelayWaker):
    """Looks, each time, at what a relay would find."""

    def __init__(self, storage: InMemoryStorage) -> None:
        self.storage = storage
        self.found: list[int] = []

    @override
    def wake(self, at: datetime | None = None) -> None:
        self.found.append(self.storage.repositories.outbox.count_backlog().waiting)


@pytest.fixture
def waker() -> Waker:
    return Waker(InMemoryStorage())


@pytest.fixture
def forms(waker: Waker) -> FormHandler:
    return FormHandler(waker.storage, lambda: NOON, uuid7, waker=waker)


def test_a_submission_wakes_and_one_that_is_refused_does_not(
    forms: FormHandler, waker: Waker
) -> None:
    forms.submit_form({"email": "ada@example.com"}, key="once")
    forms.submit_form({"email": "ada@example.com"}, key="once")
    with pytest.raises(InvalidInputError):
        forms.submit_form({"email": "nobody"})
    assert waker.found == [2]


def test_a_release_and_a_move_along_the_funnel_wake(forms: FormHandler, waker: Waker) -> None:
    suspect = forms.submit_form({"email": "ada@example.com", "_gotcha": "x"})
    released = forms.release_submission(suspect["submission_id"])
    forms.update_lead_status(str(released["lead_id"]), LeadStatus.CONTACTED)
    assert waker.found == [1, 3, 4]


def test_a_published_run_wakes(waker: Waker) -> None:
    settings = ScoringSettings(
        currency=USD,
        value_horizon_days=365,
        churn_horizon_days=90,
        discount_rate=0.1,
        margin=1.0,
    )
    ChurnScoring(waker.storage, settings, lambda: NOON, waker=waker).run(NOON)
    assert waker.found == [1]
