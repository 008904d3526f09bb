"""What every FormRepository does with forms and their rules."""

from datetime import timedelta

import pytest

from succotash.domain.forms.forms import (
    DEFAULT_FORM,
    FieldKind,
    Form,
    FormField,
    RuleKind,
    SpamSettings,
)
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.values import FormId, SubmissionId
from succotash.errors import NotFoundError
from tests.builders import (
    a_form,
    a_rule,
    a_submission,
    at,
)


class TestForms:
    def test_the_default_form_is_there_from_the_start(self, forms: FormRepository) -> None:
        form = forms.get_form(DEFAULT_FORM)
        assert (form.form_id, form.title, form.fields) == (DEFAULT_FORM, "Default", ())
        assert [
            (rule.field_name, rule.kind) for rule in forms.get_validation_rules(DEFAULT_FORM)
        ] == [("email", RuleKind.REQUIRED), ("email", RuleKind.EMAIL)]

    def test_an_unknown_form_is_not_found(self, forms: FormRepository) -> None:
        with pytest.raises(NotFoundError, match="form") as caught:
            forms.get_form(FormId("nowhere"))
        assert caught.value.kind == "form"

    def test_a_form_comes_back_as_it_was_saved(self, forms: FormRepository) -> None:
        form = Form(
            FormId("Anmeldung-é"),
            "Anmeldung «Größe»",
            fields=(
                FormField("email", "E-mail", FieldKind.EMAIL, required=True),
                FormField("size", "Größe", FieldKind.CHOICE, choices=("S", "M\tX", '"L"')),
            ),
            allowed_origins=("https://example.com", "http://localhost:8080"),
            allowed_redirects=("https://example.com/danke?a=1&b=2",),
            duplicate_window=timedelta(days=3, microseconds=7),
            region="DE",
            spam=SpamSettings(
                honeypot="website",
                minimum_seconds=7,
                links_tolerated=0,
                per_address_hourly=1,
                per_form_hourly=2,
                blocks_disposable=False,
                requires_token=True,
                turnstile_secret_arn="arn:aws:secretsmanager:eu-west-1:123456789012:secret:t",
            ),
            retention=timedelta(days=30, microseconds=1),
            notify=("owner@example.com", "sales@example.com"),
            digest=False,
            confirms=True,
            double_opt_in=True,
            consent_text="Ich stimme zu:\n«ja» '\"\\.",
            updated_at=at("2024-01-02T03:04:05.000006"),
        )
        forms.save_form(form, [])
        assert forms.get_form(form.form_id) == form
        assert forms.get_validation_rules(form.form_id) == []

    def test_saving_a_form_replaces_it_and_all_of_its_rules(self, forms: FormRepository) -> None:
        forms.save_form(a_form(title="Old"), [a_rule("one"), a_rule("two")])
        forms.save_form(a_form(title="New"), [a_rule("two", position=5), a_rule("three")])
        assert forms.get_form(FormId("contact")).title == "New"
        rules = forms.get_validation_rules(FormId("contact"))
        assert [(rule.rule_id, rule.position) for rule in rules] == [("three", 0), ("two", 5)]
        assert len(forms.get_validation_rules(DEFAULT_FORM)) == 2

    def test_forms_are_listed_by_id(self, forms: FormRepository) -> None:
        for form_id in ("zebra", "a", "Zebra"):
            forms.save_form(a_form(form_id), [])
        assert [form.form_id for form in forms.get_all_forms()] == [
            "Zebra",
            "a",
            "default",
            "zebra",
        ]

    def test_a_form_with_submissions_can_be_saved_again(self, forms: FormRepository) -> None:
        forms.save_form(a_form(), [a_rule()])
        forms.save_form_submission(a_submission(form_id="contact"))
        forms.save_form(a_form(title="New"), [])
        assert forms.get_form_submission(SubmissionId("submission")).form_id == "contact"

    def test_rules_apply_by_position_then_id(self, forms: FormRepository) -> None:
        forms.save_form(a_form(), [])
        for rule_id, position in (("b", 1), ("a", 1), ("z", 0)):
            forms.save_validation_rule(a_rule(rule_id, position=position))
        rules = forms.get_validation_rules(FormId("contact"))
        assert [rule.rule_id for rule in rules] == ["z", "a", "b"]

    def test_a_rule_comes_back_as_it_was_saved_and_can_be_replaced(
        self, forms: FormRepository
    ) -> None:
        forms.save_form(a_form(), [])
        rule = a_rule(
            kind=RuleKind.LENGTH,
            parameters={"min": 2, "max": None, "of": ["ä", 1.5, {"deep": True}]},
            message="Zu kurz: 100 % „nein“",
            position=-3,
        )
        forms.save_validation_rule(a_rule())
        forms.save_validation_rule(rule)
        assert forms.get_validation_rules(FormId("contact")) == [rule]

    def test_a_rule_needs_its_form(self, forms: FormRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            forms.save_validation_rule(a_rule(form_id="nowhere"))
        assert caught.value.kind == "form"

    def test_a_form_that_is_not_there_has_no_rules(self, forms: FormRepository) -> None:
        assert forms.get_validation_rules(FormId("nowhere")) == []
