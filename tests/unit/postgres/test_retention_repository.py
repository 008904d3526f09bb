"""What is PostgreSQL's own about activity and scoring runs; the contract suite checks the rest."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from itertools import count

import pytest

from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.grids import CohortAnchor
from succotash.domain.retention.retention import (
    INITIAL_RUN,
    GridCell,
    GridMode,
    GridPeriod,
    RiskLevel,
    ScoringRun,
)
from succotash.domain.value.ledgers import RecordOutcome
from succotash.domain.values import SHARDS, Currency, CustomerId, Money, Shard
from succotash.errors import CurrencyMismatchError, NotFoundError, RunInProgressError
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.retention import PostgresRetentionRepository
from succotash.infrastructure.postgres.storage import PostgresStorage
from tests.builders import (
    NOON,
    a_lead,
    a_prediction,
    a_profile,
    a_run,
    a_submission,
    an_event,
    an_order,
    days,
    prediction_columns,
    profile_columns,
)
from tests.databases import migrated_database
from tests.faults.proxy import proxy_to
from tests.servers import PostgresServer

AWKWARD = "tab\tnewline\nbackslash\\N quote'\" ü 🦑 \\t"
DAYS = count()


@pytest.fixture
def retention(settings: ConnectionSettings) -> Iterator[PostgresRetentionRepository]:
    """Made as the documentation shows."""
    repository = PostgresRetentionRepository(
        host=settings.host,
        port=settings.port,
        database=settings.database,
        user=settings.user,
        password=settings.password(),
    )
    yield repository
    repository.close()


@pytest.fixture
def run() -> ScoringRun:
    """A run later than those of the tests before."""
    return a_run(NOON + days(next(DAYS)))


def test_a_batch_of_events_is_one_round_trip_once_warm(
    settings: ConnectionSettings, customer_id: CustomerId
) -> None:
    batch = [an_event(f"{place}", customer_id=customer_id) for place in range(500)]
    with proxy_to((settings.host, settings.port)) as proxy:
        storage = PostgresStorage(replace(settings, host="127.0.0.1", port=proxy.port))
        storage.repositories.retention.record_activity([an_event(customer_id=customer_id)])
        before = proxy.round_trips
        outcomes = storage.repositories.retention.record_activity(batch)
        taken = proxy.round_trips - before
        storage.close()
    assert outcomes == [RecordOutcome.RECORDED] * 500
    assert taken == 1


def test_an_event_that_another_transaction_adds_meanwhile_is_unchanged(
    storage: PostgresStorage, customer_id: CustomerId
) -> None:
    event = an_event(customer_id=customer_id, interests=("null", AWKWARD))
    with ThreadPoolExecutor(1) as elsewhere:
        with storage.transaction() as repositories:
            repositories.retention.record_activity([event])
            waiting = elsewhere.submit(storage.repositories.retention.record_activity, [event])
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
        assert waiting.result(timeout=10) == [RecordOutcome.UNCHANGED]


def test_reasons_and_interests_with_any_characters_go_in_by_copy(
    retention: PostgresRetentionRepository, customer_id: CustomerId
) -> None:
    prediction = a_prediction(customer_id, reasons=(AWKWARD, ""), run_id=INITIAL_RUN)
    profile = a_profile(customer_id, interests={AWKWARD: 2}, run_id=INITIAL_RUN)
    retention.save_churn_predictions(INITIAL_RUN, None, prediction_columns([prediction]))
    retention.save_engagement_profiles(INITIAL_RUN, None, profile_columns([profile]))
    assert retention.get_churn_prediction(customer_id) == prediction
    assert retention.get_user_engagement_profile(customer_id) == profile


def test_interests_with_any_characters_come_out_by_copy(
    retention: PostgresRetentionRepository, customer_id: CustomerId
) -> None:
    retention.record_activity([an_event(customer_id=customer_id, interests=(AWKWARD, "null"))])
    found = retention.activity_summaries(NOON, "UTC")
    place = found.days.customer_ids.index(customer_id)
    assert found.interests[place] == {AWKWARD: 1, "null": 1}


def test_a_shard_of_a_run_that_was_given_up_is_refused(
    retention: PostgresRetentionRepository, customer_id: CustomerId, run: ScoringRun
) -> None:
    retention.open_scoring_run(run)
    retention.save_churn_predictions(run.run_id, None, prediction_columns([]))
    newer = a_run(run.as_of + days(0.5))
    retention.open_scoring_run(newer)
    with pytest.raises(NotFoundError):
        retention.save_churn_predictions(
            run.run_id, None, prediction_columns([a_prediction(customer_id)])
        )
    retention.finish_scoring_run(newer.run_id, customers=0)


def test_giving_a_run_up_waits_for_the_shard_being_written(
    storage: PostgresStorage, customer_id: CustomerId, run: ScoringRun
) -> None:
    storage.repositories.retention.open_scoring_run(run)
    newer = a_run(run.as_of + days(0.5))
    with ThreadPoolExecutor(1) as elsewhere:
        with storage.transaction() as repositories:
            repositories.retention.save_churn_predictions(
                run.run_id, None, prediction_columns([a_prediction(customer_id)])
            )
            waiting = elsewhere.submit(storage.repositories.retention.open_scoring_run, newer)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
        waiting.result(timeout=10)
    storage.repositories.retention.finish_scoring_run(newer.run_id, customers=0)
    with pytest.raises(NotFoundError):
        storage.repositories.retention.get_churn_prediction(customer_id)


def test_of_two_runs_that_open_at_once_one_is_told_to_wait(
    storage: PostgresStorage, run: ScoringRun
) -> None:
    older = a_run(run.as_of - days(0.25))
    with ThreadPoolExecutor(1) as elsewhere:
        with storage.transaction() as repositories:
            repositories.retention.open_scoring_run(run)
            waiting = elsewhere.submit(storage.repositories.retention.open_scoring_run, older)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
        with pytest.raises(RunInProgressError):
            waiting.result(timeout=10)
    storage.repositories.retention.finish_scoring_run(run.run_id, customers=0)


def test_value_at_risk_in_two_currencies_is_refused(
    storage: PostgresStorage, customer_id: CustomerId, run: ScoringRun
) -> None:
    dollars = a_prediction(customer_id, risk=RiskLevel.HIGH, run_id=run.run_id)
    euros = replace(
        dollars,
        customer_id=CustomerId(f"{customer_id}-euros"),
        value_at_risk=Money(Decimal(1), Currency("EUR")),
    )
    with storage.transaction() as repositories:
        repositories.retention.open_scoring_run(run)
        for prediction in (dollars, euros):
            repositories.retention.save_churn_prediction(prediction)
        repositories.retention.finish_scoring_run(run.run_id, customers=2)
    with pytest.raises(CurrencyMismatchError):
        storage.repositories.retention.get_retention_analytics()


@pytest.fixture
def own(postgres_server: PostgresServer) -> Iterator[ConnectionSettings]:
    """A database of which nothing else is counted."""
    with migrated_database(postgres_server) as found:
        yield found


def grid_of_forms(
    own: ConnectionSettings, change: Callable[[Repositories], object]
) -> list[GridCell]:
    """Of two leads who ordered a day later, with a change between shards and finish."""
    run = a_run(NOON + days(2))
    with closing(PostgresStorage(own)) as storage:
        repositories = storage.repositories
        for lead in ("ada", "bob"):
            repositories.forms.save_lead(a_lead(lead))
            repositories.forms.save_form_submission(a_submission(f"form-of-{lead}", lead_id=lead))
            order = an_order(
                customer_id=lead, ordered_at=NOON + days(1), email=f"{lead}@example.com"
            )
            repositories.ltv.record_orders([order])
        repositories.retention.open_scoring_run(run)
        for index in range(SHARDS):
            repositories.retention.finish_shard(run, Shard(index, SHARDS), 0)
        change(repositories)
        repositories.retention.build_retention_grids(run.run_id, run.as_of, "UTC")
        repositories.retention.finish_scoring_run(run.run_id, 2)
        return repositories.retention.get_retention_grid(
            GridPeriod.DAY, GridMode.NDAY, CohortAnchor.FORM
        )


def test_a_lead_erased_between_shards_and_finish_leaves_no_cell_larger_than_its_cohort(
    own: ConnectionSettings, postgres_server: PostgresServer
) -> None:
    def erase(_: object) -> None:
        with postgres_server.connect(own.database) as elsewhere:
            elsewhere.run("DELETE FROM form_submissions WHERE lead_id = 'bob'")

    cells = grid_of_forms(own, erase)

    assert cells == [GridCell(NOON.date(), 1, 0, 1), GridCell(NOON.date(), 1, 1, 1)]


def test_a_leads_other_customer_who_comes_later_does_not_let_it_count_twice(
    own: ConnectionSettings,
) -> None:
    def order(repositories: Repositories) -> None:
        email, later = "ada@example.com", NOON + days(5)
        repositories.ltv.record_orders([an_order(customer_id="x", ordered_at=later, email=email)])

    cells = grid_of_forms(own, order)

    assert cells == [GridCell(NOON.date(), 2, 0, 2), GridCell(NOON.date(), 2, 1, 2)]
