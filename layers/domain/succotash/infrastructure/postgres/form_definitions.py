"""Forms and their validation rules in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any, override

from succotash.domain.forms.forms import (
    FieldKind,
    Form,
    FormField,
    RuleKind,
    SpamSettings,
    ValidationRule,
)
from succotash.domain.repositories.form_definitions import FormDefinitionRepository
from succotash.domain.values import FormId, Json
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import only
from succotash.infrastructure.postgres.session import Jsonb, Row
from succotash.infrastructure.postgres.sql import form_definitions as sql


class PostgresFormDefinitionRepository(PostgresRepository, FormDefinitionRepository):
    """Forms and their validation rules."""

    @override
    def save_form(self, form: Form, rules: Sequence[ValidationRule]) -> None:
        self._run(
            sql.SAVE_FORM,
            form_id=form.form_id,
            title=form.title,
            fields=Jsonb([_field_document(each) for each in form.fields]),
            allowed_origins=Jsonb(list(form.allowed_origins)),
            allowed_redirects=Jsonb(list(form.allowed_redirects)),
            duplicate_window=form.duplicate_window // timedelta(microseconds=1),
            region=form.region,
            spam=Jsonb(asdict(form.spam)),
            retention=form.retention and form.retention // timedelta(microseconds=1),
            notify=Jsonb(list(form.notify)),
            digest=form.digest,
            confirms=form.confirms,
            double_opt_in=form.double_opt_in,
            consent_text=form.consent_text,
            updated_at=form.updated_at,
            rules=Jsonb([_rule_document(rule) for rule in rules]),
        )

    @override
    def get_form(self, form_id: FormId) -> Form:
        return form_of(only("form", self._run(sql.GET_FORM, form_id=form_id)))

    @override
    def get_all_forms(self) -> list[Form]:
        return [form_of(row) for row in self._run(sql.GET_ALL_FORMS)]

    @override
    def save_validation_rule(self, rule: ValidationRule) -> None:
        rows = self._run(
            sql.SAVE_VALIDATION_RULE,
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
        return [
            validation_rule_of(row) for row in self._run(sql.GET_VALIDATION_RULES, form_id=form_id)
        ]


def _field_document(field: FormField) -> Json:
    return {
        "name": field.name,
        "label": field.label,
        "kind": field.kind,
        "required": field.required,
        "choices": list(field.choices),
    }


def _field(document: Mapping[str, object]) -> FormField:
    match document:
        case {
            "name": str(name),
            "label": str(label),
            "kind": str(kind),
            "required": bool(required),
            "choices": list(choices),
        }:
            return FormField(name, label, FieldKind(kind), required, tuple(choices))
        case _:
            raise TypeError("not a form's field")


def form_of(row: list[Any]) -> Form:
    """A form of its columns."""
    form_id, title, fields, origins, redirects, window, region, spam, kept, *rest = row
    notify, digest, confirms, double_opt_in, consent_text, updated_at = rest
    return Form(
        form_id=form_id,
        title=title,
        fields=tuple(_field(each) for each in fields),
        allowed_origins=tuple(origins),
        allowed_redirects=tuple(redirects),
        duplicate_window=timedelta(microseconds=window),
        region=region,
        spam=SpamSettings.of(spam),
        retention=None if kept is None else timedelta(microseconds=kept),
        notify=tuple(notify),
        digest=digest,
        confirms=confirms,
        double_opt_in=double_opt_in,
        consent_text=consent_text,
        updated_at=updated_at,
    )


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


def validation_rule_of(row: Row) -> ValidationRule:
    """A validation rule of its columns."""
    rule_id, form_id, field_name, kind, parameters, message, position = row
    return ValidationRule(
        rule_id, form_id, field_name, RuleKind(kind), parameters, message, position
    )
