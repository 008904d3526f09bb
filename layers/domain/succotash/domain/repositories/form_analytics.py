"""The port to counts over submissions and leads."""

from abc import ABC, abstractmethod
from datetime import datetime

from succotash.domain.leads.analytics import (
    ConversionFunnel,
    FormAnalytics,
    LeadBreakdown,
)
from succotash.domain.retention.labels import Labelled
from succotash.domain.values import FormId


class FormAnalyticsRepository(ABC):
    """Counts over submissions and leads.

    Ranges of time include their start and exclude their end; None leaves a side open.
    """

    @abstractmethod
    def get_form_analytics(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        form_id: FormId | None = None,
        source: str | None = None,
    ) -> FormAnalytics:
        """Counts over submissions by their time, and over leads by their first submission time.

        `form_id` narrows leads to those with a submission to that form.
        """

    @abstractmethod
    def get_lead_conversion_funnel(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        form_id: FormId | None = None,
        source: str | None = None,
    ) -> ConversionFunnel:
        """Count the leads first seen in the range that ever reached each stage or a later one.

        Computed from the history of status changes. `form_id` and `source` narrow the leads as
        they narrow those of `get_form_analytics`.
        """

    @abstractmethod
    def get_lead_breakdown(
        self, *, start: datetime | None = None, end: datetime | None = None
    ) -> Labelled[LeadBreakdown]:
        """The leads first seen in the range by source and by grade, with their status.

        Buyers are those whose customer the current run has valued.
        """
