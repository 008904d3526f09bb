"""Forms, submissions and leads in PostgreSQL."""

from succotash.domain.repositories.forms import FormRepository
from succotash.infrastructure.postgres.form_analytics import PostgresFormAnalyticsRepository
from succotash.infrastructure.postgres.form_definitions import PostgresFormDefinitionRepository
from succotash.infrastructure.postgres.intake import PostgresIntakeRepository
from succotash.infrastructure.postgres.lead_records import PostgresLeadRecordRepository
from succotash.infrastructure.postgres.person_records import PostgresPersonRecordRepository
from succotash.infrastructure.postgres.quarantine import PostgresQuarantineRepository
from succotash.infrastructure.postgres.submissions import PostgresSubmissionRepository


class PostgresFormRepository(
    PostgresFormDefinitionRepository,
    PostgresSubmissionRepository,
    PostgresIntakeRepository,
    PostgresQuarantineRepository,
    PostgresLeadRecordRepository,
    PostgresFormAnalyticsRepository,
    PostgresPersonRecordRepository,
    FormRepository,
):
    """Forms, submissions and leads in tables."""
