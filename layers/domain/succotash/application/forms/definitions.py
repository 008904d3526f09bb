"""Defining forms, and reading what they are."""

from collections.abc import Sequence
from dataclasses import replace

from succotash.application.forms.views import FormList, FormView, form_view
from succotash.application.preconditions import Precondition
from succotash.domain.forms.forms import Form, ValidationRule
from succotash.domain.forms.validation import check_definition
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import Clock, FormId, IdFactory, RuleId
from succotash.errors import AlreadyExistsError, InvalidInputError, NotFoundError


class FormDefinitions:
    """Defines forms and reads their definitions."""

    def __init__(self, storage: Storage, clock: Clock, new_id: IdFactory) -> None:
        self._storage = storage
        self._clock = clock
        self._new_id = new_id

    def get_forms(self) -> FormList:
        """Every form, by id."""
        return {
            "forms": [
                {"form_id": each.form_id, "title": each.title, "updated_at": each.updated_at}
                for each in self._storage.repositories.forms.get_all_forms()
            ]
        }

    def get_form(self, form_id: str) -> FormView:
        """A form's definition; NotFoundError if unknown."""
        return read_form(self._storage.repositories.forms, form_id)

    def put_form(
        self,
        form: Form,
        rules: Sequence[ValidationRule],
        require: Precondition | None = None,
    ) -> FormView:
        """Define a form, replacing what it was; in effect for the next submission.

        InvalidInputError names every rule that makes no sense; nothing is then changed. What
        `require` raises of the stored form goes on, also where somebody else made it meanwhile.
        """
        violations = check_definition(form, rules)
        if violations:
            raise InvalidInputError(violations)
        stamped = replace(form, updated_at=self._clock())
        numbered = [
            replace(rule, rule_id=rule.rule_id or RuleId(self._new_id()), position=position)
            for position, rule in enumerate(rules)
        ]

        def work(repositories: Repositories) -> None:
            forms = repositories.forms
            if require is None:
                forms.save_form(stamped, numbered)
                return
            stored = _locked(forms, form.form_id)
            require(stored)
            if stored is not None:
                forms.save_form(stamped, numbered)
            elif not forms.add_form(stamped, numbered):
                raise AlreadyExistsError

        self._storage.in_transaction(work)
        return form_view(stamped, numbered)


def _locked(forms: FormRepository, form_id: FormId) -> FormView | None:
    """The form as it stays until the transaction ends; None if unknown."""
    try:
        form = forms.lock_form(form_id)
    except NotFoundError:
        return None
    return form_view(form, forms.get_validation_rules(form_id))


def read_form(forms: FormRepository, form_id: str) -> FormView:
    """A form's definition; NotFoundError if unknown."""
    form = forms.get_form(FormId(form_id))
    return form_view(form, forms.get_validation_rules(form.form_id))
