"""Forms and their validation rules in SQLite."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import override

from succotash.domain.forms.forms import Form, ValidationRule
from succotash.domain.repositories.form_definitions import FormDefinitionRepository
from succotash.domain.values import FormId
from succotash.infrastructure.rows.forms import field_document, form_of, validation_rule_of
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.sqlite.columns import json_text, micros_span, optional_micros
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("form_definitions")


class SQLiteFormDefinitionRepository(SQLiteRepository, FormDefinitionRepository):
    """Forms and their validation rules."""

    @override
    def save_form(self, form: Form, rules: Sequence[ValidationRule]) -> None:
        with self._unit.writing() as session:
            session.run(_SQL["save_form"], **_form_columns(form))
            session.run(_SQL["delete_validation_rules"], form_id=form.form_id)
            session.run_for_each(
                _SQL["save_validation_rule"], [_rule_columns(rule) for rule in rules]
            )

    @override
    def add_form(self, form: Form, rules: Sequence[ValidationRule]) -> bool:
        with self._unit.writing() as session:
            if not session.change(_SQL["add_form"], **_form_columns(form)):
                return False
            session.run_for_each(
                _SQL["save_validation_rule"], [_rule_columns(rule) for rule in rules]
            )
        return True

    @override
    def get_form(self, form_id: FormId) -> Form:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_form"], form_id=form_id)
        return form_of(only("form", rows))

    @override
    def lock_form(self, form_id: FormId) -> Form:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            rows = session.run(_SQL["get_form"], form_id=form_id)
        return form_of(only("form", rows))

    @override
    def get_all_forms(self) -> list[Form]:
        with self._unit.reading() as session:
            return [form_of(row) for row in session.run(_SQL["get_all_forms"])]

    @override
    def save_validation_rule(self, rule: ValidationRule) -> None:
        with self._unit.writing() as session:
            only("form", session.run(_SQL["get_form"], form_id=rule.form_id))
            session.run(_SQL["save_validation_rule"], **_rule_columns(rule))

    @override
    def get_validation_rules(self, form_id: FormId) -> list[ValidationRule]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_validation_rules"], form_id=form_id)
        return [validation_rule_of(row) for row in rows]


def _form_columns(form: Form) -> dict[str, object]:
    return {
        "form_id": form.form_id,
        "title": form.title,
        "fields": json_text([field_document(each) for each in form.fields]),
        "allowed_origins": json_text(form.allowed_origins),
        "allowed_redirects": json_text(form.allowed_redirects),
        "duplicate_window": micros_span(form.duplicate_window),
        "region": form.region,
        "spam": json_text(asdict(form.spam)),
        "retention": form.retention and micros_span(form.retention),
        "notify": json_text(form.notify),
        "digest": form.digest,
        "confirms": form.confirms,
        "double_opt_in": form.double_opt_in,
        "consent_text": form.consent_text,
        "updated_at": optional_micros(form.updated_at),
    }


def _rule_columns(rule: ValidationRule) -> dict[str, object]:
    return {
        "rule_id": rule.rule_id,
        "form_id": rule.form_id,
        "field_name": rule.field_name,
        "kind": rule.kind,
        "parameters": json_text(rule.parameters),
        "message": rule.message,
        "position": rule.position,
    }
