"""What is held about a person, on storage in memory."""

import pytest

from succotash.application.people.exports import ACTIVITY_EXPORTED
from succotash.application.people.people_handler import PeopleHandler
from succotash.application.people.views import CustomerRecord
from succotash.domain.repositories.storage import Repositories
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import (
    NOON,
    a_prediction,
    a_profile,
    a_run,
    a_value,
    an_event,
    an_order,
    minutes,
)

EMAIL = "ada@example.com"


@pytest.fixture
def storage() -> InMemoryStorage:
    return InMemoryStorage()


@pytest.fixture
def repositories(storage: InMemoryStorage) -> Repositories:
    return storage.repositories


def only_customer(storage: InMemoryStorage) -> CustomerRecord:
    [customer] = PeopleHandler(storage, lambda: NOON).export_person(EMAIL)["customers"]
    return customer


def test_an_export_has_what_was_concluded_about_a_customer(
    storage: InMemoryStorage, repositories: Repositories
) -> None:
    repositories.ltv.record_orders([an_order(email=EMAIL)])
    repositories.retention.open_scoring_run(a_run())
    repositories.retention.finish_scoring_run(a_run().run_id, 1)
    repositories.ltv.save_customer_ltv(a_value(actual="30"))
    repositories.retention.save_churn_prediction(a_prediction(probability=0.25))
    repositories.retention.save_user_engagement_profile(a_profile(sessions=7))
    found = only_customer(storage)
    assert found["value"] is not None
    assert found["value"]["actual_clv"] == 30
    assert found["churn_risk"] is not None
    assert found["churn_risk"]["churn_probability"] == 0.25
    assert found["engagement"] is not None
    assert found["engagement"]["sessions"] == 7


def test_a_customer_no_run_has_seen_is_exported_without_conclusions(
    storage: InMemoryStorage, repositories: Repositories
) -> None:
    repositories.ltv.record_orders([an_order(email=EMAIL)])
    found = only_customer(storage)
    assert (found["value"], found["churn_risk"], found["engagement"]) == (None, None, None)


@pytest.mark.parametrize("more", [0, 1])
def test_an_export_says_whether_activity_was_left_out(
    storage: InMemoryStorage, repositories: Repositories, more: int
) -> None:
    repositories.ltv.record_orders([an_order(email=EMAIL)])
    repositories.retention.record_activity(
        [
            an_event(f"event-{number}", occurred_at=NOON + minutes(number))
            for number in range(ACTIVITY_EXPORTED + more)
        ]
    )
    found = only_customer(storage)
    assert len(found["activity"]) == ACTIVITY_EXPORTED
    assert found["activity"][-1]["event_id"] == f"event-{more}"
    assert found["activity_truncated"] == bool(more)
