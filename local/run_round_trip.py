"""A round trip through what is noted of scoring runs, and through customers with their results."""

from datetime import datetime

from local.expectations import expect
from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.retention.customers import CustomerFilter
from succotash.domain.scoring.progress import RunStage
from succotash.domain.values import CustomerId, RunId


def check_progress(
    to: RetentionRepository, run_id: RunId, as_of: datetime, customer: CustomerId
) -> None:
    """Ask for a run, let it begin and fail, and look for a customer."""
    asked = RunId(f"{run_id} asked for")
    later = to.get_current_scoring_run().as_of if as_of.year < 1 else as_of
    to.note_run_started(asked, later, later)
    to.note_run_ended(asked, later, later, "nothing")
    expect(that=to.find_run_progress(asked).stage is RunStage.FAILED)
    expect(that=asked in {each.run_id for each in to.get_run_progress()})
    to.find_named_customers([customer])
    to.get_customers_by_id(CustomerFilter(), limit=1, after=customer)
