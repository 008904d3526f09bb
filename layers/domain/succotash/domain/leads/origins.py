"""Credits a customer to the source and the campaign that led to their first purchase."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from succotash.domain.forms.attribution import campaign_of
from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.leads.leads import Lead


@dataclass(frozen=True, slots=True)
class Origin:
    """The source and the campaign of a customer."""

    source: str
    campaign: str | None


def origin_of(
    lead: Lead, submissions: Iterable[FormSubmission], first_purchase_at: datetime
) -> Origin | None:
    """The origin of the last accepted submission up to the first purchase; None without any.

    Submissions may have been deleted since, by a form's `retention_days`: where none is left from
    before, but the lead is from before, it is the lead's, which is that of its first submission.
    What was submitted later brought no customer: who it is from had bought already.
    """
    earlier = [
        each
        for each in submissions
        if each.state is SubmissionState.ACCEPTED and each.submitted_at <= first_purchase_at
    ]
    if earlier:
        last = max(earlier, key=lambda each: (each.submitted_at, each.submission_id))
        return Origin(last.source, campaign_of(last.attribution))
    if lead.first_submission_at <= first_purchase_at:
        return Origin(lead.source, lead.campaign)
    return None
