"""Changes of a form by people who do not know of each other."""

from itertools import count

import pytest

from succotash.application.forms.definitions import FormDefinitions
from succotash.application.forms.views import FormView
from succotash.domain.repositories.storage import Storage
from succotash.errors import PreconditionFailedError
from tests.builders import NOON, a_form, a_rule
from tests.contract.threads import at_once

PEOPLE, ROUNDS = 6, 5


def definitions(storage: Storage) -> FormDefinitions:
    numbers = count()
    return FormDefinitions(storage, lambda: NOON, lambda: f"rule-{next(numbers)}")


def test_of_those_who_replace_the_same_state_of_a_form_at_once_one_does(
    shared_storage: Storage,
) -> None:
    forms = definitions(shared_storage)
    forms.put_form(a_form(), [])

    for round_ in range(ROUNDS):
        read = forms.get_form("contact")

        def replace(person: int, read: FormView = read, round_: int = round_) -> str | None:
            title = f"of {person} in round {round_}"
            try:
                forms.put_form(a_form(title=title), [], lambda stored: stored == read)
            except PreconditionFailedError:
                return None
            return title

        saved = [title for title in at_once(replace, PEOPLE) if title is not None]
        assert saved == [forms.get_form("contact")["title"]]


def test_a_change_of_another_state_changes_nothing(storage: Storage) -> None:
    forms = definitions(storage)
    stored = forms.put_form(a_form(), [a_rule("one")])
    with pytest.raises(PreconditionFailedError):
        forms.put_form(a_form(title="Other"), [], lambda _: False)
    assert forms.get_form("contact") == stored


def test_a_form_that_is_gone_or_never_was_is_no_state_to_replace(storage: Storage) -> None:
    with pytest.raises(PreconditionFailedError):
        definitions(storage).put_form(a_form(), [], lambda _: True)
