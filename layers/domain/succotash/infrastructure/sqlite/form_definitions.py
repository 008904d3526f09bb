"""Forms and their validation rules in SQLite."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import override

from succotash.domain.forms.forms import (
    FieldKind,
    Form,
    FormField,
    RuleKind,
    SpamSettings,
    ValidationRule,
)
from succotash.domain.repositories.form_definitions import FormDefinitionRepository
from succotash.domain.values import FormId, RuleId
from succotash.errors import NotFoundError
from succotash.infrastructure.sqlite.columns import (
    json_text,
    json_value,
    micros_span,
    optional_instant,
    optional_micros,
)
from succotash.infrastructure.sqlite.connection import Row
from succotash.infrastructure.sqlite.repository import SQLiteRepository

_SAVE_FORM = """
INSERT INTO forms (form_id, title, fields, allowed_origins, allowed_redirects, duplicate_window,
                   region, spam, retention, notify, digest, confirms, double_opt_in,
                   consent_text, updated_at)
VALUES (:form_id, :title, :fields, :allowed_origins, :allowed_redirects, :duplicate_window,
        :region, :spam, :retention, :notify, :digest, :confirms, :double_opt_in, :consent_text,
        :updated_at)
ON CONFLICT (form_id) DO UPDATE SET
    title = excluded.title,
    fields = excluded.fields,
    allowed_origins = excluded.allowed_origins,
    allowed_redirects = excluded.allowed_redirects,
    duplicate_window = excluded.duplicate_window,
    region = excluded.region,
    spam = excluded.spam,
    retention = excluded.retention,
    notify = excluded.notify,
    digest = excluded.digest,
    confirms = excluded.confirms,
    double_opt_in = excluded.double_opt_in,
    consent_text = excluded.consent_text,
    updated_at = excluded.updated_at
"""
FORM = "SELECT * FROM forms WHERE form_id = :form_id"
_FORMS = "SELECT * FROM forms ORDER BY form_id"

_DELETE_RULES = "DELETE FROM validation_rules WHERE form_id = :form_id"
_SAVE_RULE = """
INSERT INTO validation_rules (rule_id, form_id, field_name, kind, parameters, message, position)
VALUES (:rule_id, :form_id, :field_name, :kind, :parameters, :message, :position)
ON CONFLICT (rule_id) DO UPDATE SET
    form_id = excluded.form_id,
    field_name = excluded.field_name,
    kind = excluded.kind,
    parameters = excluded.parameters,
    message = excluded.message,
    position = excluded.position
"""
RULES = """
SELECT * FROM validation_rules WHERE form_id = :form_id ORDER BY position, rule_id
"""


class SQLiteFormDefinitionRepository(SQLiteRepository, FormDefinitionRepository):
    """Forms and their validation rules."""

    @override
    def save_form(self, form: Form, rules: Sequence[ValidationRule]) -> None:
        with self._unit.writing() as session:
            session.run(
                _SAVE_FORM,
                form_id=form.form_id,
                title=form.title,
                fields=json_text([_field_object(each) for each in form.fields]),
                allowed_origins=json_text(form.allowed_origins),
                allowed_redirects=json_text(form.allowed_redirects),
                duplicate_window=micros_span(form.duplicate_window),
                region=form.region,
                spam=json_text(asdict(form.spam)),
                retention=form.retention and micros_span(form.retention),
                notify=json_text(form.notify),
                digest=form.digest,
                confirms=form.confirms,
                double_opt_in=form.double_opt_in,
                consent_text=form.consent_text,
                updated_at=optional_micros(form.updated_at),
            )
            session.run(_DELETE_RULES, form_id=form.form_id)
            session.run_for_each(_SAVE_RULE, [_rule_columns(rule) for rule in rules])

    @override
    def get_form(self, form_id: FormId) -> Form:
        with self._unit.reading() as session:
            for row in session.run(FORM, form_id=form_id):
                return form_of(row)
        raise NotFoundError("form")

    @override
    def get_all_forms(self) -> list[Form]:
        with self._unit.reading() as session:
            return [form_of(row) for row in session.run(_FORMS)]

    @override
    def save_validation_rule(self, rule: ValidationRule) -> None:
        with self._unit.writing() as session:
            if not session.run(FORM, form_id=rule.form_id):
                raise NotFoundError("form")
            session.run(_SAVE_RULE, **_rule_columns(rule))

    @override
    def get_validation_rules(self, form_id: FormId) -> list[ValidationRule]:
        with self._unit.reading() as session:
            return [validation_rule_of(row) for row in session.run(RULES, form_id=form_id)]


def _field_object(each: FormField) -> dict[str, object]:
    return {
        "name": each.name,
        "label": each.label,
        "kind": each.kind,
        "required": each.required,
        "choices": each.choices,
    }


def form_of(row: Row) -> Form:
    """A form of its row."""
    return Form(
        form_id=row["form_id"],
        title=row["title"],
        fields=tuple(
            FormField(
                name=each["name"],
                label=each["label"],
                kind=FieldKind(each["kind"]),
                required=each["required"],
                choices=tuple(each["choices"]),
            )
            for each in json_value(row["fields"])
        ),
        allowed_origins=tuple(json_value(row["allowed_origins"])),
        allowed_redirects=tuple(json_value(row["allowed_redirects"])),
        duplicate_window=timedelta(microseconds=row["duplicate_window"]),
        region=row["region"],
        spam=SpamSettings.of(json_value(row["spam"])),
        retention=row["retention"] and timedelta(microseconds=row["retention"]),
        notify=tuple(json_value(row["notify"])),
        digest=bool(row["digest"]),
        confirms=bool(row["confirms"]),
        double_opt_in=bool(row["double_opt_in"]),
        consent_text=row["consent_text"],
        updated_at=optional_instant(row["updated_at"]),
    )


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


def validation_rule_of(row: Row) -> ValidationRule:
    """A validation rule of its row."""
    return ValidationRule(
        rule_id=RuleId(row["rule_id"]),
        form_id=FormId(row["form_id"]),
        field_name=row["field_name"],
        kind=RuleKind(row["kind"]),
        parameters=json_value(row["parameters"]),
        message=row["message"],
        position=row["position"],
    )
