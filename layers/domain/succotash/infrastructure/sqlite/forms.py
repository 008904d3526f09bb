"""Forms, submissions and leads in SQLite."""

from succotash.domain.repositories.forms import FormRepository
from succotash.infrastructure.sqlite.form_analytics import SQLiteFormAnalyticsRepository
from succotash.infrastructure.sqlite.form_definitions import SQLiteFormDefinitionRepository
from succotash.infrastructure.sqlite.intake import SQLiteIntakeRepository
from succotash.infrastructure.sqlite.lead_records import SQLiteLeadRecordRepository
from succotash.infrastructure.sqlite.person_records import SQLitePersonRecordRepository
from succotash.infrastructure.sqlite.quarantine import SQLiteQuarantineRepository
from succotash.infrastructure.sqlite.submissions import SQLiteSubmissionRepository


class SQLiteFormRepository(
    SQLiteFormDefinitionRepository,
    SQLiteSubmissionRepository,
    SQLiteIntakeRepository,
    SQLiteQuarantineRepository,
    SQLiteLeadRecordRepository,
    SQLiteFormAnalyticsRepository,
    SQLitePersonRecordRepository,
    FormRepository,
):
    """Forms, submissions and leads in tables."""
