"""Forms, their rules and counts about them, of rows."""

from collections.abc import Mapping, Sequence

from succotash.domain.forms.forms import (
    FUNNEL,
    ConversionFunnel,
    FieldKind,
    Form,
    FormAnalytics,
    FormField,
    FunnelStage,
    RuleKind,
    SpamSettings,
    SubmissionState,
    ValidationRule,
)
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
            return FormField(name, label, FieldKind(kind), required, tuple(choices))
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


def form_analytics_of(
    *,
    by_state: Mapping[str, int],
    by_source: Mapping[str, int],
    by_form: Mapping[str, int],
    by_status: Mapping[str, int],
    hot_leads: int,
    average_lead_score: float | None,
) -> FormAnalytics:
    """Counts over submissions, and over the new leads by their status."""
    return FormAnalytics(
        total_submissions=sum(by_state.values()),
        accepted=by_state.get(SubmissionState.ACCEPTED, 0),
        quarantined=by_state.get(SubmissionState.QUARANTINED, 0),
        duplicates=by_state.get(SubmissionState.DUPLICATE, 0),
        unconfirmed=by_state.get(SubmissionState.UNCONFIRMED, 0),
        new_leads=sum(by_status.values()),
        hot_leads=hot_leads,
        average_lead_score=average_lead_score,
        submissions_by_source=by_source,
        submissions_by_form=by_form,
        leads_by_status=by_status,
    )


def funnel_of(rows: Sequence[Row]) -> ConversionFunnel:
    """A funnel: a row for each stage, in order, each with the count of lost leads."""
    return ConversionFunnel(
        stages=tuple(
            FunnelStage(status, row["reached"]) for status, row in zip(FUNNEL, rows, strict=True)
        ),
        lost=rows[0]["lost"],
    )
