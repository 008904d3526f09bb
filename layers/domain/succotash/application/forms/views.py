"""A form's definition as the API shows it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypedDict

from succotash.domain.forms.forms import Form, ValidationRule
from succotash.domain.values import Json


class FieldView(TypedDict):
    """One question of a form."""

    name: str
    label: str
    kind: str
    required: bool
    choices: list[str]
    purpose: str
    """The purpose of a consent; empty for every other kind."""


class RuleView(TypedDict):
    """One check of one field."""

    rule_id: str
    field: str
    kind: str
    parameters: Mapping[str, Json]
    message: str


class SpamView(TypedDict):
    """A form's protection against spam."""

    honeypot: str
    minimum_seconds: int
    """Seconds a person needs at least to fill the form in; 0 switches it off."""
    links_tolerated: int
    """Links in the answers that are no sign of spam yet."""
    per_address_hourly: int
    """Submissions of one IP address within an hour that are no sign of spam yet; 0 for no limit."""
    per_form_hourly: int
    """Submissions of the form within an hour that are no sign of spam yet; 0 for no limit."""
    blocks_disposable: bool
    requires_token: bool
    turnstile_secret_arn: str | None


class FormView(TypedDict):
    """A form's definition."""

    form_id: str
    title: str
    fields: list[FieldView]
    rules: list[RuleView]
    allowed_origins: list[str]
    allowed_redirects: list[str]
    duplicate_window_seconds: int
    """For how many seconds the same answers count as a duplicate."""
    region: str
    notify: list[str]
    digest: bool
    """Whether these addresses get a digest a day of what is in quarantine."""
    confirms: bool
    double_opt_in: bool
    spam: SpamView
    retention_days: int | None
    """After how many days submissions are deleted; None keeps them."""
    consent_text: str
    updated_at: datetime | None


class FormSummary(TypedDict):
    """A form in a list."""

    form_id: str
    title: str
    updated_at: datetime | None


class FormList(TypedDict):
    """Every form."""

    forms: list[FormSummary]


def form_view(form: Form, rules: Sequence[ValidationRule]) -> FormView:
    """Serialised for the API."""
    return {
        "form_id": form.form_id,
        "title": form.title,
        "fields": [
            {
                "name": each.name,
                "label": each.label,
                "kind": each.kind,
                "required": each.required,
                "choices": list(each.choices),
                "purpose": each.purpose,
            }
            for each in form.fields
        ],
        "rules": [
            {
                "rule_id": rule.rule_id,
                "field": rule.field_name,
                "kind": rule.kind,
                "parameters": rule.parameters,
                "message": rule.message,
            }
            for rule in rules
        ],
        "allowed_origins": list(form.allowed_origins),
        "allowed_redirects": list(form.allowed_redirects),
        "duplicate_window_seconds": int(form.duplicate_window.total_seconds()),
        "region": form.region,
        "notify": list(form.notify),
        "digest": form.digest,
        "confirms": form.confirms,
        "double_opt_in": form.double_opt_in,
        "spam": {
            "honeypot": form.spam.honeypot,
            "minimum_seconds": form.spam.minimum_seconds,
            "links_tolerated": form.spam.links_tolerated,
            "per_address_hourly": form.spam.per_address_hourly,
            "per_form_hourly": form.spam.per_form_hourly,
            "blocks_disposable": form.spam.blocks_disposable,
            "requires_token": form.spam.requires_token,
            "turnstile_secret_arn": form.spam.turnstile_secret_arn,
        },
        "retention_days": None if form.retention is None else form.retention.days,
        "consent_text": form.consent_text,
        "updated_at": form.updated_at,
    }
