"""Forms and their validation rules in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import override

from succotash.domain.forms.forms import Form, ValidationRule
from succotash.domain.repositories.form_definitions import FormDefinitionRepository
from succotash.domain.values import FormId, Json
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.forms import field_document, form_of, validation_rule_of
from succotash.infrastructure.rows.row import only

_SQL = statements("form_definitions")


class PostgresFormDefinitionRepository(PostgresRepository, FormDefinitionRepository):
    """Forms and their validation rules."""

    @override
    def save_form(self, form: Form, rules: Sequence[ValidationRule]) -> None:
        self._run(_SQL["save_form"], **_parameters(form, rules))

    @override
    def add_form(self, form: Form, rules: Sequence[ValidationRule]) -> bool:
        return bool(self._run(_SQL["add_form"], **_parameters(form, rules)))

    @override
    def get_form(self, form_id: FormId) -> Form:
        return form_of(only("form", self._run(_SQL["get_form"], form_id=form_id)))

    @override
    def lock_form(self, form_id: FormId) -> Form:
        return form_of(only("form", self._run(_SQL["lock_form"], form_id=form_id)))

    @override
    def get_all_forms(self) -> list[Form]:
        return [form_of(row) for row in self._run(_SQL["get_all_forms"])]

    @override
    def save_validation_rule(self, rule: ValidationRule) -> None:
        rows = self._run(
            _SQL["save_validation_rule"],
            rule_id=rule.rule_id,
            form_id=rule.form_id,
            field_name=rule.field_name,
            kind=rule.kind,
            parameters=Jsonb(dict(rule.parameters)),
            message=rule.message,
            position=rule.position,
        )
        only("form", rows)

    @override
    def get_validation_rules(self, form_id: FormId) -> list[ValidationRule]:
        rows = self._run(_SQL["get_validation_rules"], form_id=form_id)
        return [validation_rule_of(row) for row in rows]


def _parameters(form: Form, rules: Sequence[ValidationRule]) -> dict[str, object]:
    return {
        "form_id": form.form_id,
        "title": form.title,
        "fields": Jsonb([field_document(each) for each in form.fields]),
        "allowed_origins": Jsonb(list(form.allowed_origins)),
        "allowed_redirects": Jsonb(list(form.allowed_redirects)),
        "duplicate_window": form.duplicate_window // timedelta(microseconds=1),
        "region": form.region,
        "spam": Jsonb(asdict(form.spam)),
        "retention": form.retention and form.retention // timedelta(microseconds=1),
        "notify": Jsonb(list(form.notify)),
        "digest": form.digest,
        "confirms": form.confirms,
        "double_opt_in": form.double_opt_in,
        "consent_text": form.consent_text,
        "updated_at": form.updated_at,
        "rules": Jsonb([_rule_document(rule) for rule in rules]),
    }


def _rule_document(rule: ValidationRule) -> Json:
    return {
        "rule_id": rule.rule_id,
        "form_id": rule.form_id,
        "field_name": rule.field_name,
        "kind": rule.kind,
        "parameters": dict(rule.parameters),
        "message": rule.message,
        "position": rule.position,
    }
