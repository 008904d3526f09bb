"""Forms and their validation rules in memory."""

from collections.abc import Sequence
from typing import override

from succotash.domain.forms.forms import Form, ValidationRule
from succotash.domain.repositories.form_definitions import FormDefinitionRepository
from succotash.domain.values import FormId
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored


class InMemoryFormDefinitionRepository(InMemoryRepository, FormDefinitionRepository):
    """Forms and their validation rules."""

    @override
    @atomic
    def save_form(self, form: Form, rules: Sequence[ValidationRule]) -> None:
        self.tables.forms[form.form_id] = stored(form)
        self.tables.rules.discard(list(self.tables.rules_by_form.keys(form.form_id)))
        for rule in rules:
            self.tables.rules[rule.rule_id] = stored(rule)

    @override
    @atomic
    def add_form(self, form: Form, rules: Sequence[ValidationRule]) -> bool:
        if form.form_id in self.tables.forms:
            return False
        self.save_form(form, rules)
        return True

    @override
    @atomic
    def get_form(self, form_id: FormId) -> Form:
        return self.tables.forms[form_id]

    @override
    @atomic
    def lock_form(self, form_id: FormId) -> Form:
        # A transaction holds all of the tables.
        return self.tables.forms[form_id]

    @override
    @atomic
    def get_all_forms(self) -> list[Form]:
        return sorted(self.tables.forms.values(), key=lambda form: form.form_id)

    @override
    @atomic
    def save_validation_rule(self, rule: ValidationRule) -> None:
        self.tables.forms[rule.form_id]
        self.tables.rules[rule.rule_id] = stored(rule)

    @override
    @atomic
    def get_validation_rules(self, form_id: FormId) -> list[ValidationRule]:
        rules = self.tables.rules_by_form[form_id]
        return sorted(rules, key=lambda rule: (rule.position, rule.rule_id))
