"""Forms, their rules and what was submitted to them, of rows."""

from collections.abc import Mapping

from succotash.domain.forms.forms import (
    FieldKind,
    Form,
    FormField,
    RuleKind,
    SpamSettings,
    ValidationRule,
)
from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.values import Json
from succotash.infrastructure.rows.row import Row


def form_of(row: Row) -> Form:
    """A form."""
    return Form(
        form_id=row["form_id"],
        title=row["title"],
        fields=tuple(_field_of(each) for each in row.json("fields")),
        allowed_origins=tuple(row.json("allowed_origins")),
        allowed_redirects=tuple(row.json("allowed_redirects")),
        duplicate_window=row.span("duplicate_window"),
        region=row["region"],
        notify=tuple(row.json("notify")),
        digest=row.flag("digest"),
        confirms=row.flag("confirms"),
        double_opt_in=row.flag("double_opt_in"),
        spam=SpamSettings.of(row.json("spam")),
        retention=row.optional_span("retention"),
        consent_text=row["consent_text"],
        updated_at=row.optional_instant("updated_at"),
    )


def field_document(field: FormField) -> dict[str, Json]:
    """A form's field as it stands among its form's."""
    return {
        "name": field.name,
        "label": field.label,
        "kind": field.kind,
        "required": field.required,
        "choices": list(field.choices),
        "purpose": field.purpose,
    }


def _field_of(document: Mapping[str, object]) -> FormField:
    match document:
        case {
            "name": str(name),
            "label": str(label),
            "kind": str(kind),
            "required": bool(required),
            "choices": list(choices),
        }:
            # The release before this one kept none.
            purpose = str(document.get("purpose", ""))
            return FormField(name, label, FieldKind(kind), required, tuple(choices), purpose)
        case _:
            raise TypeError("not a form's field")


def validation_rule_of(row: Row) -> ValidationRule:
    """A validation rule."""
    return ValidationRule(
        rule_id=row["rule_id"],
        form_id=row["form_id"],
        field_name=row["field_name"],
        kind=RuleKind(row["kind"]),
        parameters=row.json("parameters"),
        message=row["message"],
        position=row["position"],
    )


def submission_of(row: Row) -> FormSubmission:
    """A submission."""
    return FormSubmission(
        submission_id=row["submission_id"],
        form_id=row["form_id"],
        answers=row.json("answers"),
        submitted_at=row.instant("submitted_at"),
        fingerprint=row["fingerprint"],
        attribution=row.json("attribution"),
        source=row["source"],
        canonical_email=row["canonical_email"],
        lead_id=row["lead_id"],
        ip_address=row["ip_address"],
        user_agent=row["user_agent"],
        state=SubmissionState(row["state"]),
        duplicate_of=row["duplicate_of"],
        spam_reasons=tuple(row.json("spam_reasons")),
        text_digest=row["text_digest"],
        consent=row["consent"],
        waited_until=row.optional_instant("waited_until"),
    )
