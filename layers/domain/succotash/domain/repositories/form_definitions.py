"""The port to forms and their validation rules."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from succotash.domain.forms.forms import Form, ValidationRule
from succotash.domain.values import FormId


class FormDefinitionRepository(ABC):
    """Forms and their validation rules.

    The form `default` is always there.
    """

    @abstractmethod
    def save_form(self, form: Form, rules: Sequence[ValidationRule]) -> None:
        """Insert or replace the form together with all of its rules."""

    @abstractmethod
    def add_form(self, form: Form, rules: Sequence[ValidationRule]) -> bool:
        """Insert the form together with its rules; False, and no change, where it exists."""

    @abstractmethod
    def get_form(self, form_id: FormId) -> Form:
        """The form; NotFoundError if unknown."""

    @abstractmethod
    def lock_form(self, form_id: FormId) -> Form:
        """The form as it is now, to replace it; NotFoundError if unknown.

        Until the transaction ends, another that locks or saves the same form waits.
        """

    @abstractmethod
    def get_all_forms(self) -> list[Form]:
        """Every form, by id."""

    @abstractmethod
    def save_validation_rule(self, rule: ValidationRule) -> None:
        """Insert or replace one rule; NotFoundError where its form does not exist."""

    @abstractmethod
    def get_validation_rules(self, form_id: FormId) -> list[ValidationRule]:
        """The form's rules by position, then id; none where there is no such form."""
