"""The port to forms, submissions and leads."""

from succotash.domain.repositories.form_analytics import FormAnalyticsRepository
from succotash.domain.repositories.form_definitions import FormDefinitionRepository
from succotash.domain.repositories.intake import IntakeRepository
from succotash.domain.repositories.lead_records import LeadRecordRepository
from succotash.domain.repositories.person_records import PersonRecordRepository
from succotash.domain.repositories.quarantine import QuarantineRepository
from succotash.domain.repositories.submissions import SubmissionRepository


class FormRepository(
    FormDefinitionRepository,
    SubmissionRepository,
    IntakeRepository,
    QuarantineRepository,
    LeadRecordRepository,
    FormAnalyticsRepository,
    PersonRecordRepository,
):
    """Forms, their rules, what was submitted, the leads it became, and their scores.

    Lists are ordered newest first, then by id descending, and go on behind `after`.
    Ranges of time include their start and exclude their end; None leaves a side open.
    The form `default` is always there.
    """
