"""A round trip through what is noted of scoring runs, and through customers with their results."""

from local.expectations import DAY, LONG_AGO, expect
from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.retention.customers import CustomerFilter
from succotash.domain.scoring.progress import RunStage
from succotash.domain.values import CustomerId, RunId
from succotash.errors import RunInProgressError


def check_progress(to: RetentionRepository, run_id: RunId, customer: CustomerId) -> None:
    """Ask for the run, which is the current one; let another begin and fail."""
    try:
        to.request_scoring_run(run_id, LONG_AGO, LONG_AGO)
    except RunInProgressError as error:
        expect(that=error.run_id == run_id)
    other, later = RunId(f"{run_id} failed"), LONG_AGO + 2 * DAY
    to.request_scoring_run(other, later, LONG_AGO)
    expect(that=to.find_run_progress(other).stage is RunStage.PLANNED)
    to.note_run_started(other, later, LONG_AGO)
    to.note_run_ended(other, later, LONG_AGO, "SettingsError")
    expect(that=to.find_run_progress(other).stage is RunStage.FAILED)
    expect(that=to.get_run_progress(limit=1) != [])
    to.find_named_customers([customer])
    to.get_customers_by_id(CustomerFilter(), limit=1, after=customer)
