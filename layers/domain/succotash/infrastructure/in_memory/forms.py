"""Forms, submissions and leads in memory."""

from succotash.domain.repositories.forms import FormRepository
from succotash.infrastructure.in_memory.form_analytics import InMemoryFormAnalyticsRepository
from succotash.infrastructure.in_memory.form_definitions import InMemoryFormDefinitionRepository
from succotash.infrastructure.in_memory.intake import InMemoryIntakeRepository
from succotash.infrastructure.in_memory.lead_records import InMemoryLeadRecordRepository
from succotash.infrastructure.in_memory.person_records import InMemoryPersonRecordRepository
from succotash.infrastructure.in_memory.quarantine import InMemoryQuarantineRepository
from succotash.infrastructure.in_memory.submissions import InMemorySubmissionRepository


class InMemoryFormRepository(
    InMemoryFormDefinitionRepository,
    InMemorySubmissionRepository,
    InMemoryIntakeRepository,
    InMemoryQuarantineRepository,
    InMemoryLeadRecordRepository,
    InMemoryFormAnalyticsRepository,
    InMemoryPersonRecordRepository,
    FormRepository,
):
    """Forms, submissions and leads in dictionaries."""
